#ifndef IDENTITY_WITHDRAWN_H
#define IDENTITY_WITHDRAWN_H

#include <stdatomic.h>

#include "base/hash.h"

/*
 * What once opened the door and does not any more, for workers that go on by
 * an earlier configuration: their callers keep connections.  In memory that
 * the processes of a gateway share; one of them writes.
 */
enum { WITHDRAWN_MOST = 4096 };

struct withdrawn {
	atomic_ullong count;        /* so far */
	struct digest of[WITHDRAWN_MOST];       /* the last of them, round and round */
};

struct withdrawn *withdrawn_create(void);
void withdrawn_destroy(struct withdrawn *w);
void withdrawn_add(struct withdrawn *w, struct digest what);
/* Is it among those since then? All are, when there were more than are kept. */
bool withdrawn_holds(const struct withdrawn *w, uint64_t since, struct digest what);

#endif
