#ifndef TYPES_DIALECT_H
#define TYPES_DIALECT_H

#include "base/text.h"
#include "types/exchange.h"

/* How the pieces of an answer that comes bit by bit are told apart. */
enum framing_kind {
	FRAMING_EVENTS,             /* server-sent events (WHATWG HTML) */
	FRAMING_LINES,              /* one JSON value a line */
};

enum route_action {
	ROUTE_EXAMINE,              /* the body is read, and the answer */
	ROUTE_LIST,                 /* lists models: no body, of the answer only who may not ask for all of them keeps anything back */
	ROUTE_MODEL,                /* tells of the one model that the end of its path names: no body, the answer goes through as it is */
	ROUTE_TELL,                 /* the same of no model */
	ROUTE_DENY,                 /* stores, executes or administers behind the gateway's back */
};

/* Which requests a dialect answers for; the first that fits counts. At the end of a path a '*' stands for one part, "**" for the rest or nothing; no method is any. */
struct dialect_route {
	struct bytes method, path;
	enum route_action action;
	const char *field;          /* only where the head has it: what tells its clients from others that ask for the same; NULL: wherever */
};

#define ROUTE(method, path, action) {BYTES(method), BYTES(path), ROUTE_##action, NULL}
#define ROUTE_WITH(name, method, path, action) {BYTES(method), BYTES(path), ROUTE_##action, name}
#define ROUTES_END {.path = BYTES("")}

/* What a dialect sees of the head of a message. */
struct heading {
	struct bytes method, path;
	unsigned status;            /* of an answer; else 0 */
	/* The value of a field, empty when it is not there; names in lower case. */
	struct bytes (*field)(const struct heading *, const char *name);
	/* All fields one by one, names as written; false past the last one. */
	bool (*entry)(const struct heading *, size_t index, struct bytes *name, struct bytes *value);
	const void *owner;
};

/* Who asks for a list. */
struct list_reader {
	bool (*may_see)(const struct list_reader *, struct bytes model);
	const void *owner;
};

/*
 * An AI API.  src/dialects/NAME.c defines `dialect_NAME`.  Pure: what it is
 * given are whole bodies and whole events, however they came.
 */
struct dialect {
	const char *name, *title, *spec;
	const struct dialect_route *routes;     /* ends with an empty path */
	const char *instead;        /* what a caller of a denied route is told to do; or NULL */
	enum framing_kind framing;
	bool streams_unasked;       /* an answer may be a stream though the request did not ask for one */
	bool repeatable;            /* asking twice costs twice, and does no other harm */

	size_t state_size;          /* of exchange.state */

	void (*request)(struct exchange *request, const struct heading *heading, struct bytes body);
	void (*answer)(struct exchange *answer, const struct heading *heading, struct bytes body);
	/* One event of a stream; `name` is empty when the framing has none. Sets `ended` with the last one. */
	void (*event)(struct exchange *answer, struct bytes name, struct bytes data);

	/* The answer of a ROUTE_LIST without the models that its reader may not see: into `out`, unless it is as it was. How many they are; of a list that cannot be read the exchange says why. NULL: no such route. */
	size_t (*list)(struct exchange *answer, struct bytes body, const struct list_reader *reader, struct text *out);

	/* What a client of this dialect understands as a refusal, whole. `request` may have been understood in part, or not at all. */
	void (*refusal)(struct text *out, const struct exchange *request, const char *code, const char *message);
	/* The status it goes out with, where that is not `usual`; NULL: it always is. */
	unsigned (*refusal_status)(const struct exchange *request, const char *code, unsigned usual);
	/* What ends a stream that must not go on, after the events given so far; who held events back gives the state as it was after the last one that went on. */
	void (*stop)(struct text *out, const struct exchange *so_far, const char *code, const char *message);
};

extern const struct dialect *const dialects[];  /* ends with NULL; generated */

const struct dialect *dialect_named(struct bytes name);         /* or NULL */

/* The route of this dialect that answers for a request, or NULL. */
const struct dialect_route *dialect_route_for(const struct dialect *dialect, const struct heading *heading);

/* What stands where its path has "**": empty where it has none. */
struct bytes dialect_route_end(const struct dialect_route *route, struct bytes path);

/* The dialect and route that answer for a request; NULL when none does: then it is denied. */
const struct dialect *dialect_for(const struct heading *heading, const struct dialect_route **route);

#endif
