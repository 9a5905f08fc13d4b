/*
 * ONNX (onnx/onnx.proto): one ModelProto, in the wire format of protocol
 * buffers or as text, with no magic in front.
 *
 *   model: version, operator sets | graph: nodes, initializers | functions | metadata
 *
 * Every graph in it is walked, those in attributes, functions and training
 * information too.  Data of tensors is stepped over: nothing in it runs.
 */
#include "formats/graph/claim.h"
#include "formats/onnx/tensors.h"
#include "formats/onnx/types.h"
#include "syntax/protobuf_text.h"
#include "types/format.h"

enum {
	MODEL_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPERATOR_SETS = 8, MODEL_METADATA = 14, MODEL_FUNCTIONS = 25,
	GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_OUTPUT = 12, GRAPH_SPARSE = 15, SPARSE_VALUES = 1,
	NODE_OUTPUT = 2, NODE_TYPE = 4, NODE_ATTRIBUTE = 5, NODE_DOMAIN = 7,
	NODE_OVERLOAD = 8, FUNCTION_NAME = 1, FUNCTION_NODE = 7, FUNCTION_DOMAIN = 10, FUNCTION_OVERLOAD = 13,
	ATTRIBUTE_NAME = 1, ATTRIBUTE_TEXT = 4, ENTRY_KEY = 1, ENTRY_VALUE = 2,
	PROBE_FIELDS = 65536, VERSION_MOST = 1000,
};

extern const struct format format_onnx;

/* ---- is it one? ---- */

/* "Conv", "com.vendor.Op-2": a name as graphs have them. */
static bool is_name(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] <= ' ' || b.at[i] >= 0x7F)
			return false;
	return b.len > 0 && b.len < 256;
}

/* Does a message hold, among its first fields, a sized field that looks like this? */
static bool has_likely(struct bytes message, uint32_t number, bool (*is_likely)(struct bytes))
{
	struct cursor c = cursor_over(message);
	struct proto_field f;

	for (unsigned i = 0; i < PROBE_FIELDS && proto_next(&c, &f); i++)
		if (f.number == number && f.wire == PROTO_SIZED && is_likely(f.bytes))
			return true;
	return false;
}

static bool is_node(struct bytes b)
{
	struct bytes type;

	return proto_bytes(b, NODE_TYPE, &type) && is_name(type) && has_likely(b, NODE_OUTPUT, bytes_are_utf8);
}

static bool is_tensor(struct bytes b)
{
	uint64_t type;
	struct bytes name;

	return proto_integer(b, 2, &type) && type > 0 && type < 64 && proto_bytes(b, 8, &name) && name.len > 0 && bytes_are_utf8(name);
}

static bool is_value(struct bytes b)
{
	struct bytes name, type;

	return proto_bytes(b, 1, &name) && name.len > 0 && bytes_are_utf8(name) && proto_bytes(b, 2, &type);
}

static bool is_sparse(struct bytes b)
{
	struct bytes values;

	return proto_bytes(b, SPARSE_VALUES, &values) && is_tensor(values);
}

static bool is_graph(struct bytes b)
{
	return has_likely(b, GRAPH_NODE, is_node) || has_likely(b, GRAPH_INITIALIZER, is_tensor) || has_likely(b, GRAPH_OUTPUT, is_value) ||
	       has_likely(b, GRAPH_SPARSE, is_sparse);
}

static bool is_function(struct bytes b)
{
	return has_likely(b, FUNCTION_NODE, is_node);
}

/* Readers ask for the whole to be well-formed, and for nothing more; a model without a graph or a function runs nothing. */
static bool is_model(struct bytes in, bool whole)
{
	struct cursor c = cursor_over(in);
	struct proto_field f;
	bool likely = false;

	while (proto_next(&c, &f)) {
		if (f.number == MODEL_VERSION && f.wire == PROTO_VARINT && (f.integer == 0 || f.integer > VERSION_MOST))
			return false;
		if (f.wire == PROTO_SIZED && f.number == MODEL_GRAPH)
			likely |= is_graph(f.bytes);
		if (f.wire == PROTO_SIZED && f.number == MODEL_FUNCTIONS)
			likely |= is_function(f.bytes);
	}
	return likely && (cursor_ok(&c) || !whole);
}

/* A model cut short: its version, and the beginning of something sized. */
static bool begins_like_one(struct bytes in)
{
	struct cursor c = cursor_over(in);
	struct proto_field f;
	bool version = false;

	while (proto_next(&c, &f))
		version |= f.number == MODEL_VERSION && f.wire == PROTO_VARINT && f.integer > 0 && f.integer < VERSION_MOST;
	return version && !cursor_ok(&c);
}

static int probe(const struct source *source, struct arena *arena)
{
	enum { CERTAIN = 80, TEXT = 70, NAMED = 20 };
	struct bytes in = source->content;
	bool named = format_expects(&format_onnx, source_extension(source));
	struct proto_text text;

	if (is_model(in, true))
		return CERTAIN;
	if (proto_text_begins(&onnx_model, in)) {
		source_looked(source, in.len, 0);
		proto_text_read(arena, &onnx_model, in, &text);
		return is_model(text.message, false) ? TEXT : 0;
	}
	return named && (is_model(in, false) || begins_like_one(in)) ? NAMED : 0;
}

/* ---- what is in it ---- */

struct reading {
	struct artifact *art;
	struct proto_walk walk;
	struct operator_log operators;
	struct name_set functions;      /* "domain::name" of those the model defines, and ":overload" behind it */
	struct onnx_files files;
};

/* The default domain has two names. */
static struct bytes full_name(struct arena *arena, struct bytes domain, struct bytes name)
{
	struct text t;

	text_init(&t, arena);
	text_add(&t, domain.len ? domain : BYTES("ai.onnx"));
	text_add_string(&t, "::");
	text_add(&t, name);
	return text_bytes(&t);
}

static struct bytes with_overload(struct arena *arena, struct bytes name, struct bytes overload)
{
	struct text t;

	if (overload.len == 0)
		return name;
	text_init(&t, arena);
	text_add(&t, name);
	text_add_byte(&t, ':');
	text_add(&t, overload);
	return text_bytes(&t);
}

static struct bytes function_name(struct arena *arena, struct bytes function)
{
	struct bytes name, domain, overload;

	proto_bytes(function, FUNCTION_NAME, &name);
	proto_bytes(function, FUNCTION_DOMAIN, &domain);
	proto_bytes(function, FUNCTION_OVERLOAD, &overload);
	return with_overload(arena, full_name(arena, domain, name), overload);
}

static void add_functions(struct reading *r, struct bytes model)
{
	struct cursor c = cursor_over(model);
	struct bytes function;
	bool added;

	while (proto_next_sized(&c, MODEL_FUNCTIONS, &function)) {
		names_add(&r->functions, function_name(r->art->arena, function), 0, &added);
	}
}

static void add_metadata(struct reading *r, struct bytes model)
{
	struct cursor c = cursor_over(model);
	struct bytes entry, key, value;

	while (proto_next_sized(&c, MODEL_METADATA, &entry)) {
		proto_bytes(entry, ENTRY_KEY, &key);
		proto_bytes(entry, ENTRY_VALUE, &value);
		artifact_add(r->art, PART_METADATA, proto_offset(&r->walk, entry, 0), key, value);
	}
}

/* onnxruntime keeps graphs that a device compiled in a file beside the model, and what they were compiled from in another. */
static void read_context(struct reading *r, const struct proto_place *place)
{
	struct cursor c = cursor_over(place->message);
	struct bytes attribute, name, path = BYTES(""), origin = BYTES("");
	uint64_t embedded = 1;

	while (proto_next_sized(&c, NODE_ATTRIBUTE, &attribute)) {
		proto_bytes(attribute, ATTRIBUTE_NAME, &name);
		if (bytes_same(name, "embed_mode"))
			proto_integer(attribute, 3, &embedded);
		else if (bytes_same(name, "ep_cache_context"))
			proto_bytes(attribute, ATTRIBUTE_TEXT, &path);
		else if (bytes_same(name, "onnx_model_filename"))
			proto_bytes(attribute, ATTRIBUTE_TEXT, &origin);
	}
	if (origin.len)
		onnx_judge_location(r->art, &r->files, place->offset, origin);
	if (embedded == 0 && path.len)
		onnx_judge_location(r->art, &r->files, place->offset, path);
}

/* A function cannot call itself: what has its name within it is another operator, which a library brings. */
static bool is_defined(struct reading *r, const struct proto_place *node, struct bytes name)
{
	if (!names_find(&r->functions, name))
		return false;
	for (const struct proto_place *p = node->above; p; p = p->above)
		if (p->type == &onnx_function && bytes_equal(function_name(r->art->arena, p->message), name))
			return false;
	return true;
}

static void read_node(struct reading *r, const struct proto_place *place)
{
	struct bytes type, domain, overload;

	proto_bytes(place->message, NODE_TYPE, &type);
	proto_bytes(place->message, NODE_DOMAIN, &domain);
	proto_bytes(place->message, NODE_OVERLOAD, &overload);
	struct bytes name = full_name(r->art->arena, domain, type);
	bool defined = is_defined(r, place, with_overload(r->art->arena, name, overload));
	operators_note(&r->operators, place->offset, name, defined, (struct value){.kind = VALUE_NONE});
	if (bytes_same(type, "EPContext"))
		read_context(r, place);
}

static void enter(void *context, const struct proto_place *place)
{
	struct reading *r = context;

	if (place->type == &onnx_node)
		read_node(r, place);
	else if (place->type == &onnx_tensor)
		onnx_read_tensor(r->art, &r->files, &r->walk, place);
}

static void note_files(struct reading *r)
{
	size_t more = r->files.names.count > 4 ? r->files.names.count - 4 : 0;

	if (r->files.names.count == 0)
		return;
	if (more)
		text_addf(&r->files.list, " and %zu more", more);
	artifact_note(r->art, "onnx.external-data", r->files.first_at, "needs data from beside it: %s", text_string(&r->files.list));
}

static void parse(const struct source *source, struct artifact *art)
{
	struct reading r = {.art = art, .walk = {.arena = art->arena, .file = source->content, .enter = enter, .context = &r}};
	struct proto_text text = {0};

	if (proto_text_begins(&onnx_model, source->content)) {
		proto_text_read(art->arena, &onnx_model, source->content, &text);
		r.walk.file = text.message;
		r.walk.origins = text.origins;
		r.walk.origin_count = text.origin_count;
	}
	operators_begin(&r.operators, art, "onnx");
	names_init(&r.functions, art->arena);
	names_init(&r.files.names, art->arena);
	text_init(&r.files.list, art->arena);
	add_functions(&r, r.walk.file);
	add_metadata(&r, r.walk.file);
	proto_walk(&r.walk, &onnx_model, r.walk.file);
	note_files(&r);
	art->bytes_read += source->content.len - (text.origins ? 0 : r.walk.skipped);
	if (text.why || r.walk.why)
		artifact_note(art, "file.malformed", text.why ? text.why_at : r.walk.why_at, "%s", text.why ? text.why : r.walk.why);
	else if (r.walk.too_deep)
		artifact_note(art, "file.unexamined", 0, "has messages nested more than %d deep; what is below was not examined", PROTO_DEPTH_MOST);
}

const struct format format_onnx = {
	.name = "onnx",
	.title = "ONNX model",
	.spec = "onnx/onnx.proto; docs/ExternalData.md; protobuf.dev \"Encoding\"",
	.extensions = "onnx onnxtxt",
	.may_claim = graph_may_claim,
	.probe = probe,
	.parse = parse,
};
