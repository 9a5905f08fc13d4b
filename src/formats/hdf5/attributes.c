/*
 * Attributes (specification IV.A.2.m), in the object header or, when there are many, in a fractal heap:
 *
 *   u8 version | u8 flags | u16 lengths of name, type and space | u8 character set (version 3) | name | type | space | values
 *
 * In version 1 each of the three is padded to eight bytes.
 */
#include "formats/hdf5/heaps.h"
#include "formats/hdf5/parts.h"
#include "formats/hdf5/trees.h"
#include "formats/pickle/streams.h"

enum { SHARED_TYPE = 1, SHARED_SPACE = 2 };

/* Text may begin like an import; without a pickle's header it has to call something too. */
static bool is_program(struct arena *arena, struct bytes b)
{
	struct arena_mark mark = arena_mark(arena);

	if (!pickle_has_import(arena, b))
		return false;
	bool calls = b.at[0] == 0x80 || pickle_glance(arena, b).calls > 0;
	arena_rewind(arena, mark);
	return calls;
}

void hdf5_look_inside(struct hdf5 *h, struct bytes values)
{
	if (!is_program(h->art->arena, values))
		return;
	bool inside = values.at >= h->in.at && values.at < h->in.at + h->in.len;
	struct part *p = artifact_add(h->art, PART_EMBEDDED, h->base + (inside ? (uint64_t)(values.at - h->in.at) : 0), BYTES(""), values);
	p->guessed = true;
}

struct bytes hdf5_variable(struct hdf5 *h, struct cursor *c, uint64_t piece)
{
	uint64_t count = cursor_u32le(c), length;
	uint64_t collection = hdf5_address(h, c);
	uint32_t index = cursor_u32le(c);

	if (!cursor_ok(c) || count == 0 || collection == HDF5_UNDEFINED || collection == 0)
		return BYTES("");
	struct bytes value = hdf5_global_object(h, collection, index);
	if (__builtin_mul_overflow(count, piece, &length) || length > value.len) {
		hdf5_malformed(h, collection, "has a value that is longer than what its heap holds");
		return value;
	}
	return bytes_slice(value, 0, length);
}

/* As h5py gives it to its caller. */
static struct bytes trim(struct bytes b, enum hdf5_padding padding)
{
	unsigned char fill = padding == PADDING_BLANKS ? ' ' : 0;

	if (padding == PADDING_NUL_ENDS)
		return bytes_slice(b, 0, bytes_find_byte(b, 0));
	while (b.len > 0 && b.at[b.len - 1] == fill)
		b.len--;
	return b;
}

static void add_string(struct hdf5 *h, struct bytes name, struct bytes value)
{
	bool somewhere = value.len > 0;
	uint64_t offset = h->base + (somewhere ? (uint64_t)(value.at - h->in.at) : 0);

	artifact_add(h->art, PART_METADATA, offset, name, value);
}

/* A string of variable length ends at its first NUL for every reader in C. */
static void add_strings(struct hdf5 *h, struct bytes name, const struct hdf5_type *type, uint64_t count, struct bytes values)
{
	struct cursor c = cursor_over(values);

	for (uint64_t i = 0; i < count && cursor_ok(&c) && !h->out_of_budget; i++) {
		bool variable = type->class == CLASS_VARIABLE;
		struct bytes value = variable ? hdf5_variable(h, &c, 1) : cursor_take(&c, type->size);
		if (!cursor_ok(&c))
			break;
		hdf5_look_inside(h, value);
		add_string(h, name, trim(value, variable ? PADDING_NUL_ENDS : type->padding));
	}
	hdf5_failed(h, &c);
}

static void add_values(struct hdf5 *h, struct bytes name, const struct hdf5_type *type, uint64_t count, struct bytes values)
{
	uint64_t all, size;

	if (__builtin_mul_overflow(count, type->repeat, &all) || __builtin_mul_overflow(all, type->size, &size) || size > values.len) {
		hdf5_malformed(h, values.len ? (uint64_t)(values.at - h->in.at) : 0, "has an attribute that ends before its values do");
		return;
	}
	if (type->text && type->size > 0)
		add_strings(h, name, type, all, values);
	else if (type->bytes || type->class == CLASS_OPAQUE)
		hdf5_look_inside(h, bytes_slice(values, 0, size));
}

/* ---- one attribute ---- */

struct attribute {
	struct bytes name, type, space, values;
};

static struct bytes take_padded(struct cursor *c, uint64_t length, bool padded)
{
	struct bytes b = cursor_take(c, length);
	uint64_t padding = padded ? (8 - length % 8) % 8 : 0;

	cursor_take(c, padding < cursor_left(c) ? padding : cursor_left(c));
	return b;
}

/* Older libraries take the name up to its first NUL, newer ones at most all but its last byte. */
static struct bytes cut_name(struct hdf5 *h, struct bytes name)
{
	if (name.len > 0 && name.at[name.len - 1] != 0) {
		hdf5_malformed(h, (uint64_t)(name.at - h->in.at), "has an attribute whose name does not end");
		name.len--;
	}
	return bytes_slice(name, 0, bytes_find_byte(name, 0));
}

static bool take_attribute(struct hdf5 *h, struct bytes message, struct attribute *out)
{
	struct cursor c = cursor_over(message);
	uint8_t version = cursor_u8(&c), flags = cursor_u8(&c);
	uint64_t name = cursor_u16le(&c), type = cursor_u16le(&c), space = cursor_u16le(&c);

	if (version == 3)
		cursor_u8(&c);
	if (cursor_ok(&c) && (version == 0 || version > 3))
		cursor_fail(&c, "has an attribute of a version that is not known here");
	out->name = take_padded(&c, name, version == 1);
	out->type = take_padded(&c, type, version == 1);
	out->space = take_padded(&c, space, version == 1);
	out->values = cursor_rest(&c);
	if (hdf5_failed(h, &c))
		return false;
	out->name = cut_name(h, out->name);
	if (version > 1 && flags & SHARED_TYPE)
		out->type = hdf5_shared(h, out->type, MESSAGE_TYPE);
	if (version > 1 && flags & SHARED_SPACE)
		out->space = hdf5_shared(h, out->space, MESSAGE_SPACE);
	return out->type.len > 0 && out->space.len > 0;
}

static void read_attribute(struct hdf5 *h, struct bytes message, struct bytes path)
{
	struct attribute a;
	struct hdf5_type type;
	struct text name;
	uint64_t count;

	if (!take_attribute(h, message, &a) || !hdf5_read_type(h, a.type, &type) || !hdf5_read_space(h, a.space, &count))
		return;
	text_init(&name, h->art->arena);
	text_add(&name, path);
	text_add_byte(&name, '@');
	text_add(&name, a.name);
	add_values(h, text_bytes(&name), &type, count, a.values);
}

/* ---- all of them ---- */

struct dense {
	struct hdf5_fractal heap;
	struct bytes path;
};

static void read_record(void *context, struct bytes record)
{
	enum { ID_LENGTH = 8, SHARED_IN_HEAP = 1 };
	struct dense *d = context;
	struct hdf5 *h = d->heap.h;
	struct cursor c = cursor_over(record);
	struct bytes id = cursor_take(&c, ID_LENGTH);
	uint8_t flags = cursor_u8(&c);

	if (flags & SHARED_IN_HEAP << 1) {
		hdf5_unexamined(h, (uint64_t)(record.at - h->in.at), "shares an attribute in a way that is not examined here");
		return;
	}
	struct bytes message = hdf5_failed(h, &c) ? BYTES("") : hdf5_fractal_object(&d->heap, id);
	if (message.len > 0)
		read_attribute(h, message, d->path);
}

/* u8 version | u8 flags | u16 largest order, if flags say so | heap | tree by name | tree by order, if flags say so */
static void read_dense(struct hdf5 *h, struct bytes message, struct bytes path)
{
	struct dense d = {.path = path};
	struct cursor c = cursor_over(message);
	uint8_t version = cursor_u8(&c), flags = cursor_u8(&c);

	cursor_take(&c, flags & 1 ? 2 : 0);
	uint64_t heap = hdf5_address(h, &c), tree = hdf5_address(h, &c);
	if (cursor_ok(&c) && version != 0)
		cursor_fail(&c, "keeps attributes in a way that is not known here");
	if (hdf5_failed(h, &c) || heap == HDF5_UNDEFINED || !hdf5_open_fractal(h, heap, &d.heap))
		return;
	hdf5_walk_records(h, tree, RECORD_ATTRIBUTE_NAME, read_record, &d);
}

void hdf5_read_attributes(struct hdf5 *h, const struct hdf5_object *object, struct bytes path)
{
	for (const struct hdf5_message *m = object->messages; m && !h->out_of_budget; m = m->next) {
		if (m->type == MESSAGE_ATTRIBUTE)
			read_attribute(h, hdf5_data(h, m), path);
		else if (m->type == MESSAGE_ATTRIBUTE_INFO)
			read_dense(h, hdf5_data(h, m), path);
	}
}
