#include "formats/pickle/torch.h"

#include "base/cursor.h"
#include <string.h>

#include "formats/pickle/streams.h"

/* 0x1950a86a20f9469cfc6c, little-endian (torch/serialization.py, MAGIC_NUMBER) */
static const struct bytes magic = BYTES("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");

/* Its bytes, or a line that ends like the number in decimal, with an L, or in hexadecimal. */
static bool may_hold_magic(struct bytes b)
{
	if (bytes_find(b, magic) < b.len)
		return true;
	for (size_t i = bytes_find_byte(b, '\n'); i < b.len; i += 1 + bytes_find_byte(bytes_from(b, i + 1), '\n'))
		if (i > 0 && b.at[i - 1] != 0 && strchr("0123456789LlCc \t", b.at[i - 1]))
			return true;
	return false;
}

bool torch_legacy_claims(struct arena *arena, struct bytes b)
{
	enum { WINDOW = 256 };      /* the magic pickle has 15 bytes; a slow way to spell it has more */
	struct arena_mark mark = arena_mark(arena);

	b = bytes_slice(b, 0, WINDOW);
	if (!may_hold_magic(b))
		return false;
	struct pickle_glance g = pickle_glance(arena, b);
	bool claims = g.whole && g.result.kind == VALUE_INT && g.result.holds & HOLDS_BIG_INT &&
		      bytes_equal((struct bytes){g.result.at, g.result.len}, magic);

	arena_rewind(arena, mark);
	return claims;
}

static bool is_tensor_word(struct bytes name)
{
	static const char *const begins[] = {"int", "uint", "float", "bfloat", "double", "half", "long", "short", "complex", "bool", "qint", "quint", "per_", "strided", "sparse_", "jagged"};

	for (size_t i = 0; i < COUNT_OF(begins); i++)
		if (bytes_start_with(name, bytes_of(begins[i])))
			return true;
	return bytes_end_with(name, BYTES("Storage")) || bytes_end_with(name, BYTES("Tensor")) || bytes_same(name, "Size") || bytes_same(name, "device");
}

bool torch_weights_only_takes(struct bytes module, struct bytes name)
{
	static const char *const names[][2] = {
		{"collections", "OrderedDict"}, {"collections", "Counter"}, {"_codecs", "encode"}, {"builtins", "set"}, {"builtins", "bytearray"},
		{"builtins", "complex"}, {"__builtin__", "set"}, {"__builtin__", "bytearray"}, {"__builtin__", "complex"}, {"torch.nn.parameter", "Parameter"},
		{"torch.serialization", "_get_layout"}, {"torch._tensor", "_rebuild_from_type_v2"},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(module, names[i][0]) && bytes_same(name, names[i][1]))
			return true;
	if (bytes_same(module, "torch._utils"))
		return bytes_start_with(name, BYTES("_rebuild"));
	static const char *const modules[] = {"torch", "torch.storage", "torch.cuda", "torch.sparse", "torch.cuda.sparse", "torch._tensor"};
	bool torch = false;
	for (size_t i = 0; i < COUNT_OF(modules); i++)
		torch |= bytes_same(module, modules[i]);
	return torch && is_tensor_word(name);
}

struct storage_class {
	const char *name;
	uint64_t size;
};

/* Bytes an element takes, by the name of the storage class. */
static const struct storage_class storage_classes[] = {
	{"ByteStorage", 1}, {"CharStorage", 1}, {"BoolStorage", 1}, {"ShortStorage", 2}, {"HalfStorage", 2},
	{"BFloat16Storage", 2}, {"IntStorage", 4}, {"FloatStorage", 4}, {"LongStorage", 8}, {"DoubleStorage", 8},
	{"ComplexFloatStorage", 8}, {"ComplexDoubleStorage", 16}, {"QInt8Storage", 1}, {"QUInt8Storage", 1},
	{"QInt32Storage", 4}, {"QUInt4x2Storage", 1}, {"QUInt2x4Storage", 1}, {"UntypedStorage", 1},
};

static uint64_t element_size(struct value class)
{
	for (size_t i = 0; class.kind == VALUE_IMPORT && i < COUNT_OF(storage_classes); i++)
		if (bytes_same(class.import->name, storage_classes[i].name))
			return storage_classes[i].size;
	return 0;
}

bool torch_read_storage(const struct event *persistent, struct torch_storage *out)
{
	struct value id = persistent->subject;
	struct value key = value_item(id, 2), count = value_item(id, 4);
	bool fits = id.kind == VALUE_TUPLE && value_count(id) >= 5 && bytes_same(value_bytes(value_item(id, 0)), "storage") &&
		    value_item(id, 1).kind == VALUE_IMPORT && key.kind == VALUE_TEXT && count.kind == VALUE_INT &&
		    count.holds == 0 && count.integer >= 0;

	if (!fits)
		return false;
	*out = (struct torch_storage){.key = value_bytes(key), .elements = (uint64_t)count.integer, .offset = persistent->offset};
	out->element = element_size(value_item(id, 1));
	return true;
}

uint64_t torch_bytes(uint64_t elements, uint64_t element)
{
	uint64_t bytes;

	return __builtin_mul_overflow(elements, element, &bytes) ? UINT64_MAX : bytes;
}

/* ---- tar of torch 0.1 ---- */

/* One pickle; false when nobody gets to its end. */
static bool walk_one(struct machine *m, uint64_t *pos, struct value *result)
{
	bool whole = machine_run(m, *pos, result);

	if (whole)
		*pos = m->pos;
	else
		artifact_note(m->art, "file.malformed", m->why_at, "%s", m->why);
	return whole;
}

/* Behind (key, location, class): i64 elements, then the elements. */
static bool skip_storage(struct machine *m, uint64_t *pos, struct value triple)
{
	struct cursor c = cursor_over(m->in);
	uint64_t size = element_size(value_item(triple, 2));

	cursor_seek(&c, *pos);
	uint64_t elements = cursor_u64le(&c);
	if (size == 0) {
		artifact_note(m->art, "file.unexamined", *pos, "holds a storage of a class whose size is not known");
		return false;
	}
	cursor_take(&c, torch_bytes(elements, size));
	if (!cursor_ok(&c))
		artifact_note(m->art, "file.malformed", c.why_at, "%s", c.why);
	*pos = c.pos;
	return cursor_ok(&c);
}

/* Behind (key, storage, class): i32 dimensions, 4 bytes, sizes, strides, i64 offset. */
static bool skip_tensor(struct machine *m, uint64_t *pos)
{
	struct cursor c = cursor_over(m->in);

	cursor_seek(&c, *pos);
	uint32_t dimensions = cursor_u32le(&c);
	cursor_take(&c, 4);
	cursor_take(&c, (uint64_t)dimensions * 16 + 8);
	if (!cursor_ok(&c))
		artifact_note(m->art, "file.malformed", c.why_at, "%s", c.why);
	*pos = c.pos;
	return cursor_ok(&c);
}

uint64_t torch_walk_members(struct artifact *art, struct bytes in, bool storages)
{
	struct machine m;
	struct value count, item;
	uint64_t pos = 0;

	machine_init(&m, art->arena, art, in, LOADER_C);
	if (!walk_one(&m, &pos, &count))
		return pos;
	for (int64_t i = 0; count.kind == VALUE_INT && i < count.integer; i++)
		if (!walk_one(&m, &pos, &item) || !(storages ? skip_storage(&m, &pos, item) : skip_tensor(&m, &pos)))
			return pos;
	if (storages)
		walk_one(&m, &pos, &item);      /* the views */
	art->bytes_read += pos;
	return pos;
}
