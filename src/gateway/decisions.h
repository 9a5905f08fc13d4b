#ifndef GATEWAY_DECISIONS_H
#define GATEWAY_DECISIONS_H

#include "gateway/approval.h"
#include "gateway/config.h"
#include "gateway/recorder.h"

/*
 * Where persons see what waits for them, and say what is to become of it: part
 * of the steward. A decision is on its way to the ledger before it counts.
 */
struct decisions {
	struct holds *holds;
	struct shared *shared;
	const struct hold_terms *terms;
	struct recorder recorder;
	uid_t own;                  /* who the gateway runs as */
	struct hold_text own_name;
	struct text asked;          /* by whom somebody has asked to be shown what waits, as they wrote it; empty: nobody has */
	struct hold_decision asker;
};

/* Looks up who the gateway runs as; takes the socket to the recorder. */
void decisions_open(struct decisions *d, struct loop *loop, int recorder);

/* What waits, as JSON. */
void decisions_list(struct decisions *d, struct text *out);

/*
 * `text` is an approval, from a process of `uid`; `out` gets a sentence for
 * whoever made it. The status to answer with: 200, 400 no approval, 403 not
 * signed as it has to be, or not by one who may, 404 nothing waits so, 409 it waits for something
 * else, or not any more, 503 nothing can be decided now.
 */
unsigned decisions_enter(struct decisions *d, uid_t uid, struct bytes text, struct text *out);

/*
 * As decisions_enter(), for an approval that asks to be shown what waits, which
 * takes a moment: 0, then decisions_look() until it says otherwise.  That it is
 * shown, and to whom, is on its way to the ledger before it is.
 */
unsigned decisions_show(struct decisions *d, uid_t uid, struct bytes text, struct text *out);
unsigned decisions_look(struct decisions *d, struct text *out);
/* Nobody waits to be shown it any more. */
void decisions_show_no_more(struct decisions *d);

#endif
