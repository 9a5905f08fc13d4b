#ifndef FORMATS_HDF5_HEAPS_H
#define FORMATS_HDF5_HEAPS_H

#include "formats/hdf5/file.h"

/* Where names and values of any length lie. */

/* The data of a local heap: the names of an old group, or of external files; empty, and reported, when there is none. */
struct bytes hdf5_local_heap(struct hdf5 *h, uint64_t address);

/* The string at `offset` of it, up to its NUL. */
struct bytes hdf5_local_string(struct hdf5 *h, struct bytes heap, uint64_t offset);

/* Object `index` of a collection of the global heap; empty, and reported, when there is none. */
struct bytes hdf5_global_object(struct hdf5 *h, uint64_t collection, uint32_t index);

/*
 * A fractal heap: the links or attributes of a group with many.  Its blocks
 * are read when it is opened; ids are what a B-tree keeps of each object.
 */
struct hdf5_fractal {
	struct hdf5 *h;
	unsigned id_length, offset_width, length_width;
	uint64_t start_size, direct_most, width, heap_bits;
	bool checked;               /* direct blocks carry a checksum */
	uint64_t huge_tree;         /* B-tree of objects too large for a block */
	struct hdf5_block *blocks;  /* sorted by where they begin in the heap */
	size_t block_count, block_room;
	struct hdf5_map huge;       /* struct hdf5_huge, by number */
};

bool hdf5_open_fractal(struct hdf5 *h, uint64_t address, struct hdf5_fractal *out);
struct bytes hdf5_fractal_object(struct hdf5_fractal *f, struct bytes id);

#endif
