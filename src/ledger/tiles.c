#include "ledger/tiles.h"

#include <string.h>

/* Hashes of the last tile of this level, in a tree of that size. */
static unsigned edge_width(uint64_t size, unsigned level)
{
	return (unsigned)(size >> (8 * level) & (TILE_WIDTH - 1));
}

static uint64_t edge_number(uint64_t size, unsigned level)
{
	return level == TILE_LEVELS - 1 ? 0 : size >> (8 * (level + 1));
}

bool tiles_load(struct store *s, uint64_t size, struct tile_edge *out)
{
	*out = (struct tile_edge){.size = size};
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned width = edge_width(size, level);
		struct bytes tile;
		if (width == 0)
			continue;
		if (!store_get_tile(s, level, edge_number(size, level), &tile) || tile.len < width * sizeof(struct digest))
			return false;
		memcpy(out->hashes[level], tile.at, width * sizeof(struct digest));
	}
	return true;
}

/* The root of a full tile is one hash of the level above. */
static struct digest full_root(const struct digest *hashes)
{
	struct digest level[TILE_WIDTH];

	memcpy(level, hashes, sizeof level);
	for (unsigned width = TILE_WIDTH; width > 1; width /= 2)
		for (unsigned i = 0; i < width / 2; i++)
			level[i] = merkle_node(level[2 * i], level[2 * i + 1]);
	return level[0];
}

static bool add_to_level(struct tile_edge *e, unsigned level, struct digest hash, tile_use *use, void *context)
{
	unsigned width = edge_width(e->size, level);

	e->hashes[level][width] = hash;
	if (width + 1 < TILE_WIDTH)
		return true;
	if (!use(context, level, edge_number(e->size, level), e->hashes[level], TILE_WIDTH))
		return false;
	return level + 1 == TILE_LEVELS || add_to_level(e, level + 1, full_root(e->hashes[level]), use, context);
}

bool tiles_add(struct tile_edge *e, struct digest leaf, tile_use *use, void *context)
{
	bool good = add_to_level(e, 0, leaf, use, context);

	e->size++;
	return good;
}

bool tiles_each_of_edge(const struct tile_edge *e, tile_use *use, void *context)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned width = edge_width(e->size, level);
		if (width > 0 && !use(context, level, edge_number(e->size, level), e->hashes[level], width))
			return false;
	}
	return true;
}

bool tiles_write(void *store, unsigned level, uint64_t number, const struct digest *hashes, unsigned width)
{
	return store_put_tile(store, level, number, (struct bytes){hashes->sha256, width * sizeof *hashes});
}

/* The complete subtrees of `width` hashes, the largest first, onto the list. */
static unsigned add_subtrees(const struct digest *hashes, unsigned width, struct digest *list, unsigned count)
{
	for (unsigned bit = TILE_WIDTH / 2; bit > 0; bit /= 2) {
		struct digest level[TILE_WIDTH / 2];
		if (!(width & bit))
			continue;
		memcpy(level, hashes, bit * sizeof *level);
		for (unsigned n = bit; n > 1; n /= 2)
			for (unsigned i = 0; i < n / 2; i++)
				level[i] = merkle_node(level[2 * i], level[2 * i + 1]);
		list[count++] = level[0];
		hashes += bit;
	}
	return count;
}

struct digest tiles_root(const struct tile_edge *e)
{
	struct digest list[MERKLE_DEPTH];
	unsigned count = 0;

	for (unsigned level = TILE_LEVELS; level > 0; level--)
		count = add_subtrees(e->hashes[level - 1], edge_width(e->size, level - 1), list, count);
	if (count == 0)
		return merkle_empty();
	struct digest root = list[count - 1];
	for (unsigned i = count - 1; i > 0; i--)
		root = merkle_node(list[i - 1], root);
	return root;
}

/* ---- reading ---- */

static bool load(struct tile_reader *r, unsigned level, uint64_t number)
{
	struct bytes tile;

	if (r->loaded && r->level == level && r->number == number)
		return true;
	r->loaded = store_get_tile(r->store, level, number, &tile) && tile.len % sizeof(struct digest) == 0 && tile.len <= sizeof r->hashes;
	if (!r->loaded)
		return false;
	r->level = level;
	r->number = number;
	r->width = (unsigned)(tile.len / sizeof(struct digest));
	memcpy(r->hashes, tile.at, tile.len);
	return true;
}

bool tiles_subtree(void *reader, unsigned level, uint64_t index, struct digest *out)
{
	struct tile_reader *r = reader;
	unsigned tile_level = level / 8, below = level % 8;
	uint64_t first = index << below;        /* hashes of the tile level */
	struct digest hashes[TILE_WIDTH / 2 * 2];

	if (!load(r, tile_level, first / TILE_WIDTH) || first % TILE_WIDTH + (1u << below) > r->width)
		return false;
	unsigned count = 1u << below;
	memcpy(hashes, r->hashes + first % TILE_WIDTH, count * sizeof *hashes);
	for (; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			hashes[i] = merkle_node(hashes[2 * i], hashes[2 * i + 1]);
	*out = hashes[0];
	return true;
}
