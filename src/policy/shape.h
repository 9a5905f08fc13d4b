#ifndef POLICY_SHAPE_H
#define POLICY_SHAPE_H

#include "policy/finder.h"

/* A pattern as a row of elements: so many bytes of a class. */
struct element {
	uint64_t bytes[4];          /* set of 256 */
	unsigned least, most;
	bool endless;               /* only the last may be */
};

struct elements {
	struct element *at;
	size_t count;
	unsigned positions;         /* of all together */
};

static inline bool element_has(const struct element *e, unsigned char byte)
{
	return e->bytes[byte >> 6] >> (byte & 63) & 1;
}

/* NULL, or what is wrong with it. */
const char *elements_read(struct arena *arena, const struct find_text *what, struct elements *out);

#endif
