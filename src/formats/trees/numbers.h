#ifndef FORMATS_TREES_NUMBERS_H
#define FORMATS_TREES_NUMBERS_H

#include "base/arena.h"

/* Whole numbers of one list of a tree; `count = 0` uses its memory again for the next. */
struct numbers {
	int64_t *at;
	size_t count, room;
};

void numbers_add(struct arena *arena, struct numbers *list, int64_t value);

/* A whole number with or without a sign that fills all of `b`. */
bool numbers_parse(struct bytes b, int64_t *out);

/* What the file calls one of several lists. */
struct list_name {
	const char *name;
	unsigned index;
};

const struct list_name *list_named(const struct list_name *names, size_t count, struct bytes name);      /* or NULL */

#endif
