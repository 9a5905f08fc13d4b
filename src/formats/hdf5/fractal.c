/*
 * Fractal heaps (specification III.G): objects in blocks whose sizes double row by row.
 *
 *   "FRHP" header | "FHDB" block of objects | "FHIB" block of addresses of blocks
 */
#include "base/lookup3.h"
#include "base/sort.h"
#include "formats/hdf5/heaps.h"
#include "formats/hdf5/trees.h"

/* A block of objects: the heap's bytes from `begins` on lie at `address`. */
struct hdf5_block {
	uint64_t begins, size, address;
};

/* An object with a place of its own in the file. */
struct hdf5_huge {
	uint64_t address, length;
};

enum { DEPTH_MOST = 16, ROWS_MOST = 64 };

static void add_block(struct hdf5_fractal *f, uint64_t begins, uint64_t size, uint64_t address)
{
	if (f->block_count == f->block_room) {
		struct hdf5_block *old = f->blocks;
		f->block_room = f->block_room ? f->block_room * 2 : 16;
		f->blocks = arena_alloc(f->h->art->arena, f->block_room, sizeof *f->blocks);
		for (size_t i = 0; i < f->block_count; i++)
			f->blocks[i] = old[i];
	}
	f->blocks[f->block_count++] = (struct hdf5_block){begins, size, address};
}

/* Signature, version, the heap's own address and where the block begins in it. */
static uint64_t take_block_head(struct hdf5_fractal *f, struct cursor *c, const char *signature)
{
	struct bytes said = cursor_take(c, 4);
	uint8_t version = cursor_u8(c);

	hdf5_address(f->h, c);
	uint64_t begins = hdf5_number(c, f->offset_width);
	if (cursor_ok(c) && (!bytes_same(said, signature) || version != 0))
		cursor_fail(c, "has no block of a heap where one should be");
	return begins;
}

/* The checksum is over the whole block, its own four bytes taken as zero. */
static void check_block(struct hdf5_fractal *f, struct bytes block, uint64_t at, uint64_t address)
{
	struct arena_mark mark = arena_mark(f->h->art->arena);
	unsigned char *copy = (unsigned char *)arena_copy(f->h->art->arena, block).at;
	struct cursor c = cursor_over(bytes_from(block, at));
	uint32_t said = cursor_u32le(&c);

	for (unsigned i = 0; i < 4 && at + i < block.len; i++)
		copy[at + i] = 0;
	bool wrong = lookup3((struct bytes){copy, block.len}) != said;
	arena_rewind(f->h->art->arena, mark);
	if (wrong)
		hdf5_malformed(f->h, address, "has a block with a wrong checksum, which readers refuse");
}

static void read_direct(struct hdf5_fractal *f, uint64_t address, uint64_t size)
{
	struct cursor c = hdf5_at(f->h, address);
	uint64_t begins = take_block_head(f, &c, "FHDB");
	uint64_t head = c.pos - address;
	struct bytes block = bytes_slice(f->h->in, address, size);

	if (cursor_ok(&c) && block.len < size)
		cursor_fail(&c, "ends in the middle of a heap");
	if (hdf5_failed(f->h, &c) || !hdf5_enter(f->h, address) || !hdf5_spend(f->h, size))
		return;
	if (f->checked)
		check_block(f, block, head, address);
	add_block(f, begins, size, address);
}

static uint64_t row_size(const struct hdf5_fractal *f, unsigned row)
{
	return row < 2 ? f->start_size : f->start_size << (row - 1);
}

static void read_indirect(struct hdf5_fractal *f, uint64_t address, unsigned rows, unsigned depth);

/* Rows up to the largest direct block hold objects, those behind it more rows. */
static void read_children(struct hdf5_fractal *f, struct cursor *c, unsigned rows, unsigned depth)
{
	unsigned first_bits = hdf5_log2(f->start_size) + hdf5_log2(f->width);

	for (unsigned row = 0; row < rows && cursor_ok(c); row++) {
		uint64_t size = row_size(f, row);
		for (uint64_t i = 0; i < f->width && cursor_ok(c); i++) {
			uint64_t child = hdf5_address(f->h, c);
			if (!cursor_ok(c) || child == HDF5_UNDEFINED || f->h->out_of_budget)
				continue;
			if (size <= f->direct_most)
				read_direct(f, child, size);
			else
				read_indirect(f, child, hdf5_log2(size) - first_bits + 1, depth + 1);
		}
	}
}

static void read_indirect(struct hdf5_fractal *f, uint64_t address, unsigned rows, unsigned depth)
{
	struct cursor c = hdf5_at(f->h, address);

	take_block_head(f, &c, "FHIB");
	struct cursor children = c;
	cursor_take(&c, rows * f->width * f->h->offset_size);
	if (cursor_ok(&c) && (depth > DEPTH_MOST || rows > ROWS_MOST))
		cursor_fail(&c, "has a heap nested deeper than any writer makes it");
	if (hdf5_failed(f->h, &c) || !hdf5_enter(f->h, address) || !hdf5_spend(f->h, c.pos - address))
		return;
	hdf5_take_checksum(f->h, &c, address);
	hdf5_failed(f->h, &c);
	read_children(f, &children, rows, depth);
}

static int compare_blocks(const void *x, const void *y)
{
	const struct hdf5_block *a = x, *b = y;

	return a->begins < b->begins ? -1 : a->begins > b->begins;
}

static bool is_power_of_two(uint64_t n)
{
	return n > 0 && (n & (n - 1)) == 0;
}

/* Everything in the header up to the table of blocks. */
static unsigned take_header(struct hdf5_fractal *f, struct cursor *c)
{
	struct hdf5 *h = f->h;
	struct bytes signature = cursor_take(c, 4);
	uint8_t version = cursor_u8(c);

	f->id_length = cursor_u16le(c);
	unsigned filters = cursor_u16le(c);
	f->checked = cursor_u8(c) & 2;
	uint32_t managed_most = cursor_u32le(c);
	hdf5_length(h, c);                                  /* next id of a huge object */
	f->huge_tree = hdf5_address(h, c);
	cursor_take(c, h->length_size * 9u + h->offset_size);       /* space and counts */
	f->width = cursor_u16le(c);
	f->start_size = hdf5_length(h, c);
	f->direct_most = hdf5_length(h, c);
	f->heap_bits = cursor_u16le(c);
	cursor_u16le(c);                                    /* rows to start with */
	f->offset_width = (unsigned)(f->heap_bits + 7) / 8;
	unsigned direct_width = (hdf5_log2(f->direct_most) + 7) / 8, managed_width = hdf5_width(managed_most);
	f->length_width = direct_width < managed_width ? direct_width : managed_width;
	if (cursor_ok(c) && (!bytes_same(signature, "FRHP") || version != 0))
		cursor_fail(c, "has no heap where one should be");
	return filters;
}

static bool makes_sense(const struct hdf5_fractal *f)
{
	return is_power_of_two(f->width) && is_power_of_two(f->start_size) && is_power_of_two(f->direct_most) &&
	       f->start_size <= f->direct_most && f->direct_most <= UINT32_MAX && f->heap_bits > 0 && f->heap_bits <= 64;
}

static void add_huge(void *context, struct bytes record)
{
	struct hdf5_fractal *f = context;
	struct cursor c = cursor_over(record);
	uint64_t address = hdf5_address(f->h, &c), length = hdf5_length(f->h, &c), number = hdf5_length(f->h, &c);

	if (hdf5_failed(f->h, &c))
		return;
	struct hdf5_huge *huge = arena_new(f->h->art->arena, struct hdf5_huge);
	*huge = (struct hdf5_huge){address, length};
	*hdf5_slot(f->h, &f->huge, number) = huge;
}

static void read_blocks(struct hdf5_fractal *f, uint64_t root, unsigned rows)
{
	if (root != HDF5_UNDEFINED && rows == 0)
		read_direct(f, root, f->start_size);
	else if (root != HDF5_UNDEFINED)
		read_indirect(f, root, rows, 0);
	sort(f->blocks, f->block_count, sizeof *f->blocks, compare_blocks);
	if (f->huge_tree != HDF5_UNDEFINED)
		hdf5_walk_records(f->h, f->huge_tree, RECORD_HUGE, add_huge, f);
}

bool hdf5_open_fractal(struct hdf5 *h, uint64_t address, struct hdf5_fractal *out)
{
	struct cursor c = hdf5_at(h, address);

	*out = (struct hdf5_fractal){.h = h};
	unsigned filters = take_header(out, &c);
	uint64_t root = hdf5_address(h, &c);
	unsigned rows = cursor_u16le(&c);
	if (cursor_ok(&c) && filters > 0) {
		hdf5_unexamined(h, address, "has a heap that is packed by a filter, which is not examined here");
		return false;
	}
	hdf5_take_checksum(h, &c, address);
	if (cursor_ok(&c) && !makes_sense(out))
		cursor_fail(&c, "has a heap whose blocks have no size that a writer gives them");
	if (hdf5_failed(h, &c) || !hdf5_enter(h, address))
		return false;
	read_blocks(out, root, rows);
	return true;
}

/* ---- objects ---- */

static struct bytes managed_object(struct hdf5_fractal *f, struct cursor *id)
{
	uint64_t offset = hdf5_number(id, f->offset_width), length = hdf5_number(id, f->length_width);
	size_t low = 0, high = f->block_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (f->blocks[middle].begins <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || offset - f->blocks[low - 1].begins >= f->blocks[low - 1].size) {
		cursor_fail(id, "refers to an object that its heap does not hold");
		return BYTES("");
	}
	const struct hdf5_block *b = &f->blocks[low - 1];
	struct bytes block = bytes_slice(f->h->in, b->address, b->size);
	return bytes_slice(block, offset - b->begins, length);
}

/* An id with room for it tells the place itself; a short one is a number in a table. */
static struct bytes huge_object(struct hdf5_fractal *f, struct cursor *id)
{
	struct hdf5_huge place = {0};
	unsigned offset_size = f->h->offset_size, length_size = f->h->length_size;

	if (cursor_left(id) >= offset_size + length_size) {
		place.address = hdf5_address(f->h, id);
		place.length = hdf5_length(f->h, id);
	} else {
		uint64_t number = hdf5_number(id, cursor_left(id) < length_size ? (unsigned)cursor_left(id) : length_size);
		const struct hdf5_huge *found = *hdf5_slot(f->h, &f->huge, number);
		if (found)
			place = *found;
	}
	struct bytes object = bytes_slice(f->h->in, place.address, place.length);
	if (place.length == 0 || object.len < place.length)
		cursor_fail(id, "refers to a large object that is not there");
	return object;
}

static struct bytes tiny_object(struct hdf5_fractal *f, struct cursor *id, uint8_t head)
{
	enum { SHORT_MOST = 17 };
	uint64_t length = f->id_length > SHORT_MOST ? ((uint64_t)(head & 15) << 8 | cursor_u8(id)) : head & 15u;

	return cursor_take(id, length + 1);
}

struct bytes hdf5_fractal_object(struct hdf5_fractal *f, struct bytes id)
{
	enum { MANAGED, HUGE_OBJECT, TINY };
	struct cursor c = cursor_over(bytes_slice(id, 0, f->id_length));
	uint8_t head = cursor_u8(&c);
	unsigned kind = head >> 4 & 3;
	struct bytes object = BYTES("");

	if (kind == MANAGED)
		object = managed_object(f, &c);
	else if (kind == HUGE_OBJECT)
		object = huge_object(f, &c);
	else if (kind == TINY)
		object = tiny_object(f, &c, head);
	else
		cursor_fail(&c, "refers to an object of its heap in a way that is not known here");
	if (hdf5_failed(f->h, &c) || !hdf5_spend(f->h, object.len))
		return BYTES("");
	return object;
}
