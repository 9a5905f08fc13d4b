#ifndef GATEWAY_WINDOW_H
#define GATEWAY_WINDOW_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/hash.h"

/*
 * Through which a person is shown what waits: one for all of a gateway, in
 * memory that its processes share, and empty but for the moments in which
 * somebody is shown something.  It is part of no file and of no core dump.
 *
 *   free ─► asked ─► painted ─► ready ─► free
 *             │         └─ given up: who paints it wipes it
 *             └─ given up
 */
enum { WINDOW_MOST = 16 << 20, WINDOW_ID = 32 };

enum window_state { WINDOW_FREE, WINDOW_ASKED, WINDOW_PAINTED, WINDOW_READY, WINDOW_LEFT };

struct window {
	atomic_int state, painter;
	atomic_int asker;           /* the steward that asked, until it has cleared it; 0: none */
	char id[WINDOW_ID + 1];     /* of the exchange that is to be shown */
	bool whole;

	unsigned char salt[16];     /* of the exchange */
	struct digest digest;       /* of the text, with the salt before it */
	uint64_t left_out;          /* bytes that do not stand in it; 0: it is the whole */
	atomic_size_t len;
	unsigned char text[WINDOW_MOST];
};

/* ---- the steward's ---- */

/* False while another is shown. */
bool window_ask(struct window *w, struct bytes id, bool whole);
/* Is it there? `*gone`: it never will be. */
bool window_is_ready(struct window *w, bool *gone);
/* It was read, or is not waited for any more: nothing of it stays. */
void window_clear(struct window *w);

/* ---- a worker's ---- */

/* Is that exchange to be shown? */
bool window_asks_for(const struct window *w, const char *id);
bool window_take(struct window *w, const char *id);
/* All is written. */
void window_give(struct window *w);

/* What stands in it; a worker that was taken over may say anything of its length. */
static inline struct bytes window_text(const struct window *w)
{
	size_t len = atomic_load(&w->len);

	return (struct bytes){w->text, len < WINDOW_MOST ? len : WINDOW_MOST};
}

/* ---- the supervisor's ---- */

void window_process_died(struct window *w, pid_t pid);

#endif
