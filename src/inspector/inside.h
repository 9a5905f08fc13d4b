#ifndef INSPECTOR_INSIDE_H
#define INSPECTOR_INSIDE_H

#include "inspector/inspector.h"
#include "policy/addresses.h"
#include "policy/decide.h"

/* What the parts of the inspector share. */

enum {
	THREADS_MOST = 1024,        /* of one stream */
	HELD_MOST = 1 << 20,        /* bytes of events that wait, and of the arguments of one call */
};

/* A stretch of a text that does not go on: something else stands in its place. */
struct cover {
	uint64_t from, to;          /* bytes of the thread's text */
	struct bytes placeholder;
	bool placed;                /* where it began has gone out already */
};

/* One text, whole or in parts, and what is known of it so far. */
struct thread {
	/* its memory, which the next one uses again */
	struct finding *finding;    /* NULL once it is over and out */
	uint64_t *counted;          /* of each find: where the last occurrence that was counted ended */
	struct cover *covers;
	size_t cover_room;
	struct text name, tool, arguments;
	struct text joined;         /* all names of a call that has more than one, one behind the other */
	struct escapes *escapes;    /* of arguments that are JSON in a string; `reads` when they are */

	/* what is its own: from here on all is 0 at first */
	struct inspection *inspection;
	enum channel channel;
	bool whole;                 /* it came at once */
	bool ended, fixed, repeats, leads;
	uint64_t now;               /* its bytes so far */
	uint64_t released;          /* those before have gone out */
	bool covers_address;        /* the rest of this address does not go on */
	size_t cover_count;
	unsigned waiting;           /* parts of it in events that wait */

	bool call, provider, judged, holds;     /* of a tool; `holds`: nothing goes out before it is judged */
	bool reads;
	const struct entry *entry;

	struct joint *joint;        /* of texts that stand one behind the other; NULL: a text of its own */
	bool discloses;
	uint64_t hash;              /* of the text, where something is disclosed */
	struct thread *next;
	struct addresses addresses;
};

/* Where a text stands in an event. */
struct place {
	struct thread *thread;      /* NULL: an echo */
	uint64_t from, to, offset;
	bool discloses;
	bool of_all;                /* an echo of all that went before as well */
	bool left_out;              /* a member of a list: it goes, and a comma with it */
};

struct event {
	struct text raw, data;
	struct text state;          /* of the dialect, after this event */
	struct place *places;
	size_t place_count, place_room;
	struct event *next;
};

struct inspection {
	struct arena *arena;
	const struct policy *policy;
	const struct circumstances *circumstances;
	struct facts facts;
	const struct manner *manner;
	unsigned half;
	enum measure *measures[CHANNEL_COUNT];          /* what each find leads to in this half */
	const struct rule **rules[CHANNEL_COUNT];
	bool *waits_for[CHANNEL_COUNT];
	bool any_host;              /* hosts need not be waited for */
	uint64_t choices;
	bool dirty;                 /* facts were added since the last decision */
	bool over;                  /* denied or held: nothing goes on any more */
	bool gathers;               /* held, and yet what would go on is given out: to be shown to a person */
	bool let_go;                /* too much would have to be held, and the policy lets it go */
	bool edited, disclosed;
	enum measure done;
	struct ruling ruling;

	struct thread *threads, *free_threads;
	struct joint *joints[CHANNEL_COUNT];
	size_t thread_count;
	struct event *first, **last, *out, *free_events;
	enum framing_kind framing;
	size_t held;
	struct text written, framed;
	struct text state;          /* of the dialect, after the last event that went out */
};

static inline bool enforces(const struct inspection *i)
{
	return !i->manner->observe;
}

/* ---- threads.c: texts ---- */

/* The thread of a piece; NULL when there are too many. */
struct thread *thread_of(struct inspection *i, const struct piece *piece);
struct thread *thread_create(struct inspection *i);
/* Takes a part, looks for everything in it. */
void thread_add(struct thread *t, struct bytes text);
void thread_end(struct thread *t);
/* All whose names begin so; one whole name counts as that. */
void threads_end(struct inspection *i, struct bytes name);
/* How much of it may go out. */
uint64_t thread_safe(struct thread *t);
/* One of its parts has gone out, or never will. */
void thread_let_go(struct thread *t, uint64_t up_to);

/* Something was found there; places count in the text as it stands. */
void thread_found(struct thread *t, unsigned find, uint64_t from, uint64_t to);
void thread_found_address(struct thread *t, const struct address *address, uint64_t from, uint64_t to);

/* ---- joints.c: where one text ends and the next begins ---- */

/* A part of a text of the model; the thread that it has to wait for as well, or NULL. */
struct thread *joint_add(struct inspection *i, const struct thread *t, struct bytes text);
/* What comes next is not shown as one with what came before. */
void joints_part(struct inspection *i);
void joints_end(struct inspection *i);
bool joint_is_crossed(const struct joint *j, uint64_t from, uint64_t to);

/* ---- escapes.c: arguments that are JSON in a string ---- */

void escapes_begin(struct thread *t);
void escapes_add(struct thread *t, struct bytes text);
void escapes_end(struct thread *t);
uint64_t escapes_open(struct thread *t, const bool *counts, bool addresses);

/* ---- calls.c: tools ---- */

void call_add(struct thread *t, const struct piece *piece);
void call_end(struct thread *t);
/* False when it has to be left out of the list it stands in. */
bool definition_add(struct inspection *i, const struct piece *piece);

/* ---- events.c: what waits ---- */

struct event *event_take(struct inspection *i);
void event_add_place(struct inspection *i, struct event *e, struct place place);
void event_free(struct inspection *i, struct event *e);
bool event_is_safe(struct inspection *i, const struct event *e);

/* ---- edits.c ---- */

/* False when it goes on as it is; else the edited JSON. */
bool edits_write(struct inspection *i, struct event *e, struct bytes data, struct text *out);
/* What stands between the quotes of the string at `offset`; `*end` is behind the second one. */
struct bytes edits_string(struct bytes data, uint64_t offset, uint64_t *end);
/* An event with other data: all its other lines stay. */
void frame_write(enum framing_kind framing, struct bytes raw, struct bytes data, struct text *out);

#endif
