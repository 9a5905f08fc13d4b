#ifndef TYPES_TEMPLATE_H
#define TYPES_TEMPLATE_H

#include "base/bytes.h"

/*
 * What rendering a template would reach, in words no template language owns.
 * A template is a program: names, calls and files it reaches are facts of its
 * text, whatever sandbox its reader puts around it.
 */

/* What something is taken from. */
enum reach_base {
	BASE_DATA,          /* what the caller hands in: messages, tools ... */
	BASE_CONSTANT,      /* a literal, or what folds to one */
	BASE_NAMESPACE,     /* namespace(), whose attributes are the template's own */
	BASE_LOOP,          /* loop */
	BASE_OBJECT,        /* a function or object of the engine: `owner` */
	BASE_MACRO,
	BASE_UNKNOWN,       /* computed */
	BASE_INTERNAL,      /* already taken out of Python's internals */
};

enum reach_kind {
	REACH_NAME,         /* an attribute or item `name` of a base */
	REACH_COMPUTED,     /* an attribute or item whose name only rendering tells; `name`: a part that is known */
	REACH_CALL,         /* calls `name`, which the template does not define; empty: calls a value */
	REACH_FILTER,       /* applies the filter `name`; empty: one whose name only rendering tells */
	REACH_TEST,
	REACH_FILE,         /* loads the file `name`, as `owner` says: "include" */
	REACH_FORMAT,       /* str.format with a text that is no constant */
	REACH_COST,         /* `cost` steps or characters: `name` says what it does, with "#" in place of the number */
	REACH_HIDDEN,       /* writes `name` only under a condition, `owner`, on what people wrote */
};

struct reach {
	enum reach_kind kind;
	enum reach_base base;
	uint32_t at, end;           /* the whole expression around it, in the text */
	bool attribute;             /* by the filter attr, or one that takes a name of an attribute */
	bool plain_key;             /* REACH_COMPUTED: the name is a value handed in, not one put together */
	bool called;
	struct bytes owner, name;
	double cost;
	struct reach *next, *same_place;
};

struct template {
	struct bytes text;
	const char *why;            /* it was not followed to its end: a clause that completes "has a template that ..."; or NULL */
	uint32_t why_at;
	bool parsed;                /* it is a template at all */
	struct reach *reaches;      /* in the order of rendering */
};

#endif
