/*
 * Local and global heaps (specification III.D and E):
 *
 *   "HEAP" | 0 | 3 bytes | length of the data | free list | address of the data
 *   "GCOL" | 1 | 3 bytes | length of all | objects: u16 index | u16 references | 4 bytes | length | data, padded to 8
 */
#include "formats/hdf5/heaps.h"

#include "base/sort.h"

/* ---- local ---- */

struct bytes hdf5_local_heap(struct hdf5 *h, uint64_t address)
{
	struct cursor c = hdf5_at(h, address);
	struct bytes signature = cursor_take(&c, 4);

	cursor_take(&c, 4);
	uint64_t length = hdf5_length(h, &c);
	hdf5_length(h, &c);
	uint64_t data = hdf5_address(h, &c);
	if (cursor_ok(&c) && !bytes_same(signature, "HEAP"))
		cursor_fail(&c, "has no heap of names where one should be");
	cursor_seek(&c, data);
	struct bytes heap = cursor_take(&c, length);
	hdf5_failed(h, &c);
	return heap;
}

struct bytes hdf5_local_string(struct hdf5 *h, struct bytes heap, uint64_t offset)
{
	enum { NAME_MOST = 1 << 16 };
	struct bytes rest = bytes_slice(heap, offset, NAME_MOST);
	size_t length = bytes_find_byte(rest, 0);

	if (!hdf5_spend(h, length))
		return BYTES("");
	if (length < rest.len)
		return bytes_slice(rest, 0, length);
	hdf5_malformed(h, heap.len ? (uint64_t)(heap.at - h->in.at) : 0, "has a name that does not end");
	return BYTES("");
}

/* ---- global ---- */

struct global_object {
	uint32_t index;
	struct bytes data;
};

struct hdf5_collection {
	struct global_object *objects;
	size_t count, room;
};

static void add_object(struct hdf5 *h, struct hdf5_collection *g, uint32_t index, struct bytes data)
{
	if (g->count == g->room) {
		struct global_object *old = g->objects;
		g->room = g->room ? g->room * 2 : 16;
		g->objects = arena_alloc(h->art->arena, g->room, sizeof *g->objects);
		for (size_t i = 0; i < g->count; i++)
			g->objects[i] = old[i];
	}
	g->objects[g->count++] = (struct global_object){index, data};
}

static int compare_objects(const void *x, const void *y)
{
	const struct global_object *a = x, *b = y;

	return a->index < b->index ? -1 : a->index > b->index;
}

/* Index 0 is the free space at the end. */
static void read_objects(struct hdf5 *h, struct cursor *c, struct hdf5_collection *g)
{
	enum { OBJECT_HEADER = 16 };

	while (cursor_left(c) >= OBJECT_HEADER && cursor_ok(c)) {
		uint32_t index = cursor_u16le(c);
		cursor_take(c, 2 + 4);
		uint64_t length = hdf5_length(h, c);
		if (index == 0 || !hdf5_spend(h, OBJECT_HEADER))
			return;
		struct bytes data = cursor_take(c, length);
		cursor_take(c, cursor_left(c) < (8 - length % 8) % 8 ? cursor_left(c) : (8 - length % 8) % 8);
		if (cursor_ok(c))
			add_object(h, g, index, data);
	}
}

static struct hdf5_collection *read_collection(struct hdf5 *h, uint64_t address)
{
	struct hdf5_collection *g = arena_new(h->art->arena, struct hdf5_collection);
	struct cursor c = hdf5_at(h, address);
	struct bytes signature = cursor_take(&c, 4);
	uint8_t version = cursor_u8(&c);

	cursor_take(&c, 3);
	uint64_t length = hdf5_length(h, &c), header = c.pos - address;
	if (cursor_ok(&c) && (!bytes_same(signature, "GCOL") || version != 1 || length < header))
		cursor_fail(&c, "has no heap of values where one should be");
	struct cursor objects = cursor_over(cursor_take(&c, length - header));
	if (!hdf5_failed(h, &c)) {
		read_objects(h, &objects, g);
		hdf5_failed(h, &objects);
	}
	sort(g->objects, g->count, sizeof *g->objects, compare_objects);
	return g;
}

struct bytes hdf5_global_object(struct hdf5 *h, uint64_t address, uint32_t index)
{
	void **slot = hdf5_slot(h, &h->collections, address);
	struct hdf5_collection *g = *slot;
	size_t low = 0, high;

	if (!g) {
		g = read_collection(h, address);
		*hdf5_slot(h, &h->collections, address) = g;
	}
	high = g->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (g->objects[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < g->count && g->objects[low].index == index) {
		hdf5_spend(h, g->objects[low].data.len);
		return g->objects[low].data;
	}
	hdf5_malformed(h, address, "refers to a value that its heap does not hold");
	return BYTES("");
}
