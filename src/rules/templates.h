#ifndef RULES_TEMPLATES_H
#define RULES_TEMPLATES_H

#include "base/arena.h"

struct yaml;

/*
 * Names that templates use: what every reader of chat templates has, and what
 * leads out of it.  A name on no list is unknown, not bad.
 */
enum template_names {
	TEMPLATE_INTERNALS,     /* attributes that lead into the interpreter */
	TEMPLATE_FRAMEWORKS,    /* objects of web frameworks, which lead into the program around */
	TEMPLATE_HARMFUL,       /* functions that run, read or write something outside */
	TEMPLATE_FUNCTIONS,     /* functions every reader has */
	TEMPLATE_OBJECTS,       /* attributes of loop, cycler() and their like that are for templates */
	TEMPLATE_METHODS,       /* methods of texts, numbers, lists and dictionaries */
	TEMPLATE_FILTERS,
	TEMPLATE_TESTS,
	TEMPLATE_NAMES_COUNT
};

struct template_name {
	struct bytes name;
	struct template_name *next;
};

enum { TEMPLATE_ROOM = 256 };

struct template_rules {
	struct template_name *names[TEMPLATE_NAMES_COUNT][TEMPLATE_ROOM];       /* hash tables by name */
};

/* Takes an entry of a rule file: a list by its name ("internals") and names for it. What is wrong with it, or NULL. */
const char *template_rules_add(struct arena *arena, struct template_rules *rules, const struct yaml *entry);

bool template_rules_have(const struct template_rules *rules, enum template_names list, struct bytes name);

#endif
