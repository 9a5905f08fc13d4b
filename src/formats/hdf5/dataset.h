#ifndef FORMATS_HDF5_DATASET_H
#define FORMATS_HDF5_DATASET_H

#include "formats/hdf5/parts.h"

/* A dataset while it is read; for the files of this folder alone. */

enum hdf5_layout { LAYOUT_COMPACT, LAYOUT_CONTIGUOUS, LAYOUT_CHUNKED, LAYOUT_VIRTUAL };

enum hdf5_filter { FILTER_DEFLATE = 1, FILTER_SHUFFLE = 2, FILTER_FLETCHER32 = 3, FILTER_LAST_BUILT_IN = 6, FILTER_LZF = 32000 };

enum { HDF5_FILTERS_MOST = 32 };

struct hdf5_dataset {
	struct hdf5 *h;
	struct bytes path;
	uint64_t at;                /* its header */
	struct hdf5_type type;
	uint64_t count, size;       /* elements; bytes all of them take */
	enum hdf5_layout layout;
	struct bytes stored;        /* of a compact or contiguous one, or of one in a single chunk: as much as lies in the file */
	uint64_t chunks;            /* B-tree of version 1, or HDF5_UNDEFINED */
	unsigned rank;              /* of a chunk, with one more for the element */
	uint64_t chunk_size;        /* unpacked */
	bool other_index;           /* its chunks are listed in a way that is not read here */
	unsigned filters[HDF5_FILTERS_MOST];
	unsigned filter_count;
};

/*
 * Everything its chunks hold, one behind the other, or as much as `wanted` asks
 * for after the first.  False when it cannot be had.
 */
bool hdf5_gather(struct hdf5_dataset *d, bool (*wanted)(struct hdf5 *, struct bytes first), struct bytes *out);

#endif
