#ifndef TEMPLATES_VALUES_H
#define TEMPLATES_VALUES_H

#include "base/text.h"
#include "templates/jinja.h"
#include "types/template.h"

/*
 * What an expression comes to, as far as the text of the template tells.
 * What is not known stays unknown, and says where it comes from: a name put
 * together from unknown parts is judged by that.
 */
enum fold_kind {
	FOLD_DATA,          /* handed in by the caller, or taken from it; `text` its last name, `direct`: a variable itself */
	FOLD_NUMBER,        /* some number or truth value */
	FOLD_COMPUTED,      /* some text put together while rendering */
	FOLD_UNKNOWN,       /* anything */
	FOLD_INTERNAL,      /* reached through Python's internals */
	FOLD_NONE, FOLD_BOOL, FOLD_INTEGER, FOLD_REAL,
	FOLD_TEXT,
	FOLD_LIST, FOLD_TUPLE,
	FOLD_DICT,          /* items: key, value, key, value ... */
	FOLD_OBJECT,        /* a function or object of the engine: `text` */
	FOLD_NAMESPACE,     /* items as of a dict */
	FOLD_LOOP,          /* of: the item */
	FOLD_MACRO,
	FOLD_METHOD,        /* `text` of `of` */
	FOLD_EITHER,        /* items: one of these */
};

/* A condition on what people wrote, and what is written under it. */
struct trigger {
	const struct jinja_node *node;
	struct bytes words;         /* what it looks for */
	struct text literal;
	struct trigger *next;
};

struct fold_items {
	struct fold *at;
	uint32_t count, room;
	bool bag;                   /* any number of these, in any order */
	unsigned maybe;             /* conditions around its making */
	uint32_t born;              /* number of the macro call that made it */
	double length;              /* when it stands for more items than are kept */
	struct fold_items *next;    /* of namespaces: another one */
};

struct fold {
	uint8_t kind;               /* enum fold_kind */
	bool direct;
	bool content;               /* people wrote it */
	bool clock;                 /* the time of rendering is in it */
	bool negated;               /* true when the condition of `trigger` is not met */
	struct trigger *trigger;    /* it has this value only then, or depends on it */
	struct bytes text;
	union {
		bool truth;
		int64_t integer;
		double real;
		struct fold_items *items;
		struct macro *macro;
		struct fold *of;
	};
};

/* TEXT_MOST: a longer text is not kept, and counts as built to exhaust memory. */
enum { FOLD_TEXT_MOST = 1 << 16, FOLD_ITEMS_MOST = 2048, FOLD_CHOICES_MOST = 12 };

struct fold fold_text(struct bytes text);
struct fold fold_integer(int64_t integer);
struct fold fold_real(double real);
struct fold fold_bool(bool truth);
struct fold fold_kind(enum fold_kind kind);
struct fold fold_list(struct arena *arena, enum fold_kind kind);
void fold_add_item(struct arena *arena, struct fold *list, struct fold item);

bool fold_is_text(struct fold v);           /* a constant one */
bool fold_is_number(struct fold v);         /* a constant one, truth values too */
bool fold_is_container(struct fold v);
bool fold_is_constant(struct fold v);       /* whole, to the bottom */
bool fold_has_clock(struct fold v);         /* one of its choices, too */
double fold_number(struct fold v);
bool fold_same(struct fold a, struct fold b);           /* containers: the very same one */
bool fold_alike(struct fold a, struct fold b);          /* containers of the same are alike */
/* Of a value that decides something: the condition it hangs on, also when only one of several does. */
struct fold fold_condition(struct fold v);
int fold_truth(struct fold v);              /* 1, 0, or -1: not known */
double fold_length(struct fold v);          /* -1: not known */

/* One of the two. When `widen` is set, what is new is not listed but told by kind alone. */
struct fold fold_either(struct arena *arena, struct fold a, struct fold b, bool widen);
struct fold fold_any_of(struct arena *arena, struct fold container);

/* Value of that key of a DICT or NAMESPACE, or NULL. */
struct fold *fold_member(struct fold dict, struct bytes key);

/* What iterating gives: a LIST; DATA and the unknown kinds stay what they are. */
struct fold fold_iterate(struct arena *arena, struct fold v);

/* str(v) of a constant; COMPUTED otherwise. */
struct fold fold_string(struct arena *arena, struct fold v);

/* Python's v[from:to:step] on TEXT, LIST and TUPLE. */
struct fold fold_slice(struct arena *arena, struct fold v, struct fold from, struct fold to, struct fold step);
/* v[index]; false when there is none. */
bool fold_item(struct fold v, int64_t index, struct fold *out);

#endif
