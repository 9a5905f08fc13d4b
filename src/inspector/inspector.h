#ifndef INSPECTOR_INSPECTOR_H
#define INSPECTOR_INSPECTOR_H

#include "policy/facts.h"
#include "policy/policy.h"
#include "types/circumstances.h"
#include "types/dialect.h"

/*
 * One exchange under a policy: what may go on, and in which form.  A pure
 * library: what it is given are exchanges, bodies and events; what it gives
 * back are rulings and bytes.  It holds back a stream no longer than a text in
 * it may still become something that the policy names: at most one event, or
 * 256 bytes of text; and tool calls whose arguments a rule asks for, until
 * they are whole.
 */
struct inspection;

/*
 * What came of a judgement.  MEASURE_ALLOW, MEASURE_WARN and MEASURE_REDACT let
 * it pass; MEASURE_HOLD and MEASURE_DENY do not, and nothing that waits goes
 * out any more.  Where the policy only observes, `measure` is MEASURE_ALLOW and
 * `rule` names what would have decided.
 */
struct ruling {
	enum measure measure;
	struct bytes rule;          /* that decided; empty when none had to */
	struct bytes message;       /* for the caller: a sentence, or a clause; may be empty */
	unsigned approvals;         /* of MEASURE_HOLD: so many persons have to agree; 0: as many as usual */
	bool edited;                /* it passes, but in another form; of a stream: something in it so far did */
};

/*
 * All memory comes from the arena, which outlives the inspection; running out
 * of it leaves arena_run().  `circumstances` and its caller outlive it too; the
 * upstream may be filled in between two calls.
 */
struct inspection *inspection_begin(struct arena *arena, const struct policy *policy, const struct circumstances *circumstances);

/* A request that was read; with `edited` set in the ruling, `out` holds the body that goes on instead: of one that is held, should a person agree. */
struct ruling inspection_request(struct inspection *i, const struct exchange *request, struct text *out);

/* A person agreed to a request that was held: its answer is judged by itself, and may be held too. */
void inspection_agree(struct inspection *i);

/* A whole answer, likewise. */
struct ruling inspection_answer(struct inspection *i, const struct exchange *answer, struct text *out);

/*
 * One event of a stream: `raw` as it came, with the end that frames it; `data`
 * the JSON in it that `part` was read from, empty for what holds none.
 * Nothing it is given is kept.
 */
struct ruling inspection_event(struct inspection *i, const struct exchange *part, struct bytes raw, struct bytes data);
/* The stream is over: nothing that is held can become anything more. */
struct ruling inspection_end(struct inspection *i);
/*
 * A stream was held, and the rest of it is gathered for a person: from here on
 * inspection_next() gives out what would go on should they agree, rulings stay
 * MEASURE_HOLD, and only a denial ends it.
 */
void inspection_gather(struct inspection *i);
/* The next bytes that may go to the client, valid until the next call; false when there are none. */
bool inspection_next(struct inspection *i, struct bytes *out);
/* The dialect's state as it was after the last event that went out, for its stop(); NULL when none has. */
const void *inspection_state(const struct inspection *i);
size_t inspection_held(const struct inspection *i);    /* bytes of events that wait */

/* What is answered from here on cannot be understood, and goes on by somebody else's word: only the record hears of it. */
void inspection_let_go(struct inspection *);

/* The member "policy" of the exchange's record: verdict and the facts it follows from, canonical JSON without any content. `said`: what the record says beside it. */
void inspection_record(const struct inspection *i, const struct said *said, struct text *out);

#endif
