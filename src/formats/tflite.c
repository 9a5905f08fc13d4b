/*
 * TensorFlow Lite (tensorflow/compiler/mlir/lite/schema/schema.fbs): a FlatBuffer
 * with "TFL3" behind its first offset.
 *
 *   model: operator codes | subgraphs: tensors, operators | buffers | metadata        then, perhaps, a ZIP of labels
 *
 * Data of buffers is not read, strings that operators of TensorFlow take apart: nothing in it runs.
 */
#include "formats/flatbuffer/reader.h"
#include "formats/tensorflow/graph.h"
#include "formats/tflite/flex.h"
#include "formats/zip/archive.h"
#include "syntax/protobuf.h"
#include "types/format.h"

enum {
	MODEL_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_DESCRIPTION = 3, MODEL_BUFFERS = 4, MODEL_METADATA = 6,
	CODE_OLD = 0, CODE_CUSTOM = 1, CODE_BUILTIN = 3,
	SUBGRAPH_TENSORS = 0, SUBGRAPH_INPUTS = 1, SUBGRAPH_OUTPUTS = 2, SUBGRAPH_OPERATORS = 3, SUBGRAPH_NAME = 4,
	TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_NAME = 3, TENSOR_QUANTIZATION = 4,
	OPERATOR_CODE = 0, OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2, OPERATOR_OPTIONS = 4, OPERATOR_CUSTOM = 5, OPERATOR_LONG_AT = 9, OPERATOR_LONG_SIZE = 10,
	BUFFER_DATA = 0, BUFFER_OFFSET = 1, BUFFER_SIZE = 2, METADATA_NAME = 0, METADATA_BUFFER = 1,
	CUSTOM = 32, TYPE_STRING = 5, NODE_OPERATOR = 2, OFFSETS_FROM = 2, POINTER = 4, NONE = -1,
};

static const struct bytes flex = BYTES("Flex");

struct reading {
	struct artifact *art;
	struct flat f;
	struct operator_log custom, tensorflow;
	struct flat_vector codes, buffers, tensors;
	bool *told;                 /* of each code: has an operator of TensorFlow by its name been noted where it is used? */
	bool *made;                 /* of each tensor of the subgraph that is read: does an operator of it write there? */
	uint64_t data;              /* bytes of buffers, which are stepped over */
	uint64_t budget;            /* things that may still be looked at */
};

static bool may_claim(const struct source *source)
{
	return bytes_start_with(bytes_from(source->first, POINTER), BYTES("TFL3"));
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	return bytes_start_with(bytes_from(source->content, POINTER), BYTES("TFL3")) ? 95 : 0;
}

static void reject(struct reading *r, uint64_t at, const char *what)
{
	artifact_note(r->art, "file.malformed", at, "%s", what);
}

/* What several lists share is read once for each: a small file could make that endless. */
static bool take_budget(struct reading *r, uint64_t count, uint64_t at)
{
	bool fits = count <= r->budget;

	if (!fits && r->budget > 0)
		artifact_note(r->art, "file.unexamined", at, "lists the same things over and over");
	r->budget = fits ? r->budget - count : 0;
	return fits;
}

/* ---- operators ---- */

static uint32_t item_at(struct reading *r, struct flat_vector v, uint32_t i)
{
	struct cursor c = cursor_over(bytes_slice(r->f.all, v.at + 4 * (uint64_t)i, 4));

	return cursor_u32le(&c);
}

static struct bytes buffer_data(struct reading *r, struct flat_table buffer)
{
	uint64_t at = flat_number(&r->f, buffer, BUFFER_OFFSET, 8, 0), size = flat_number(&r->f, buffer, BUFFER_SIZE, 8, 0);

	return at < OFFSETS_FROM ? flat_string(&r->f, buffer, BUFFER_DATA) : bytes_slice(r->f.all, at, size);
}

/* Strings of a constant: u32 how many | u32 where each begins, and where the last ends | their bytes */
static void add_strings(struct reading *r, struct operator_pairs *p, unsigned input, struct bytes data)
{
	enum { STRINGS_MOST = 64 };
	struct cursor c = cursor_over(data);
	uint32_t count = cursor_u32le(&c), from = cursor_u32le(&c);

	for (uint32_t i = 0; i < count && i < STRINGS_MOST && cursor_ok(&c) && take_budget(r, 1, 0); i++) {
		uint32_t to = cursor_u32le(&c);
		if (cursor_ok(&c) && to > from)
			tf_add_input(p, input, bytes_slice(data, from, to - from), false);
		from = to;
	}
}

static void add_inputs(struct reading *r, struct operator_pairs *p, struct flat_table operator)
{
	enum { INPUTS_MOST = 8 };
	struct flat_vector inputs = flat_list(&r->f, operator, OPERATOR_INPUTS, 4);

	for (uint32_t i = 0; i < inputs.count && i < INPUTS_MOST; i++) {
		uint32_t index = item_at(r, inputs, i);
		if (index >= r->tensors.count)
			continue;
		struct flat_table tensor = flat_item(&r->f, r->tensors, index);
		uint64_t buffer = flat_number(&r->f, tensor, TENSOR_BUFFER, 4, 0);
		tf_add_input(p, i, BYTES(""), r->made[index]);
		if (flat_number(&r->f, tensor, TENSOR_TYPE, 1, 0) == TYPE_STRING && buffer > 0 && buffer < r->buffers.count)
			add_strings(r, p, i, buffer_data(r, flat_item(&r->f, r->buffers, (uint32_t)buffer)));
	}
}

/* What TensorFlow runs stands in the options, whatever the code says. */
static void note_flex(struct reading *r, struct flat_table operator, uint32_t index, struct bytes options)
{
	struct bytes coded = bytes_from(flat_string(&r->f, flat_item(&r->f, r->codes, index), CODE_CUSTOM), flex.len);
	struct operator_pairs p = {.count = 0};
	struct bytes node, name;

	if (!take_budget(r, options.len, operator.at))
		return;
	if (!flex_node(options, &node) || !proto_bytes(node, NODE_OPERATOR, &name)) {
		reject(r, operator.at, "has an operator of TensorFlow that does not say which");
		return;
	}
	r->told[index] |= bytes_equal(coded, name);
	add_inputs(r, &p, operator);
	tf_add_attributes(&p, node);
	operators_note(&r->tensorflow, operator.at, name, false, operators_arguments(r->art->arena, p.list, p.count));
}

static void read_code(struct reading *r, uint32_t index)
{
	struct flat_table code = flat_item(&r->f, r->codes, index);
	struct bytes name = flat_string(&r->f, code, CODE_CUSTOM);
	uint64_t old = flat_number(&r->f, code, CODE_OLD, 1, 0), builtin = flat_number(&r->f, code, CODE_BUILTIN, 4, 0);

	if ((old != CUSTOM && builtin != CUSTOM) || r->told[index])
		return;
	if (bytes_start_with(name, flex))
		operators_note(&r->tensorflow, code.at, bytes_from(name, flex.len), false, (struct value){.kind = VALUE_NONE});
	else
		operators_note(&r->custom, code.at, name, false, (struct value){.kind = VALUE_NONE});
}

/* Whatever is wrong with what uses them. */
static void read_codes(struct reading *r)
{
	const char *why = r->f.why;
	uint64_t why_at = r->f.why_at;

	r->f.why = NULL;
	for (uint32_t i = 0; i < r->codes.count && !r->f.why; i++)
		read_code(r, i);
	if (why) {
		r->f.why = why;
		r->f.why_at = why_at;
	}
}

static void read_options(struct reading *r, struct flat_table operator)
{
	uint64_t index = flat_number(&r->f, operator, OPERATOR_CODE, 4, 0);
	uint64_t far = flat_number(&r->f, operator, OPERATOR_LONG_AT, 8, 0), size = flat_number(&r->f, operator, OPERATOR_LONG_SIZE, 8, 0);

	if (index >= r->codes.count) {
		reject(r, operator.at, "has an operator of a code that it does not list");
		return;
	}
	struct bytes options = flat_string(&r->f, operator, OPERATOR_CUSTOM);
	if (far >= OFFSETS_FROM) {
		options = bytes_slice(r->f.all, far, size);
		if (far > r->f.all.len || options.len != size)
			reject(r, operator.at, "has an operator whose options lie outside of it");
	}
	struct flat_table code = flat_item(&r->f, r->codes, (uint32_t)index);
	if (bytes_start_with(flat_string(&r->f, code, CODE_CUSTOM), flex))
		note_flex(r, operator, (uint32_t)index, options);
	flat_child(&r->f, operator, OPERATOR_OPTIONS);
}

/* ---- tensors ---- */

static void check_indices(struct reading *r, struct flat_vector v, uint32_t count)
{
	uint32_t checked = take_budget(r, v.count, v.at) ? v.count : 0;

	for (uint32_t i = 0; i < checked; i++) {
		int32_t index = (int32_t)item_at(r, v, i);
		if (index < NONE || (index >= 0 && (uint32_t)index >= count)) {
			reject(r, v.at + 4 * (uint64_t)i, "uses a tensor that it does not have");
			return;
		}
	}
}

static void read_tensor(struct reading *r, struct flat_table tensor)
{
	uint64_t buffer = flat_number(&r->f, tensor, TENSOR_BUFFER, 4, 0);

	flat_list(&r->f, tensor, TENSOR_SHAPE, 4);
	flat_child(&r->f, tensor, TENSOR_QUANTIZATION);
	if (tensor.at && buffer >= r->buffers.count && buffer > 0)
		reject(r, tensor.at, "has a tensor in a buffer that it does not have");
	if (tensor.at)
		artifact_add(r->art, PART_TENSOR, tensor.at, flat_string(&r->f, tensor, TENSOR_NAME), BYTES(""));
}

static void mark_outputs(struct reading *r, struct flat_table operator)
{
	struct flat_vector outputs = flat_list(&r->f, operator, OPERATOR_OUTPUTS, 4);

	check_indices(r, outputs, r->tensors.count);
	for (uint32_t i = 0; i < outputs.count && item_at(r, outputs, i) < r->tensors.count && r->budget > 0; i++)
		r->made[item_at(r, outputs, i)] = true;
}

static void read_subgraph(struct reading *r, struct flat_table subgraph)
{
	struct flat_vector tensors = flat_list(&r->f, subgraph, SUBGRAPH_TENSORS, POINTER);
	struct flat_vector operators = flat_list(&r->f, subgraph, SUBGRAPH_OPERATORS, POINTER);

	if (!take_budget(r, (uint64_t)tensors.count + operators.count, subgraph.at))
		return;
	flat_string(&r->f, subgraph, SUBGRAPH_NAME);
	check_indices(r, flat_list(&r->f, subgraph, SUBGRAPH_INPUTS, 4), tensors.count);
	check_indices(r, flat_list(&r->f, subgraph, SUBGRAPH_OUTPUTS, 4), tensors.count);
	for (uint32_t i = 0; i < tensors.count && !r->f.why; i++)
		read_tensor(r, flat_item(&r->f, tensors, i));
	r->tensors = tensors;
	r->made = arena_alloc(r->art->arena, tensors.count, sizeof *r->made);
	for (uint32_t i = 0; i < operators.count && !r->f.why; i++)
		mark_outputs(r, flat_item(&r->f, operators, i));
	for (uint32_t i = 0; i < operators.count && !r->f.why; i++) {
		struct flat_table operator = flat_item(&r->f, operators, i);
		check_indices(r, flat_list(&r->f, operator, OPERATOR_INPUTS, 4), tensors.count);
		read_options(r, operator);
	}
}

static void read_buffer(struct reading *r, struct flat_table buffer)
{
	struct flat_vector data = flat_list(&r->f, buffer, BUFFER_DATA, 1);
	uint64_t at = flat_number(&r->f, buffer, BUFFER_OFFSET, 8, 0), size = flat_number(&r->f, buffer, BUFFER_SIZE, 8, 0);

	r->data += data.count;
	if (at < OFFSETS_FROM)
		return;
	if (at > r->f.all.len || size > r->f.all.len - at)
		reject(r, buffer.at, "has a buffer that lies outside of it");
	else
		r->data += size;
	if (at <= r->f.all.len && size <= r->f.all.len - at && at + size > r->f.end)
		r->f.end = at + size;
}

static void read_metadata(struct reading *r, struct flat_table entry)
{
	struct bytes name = flat_string(&r->f, entry, METADATA_NAME);

	if (entry.at && flat_number(&r->f, entry, METADATA_BUFFER, 4, 0) >= r->buffers.count)
		reject(r, entry.at, "has metadata in a buffer that it does not have");
	else if (entry.at)
		artifact_add(r->art, PART_METADATA, entry.at, name, BYTES(""));
}

/* ---- the whole ---- */

static void read_model(struct reading *r, struct flat_table model)
{
	struct flat_vector subgraphs = flat_list(&r->f, model, MODEL_SUBGRAPHS, POINTER), metadata = flat_list(&r->f, model, MODEL_METADATA, POINTER);

	r->codes = flat_list(&r->f, model, MODEL_CODES, POINTER);
	r->buffers = flat_list(&r->f, model, MODEL_BUFFERS, POINTER);
	struct bytes description = flat_string(&r->f, model, MODEL_DESCRIPTION);
	if (description.len)
		artifact_add(r->art, PART_METADATA, (uint64_t)(description.at - r->f.all.at), BYTES("description"), description);
	r->told = arena_alloc(r->art->arena, r->codes.count, sizeof *r->told);
	for (uint32_t i = 0; i < r->buffers.count && !r->f.why; i++)
		read_buffer(r, flat_item(&r->f, r->buffers, i));
	for (uint32_t i = 0; i < metadata.count && !r->f.why; i++)
		read_metadata(r, flat_item(&r->f, metadata, i));
	for (uint32_t i = 0; i < subgraphs.count && !r->f.why; i++) {
		struct flat_table subgraph = flat_item(&r->f, subgraphs, i);
		read_subgraph(r, subgraph);
	}
	read_codes(r);
}

/* Where the first member of a ZIP stands; one that is cut short has no directory to tell. */
static uint64_t find_files(struct reading *r)
{
	struct bytes in = r->f.all;
	struct artifact unused;
	struct zip_archive z;
	uint64_t first = in.len;

	if (!zip_has_directory(in, false))
		return r->f.end + bytes_find(bytes_from(in, r->f.end), BYTES("PK\3\4"));
	artifact_init(&unused, r->art->arena, r->art->source, NULL);
	zip_read(&unused, in, &z);
	for (size_t i = 0; i < z.entry_count; i++)
		if (!z.entries[i].broken && z.entries[i].header_at < first)
			first = z.entries[i].header_at;
	return first;
}

/* Labels and the like are added as a ZIP behind the model; its offsets count from the beginning of the file. */
static void add_files(struct reading *r)
{
	uint64_t from = find_files(r);

	if (from < r->f.all.len)
		artifact_add(r->art, PART_EMBEDDED, from, BYTES("associated-files.zip"), bytes_from(r->f.all, from));
}

static void parse(const struct source *source, struct artifact *art)
{
	struct reading r = {.art = art, .f = {.all = source->content}, .budget = source->content.len};

	operators_begin(&r.custom, art, "tflite");
	operators_begin(&r.tensorflow, art, "tensorflow");
	read_model(&r, flat_root(&r.f));
	if (r.f.why)
		artifact_note(art, "file.malformed", r.f.why_at, "%s", r.f.why);
	add_files(&r);
	art->bytes_read += source->content.len - (r.data < source->content.len ? r.data : 0);
}

const struct format format_tflite = {
	.name = "tflite",
	.title = "TensorFlow Lite model",
	.spec = "tensorflow/compiler/mlir/lite/schema/schema.fbs; flatbuffers.dev \"Internals\"",
	.extensions = "tflite lite",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
