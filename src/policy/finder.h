#ifndef POLICY_FINDER_H
#define POLICY_FINDER_H

#include "base/arena.h"

/*
 * Looks for many short patterns in a text that arrives in parts, and says how
 * much of its end may still become part of a match.  Bit-parallel simulation:
 * a pattern is at most 256 positions, so no input makes it slow.
 *
 * A pattern is text, or a shape: characters, classes "[A-Za-z0-9_]" of ASCII,
 * each followed by nothing, "?", "{n}", "{n,m}", and at the end "{n,}"; a
 * backslash makes the next character an ordinary one.
 */
enum { FIND_LONGEST = 256, FIND_WORDS = FIND_LONGEST / 64 };

struct finder;

struct find_text {
	struct bytes text;
	bool shape;
	bool fold;                  /* ASCII letters of either case are alike */
	bool word;                  /* only where no letter, digit or underscore stands before or after */
};

struct finder *finder_create(struct arena *arena, size_t most);
/* What it finds is called `find`. NULL, or what is wrong: a clause that completes "... ". */
const char *finder_add(struct arena *arena, struct finder *f, unsigned find, const struct find_text *what);
/* After the last pattern, before the first search. */
void finder_seal(struct arena *arena, struct finder *f);

/* Where one text stands. */
struct finding;

struct finding *finding_create(struct arena *arena, const struct finder *f);
void finding_begin(struct finding *s);         /* a new text; may be begun again and again */

/* Every occurrence, at the latest when its last byte is there; [from, to) in bytes of the whole text. Ends never go back. */
typedef void finding_found(void *owner, unsigned find, uint64_t from, uint64_t to);
void finding_add(struct finding *s, struct bytes part, finding_found *found, void *owner);
void finding_end(struct finding *s, finding_found *found, void *owner);

/* Where the earliest text begins that may still become an occurrence of a find for which `counts` holds; else the end. */
uint64_t finding_open(struct finding *s, const bool *counts);

/* Does all of a text fit the one pattern? */
bool finder_fits(struct finder *f, struct bytes text);

#endif
