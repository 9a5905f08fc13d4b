#ifndef GATEWAY_HOLD_H
#define GATEWAY_HOLD_H

#include "gateway/turn.h"

/*
 * What of a turn waits for a person: its request, or its whole answer. The
 * client waits meanwhile. Whoever does not answer in time has said no, and so
 * has a gateway that ends; a client that leaves is forgotten.
 */
struct hold {
	struct turn *turn;
	struct hold_question question;
	struct hold_outcome outcome;
	struct bytes body;          /* that goes on if they agree */
	struct hold_place *place;   /* NULL: it does not wait, yet or any more */
	int64_t since_ms, until_ms; /* monotonic */
	int64_t waited_ms;
	struct hold *next;          /* of this turn: asked after it */
	struct hold *beside, **at;  /* of all that wait at this door */
};

/* Does this gateway ask anybody? Else what a policy holds is refused. */
bool hold_is_possible(const struct turn *t);

/* Something in `half` made the policy ask for a person: before the exchange begins. */
struct hold *hold_prepare(struct turn *t, const struct exchange *half, bool answer, const struct ruling *ruling, struct bytes body);
/* Now it waits; or it is refused, when too much does. */
void hold_wait(struct hold *h);

/* Now and then: who was answered goes on, who has waited too long does not. */
void hold_look(struct door *door);
/* Nobody is asked any more. */
void hold_refuse_all(struct door *door);
/* The rest of a stream, as one answer: each text in one piece, `offset` that of the event it began in. False when it needs too much memory. */
bool hold_read_rest(struct turn *t, struct arena *arena, struct bytes rest, struct exchange *out);
/* What waits, as a person reads it, into the window that it was taken for; see gateway/window.h. */
void hold_paint(struct hold *h, struct window *window);
/* The turn is freed, and what waited of it. */
void hold_forget(struct turn *t);

/* The member "approvals" of its record, when there is anything to tell; `whole`: with names. */
void hold_record(const struct turn *t, struct text *out, bool whole);

#endif
