#ifndef GATEWAY_KEYS_H
#define GATEWAY_KEYS_H

#include "base/hash.h"

/* Who may call. Keys are kept as digests: what opens the door is not in the house. */
struct key {
	char name[64];
	struct digest digest;
	int64_t expires_ms;         /* 0: never */
	struct key *next;
};

struct keys {
	struct key *first;
};

void keys_add(struct keys *, const char *name, struct bytes secret, int64_t expires_ms);
void keys_finish(struct keys *);

/* Whose key this is; NULL when it is nobody's, or has expired. */
const struct key *keys_find(const struct keys *, struct bytes secret, int64_t now_ms);

/*
 * The first key of a gateway that has no file of keys: read from `path`, or
 * made and written there (mode 0600). NULL when it is fine, else why not.
 */
const char *keys_first(struct keys *, const char *path, bool *made);

#endif
