#ifndef LEDGER_TILES_H
#define LEDGER_TILES_H

#include "ledger/merkle.h"
#include "ledger/store.h"

/*
 * The tree in tiles (C2SP tlog-tiles): tile N of level L holds the hashes of
 * up to 256 subtrees of 256^L leaves each.  Level 0 are the leaves.
 */

enum { TILE_WIDTH = 256, TILE_LEVELS = 8 };

/* The right edge: the tiles that are not full yet. */
struct tile_edge {
	uint64_t size;
	struct digest hashes[TILE_LEVELS][TILE_WIDTH];
};

/* The edge of a tree of that size, from the store; false when the store lacks a tile. */
bool tiles_load(struct store *s, uint64_t size, struct tile_edge *out);

/* What is done with a tile; the walk over tiles ends with its first false. */
typedef bool tile_use(void *context, unsigned level, uint64_t number, const struct digest *hashes, unsigned width);

/* Adds a leaf; `use` is called for each tile that becomes full, the lowest first. */
bool tiles_add(struct tile_edge *e, struct digest leaf, tile_use *use, void *context);

/* The tiles that are not full. */
bool tiles_each_of_edge(const struct tile_edge *e, tile_use *use, void *context);

/* A use: writes the tile to the store, which is the context. */
bool tiles_write(void *store, unsigned level, uint64_t number, const struct digest *hashes, unsigned width);

struct digest tiles_root(const struct tile_edge *e);

/* For merkle_range() and the proofs, over a store of `size` leaves. */
struct tile_reader {
	struct store *store;
	uint64_t size;
	/* the tile read last */
	unsigned level;
	uint64_t number;
	struct digest hashes[TILE_WIDTH];
	unsigned width;
	bool loaded;
};

bool tiles_subtree(void *reader, unsigned level, uint64_t index, struct digest *out);

#endif
