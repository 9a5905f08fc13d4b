#ifndef RULES_SHAPE_H
#define RULES_SHAPE_H

#include "rules/imports.h"

/*
 * The arguments a listed function takes, as a rule file writes them:
 *
 *   "storage, int, ints, ints, bool, empty, plain?"
 *
 * Words are separated by commas; "a|b" is either, "a?" may be left out with all
 * that follow, "a*" stands for any number to the end.  The words:
 *
 *   plain      data without anything to run       empty      an empty container, or an empty OrderedDict
 *   int bool float text bytes none                ints       a tuple or list of integers
 *   storage    the persistent id of a storage     reference  a name that may stand as data
 *   rebuild    a function marked "rebuild"        applied    a tuple that fits that function
 *   factory    a class marked "factory"           'latin1'   this very text
 *   zeros      a tuple or list of nothing but 0   items      a container, a text, bytes, or what a class marked "items"
 *                                                            made: no more than the file itself holds
 */

enum shape_word {
	WORD_PLAIN, WORD_EMPTY, WORD_INT, WORD_BOOL, WORD_FLOAT, WORD_TEXT, WORD_BYTES, WORD_NONE, WORD_INTS,
	WORD_STORAGE, WORD_REFERENCE, WORD_REBUILD, WORD_APPLIED, WORD_FACTORY, WORD_ZEROS, WORD_ITEMS, WORD_LITERAL,
};

enum { SHAPE_MOST = 12 };

struct shape_argument {
	unsigned words;             /* set of 1 << enum shape_word */
	struct bytes literal;
	bool optional, rest;
};

struct shape {
	struct shape_argument arguments[SHAPE_MOST];
	size_t count;
};

/* NULL when it is not a shape. */
const struct shape *shape_parse(struct arena *arena, struct bytes text);

#endif
