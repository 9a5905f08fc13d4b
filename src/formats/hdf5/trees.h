#ifndef FORMATS_HDF5_TREES_H
#define FORMATS_HDF5_TREES_H

#include "formats/hdf5/file.h"

/* B-trees of both versions: every record is handed to `each`, in order. */

/* What a v1 node holds of one child: its address, and the key before it. */
typedef void hdf5_each_child(void *context, struct bytes key, uint64_t child);

/* The children of the lowest nodes: tables of members, or with a rank the chunks of a dataset. */
void hdf5_walk_tree(struct hdf5 *h, uint64_t address, unsigned rank, hdf5_each_child *each, void *context);

typedef void hdf5_each_record(void *context, struct bytes record);

enum hdf5_record_kind { RECORD_HUGE = 1, RECORD_HUGE_FILTERED = 2, RECORD_LINK_NAME = 5, RECORD_ATTRIBUTE_NAME = 8 };

/* False, and reported, when it is no tree of that kind. */
bool hdf5_walk_records(struct hdf5 *h, uint64_t address, enum hdf5_record_kind kind, hdf5_each_record *each, void *context);

#endif
