#ifndef TEMPLATES_JINJA_H
#define TEMPLATES_JINJA_H

#include "base/arena.h"

/*
 * The syntax of Jinja (jinja2 3.1, with its extensions loopcontrols, do and
 * i18n, and the tag "generation" of transformers) as a tree.  Blocks are
 * trimmed as transformers does it: trim_blocks and lstrip_blocks are on.
 */

enum jinja_kind {
	JINJA_NOTHING,      /* stands where a child is left out */

	/* expressions; `text` is the name, children in the order written */
	JINJA_NONE, JINJA_BOOL, JINJA_INTEGER, JINJA_FLOAT,
	JINJA_STRING,       /* text: escapes undone; `guess`: one of them is not known here */
	JINJA_NAME,
	JINJA_LIST, JINJA_TUPLE,
	JINJA_DICT,         /* key, value, key, value ... */
	JINJA_ATTRIBUTE,    /* base; text */
	JINJA_SUBSCRIPT,    /* base, index */
	JINJA_SLICE,        /* from, to, step; each may be NOTHING */
	JINJA_CALL,         /* callee, arguments */
	JINJA_FILTER,       /* base (NOTHING in a filter block), arguments; text */
	JINJA_TEST,         /* base, arguments; text */
	JINJA_KEYWORD,      /* argument: value; text */
	JINJA_SPREAD,       /* argument: *value; `double_star`: **value */
	JINJA_NEGATE, JINJA_POSITIVE, JINJA_NOT,
	JINJA_ADD, JINJA_SUBTRACT, JINJA_MULTIPLY, JINJA_DIVIDE, JINJA_FLOOR_DIVIDE, JINJA_REMAINDER, JINJA_POWER,
	JINJA_CONCAT,       /* a ~ b ~ c: all of them */
	JINJA_AND, JINJA_OR,
	JINJA_COMPARE,      /* first, then JINJA_OPERAND for each further one */
	JINJA_OPERAND,      /* value; text: "==", "!=", "<", "<=", ">", ">=", "in", "not in" */
	JINJA_CHOICE,       /* a if test else b: test, a, b or NOTHING */

	/* statements */
	JINJA_BODY,         /* statements */
	JINJA_TEXT,         /* text between tags, as it is written out */
	JINJA_OUTPUT,       /* expressions */
	JINJA_IF,           /* test, body, else: a body, another JINJA_IF or NOTHING */
	JINJA_FOR,          /* target, iterable, condition or NOTHING, body, else or NOTHING; `recursive` */
	JINJA_SET,          /* target, value */
	JINJA_SET_BLOCK,    /* target, filter or NOTHING, body */
	JINJA_MEMBER,       /* as target: name.attribute; text the attribute, the name its only child */
	JINJA_MACRO,        /* parameters, body; text */
	JINJA_PARAMETERS,   /* JINJA_PARAMETER */
	JINJA_PARAMETER,    /* default or NOTHING; text */
	JINJA_CALL_BLOCK,   /* parameters, call, body */
	JINJA_FILTER_BLOCK, /* filter, body */
	JINJA_WITH,         /* target, value, ..., body */
	JINJA_SCOPE,        /* autoescape, generation: expression or NOTHING, body; text */
	JINJA_BLOCK,        /* body; text */
	JINJA_LOAD,         /* extends, include, import, from: expression, JINJA_NAME of each name bound; text is the tag */
	JINJA_DO,           /* expression */
	JINJA_BREAK, JINJA_CONTINUE,
	JINJA_TRANSLATION,  /* JINJA_KEYWORD of each variable, JINJA_NAME of each name used, JINJA_TEXT */
};

struct jinja_node {
	uint8_t kind;               /* enum jinja_kind */
	bool truth, guess, double_star, recursive;
	uint32_t at, end;           /* in the text */
	struct bytes text;
	union {
		int64_t integer;
		double real;
	};
	struct jinja_node *first, *last, *next;
	struct jinja_node *outer;   /* the attribute, subscript, call or filter that takes this as its base */
	struct reach *reaches;      /* for who follows the tree */
};

enum { JINJA_TEXT_MOST = 4 << 20, JINJA_DEPTH_MOST = 100 };

struct jinja_error {
	const char *why;            /* a clause that completes "has a template that ..." */
	uint32_t at;
};

/* NULL when it is no template: `error` tells. Only the arena bounds its size. */
struct jinja_node *jinja_parse(struct arena *arena, struct bytes text, struct jinja_error *error);

/* The child of that number, or NULL. */
struct jinja_node *jinja_child(const struct jinja_node *node, unsigned index);

#define jinja_each(node, it) for (struct jinja_node *it = (node)->first; it; it = it->next)

#endif
