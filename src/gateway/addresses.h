#ifndef GATEWAY_ADDRESSES_H
#define GATEWAY_ADDRESSES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Where a server is: what its name was looked up to, at the start and again and again. */

enum { ADDRESSES_MOST = 16 };

struct address {
	socklen_t len;
	struct sockaddr_storage at;
};

struct addresses {
	size_t count;
	struct address list[ADDRESSES_MOST];
};

/* What a name leads to now; NULL when it is fine, else why not. May wait for the network. */
const char *addresses_find(struct addresses *out, const char *host, const char *port);
/* Is it an address already, so that there is nothing to look up? */
bool addresses_are_given(const char *host);
/* The same ones, in whatever order. */
bool addresses_equal(const struct addresses *a, const struct addresses *b);

/*
 * Memory that all processes share: one looks up, the others take up what it
 * found. Readers look at `generation` before and after: odd, or changed, means
 * not now.
 */
struct published {
	atomic_uint generation;
	atomic_bool failed;         /* the last time nothing was found: what was found before stays */
	struct addresses now;
};

struct published *published_create(const struct addresses *first);
void published_destroy(struct published *p);

void published_set(struct published *p, const struct addresses *now);
/* True when there are others than at `*generation`. */
bool published_take(struct published *p, unsigned *generation, struct addresses *out);

#endif
