#include "formats/onnx/tensors.h"

#include "base/path.h"
#include "formats/onnx/types.h"

enum {
	TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_FLOATS = 4, TENSOR_INTS = 5, TENSOR_TEXTS = 6, TENSOR_LONGS = 7, TENSOR_NAME = 8,
	TENSOR_RAW = 9, TENSOR_DOUBLES = 10, TENSOR_ULONGS = 11, TENSOR_EXTERNAL = 13, TENSOR_LOCATION = 14,
	ENTRY_KEY = 1, ENTRY_VALUE = 2,
	LOCATION_EXTERNAL = 1, TYPE_TEXT = 8, SHOWN = 80, FILES_SHOWN = 4,
};

/* Bits an element takes, by data type (onnx.proto, TensorProto.DataType). */
static const uint8_t bits[] = {0, 32, 8, 8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64, 64, 128, 16, 8, 8, 8, 8, 4, 4, 4, 8, 2, 2, 6, 6};

/* What one tensor says of itself. */
struct tensor {
	const struct proto_place *place;
	struct bytes name, raw;
	uint64_t type, location, elements;
	bool has_raw, overflows;
	unsigned typed;             /* lists of numbers it has besides raw data */
	bool has_external;
	struct bytes external_length;
};

static void reject(struct artifact *art, const struct tensor *t, const char *what)
{
	struct text name;

	text_init(&name, art->arena);
	text_add_printable(&name, t->name, SHOWN);
	artifact_note(art, "file.malformed", t->place->offset, "has a tensor \"%s\" %s", text_string(&name), what);
}

static void multiply(struct tensor *t, uint64_t side)
{
	if (side > INT64_MAX || __builtin_mul_overflow(t->elements, side, &t->elements))
		t->overflows = true;
}

static void read_dims(struct tensor *t, const struct proto_field *f)
{
	struct cursor c = cursor_over(f->bytes);

	if (f->wire == PROTO_VARINT)
		multiply(t, f->integer);
	while (f->wire == PROTO_SIZED && cursor_ok(&c) && cursor_left(&c) > 0)
		multiply(t, proto_varint(&c));
}

static void read_fields(struct tensor *t)
{
	struct cursor c = cursor_over(t->place->message);
	struct proto_field f;
	unsigned lists = 0;

	t->elements = 1;
	while (proto_next(&c, &f)) {
		switch (f.number) {
		case TENSOR_DIMS: read_dims(t, &f); break;
		case TENSOR_TYPE: t->type = f.integer; break;
		case TENSOR_NAME: t->name = f.bytes; break;
		case TENSOR_LOCATION: t->location = f.integer; break;
		case TENSOR_EXTERNAL: t->has_external = true; break;
		case TENSOR_RAW:
			t->raw = f.bytes;
			t->has_raw = f.wire == PROTO_SIZED;
			break;
		case TENSOR_FLOATS: case TENSOR_INTS: case TENSOR_TEXTS: case TENSOR_LONGS: case TENSOR_DOUBLES: case TENSOR_ULONGS:
			lists |= 1u << f.number;
			break;
		}
	}
	for (; lists; lists &= lists - 1)
		t->typed++;
}

/* ---- data in other files ---- */

static bool has_control_bytes(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] < 0x20 || b.at[i] == 0x7F)
			return true;
	return false;
}

void onnx_judge_location(struct artifact *art, struct onnx_files *files, uint64_t offset, struct bytes location)
{
	struct text shown;
	bool added;

	text_init(&shown, art->arena);
	text_add_printable(&shown, location, SHOWN);
	/* A star begins the marks that runtimes put where data lies in their own memory. */
	if (path_leads_out(location) || has_control_bytes(location) || bytes_find_byte(location, '*') < location.len) {
		artifact_note(art, "onnx.external-path", offset, "takes tensor data from \"%s\", which does not lie beside it", text_string(&shown));
		return;
	}
	names_add(&files->names, location, 0, &added);
	if (!added)
		return;
	if (files->names.count == 1)
		files->first_at = offset;
	if (files->names.count <= FILES_SHOWN) {
		text_add_string(&files->list, files->list.len ? ", \"" : "\"");
		text_add(&files->list, text_bytes(&shown));
		text_add_byte(&files->list, '"');
	}
}

static bool is_known_key(struct bytes key)
{
	return bytes_same(key, "location") || bytes_same(key, "offset") || bytes_same(key, "length") || bytes_same(key, "checksum") ||
	       bytes_same(key, "basepath");
}

/* Readers go on from the end of one number to the next: an offset and a length that no file can have are refused. */
static bool are_sane(struct bytes offset, struct bytes length)
{
	uint64_t from = 0, len = 0, end;

	if ((offset.len && !bytes_to_u64(offset, &from)) || (length.len && !bytes_to_u64(length, &len)))
		return false;
	return !__builtin_add_overflow(from, len, &end) && end <= INT64_MAX;
}

static void read_external(struct artifact *art, struct onnx_files *files, const struct proto_walk *walk, struct tensor *t)
{
	struct cursor c = cursor_over(t->place->message);
	struct bytes entry, key, value, offset = BYTES("");
	bool located = false, strange = false;

	while (proto_next_sized(&c, TENSOR_EXTERNAL, &entry)) {
		proto_bytes(entry, ENTRY_KEY, &key);
		proto_bytes(entry, ENTRY_VALUE, &value);
		if (bytes_same(key, "location")) {
			located = value.len > 0;
			onnx_judge_location(art, files, proto_offset(walk, value, t->place->offset), value);
		} else if (bytes_same(key, "basepath")) {
			onnx_judge_location(art, files, proto_offset(walk, value, t->place->offset), value);
		} else if (bytes_same(key, "offset")) {
			offset = value;
		} else if (bytes_same(key, "length")) {
			t->external_length = value;
		}
		strange |= !is_known_key(key);
	}
	if (strange)
		reject(art, t, "with external data that has a key no reader knows");
	if (!located)
		reject(art, t, "whose data lies in a file that has no name");
	if (!are_sane(offset, t->external_length))
		reject(art, t, "whose offset or length in its file is no number that can be");
}

/* ---- sizes ---- */

/* False when 64 bits are not enough. */
static bool bytes_needed(const struct tensor *t, uint64_t *out)
{
	uint64_t all;

	if (t->overflows || __builtin_mul_overflow(t->elements, bits[t->type], &all) || all > UINT64_MAX - 7)
		return false;
	*out = (all + 7) / 8;
	return true;
}

static void check_size(struct artifact *art, const struct tensor *t)
{
	uint64_t need = 0, told;
	bool external = t->location == LOCATION_EXTERNAL;

	if (t->type == 0 || (t->type == TYPE_TEXT && (t->has_raw || external)))
		reject(art, t, "of a type that its data cannot have");
	else if (t->type >= COUNT_OF(bits))
		artifact_note(art, "file.unexamined", t->place->offset, "has tensors of a type newer than this reader");
	else if (!bytes_needed(t, &need))
		reject(art, t, "of a shape that overflows 64 bits");
	else if (t->has_raw + t->typed + external > 1)
		reject(art, t, "that holds its data in two ways");
	else if (t->has_raw && t->raw.len != need)
		reject(art, t, "whose data does not fit its shape");
	else if (external && bytes_to_u64(t->external_length, &told) && told != need)
		reject(art, t, "whose external data does not fit its shape");
	else if (!t->has_raw && !external && t->typed == 0 && t->elements != 0)
		reject(art, t, "without data");
}

void onnx_read_tensor(struct artifact *art, struct onnx_files *files, const struct proto_walk *walk, const struct proto_place *place)
{
	struct tensor t = {.place = place};

	read_fields(&t);
	if (t.has_external || t.location == LOCATION_EXTERNAL)
		read_external(art, files, walk, &t);
	check_size(art, &t);
	if (place->member && bytes_same(bytes_of(place->member->name), "initializer"))
		artifact_add(art, PART_TENSOR, place->offset, t.name, t.raw);
}
