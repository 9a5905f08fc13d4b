/*
 * safetensors: tensors and nothing that runs.
 *
 *   u64 N | N bytes of JSON: name -> {dtype, shape, data_offsets} | data
 *
 * Read as strictly as the reference reader (safetensors/src/tensor.rs), and
 * more so where two readers may disagree: duplicate keys.
 */
#include "base/cursor.h"
#include "base/sort.h"
#include "syntax/json.h"
#include "templates/template.h"
#include "types/format.h"

enum { HEADER_MOST = 100000000, LENGTH_SIZE = 8, NAME_SHOWN = 80 };

extern const struct format format_safetensors;

struct dtype_bits {
	const char *name;
	unsigned bits;
};

static const struct dtype_bits dtypes[] = {
	{"BOOL", 8}, {"F4", 4}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8}, {"I8", 8}, {"F8_E5M2", 8}, {"F8_E4M3", 8},
	{"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16}, {"U16", 16}, {"F16", 16}, {"BF16", 16},
	{"I32", 32}, {"U32", 32}, {"F32", 32}, {"C64", 64}, {"F64", 64}, {"I64", 64}, {"U64", 64},
};

struct tensor {
	const struct json *json;
	uint64_t begin, end;
};

static uint64_t read_length(struct bytes in)
{
	struct cursor c = cursor_over(in);

	return cursor_u64le(&c);
}

static bool may_claim(const struct source *source)
{
	return format_expects(&format_safetensors, source_extension(source)) || (source->first.len > LENGTH_SIZE && source->first.at[LENGTH_SIZE] == '{');
}

static int probe(const struct source *source, struct arena *arena)
{
	struct bytes in = source->content;
	uint64_t len = read_length(in);
	unsigned char first = in.len > LENGTH_SIZE ? in.at[LENGTH_SIZE] : 0;

	(void)arena;
	if (len >= 2 && len <= HEADER_MOST && len <= in.len - LENGTH_SIZE && first == '{')
		return 80;
	return format_expects(&format_safetensors, source_extension(source)) ? 20 : 0;
}

static void reject(struct artifact *art, uint64_t offset, const struct json *tensor, const char *what)
{
	struct text t;

	text_init(&t, art->arena);
	text_add_printable(&t, tensor->key, NAME_SHOWN);
	artifact_note(art, "file.malformed", offset, "has a tensor \"%s\" %s", text_string(&t), what);
}

/* ---- one tensor ---- */

static unsigned bits_of(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(dtypes); i++)
		if (bytes_same(name, dtypes[i].name))
			return dtypes[i].bits;
	return 0;
}

/* Readers keep one of two fields of the same name, or refuse. */
static const struct json *only_member(const struct json *object, const char *name, bool *twice)
{
	const struct json *found = NULL;

	json_each(object, it) {
		if (!bytes_same(it->key, name))
			continue;
		*twice |= found != NULL;
		found = it;
	}
	return found;
}

static bool read_offsets(const struct json *offsets, struct tensor *t)
{
	return offsets && offsets->kind == JSON_IS_ARRAY && offsets->count == 2 && json_u64(offsets->first, &t->begin) &&
	       json_u64(offsets->first->next, &t->end) && t->begin <= t->end;
}

/* Bits all elements take together; false when 64 bits are not enough. */
static bool shape_bits(const struct json *shape, unsigned bits, uint64_t *out, bool *fits)
{
	*out = 1;
	*fits = true;
	if (!shape || shape->kind != JSON_IS_ARRAY)
		return false;
	json_each(shape, side) {
		uint64_t n;
		if (!json_u64(side, &n))
			return false;
		*fits &= !__builtin_mul_overflow(*out, n, out);
	}
	*fits &= !__builtin_mul_overflow(*out, bits, out);
	return true;
}

static bool read_tensor(struct artifact *art, const struct json *json, struct tensor *t)
{
	bool twice = false, fits;
	uint64_t all, at = LENGTH_SIZE + json->offset;
	const struct json *dtype = only_member(json, "dtype", &twice), *shape = only_member(json, "shape", &twice);
	const struct json *offsets = only_member(json, "data_offsets", &twice);
	unsigned bits = dtype && dtype->kind == JSON_IS_STRING ? bits_of(dtype->text) : 0;

	*t = (struct tensor){.json = json};
	if (json->kind != JSON_IS_OBJECT || twice || !read_offsets(offsets, t) || !shape_bits(shape, bits, &all, &fits)) {
		reject(art, at, json, "without a dtype, shape and data_offsets that readers understand");
		return false;
	}
	if (bits == 0)
		reject(art, at, json, "of a dtype that does not exist");
	else if (!fits)
		reject(art, at, json, "of a shape that overflows 64 bits");
	else if (all % 8 != 0)
		reject(art, at, json, "that does not end on a whole byte");
	else if (t->end - t->begin != all / 8)
		reject(art, at, json, "whose data_offsets do not fit its shape");
	else
		return true;
	return false;
}

/* ---- all tensors ---- */

static int compare_tensors(const void *x, const void *y)
{
	const struct tensor *a = x, *b = y;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

/* Every byte of the data belongs to one tensor: no hole, no overlap, nothing behind. */
static void check_tiling(struct artifact *art, struct tensor *tensors, size_t count, uint64_t data, uint64_t size)
{
	uint64_t at = 0;

	sort(tensors, count, sizeof *tensors, compare_tensors);
	for (size_t i = 0; i < count; i++) {
		if (tensors[i].begin != at) {
			reject(art, LENGTH_SIZE + tensors[i].json->offset, tensors[i].json,
			       tensors[i].begin < at ? "that overlaps another" : "with a hole before it");
			return;
		}
		at = tensors[i].end;
	}
	if (at > size)
		artifact_note(art, "file.malformed", data + size, "ends before its tensors do");
	else if (at < size)
		artifact_note(art, "file.malformed", data + at, "has %llu bytes that belong to no tensor", (unsigned long long)(size - at));
}

static bool read_metadata(struct artifact *art, const struct json *metadata)
{
	if (metadata->kind == JSON_IS_NULL)
		return true;
	json_each(metadata, it) {
		if (it->kind != JSON_IS_STRING)
			return false;
		bool template = bytes_end_with(it->key, BYTES("chat_template"));
		if (template || template_is_likely(it->text))
			template_add(art, LENGTH_SIZE + it->offset, it->key, it->text)->guessed = !template;
		else
			artifact_add(art, PART_METADATA, LENGTH_SIZE + it->offset, it->key, it->text);
	}
	return metadata->kind == JSON_IS_OBJECT;
}

static void read_header(struct artifact *art, const struct json *root, uint64_t data, uint64_t size)
{
	struct tensor *tensors = arena_alloc(art->arena, root->count + 1, sizeof *tensors);
	size_t count = 0, metadata = 0;
	bool good = true;

	json_each(root, it) {
		if (bytes_same(it->key, "__metadata__")) {
			if (metadata++ > 0 || !read_metadata(art, it)) {
				artifact_note(art, "file.malformed", LENGTH_SIZE + it->offset, "has metadata that is not text by name");
				good = false;
			}
			continue;
		}
		good &= read_tensor(art, it, &tensors[count]);
		struct tensor *t = &tensors[count++];
		artifact_add(art, PART_TENSOR, data + t->begin, it->key, BYTES(""));
	}
	if (good)
		check_tiling(art, tensors, count, data, size);
}

static void parse(const struct source *source, struct artifact *art)
{
	struct bytes in = source->content;
	uint64_t len = read_length(in);
	struct json_error error;

	if (in.len < LENGTH_SIZE) {
		artifact_note(art, "file.malformed", 0, "is too short for a safetensors header");
		return;
	}
	if (len > HEADER_MOST) {
		artifact_note(art, "file.malformed", 0, "has a header longer than any reader accepts");
		return;
	}
	if (len > in.len - LENGTH_SIZE) {
		artifact_note(art, "file.malformed", 0, "has a header that ends behind the file");
		return;
	}
	struct bytes header = bytes_slice(in, LENGTH_SIZE, len);
	art->bytes_read += LENGTH_SIZE + len;
	struct json *root = json_parse(art->arena, header, &error);
	if (!root || root->kind != JSON_IS_OBJECT) {
		artifact_note(art, "file.malformed", LENGTH_SIZE + error.offset, "%s", root ? "has a header that is no JSON object" : error.why);
		return;
	}
	if (error.duplicate)
		artifact_note(art, "tensors.duplicate", LENGTH_SIZE + error.duplicate_at, "has a header with the key \"%.*s\" twice; readers take either",
			      (int)(error.duplicate_key.len < NAME_SHOWN ? error.duplicate_key.len : NAME_SHOWN), (const char *)error.duplicate_key.at);
	read_header(art, root, LENGTH_SIZE + len, in.len - LENGTH_SIZE - len);
}

const struct format format_safetensors = {
	.name = "safetensors",
	.title = "safetensors weights",
	.spec = "huggingface safetensors, README \"Format\" and safetensors/src/tensor.rs",
	.extensions = "safetensors",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
