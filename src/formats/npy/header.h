#ifndef FORMATS_NPY_HEADER_H
#define FORMATS_NPY_HEADER_H

#include "base/cursor.h"

/* What the Python dict literal in front of an array says (numpy.lib.format, read_array_header_*). */
struct npy_header {
	uint64_t item;          /* bytes an element takes */
	uint64_t items;         /* elements */
	bool objects;           /* some part of an element is a Python object: the data is a pickle */
	bool has_descr, has_order, has_shape;
};

/* Reads the literal; `c->why` tells what is wrong with it. */
void npy_read_header(struct cursor *c, struct npy_header *out);

#endif
