#ifndef IDENTITY_KEYS_H
#define IDENTITY_KEYS_H

#include "base/hash.h"
#include "syntax/yaml.h"
#include "types/circumstances.h"

/*
 * The file of keys: who has which, as digests.  What opens the door is not in
 * the house: keys are random, so a plain SHA-256 of one tells nothing of it.
 */
struct key_entry {
	struct caller caller;
	struct digest hash;
	int64_t created_ms, revoked_ms;         /* 0: not */
	bool replacing;
	struct digest replaces;                 /* the key of the same caller that this one follows */
};

struct key_file {
	struct key_entry *entries;
	size_t count;
};

/*
 * Everything lies in the arena.  A name stands once, but where a key replaces
 * another one of that name.  False: `error` tells.
 */
bool keys_read(struct arena *arena, struct bytes yaml, struct key_file *out, struct yaml_error *error);
void keys_write(const struct key_file *file, struct text *out);

/* A new key, "merlon-" and 64 hexadecimal digits; false when no randomness is to be had. Cleanse it after use. */
bool keys_make(struct text *secret);

/*
 * Lookup.  The order of the table is salted anew in every process, and what
 * is compared is compared in constant time: how long it takes tells nothing.
 */
struct key_index {
	unsigned char salt[16];         /* with a digest, one block of SHA-256 */
	struct key_tag *tags;
	size_t count;
};

bool keys_index(struct arena *arena, const struct key_file *file, struct key_index *out);
const struct key_entry *keys_lookup(const struct key_index *index, struct bytes secret);
const struct key_entry *keys_find(const struct key_index *index, const struct digest *hash);
/* All of them, one after the other. */
const struct key_entry *keys_at(const struct key_index *index, size_t number);

/*
 * The secret of the first key of a gateway that has no file of keys: read from
 * `path`, or made and written there (mode 0600). NULL when it is fine, else why not.
 */
const char *keys_read_first(const char *path, struct digest *out, bool *made);

#endif
