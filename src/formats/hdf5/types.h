#ifndef FORMATS_HDF5_TYPES_H
#define FORMATS_HDF5_TYPES_H

#include "formats/hdf5/file.h"

/* What an attribute's or a dataset's elements are, and how many there are. */

enum hdf5_class {
	CLASS_INTEGER, CLASS_FLOAT, CLASS_TIME, CLASS_STRING, CLASS_BITFIELD, CLASS_OPAQUE, CLASS_COMPOUND,
	CLASS_REFERENCE, CLASS_ENUM, CLASS_VARIABLE, CLASS_ARRAY, CLASS_COMPLEX,
};

/* How the end of a fixed string is told (bits of its type). */
enum hdf5_padding { PADDING_NUL_ENDS, PADDING_NULS, PADDING_BLANKS };

struct hdf5_type {
	enum hdf5_class class;
	uint64_t size;              /* of an element in the file */
	enum hdf5_padding padding;  /* of a fixed string */
	bool text;                  /* a string of either kind */
	uint64_t piece;             /* of what is variable: bytes of one of its elements */
	bool bytes;                 /* elements, or the elements of what is variable, are single bytes */
	uint64_t repeat;            /* of an array: elements of the base type, whose fields the others then are */
};

/* False, and reported, when it is not known what the elements are. */
bool hdf5_read_type(struct hdf5 *h, struct bytes message, struct hdf5_type *out);

enum { HDF5_RANK_MOST = 32 };

/* Elements; 0 of a null space. False, and reported, when there are more than 64 bits can tell. */
bool hdf5_read_space(struct hdf5 *h, struct bytes message, uint64_t *count);

#endif
