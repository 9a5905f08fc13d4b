#ifndef TYPES_DTYPE_H
#define TYPES_DTYPE_H

#include "base/bytes.h"

/* A numpy element type: what numpy.dtype makes of a short name like "<f4", "float32", "M8[ns]", "|O". */
struct dtype {
	char kind;          /* numpy's letter: b i u f c S U V m M O, '?' for booleans */
	uint64_t size;      /* bytes an element takes in a file */
	bool objects;       /* Python objects: not bytes at all */
};

bool dtype_parse(struct bytes name, struct dtype *out);

#endif
