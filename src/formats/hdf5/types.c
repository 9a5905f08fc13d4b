/* Datatype and dataspace messages (specification IV.A.2.b and d). */
#include "formats/hdf5/types.h"

static uint64_t place(const struct hdf5 *h, struct bytes b)
{
	return b.len ? (uint64_t)(b.at - h->in.at) : 0;
}

/* u8 class and version | 24 bits | u32 size | what the class needs */
static void read_head(struct cursor *c, struct hdf5_type *out, unsigned *version, unsigned *bits)
{
	uint32_t head = cursor_u32le(c);

	*version = head >> 4 & 15;
	*bits = head >> 8;
	out->class = (enum hdf5_class)(head & 15);
	out->size = cursor_u32le(c);
}

static void read_base(struct cursor *c, struct hdf5_type *out)
{
	struct hdf5_type base = {0};
	unsigned version, bits;

	read_head(c, &base, &version, &bits);
	out->piece = base.size;
	out->bytes = base.size == 1 && (base.class == CLASS_INTEGER || base.class == CLASS_BITFIELD || base.class == CLASS_STRING || base.class == CLASS_OPAQUE);
}

/* An array type: only one of strings matters, and strings in it count as if they stood alone. */
static void read_array(struct cursor *c, unsigned version, struct hdf5_type *out)
{
	struct hdf5_type base = {0};
	unsigned bits, rank = cursor_u8(c);

	cursor_take(c, version < 3 ? 3 : 0);
	out->repeat = 1;
	for (unsigned i = 0; i < rank && cursor_ok(c); i++)
		if (__builtin_mul_overflow(out->repeat, cursor_u32le(c), &out->repeat))
			cursor_fail(c, "has an array type that overflows 64 bits");
	cursor_take(c, version < 3 ? rank * 4 : 0);
	read_head(c, &base, &version, &bits);
	if (base.class != CLASS_STRING && !(base.class == CLASS_VARIABLE && (bits & 15) == 1))
		return;
	out->class = base.class;
	out->size = base.size;
	out->text = true;
	out->padding = (enum hdf5_padding)(bits & 15);
	out->piece = 1;
}

/* What is variable lies elsewhere: u32 count | heap | u32 index. A library told another length reads what it was not given. */
static void check_references(const struct hdf5 *h, struct cursor *c, const struct hdf5_type *type)
{
	if (cursor_ok(c) && type->class == CLASS_VARIABLE && type->size != 4u + h->offset_size + 4u)
		cursor_fail(c, "has values of variable length with references of a size they do not have");
}

bool hdf5_read_type(struct hdf5 *h, struct bytes message, struct hdf5_type *out)
{
	struct cursor c = cursor_over(message);
	unsigned version, bits;

	*out = (struct hdf5_type){.piece = 1, .repeat = 1};
	read_head(&c, out, &version, &bits);
	if (cursor_ok(&c) && (out->class > CLASS_COMPLEX || version == 0 || version > 5)) {
		hdf5_unexamined(h, place(h, message), "has values of a type that is not known here");
		return false;
	}
	switch (out->class) {
	case CLASS_STRING:
		out->text = true;
		out->padding = (enum hdf5_padding)(bits & 15);
		break;
	case CLASS_VARIABLE:
		out->text = (bits & 15) == 1;
		read_base(&c, out);
		break;
	case CLASS_ARRAY: read_array(&c, version, out); break;
	default: out->bytes = out->size == 1 && (out->class == CLASS_INTEGER || out->class == CLASS_BITFIELD); break;
	}
	check_references(h, &c, out);
	return !hdf5_failed(h, &c);
}

static void read_sizes(struct hdf5 *h, struct cursor *c, unsigned rank, uint64_t *count)
{
	if (rank > HDF5_RANK_MOST)
		cursor_fail(c, "has a dataspace of more dimensions than there can be");
	*count = 1;
	for (unsigned i = 0; i < rank && cursor_ok(c); i++)
		if (__builtin_mul_overflow(*count, hdf5_length(h, c), count))
			cursor_fail(c, "has a dataspace that overflows 64 bits");
}

bool hdf5_read_space(struct hdf5 *h, struct bytes message, uint64_t *count)
{
	enum { KIND_NULL = 2 };
	struct cursor c = cursor_over(message);
	uint8_t version = cursor_u8(&c), rank = cursor_u8(&c);

	cursor_u8(&c);      /* flags: whether maximum sizes follow */
	uint8_t kind = cursor_u8(&c);
	cursor_take(&c, version == 1 ? 4 : 0);
	if (cursor_ok(&c) && (version == 0 || version > 2))
		cursor_fail(&c, "has a dataspace of a version that is not known here");
	read_sizes(h, &c, rank, count);
	if (version == 2 && kind == KIND_NULL)
		*count = 0;
	return !hdf5_failed(h, &c);
}
