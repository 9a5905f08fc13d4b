#include "formats/flatbuffer/reader.h"

#include "base/cursor.h"

enum { OFFSET = 4, VTABLE_HEADER = 4 };

static void fail(struct flat *f, uint64_t at)
{
	if (f->why)
		return;
	f->why = "has an offset that leads out of it";
	f->why_at = at;
}

static void reach(struct flat *f, uint64_t end)
{
	if (end > f->end)
		f->end = end;
}

/* A little-endian number of 1, 2, 4 or 8 bytes. */
static uint64_t read(struct flat *f, uint64_t at, unsigned width)
{
	struct bytes b = bytes_slice(f->all, at, width);
	uint64_t v = 0;

	if (at > f->all.len || b.len != width) {
		fail(f, at < f->all.len ? at : f->all.len);
		return 0;
	}
	reach(f, at + width);
	for (size_t i = b.len; i > 0; i--)
		v = v << 8 | b.at[i - 1];
	return v;
}

static struct flat_table table_at(struct flat *f, uint64_t at)
{
	struct flat_table none = {0}, t = {.at = at};
	int64_t back = (int32_t)read(f, at, OFFSET);

	if (f->why)
		return none;
	if (back > (int64_t)at || (back < 0 && (uint64_t)-back > f->all.len - at)) {
		fail(f, at);
		return none;
	}
	t.vtable = (uint64_t)((int64_t)at - back);
	unsigned len = (unsigned)read(f, t.vtable, 2);
	t.size = (unsigned)read(f, t.vtable + 2, 2);
	if (!f->why && (len < VTABLE_HEADER || len % 2 || t.size < OFFSET || len > f->all.len - t.vtable || t.size > f->all.len - at))
		fail(f, t.vtable);
	t.fields = (len - VTABLE_HEADER) / 2;
	return f->why ? none : t;
}

/* Where the offset at `at` leads. */
static uint64_t follow(struct flat *f, uint64_t at)
{
	uint64_t offset = read(f, at, OFFSET), to = at + offset;

	if (!f->why && (offset == 0 || to >= f->all.len))
		fail(f, at);
	return f->why ? 0 : to;
}

struct flat_table flat_root(struct flat *f)
{
	uint64_t at = follow(f, 0);

	return at ? table_at(f, at) : (struct flat_table){0};
}

/* Where a field of a table stands, or 0 when it is not written. */
static uint64_t field_at(struct flat *f, struct flat_table t, unsigned field, unsigned width)
{
	if (t.at == 0 || field >= t.fields)
		return 0;
	uint64_t inside = read(f, t.vtable + VTABLE_HEADER + 2 * (uint64_t)field, 2);
	if (inside == 0)
		return 0;
	if (inside + width > t.size || inside < OFFSET) {
		fail(f, t.vtable + VTABLE_HEADER + 2 * (uint64_t)field);
		return 0;
	}
	return t.at + inside;
}

uint64_t flat_number(struct flat *f, struct flat_table t, unsigned field, unsigned width, uint64_t otherwise)
{
	uint64_t at = field_at(f, t, field, width);

	return at ? read(f, at, width) : otherwise;
}

struct flat_table flat_child(struct flat *f, struct flat_table t, unsigned field)
{
	uint64_t at = field_at(f, t, field, OFFSET), to = at ? follow(f, at) : 0;

	return to ? table_at(f, to) : (struct flat_table){0};
}

struct flat_vector flat_list(struct flat *f, struct flat_table t, unsigned field, unsigned width)
{
	struct flat_vector none = {0}, v;
	uint64_t at = field_at(f, t, field, OFFSET), to = at ? follow(f, at) : 0;

	if (!to)
		return none;
	v.count = (uint32_t)read(f, to, OFFSET);
	v.at = to + OFFSET;
	if (!f->why && (v.at > f->all.len || v.count > (f->all.len - v.at) / width))
		fail(f, to);
	if (!f->why)
		reach(f, v.at + (uint64_t)v.count * width);
	return f->why ? none : v;
}

struct bytes flat_string(struct flat *f, struct flat_table t, unsigned field)
{
	struct flat_vector v = flat_list(f, t, field, 1);

	return v.at ? bytes_slice(f->all, v.at, v.count) : BYTES("");
}

struct flat_table flat_item(struct flat *f, struct flat_vector v, uint32_t index)
{
	uint64_t to = index < v.count ? follow(f, v.at + (uint64_t)index * OFFSET) : 0;

	return to ? table_at(f, to) : (struct flat_table){0};
}
