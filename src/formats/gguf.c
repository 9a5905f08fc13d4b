/*
 * GGUF: llama.cpp's container for weights (ggml docs/gguf.md; ggml/src/gguf.cpp).
 *
 *   magic "GGUF" | u32 version | u64 tensors | u64 pairs
 *   pair: string key | u32 type | value          string: u64 length | bytes
 *   tensor: string name | u32 dimensions | u64 each | u32 type | u64 offset
 *   padding | tensor data
 *
 * Tensor data is not read: nothing in it is executed.
 */
#include "base/cursor.h"
#include "base/sort.h"
#include "formats/gguf/types.h"
#include "templates/template.h"
#include "types/format.h"

enum { TYPE_BOOL = 7, TYPE_STRING = 8, TYPE_ARRAY = 9, TYPE_U32 = 4, TYPE_COUNT = 13 };
enum {
	ALIGNMENT_DEFAULT = 32, ALIGNMENT_MOST = 1 << 20,
	KEY_MOST = 65535, TENSOR_NAME_MOST = 63, DIMENSIONS_MOST = 4,
	PAIR_SMALLEST = 14, TENSOR_SMALLEST = 24,
};

/* Bytes a scalar takes, by type; strings and arrays carry their own length. */
static const uint8_t width[TYPE_COUNT] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

struct reading {
	struct cursor c;
	struct artifact *art;
	uint64_t tensors, pairs, alignment;
	struct bytes *keys, *names;
	size_t key_count, name_count;
	uint64_t data_size;         /* padded sizes of the tensors so far */
	bool unknown_type;
};

static bool may_claim(const struct source *source)
{
	return bytes_start_with(source->first, BYTES("GGUF"));
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	return bytes_start_with(source->content, BYTES("GGUF")) ? 100 : 0;
}

static struct bytes read_string(struct cursor *c)
{
	return cursor_take(c, cursor_u64le(c));
}

static bool is_truth(uint8_t byte)
{
	return byte <= 1;
}

static struct bytes read_scalar(struct cursor *c, uint32_t type)
{
	if (type == TYPE_STRING)
		return read_string(c);
	if (type >= TYPE_COUNT || type == TYPE_ARRAY) {
		cursor_fail(c, type == TYPE_ARRAY ? "has an array of arrays, which no reader loads" : "has a value of unknown type");
		return BYTES("");
	}
	struct bytes b = cursor_take(c, width[type]);
	if (type == TYPE_BOOL && b.len == 1 && !is_truth(b.at[0]))
		cursor_fail(c, "has a truth value that is neither 0 nor 1");
	return b;
}

/* Arrays of scalars are stepped over at once: they can hold millions. */
static struct bytes read_array(struct cursor *c)
{
	size_t start = c->pos;
	uint32_t type = cursor_u32le(c);
	uint64_t count = cursor_u64le(c), size;

	if (type < TYPE_COUNT && width[type] > 0 && type != TYPE_BOOL) {
		if (__builtin_mul_overflow(count, width[type], &size))
			size = UINT64_MAX;
		cursor_take(c, size);
	} else {
		for (; count > 0 && cursor_ok(c); count--)
			read_scalar(c, type);
	}
	return bytes_slice(c->all, start, c->pos - start);
}

static void read_alignment(struct reading *r, uint32_t type, struct bytes value)
{
	struct cursor c = cursor_over(value);

	r->alignment = cursor_u32le(&c);
	if (type != TYPE_U32 || r->alignment == 0 || r->alignment & (r->alignment - 1) || r->alignment > ALIGNMENT_MOST)
		cursor_fail(&r->c, "has an alignment that is no power of two up to a million");
}

static bool is_template_key(struct bytes key)
{
	return bytes_same(key, "tokenizer.chat_template") || bytes_start_with(key, BYTES("tokenizer.chat_template.")) ||
	       bytes_end_with(key, BYTES("chat_template"));
}

/* A list of names, as a rule; what is a template there is judged as one. */
static void read_templates(struct reading *r, struct bytes key, struct bytes value, uint64_t at)
{
	struct cursor c = cursor_over(value);
	uint32_t type = cursor_u32le(&c);
	uint64_t count = cursor_u64le(&c);

	for (; type == TYPE_STRING && count > 0 && cursor_ok(&c); count--) {
		struct bytes one = read_string(&c);
		if (template_is_likely(one))
			template_add(r->art, at + c.pos - one.len, key, one);
	}
}

static void read_pair(struct reading *r)
{
	size_t at = r->c.pos;
	struct bytes key = read_string(&r->c);
	uint32_t type = cursor_u32le(&r->c);

	if (cursor_ok(&r->c) && (key.len == 0 || key.len > KEY_MOST))
		cursor_fail(&r->c, "has a key that is empty or too long");
	size_t value_at = r->c.pos;
	struct bytes value = type == TYPE_ARRAY ? read_array(&r->c) : read_scalar(&r->c, type);
	if (!cursor_ok(&r->c))
		return;
	r->keys[r->key_count++] = key;
	if (bytes_same(key, "general.alignment"))
		read_alignment(r, type, value);
	if (type == TYPE_ARRAY && (is_template_key(key) || bytes_end_with(key, BYTES("chat_templates"))))
		read_templates(r, key, value, value_at);
	if (type == TYPE_STRING && (is_template_key(key) || template_is_likely(value)))
		template_add(r->art, value_at + 8, key, value)->guessed = !is_template_key(key);
	else
		artifact_add(r->art, PART_METADATA, at, key, value);
}

/* ---- tensors ---- */

static bool shape_is_sane(const uint64_t *side, uint32_t count, uint64_t *product)
{
	*product = 1;
	for (uint32_t i = 0; i < count; i++)
		if (side[i] > INT64_MAX || __builtin_mul_overflow(*product, side[i], product) || *product > INT64_MAX)
			return false;
	return true;
}

/* Bytes this tensor takes with its padding; fails the cursor when they cannot be. */
static uint64_t tensor_size(struct reading *r, uint32_t type, const uint64_t *side, uint32_t count)
{
	const struct gguf_type *t = gguf_type(type);
	uint64_t product, size;

	if (!shape_is_sane(side, count, &product)) {
		cursor_fail(&r->c, "has a tensor of a shape that overflows");
		return 0;
	}
	if (!t) {
		r->unknown_type = true;
		return 0;
	}
	if (t->block == 0 || (count > 0 && side[0] % t->block != 0)) {
		cursor_fail(&r->c, t->block ? "has a tensor whose rows are no whole blocks" : "has a tensor of a type that was removed");
		return 0;
	}
	if (__builtin_mul_overflow(product / t->block, t->size, &size) || size > INT64_MAX - r->alignment) {
		cursor_fail(&r->c, "has a tensor too large for memory");
		return 0;
	}
	return (size + r->alignment - 1) / r->alignment * r->alignment;
}

static void read_tensor(struct reading *r)
{
	uint64_t side[DIMENSIONS_MOST] = {1, 1, 1, 1};
	size_t at = r->c.pos;
	struct bytes name = read_string(&r->c);
	uint32_t count = cursor_u32le(&r->c);

	if (name.len > TENSOR_NAME_MOST)
		cursor_fail(&r->c, "has a tensor whose name is too long");
	if (count > DIMENSIONS_MOST)
		cursor_fail(&r->c, "has a tensor of more than four dimensions");
	for (uint32_t i = 0; i < count && cursor_ok(&r->c); i++)
		side[i] = cursor_u64le(&r->c);
	uint32_t type = cursor_u32le(&r->c);
	uint64_t offset = cursor_u64le(&r->c);
	if (!cursor_ok(&r->c))
		return;
	for (uint32_t i = 0; i < count; i++)
		if (side[i] == 0)
			artifact_note(r->art, "gguf.zero-dimension", at, "has a tensor with a dimension of 0, which crashes older readers");
	uint64_t size = tensor_size(r, type, side, count);
	if (cursor_ok(&r->c) && !r->unknown_type && offset != r->data_size)
		cursor_fail(&r->c, "has tensors that are not packed one after the other");
	if (cursor_ok(&r->c) && __builtin_add_overflow(r->data_size, size, &r->data_size))
		cursor_fail(&r->c, "has tensors too large for memory");
	r->names[r->name_count++] = name;
	artifact_add(r->art, PART_TENSOR, at, name, BYTES(""));
}

/* ---- the whole ---- */

static int compare_names(const void *x, const void *y)
{
	return bytes_compare(*(const struct bytes *)x, *(const struct bytes *)y);
}

static bool has_twins(struct bytes *names, size_t count)
{
	sort(names, count, sizeof *names, compare_names);
	for (size_t i = 1; i < count; i++)
		if (bytes_equal(names[i - 1], names[i]))
			return true;
	return false;
}

static void read_counts(struct reading *r)
{
	cursor_take(&r->c, 4);
	uint32_t version = cursor_u32le(&r->c);
	if (cursor_ok(&r->c) && version != 0 && (version & 0xFFFF) == 0)
		cursor_fail(&r->c, "is written in the other byte order");
	if (cursor_ok(&r->c) && (version < 2 || version > 3))
		cursor_fail(&r->c, "is of a version no current reader loads");
	r->tensors = cursor_u64le(&r->c);
	r->pairs = cursor_u64le(&r->c);
	if (r->tensors > cursor_left(&r->c) / TENSOR_SMALLEST || r->pairs > cursor_left(&r->c) / PAIR_SMALLEST)
		cursor_fail(&r->c, "promises more than fits in it");
	if (!cursor_ok(&r->c))
		return;
	r->keys = arena_alloc(r->art->arena, r->pairs, sizeof *r->keys);
	r->names = arena_alloc(r->art->arena, r->tensors, sizeof *r->names);
}

static void check_data(struct reading *r, struct bytes in)
{
	uint64_t table_end = r->c.pos;
	uint64_t data = (table_end + r->alignment - 1) / r->alignment * r->alignment;
	uint64_t size = in.len > data ? in.len - data : 0;

	if (r->unknown_type)
		artifact_note(r->art, "file.unexamined", table_end, "has tensors of a type newer than this reader");
	else if (size == 0 && r->data_size > 0)
		artifact_note(r->art, "gguf.no-data", table_end, "describes tensors but holds none of their data");
	else if (size < r->data_size)
		artifact_note(r->art, "file.malformed", in.len, "ends before its tensors do");
	else if (size > r->data_size) {
		struct part *p = artifact_add(r->art, PART_EMBEDDED, data + r->data_size, BYTES(""), bytes_from(in, data + r->data_size));
		p->guessed = true;
		artifact_note(r->art, "file.tail", data + r->data_size, "goes on behind its last tensor");
	}
}

static void parse(const struct source *source, struct artifact *art)
{
	struct reading r = {.c = cursor_over(source->content), .art = art, .alignment = ALIGNMENT_DEFAULT};

	read_counts(&r);
	for (uint64_t i = 0; i < r.pairs && cursor_ok(&r.c); i++)
		read_pair(&r);
	if (has_twins(r.keys, r.key_count))
		cursor_fail(&r.c, "has a key twice");
	for (uint64_t i = 0; i < r.tensors && cursor_ok(&r.c); i++)
		read_tensor(&r);
	if (cursor_ok(&r.c) && has_twins(r.names, r.name_count))
		cursor_fail(&r.c, "has two tensors of one name");
	art->bytes_read += r.c.pos;
	if (cursor_ok(&r.c))
		check_data(&r, source->content);
	else
		artifact_note(art, "file.malformed", r.c.why_at, "%s", r.c.why);
}

const struct format format_gguf = {
	.name = "gguf",
	.title = "GGUF model weights",
	.spec = "ggml docs/gguf.md, ggml/src/gguf.cpp",
	.extensions = "gguf",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
