/*
 * B-trees (specification III.A).
 *
 *   version 1:  "TREE" | kind | level | u16 children | two siblings | key child key child ... key
 *   version 2:  "BTHD" | 0 | kind | u32 node size | u16 record size | u16 depth | 2 bytes | root | u16 its records | all records | checksum
 *               "BTLF" | 0 | kind | records | checksum
 *               "BTIN" | 0 | kind | records | children: address, records in it, records below it | checksum
 */
#include "formats/hdf5/trees.h"

#include <string.h>

/* ---- version 1 ---- */

enum { KIND_GROUP, KIND_CHUNKS };

struct old_walk {
	struct hdf5 *h;
	uint8_t kind;
	unsigned key_size;
	hdf5_each_child *each;
	void *context;
};

/* Levels go down by one a step, so there are at most 255 of them. */
static void walk_old_node(struct old_walk *w, uint64_t address, int expected)
{
	struct cursor c = hdf5_at(w->h, address);
	struct bytes signature = cursor_take(&c, 4);
	uint8_t kind = cursor_u8(&c), level = cursor_u8(&c);
	unsigned children = cursor_u16le(&c);

	cursor_take(&c, (uint64_t)w->h->offset_size * 2);
	if (cursor_ok(&c) && (!bytes_same(signature, "TREE") || kind != w->kind || (expected >= 0 && level != expected)))
		cursor_fail(&c, "has no node of a tree where one should be");
	if (hdf5_failed(w->h, &c) || !hdf5_enter(w->h, address))
		return;
	for (unsigned i = 0; i < children && cursor_ok(&c); i++) {
		struct bytes key = cursor_take(&c, w->key_size);
		uint64_t child = hdf5_address(w->h, &c);
		if (!cursor_ok(&c) || !hdf5_spend(w->h, w->key_size + w->h->offset_size))
			break;
		if (level > 0)
			walk_old_node(w, child, level - 1);
		else
			w->each(w->context, key, child);
	}
	hdf5_failed(w->h, &c);
}

/* The key of a chunk: u32 size | u32 filters left out | u64 offsets. */
void hdf5_walk_tree(struct hdf5 *h, uint64_t address, unsigned rank, hdf5_each_child *each, void *context)
{
	struct old_walk w = {.h = h, .kind = rank ? KIND_CHUNKS : KIND_GROUP, .key_size = rank ? 8 + 8 * rank : h->length_size, .each = each, .context = context};

	walk_old_node(&w, address, -1);
}

/* ---- version 2 ---- */

enum { DEPTH_MOST = 16, NODE_HEADER = 6, NODE_OVERHEAD = NODE_HEADER + 4 };

struct new_walk {
	struct hdf5 *h;
	unsigned kind;
	uint64_t node_size, record_size;
	unsigned count_width;               /* of a child's own records */
	unsigned below_width[DEPTH_MOST + 1];       /* of all records below a child, by the depth of the child */
	hdf5_each_record *each;
	void *context;
};

/* How wide counts are follows from how many records nodes can hold. */
static bool measure(struct new_walk *w, unsigned depth)
{
	uint64_t leaf = (w->node_size - NODE_OVERHEAD) / w->record_size, all = leaf;

	w->count_width = hdf5_width(leaf);
	w->below_width[0] = 0;
	for (unsigned d = 1; d <= depth; d++) {
		uint64_t pointer = w->h->offset_size + w->count_width + w->below_width[d - 1];
		if (w->node_size < NODE_OVERHEAD + pointer)
			return false;
		uint64_t most = (w->node_size - NODE_OVERHEAD - pointer) / (w->record_size + pointer);
		if (__builtin_mul_overflow(all, most + 1, &all) || __builtin_add_overflow(all, most, &all))
			return false;
		w->below_width[d] = hdf5_width(all);
	}
	return true;
}

static void walk_new_node(struct new_walk *w, uint64_t address, uint64_t records, unsigned depth);

static void walk_children(struct new_walk *w, struct bytes pointers, unsigned depth)
{
	struct cursor c = cursor_over(pointers);

	while (cursor_ok(&c) && cursor_left(&c) > 0) {
		uint64_t child = hdf5_address(w->h, &c), records = hdf5_number(&c, w->count_width);
		hdf5_number(&c, w->below_width[depth - 1]);
		if (cursor_ok(&c) && !w->h->out_of_budget)
			walk_new_node(w, child, records, depth - 1);
	}
}

static void walk_new_node(struct new_walk *w, uint64_t address, uint64_t records, unsigned depth)
{
	struct cursor c = hdf5_at(w->h, address);
	struct bytes signature = cursor_take(&c, 4);
	uint8_t version = cursor_u8(&c), kind = cursor_u8(&c);
	uint64_t pointer = w->h->offset_size + w->count_width + (depth ? w->below_width[depth - 1] : 0);

	if (cursor_ok(&c) && (!bytes_same(signature, depth ? "BTIN" : "BTLF") || version != 0 || kind != w->kind))
		cursor_fail(&c, "has no node of a tree where one should be");
	struct bytes all = cursor_take(&c, records * w->record_size);
	struct bytes pointers = cursor_take(&c, depth ? (records + 1) * pointer : 0);
	if (hdf5_failed(w->h, &c) || !hdf5_enter(w->h, address) || !hdf5_spend(w->h, c.pos - address))
		return;
	hdf5_take_checksum(w->h, &c, address);
	hdf5_failed(w->h, &c);
	for (uint64_t i = 0; i < records; i++)
		w->each(w->context, bytes_slice(all, i * w->record_size, w->record_size));
	if (depth)
		walk_children(w, pointers, depth);
}

bool hdf5_walk_records(struct hdf5 *h, uint64_t address, enum hdf5_record_kind kind, hdf5_each_record *each, void *context)
{
	struct new_walk w = {.h = h, .kind = kind, .each = each, .context = context};
	struct cursor c = hdf5_at(h, address);
	struct bytes signature = cursor_take(&c, 4);
	uint8_t version = cursor_u8(&c), said = cursor_u8(&c);

	w.node_size = cursor_u32le(&c);
	w.record_size = cursor_u16le(&c);
	unsigned depth = cursor_u16le(&c);
	cursor_take(&c, 2);
	uint64_t root = hdf5_address(h, &c), records = cursor_u16le(&c);
	hdf5_length(h, &c);
	hdf5_take_checksum(h, &c, address);
	bool sound = bytes_same(signature, "BTHD") && version == 0 && said == kind && w.record_size > 0 && w.node_size > NODE_OVERHEAD + w.record_size;
	if (cursor_ok(&c) && (!sound || depth > DEPTH_MOST || !measure(&w, depth)))
		cursor_fail(&c, "has a tree of records that makes no sense");
	if (hdf5_failed(h, &c))
		return false;
	if (root != HDF5_UNDEFINED)
		walk_new_node(&w, root, records, depth);
	return true;
}
