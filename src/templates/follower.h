#ifndef TEMPLATES_FOLLOWER_H
#define TEMPLATES_FOLLOWER_H

#include "templates/values.h"

/* For the files that follow a template alone: what rendering would do, with what is known before. */

struct binding {
	struct bytes name;
	struct fold value;
	unsigned maybe;             /* conditions around its last certain value */
	struct binding *next;
};

struct scope {
	struct binding *bindings;
	unsigned count;
	struct scope *outer;
	unsigned maybe;
};

/* Text written by a part of the template. */
struct written {
	struct text text;
	bool unknown, content;
	unsigned maybe;
};

struct argument {
	struct bytes keyword;       /* empty: by position */
	struct fold value;
};

struct arguments {
	struct argument *at;
	uint32_t count;
	bool open;                  /* there may be more, of which nothing is known */
};

/* A macro followed with these arguments: what it came to, when it left nothing behind. */
struct followed {
	struct arguments args;
	struct trigger *trigger;
	struct fold caller, result;
	bool active, known;
	unsigned maybe;             /* conditions around the call */
	uint64_t changes;           /* of the follower, before */
	struct followed *next;
};

struct macro {
	const struct jinja_node *parameters, *body;
	struct scope *scope;
	struct fold caller;         /* the body of the call block that calls it */
	unsigned active;
	bool called;
	struct followed *followed;
	unsigned followed_count;
	struct macro *next;
};

struct follower {
	struct arena *arena;
	struct template *out;
	struct reach **last;
	struct scope *scope;
	struct written *written;
	const struct jinja_node *at;    /* the statement */
	struct trigger *trigger, *triggers;
	struct macro *macros;
	struct fold_items *namespaces;
	unsigned maybe;             /* conditions around, and loops that run an unknown number of times */
	bool widen;                 /* a second round of a loop: what still changes is not listed any more */
	unsigned depth, recursion;
	uint32_t reach_count;
	uint64_t steps, changes;        /* changes: to what outlives a macro */
	uint32_t macro_calls, macro_call;   /* made so far; the one under way */
	size_t folded;              /* bytes of constant text made */
	double times;               /* how often the statement runs, as far as constants tell */
};

/* ---- follower.c: the record ---- */

struct reach *follower_reach(struct follower *f, enum reach_kind kind, struct jinja_node *node, enum reach_base base, struct bytes name);
void follower_cost(struct follower *f, struct jinja_node *node, double cost, const char *what);
/* One more; false when the template is not followed any further. */
bool follower_step(struct follower *f, const struct jinja_node *node);
/* Gives up: the template is not followed to its end. */
void follower_stop(struct follower *f, const struct jinja_node *node, const char *why);
/* A text of this length may be made now; false when it is too long to keep. */
bool follower_may_make(struct follower *f, struct jinja_node *node, double length, const char *what);
struct trigger *follower_trigger(struct follower *f, const struct jinja_node *node, struct bytes words);

struct fold follower_look_up(struct follower *f, struct bytes name);
void follower_bind(struct follower *f, struct bytes name, struct fold value);
void follower_set_member(struct follower *f, struct fold namespace, struct bytes name, struct fold value);
void follower_enter_scope(struct follower *f);
void follower_write(struct follower *f, struct fold value);
void follower_begin_writing(struct follower *f, struct written *w, struct written **before);
struct fold follower_end_writing(struct follower *f, struct written *w, struct written *before);

/* ---- statements: follow.c ---- */

void follow_body(struct follower *f, const struct jinja_node *body);
struct fold follow_macro(struct follower *f, struct macro *macro, const struct arguments *args, struct jinja_node *node);
void follow_assign(struct follower *f, const struct jinja_node *target, struct fold value);

/* ---- expressions: evaluate.c ---- */

struct fold evaluate(struct follower *f, struct jinja_node *node);
/* An attribute or item; `attribute`: by a filter that takes names of attributes. */
struct fold evaluate_member(struct follower *f, struct jinja_node *node, struct fold base, struct fold index, bool attribute);
/* A name as filters take it: "a.b.c". */
struct fold evaluate_path(struct follower *f, struct jinja_node *node, struct fold base, struct fold path);
enum reach_base evaluate_base(struct fold v);

/* ---- operators.c ---- */

struct fold operate(struct follower *f, struct jinja_node *node, enum jinja_kind op, struct fold a, struct fold b);
struct fold operate_concat(struct follower *f, struct jinja_node *node, const struct fold *parts, uint32_t count);
struct fold operate_compare(struct follower *f, struct jinja_node *node, struct bytes op, struct fold a, struct fold b);
struct fold operate_join(struct follower *f, struct jinja_node *node, struct fold separator, struct fold list);
/* The words, or the first of them, that people's text is searched for with this. */
struct bytes operate_words(struct fold v);
/* The kind of what cannot be told from these, and whose words and conditions are in it. */
struct fold operate_unknown(enum fold_kind kind, struct fold a, struct fold b);

/* ---- formats.c ---- */

struct fold format_percent(struct follower *f, struct jinja_node *node, struct bytes format, struct fold values);
struct fold format_braces(struct follower *f, struct jinja_node *node, struct bytes format, const struct arguments *args);

/* ---- calls.c, methods.c, filters.c ---- */

struct arguments call_arguments(struct follower *f, struct jinja_node *first);
struct fold call_value(struct follower *f, struct jinja_node *node, struct fold callee, const struct arguments *args);
/* By position or by keyword; `otherwise` when it is not given. */
struct fold argument(const struct arguments *args, uint32_t index, const char *keyword, struct fold otherwise);
/* Is it a method that a text or a list has, and this follows? */
bool method_is_known(struct bytes name);
struct fold method_call(struct follower *f, struct jinja_node *node, struct fold base, struct bytes name, const struct arguments *args);
/* A method of text on a constant one; false when it has no such method, or its result is not known. */
bool text_method(struct follower *f, struct jinja_node *node, struct bytes text, struct bytes name, const struct arguments *args, struct fold *out);
struct fold filter_apply(struct follower *f, struct jinja_node *node, struct bytes name, struct fold base, const struct arguments *args);

#endif
