#ifndef GATEWAY_HOLDS_H
#define GATEWAY_HOLDS_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/window.h"
#include "policy/policy.h"

/*
 * The exchanges of all workers that wait for a person, in memory that all
 * processes of a gateway share: a worker puts one in and looks now and then
 * what became of it, the steward lists them and enters decisions. Nothing of
 * their content stands here, only digests with the salt of the exchange; what
 * a person is shown of it passes through the window.
 *
 *   nobody ─► waiting ─► in decision ─► decided ─► nobody
 *                │   ▲         │
 *                │   └─────────┤ one has agreed, and more have to
 *                └─────────────┴─ given up: the decision comes too late
 */
enum { HOLDS_MOST = 1024, HOLD_ID = WINDOW_ID, HOLD_TEXT_MOST = 200, HOLD_NOTE_MOST = 4096, HOLD_SEEN_MOST = 8 };

/* What a steward has in hand, in decision or left by its worker, has that one's process in its state: around a reload there are two. */
enum hold_state { HOLD_NONE, HOLD_WAITS, HOLD_IN_DECISION, HOLD_DECIDED, HOLD_LEFT, HOLD_STATES };

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
	unsigned approvals;         /* so many persons have to agree */
	int64_t since_ms, expires_ms;       /* since 1970 */
};

/* What one of them said. */
struct hold_decision {
	bool agrees, is_signed;
	struct hold_text by, reason, user, key;     /* key: the name of the approver's */
	uid_t uid;
	int64_t at_ms;
};

struct hold_place {
	atomic_int owner;           /* process of the worker; 0: nobody */
	atomic_int state;           /* and HOLD_STATES times the process */
	atomic_uint serial;         /* of the questions that stood here */
	struct hold_question question;
	atomic_uint given;          /* decisions, so far */
	struct hold_decision decisions[APPROVALS_MOST];
	bool is_shown;              /* the whole of it has been, to somebody */
	struct digest shown;        /* of what they saw, with the salt */
	struct hold_text seen[HOLD_SEEN_MOST];      /* by whom, the last few */
	unsigned seen_count;
};

/* What became of it. */
struct hold_outcome {
	bool decided, agrees;       /* by one who refused, or by as many as have to agree */
	struct hold_decision decisions[APPROVALS_MOST];
	unsigned count;
};

/* What can be told of it while it waits. */
struct hold_view {
	struct hold_question question;
	struct hold_outcome so_far;
	bool is_shown;
	struct digest shown;
};

struct holds {
	struct hold_place places[HOLDS_MOST];
	struct window window;
};

struct holds *holds_create(void);
/* So many wait, in all workers. */
unsigned holds_waiting(struct holds *h);

struct hold_text hold_text(struct bytes b);
struct bytes hold_bytes(const struct hold_text *t);
/* Who decided: the name of the key that signed, or as they say. */
struct bytes hold_person(const struct hold_decision *d);

/* ---- a worker's ---- */

/* Its place; NULL when none is free. */
struct hold_place *holds_ask(struct holds *h, const struct hold_question *question);
/* True when it was decided. */
bool holds_look(const struct hold_place *place);
/* Gives the place back, decided or not: a decision that is not entered by now comes too late. `out` (or NULL) says how it came. */
void holds_leave(struct hold_place *place, struct hold_outcome *out);

/* ---- the steward's ---- */

/* What waits at that number; false when nothing does. */
bool holds_at(struct holds *h, size_t number, struct hold_view *out);
/* Takes what waits under this id for a decision: the worker still may give up. NULL when nothing waits so. */
struct hold_place *holds_take(struct holds *h, struct bytes id);
/* With the last that has to agree, or one who refuses, it is decided; before that it waits on. False when the worker has given up meanwhile. */
bool holds_decide(struct hold_place *place, const struct hold_decision *decision);
/* Not decided after all. */
void holds_put_back(struct hold_place *place);
/* Of a place that was taken: the whole of it was shown to them. */
void holds_note_seen(struct hold_place *place, struct bytes person, struct digest shown);
bool holds_have_seen(const struct hold_place *place, struct bytes person);

/* ---- the supervisor's ---- */

/* A worker, whose places are given back, or a steward, who has nothing in hand any more; or neither. */
void holds_process_died(struct holds *h, pid_t pid);

#endif
