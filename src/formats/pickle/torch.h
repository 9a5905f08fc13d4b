#ifndef FORMATS_PICKLE_TORCH_H
#define FORMATS_PICKLE_TORCH_H

#include "types/artifact.h"

/* What PyTorch adds to pickles: storages, named by persistent ids, whose bytes lie elsewhere. */

/* Is the first pickle the magic number of files written before torch 1.6? */
bool torch_legacy_claims(struct arena *arena, struct bytes b);

/* May torch.load(weights_only=True) be asked for this name, as it comes (torch/_weights_only_unpickler.py)? */
bool torch_weights_only_takes(struct bytes module, struct bytes name);

/* ('storage', class, key, location, elements[, view]) */
struct torch_storage {
	struct bytes key;
	uint64_t elements;
	uint64_t element;           /* bytes each takes; 0 when the class does not say */
	uint64_t offset;            /* of the persistent id */
};

/* False when the id is not of that form. */
bool torch_read_storage(const struct event *persistent, struct torch_storage *out);

/* Bytes that many elements take, or UINT64_MAX when 64 bits are not enough. */
uint64_t torch_bytes(uint64_t elements, uint64_t element);

/*
 * The members of a tar written by torch 0.1 (torch/serialization.py, legacy_load):
 * pickles with raw arrays between them.  Returns where what is understood ends.
 */
uint64_t torch_walk_members(struct artifact *art, struct bytes in, bool storages);

#endif
