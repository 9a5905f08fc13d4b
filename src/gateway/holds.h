#ifndef GATEWAY_HOLDS_H
#define GATEWAY_HOLDS_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/hash.h"
#include "base/text.h"

/*
 * The exchanges of all workers that wait for a person, in memory that all
 * processes of a gateway share: a worker puts one in and looks now and then
 * what became of it, the steward lists them and enters decisions. Nothing of
 * their content stands here, only digests with the salt of the exchange.
 *
 *   nobody ─► waiting ─► in decision ─► decided ─► nobody
 *                └──────────────┴─ given up: the decision comes too late
 */
enum { HOLDS_MOST = 1024, HOLD_ID = 32, HOLD_TEXT_MOST = 200, HOLD_NOTE_MOST = 4096 };

enum hold_state { HOLD_NONE, HOLD_WAITS, HOLD_IN_DECISION, HOLD_DECIDED, HOLD_LEFT };

/* A short text that outlives the process that wrote it: UTF-8, whatever it is made from. */
struct hold_text {
	unsigned char at[HOLD_TEXT_MOST];
	unsigned len;
};

/* What a person is asked. */
struct hold_question {
	char id[HOLD_ID + 1];       /* of the exchange */
	bool answer;                /* the model's answer is held; else the request */
	struct digest digest;       /* of the body that goes on if they agree, with the salt before it */
	struct hold_text caller, route, model, rule, tool;
	struct digest arguments;    /* of the call of that tool, likewise */
	int64_t since_ms, expires_ms;       /* since 1970 */
};

/* What they said. */
struct hold_decision {
	bool agrees, is_signed;
	struct hold_text by, reason, user, key;     /* key: the name of the approver's */
	uid_t uid;
	int64_t at_ms;
};

struct hold_place {
	atomic_int owner;           /* process of the worker; 0: nobody */
	atomic_int state;
	atomic_uint serial;         /* of the questions that stood here */
	struct hold_question question;
	struct hold_decision decision;
};

struct holds {
	struct hold_place places[HOLDS_MOST];
};

struct holds *holds_create(void);

struct hold_text hold_text(struct bytes b);
struct bytes hold_bytes(const struct hold_text *t);

/* ---- a worker's ---- */

/* Its place; NULL when none is free. */
struct hold_place *holds_ask(struct holds *h, const struct hold_question *question);
/* True when it was decided: `out` says how. */
bool holds_look(struct hold_place *place, struct hold_decision *out);
/* Gives the place back, decided or not: a decision that is not entered by now comes too late. */
void holds_leave(struct hold_place *place);

/* ---- the steward's ---- */

/* What waits at that number; false when nothing does. */
bool holds_at(struct holds *h, size_t number, struct hold_question *out);
/* Takes what waits under this id for a decision: the worker still may give up. NULL when nothing waits so. */
struct hold_place *holds_take(struct holds *h, struct bytes id);
/* False when the worker has given up meanwhile. */
bool holds_decide(struct hold_place *place, const struct hold_decision *decision);
/* Not decided after all. */
void holds_put_back(struct hold_place *place);

/* ---- the supervisor's ---- */

void holds_worker_died(struct holds *h, pid_t worker);
void holds_steward_died(struct holds *h);

#endif
