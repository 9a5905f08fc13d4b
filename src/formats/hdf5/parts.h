#ifndef FORMATS_HDF5_PARTS_H
#define FORMATS_HDF5_PARTS_H

#include "formats/hdf5/object.h"
#include "formats/hdf5/types.h"

/* What an object holds, added to the artifact as parts and oddities. */

/* Each string of each attribute becomes metadata named "PATH@NAME". */
void hdf5_read_attributes(struct hdf5 *h, const struct hdf5_object *object, struct bytes path);

/* Members are added to the objects to visit. */
void hdf5_read_links(struct hdf5 *h, const struct hdf5_object *object, struct bytes path);

/* Becomes a tensor named PATH. */
void hdf5_read_dataset(struct hdf5 *h, const struct hdf5_object *object, struct bytes path);

/* Values some library hands to an unpickler: what looks like a pickle is examined as a file. */
void hdf5_look_inside(struct hdf5 *h, struct bytes values);

/* One variable-length value: u32 length | address of a collection | u32 index. */
struct bytes hdf5_variable(struct hdf5 *h, struct cursor *c, uint64_t piece);

#endif
