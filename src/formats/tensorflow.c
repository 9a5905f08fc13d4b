/*
 * TensorFlow graphs (tensorflow/core/protobuf/saved_model.proto, meta_graph.proto,
 * framework/graph.proto): saved_model.pb, a MetaGraphDef (.meta), a frozen
 * GraphDef (.pb), each of them as text (.pbtxt), and the keras_metadata.pb
 * beside a SavedModel.  None has a magic.
 *
 *   SavedModel: meta graphs | MetaGraphDef: graph, signatures, objects | GraphDef: nodes, library of functions
 *
 * A graph may carry others as strings: those are read too.
 */
#include "base/path.h"
#include "formats/keras/config.h"
#include "formats/graph/claim.h"
#include "formats/tensorflow/graph.h"
#include "formats/tensorflow/types.h"
#include "syntax/protobuf_text.h"
#include "types/format.h"

enum {
	SAVED_SCHEMA = 1, SAVED_META_GRAPHS = 2, META_GRAPH = 2, META_OBJECTS = 7, OBJECT_IDENTIFIER = 1, OBJECT_METADATA = 3, VALUE_STRING = 2,
	ASSET_NAME = 2, ANY_TYPE = 1, ANY_VALUE = 2, NAME_SHOWN = 80,
	KERAS_NODES = 1, KERAS_PATH = 3, KERAS_IDENTIFIER = 4, KERAS_METADATA = 5,
	FINGERPRINT_LAST = 7, NESTING_MOST = 8, GRAPH_LEAST = 8,
};

extern const struct format format_tensorflow;

/* ---- is it one? ---- */

static bool is_meta_graph(struct bytes b, bool strict)
{
	struct cursor c = cursor_over(b);
	struct bytes graph;
	bool likely = false;

	while (proto_next_sized(&c, META_GRAPH, &graph))
		likely |= tf_is_graph(graph, strict);
	return likely && (cursor_ok(&c) || !strict);
}

static bool is_saved_model(struct bytes b, bool strict)
{
	struct cursor c = cursor_over(b);
	struct bytes meta;
	bool likely = false;

	while (proto_next_sized(&c, SAVED_META_GRAPHS, &meta))
		likely |= is_meta_graph(meta, strict);
	return likely && (cursor_ok(&c) || !strict);
}

/* SavedMetadata of Keras: objects, each with a JSON text. */
static bool is_keras_metadata(struct bytes b)
{
	struct cursor c = cursor_over(b);
	struct proto_field f;
	struct bytes identifier, metadata;
	bool likely = false;

	while (proto_next(&c, &f)) {
		if (f.number != KERAS_NODES || f.wire != PROTO_SIZED || !proto_bytes(f.bytes, KERAS_IDENTIFIER, &identifier))
			return false;
		proto_bytes(f.bytes, KERAS_METADATA, &metadata);
		likely |= bytes_start_with(identifier, BYTES("_tf_keras")) && keras_is_likely(metadata);
	}
	return cursor_ok(&c) && likely;
}

/* fingerprint.pb beside a SavedModel: a few checksums. */
static bool is_fingerprint(const struct source *source)
{
	struct cursor c = cursor_over(source->content);
	struct proto_field f;

	if (!bytes_same(bytes_after_last(bytes_of(source->name), '/'), "fingerprint.pb"))
		return false;
	while (proto_next(&c, &f))
		if (f.number > FINGERPRINT_LAST)
			return false;
	return cursor_ok(&c);
}

/* The root message these bytes are; NULL for none. */
static const struct proto_type *root_of(struct bytes b, bool strict)
{
	if (is_saved_model(b, strict))
		return &tf_saved_model;
	if (tf_is_graph(b, strict))
		return &tf_graph;
	return is_meta_graph(b, strict) ? &tf_meta_graph : NULL;
}

static const struct proto_type *text_root_of(struct arena *arena, struct bytes in, struct proto_text *text)
{
	static const struct proto_type *const roots[] = {&tf_saved_model, &tf_meta_graph, &tf_graph};

	for (size_t i = 0; i < COUNT_OF(roots); i++) {
		if (!proto_text_begins(roots[i], in))
			continue;
		proto_text_read(arena, roots[i], in, text);
		if (root_of(text->message, false) == roots[i])
			return roots[i];
	}
	return NULL;
}

/* A graph cut short: what is there begins like one. */
static bool begins_like_one(const struct source *source)
{
	static const char *const starts[] = {"\x0a", "\x08\x01\x12"};
	struct bytes file = bytes_after_last(bytes_of(source->name), '/');
	bool named = bytes_same(file, "saved_model.pb") || bytes_equal_folded(source_extension(source), BYTES("pb"));
	struct cursor c = cursor_over(source->content);
	struct proto_field f;

	while (proto_next(&c, &f))
		continue;
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		if (named && !cursor_ok(&c) && bytes_start_with(source->content, bytes_of(starts[i])))
			return true;
	return false;
}

static int probe(const struct source *source, struct arena *arena)
{
	enum { CERTAIN = 80, TEXT = 70, NAMED = 20 };
	struct proto_text text;

	if (root_of(source->content, true) || is_keras_metadata(source->content) || is_fingerprint(source))
		return CERTAIN;
	if (text_root_of(arena, source->content, &text))
		return TEXT;
	return begins_like_one(source) ? NAMED : 0;
}

/* ---- what is in it ---- */

static void add_json(struct tf_reading *r, struct bytes json, struct bytes name, uint64_t offset)
{
	struct text t;

	if (!keras_is_likely(json))
		return;
	text_init(&t, r->art->arena);
	text_add(&t, name);
	text_add_string(&t, ".json");
	artifact_add(r->art, PART_EMBEDDED, offset, text_bytes(&t), json);
}

/* Files of the folder "assets", which the graph reads when it is loaded. */
static void judge_asset(struct tf_reading *r, struct bytes asset, uint64_t offset)
{
	struct bytes name;
	struct text shown;

	if (!proto_bytes(asset, ASSET_NAME, &name) || !path_leads_out(name))
		return;
	text_init(&shown, r->art->arena);
	text_add_printable(&shown, name, NAME_SHOWN);
	artifact_note(r->art, "tensorflow.asset-path", offset, "names as one of its assets \"%s\", which does not lie among them", text_string(&shown));
}

/* Older models keep their assets in a collection. */
static void read_any(struct tf_reading *r, const struct proto_place *place)
{
	struct bytes type, value;

	proto_bytes(place->message, ANY_TYPE, &type);
	proto_bytes(place->message, ANY_VALUE, &value);
	if (bytes_end_with(type, BYTES("AssetFileDef")))
		judge_asset(r, value, place->offset);
}

static void read_nested(struct tf_reading *r, struct bytes graph, uint64_t offset);

static void read_strings(struct tf_reading *r, const struct proto_place *place)
{
	struct tf_strings strings;
	struct bytes string;

	tf_strings_begin(&strings, place->message);
	while (tf_strings_next(&strings, &string))
		read_nested(r, string, proto_offset(r->walk, string, place->offset));
}

static void enter(void *context, const struct proto_place *place)
{
	struct tf_reading *r = context;
	struct bytes name, text;

	if (place->type == &tf_meta_graph) {
		r->objects = proto_merged(r->art->arena, place->message, META_OBJECTS);
	} else if (place->type == &tf_graph || place->type == &tf_function) {
		tf_read_graph(r, place);
	} else if (place->type == &tf_tensor) {
		read_strings(r, place);
	} else if (place->type == &tf_attribute_value) {
		if (proto_bytes(place->message, VALUE_STRING, &text))
			read_nested(r, text, proto_offset(r->walk, text, place->offset));
	} else if (place->type == &tf_asset_file) {
		judge_asset(r, place->message, place->offset);
	} else if (place->type == &tf_any) {
		read_any(r, place);
	} else if (place->type == &tf_saved_user_object) {
		proto_bytes(place->message, OBJECT_IDENTIFIER, &name);
		proto_bytes(place->message, OBJECT_METADATA, &text);
		add_json(r, text, name, proto_offset(r->walk, text, place->offset));
	}
}

static void walk(struct tf_reading *r, struct proto_walk *w, const struct proto_type *root)
{
	struct proto_walk *outer = r->walk;
	struct tf_flow *outer_flow = r->flow;
	struct bytes outer_objects = r->objects;

	r->walk = w;
	r->objects = BYTES("");
	w->arena = r->art->arena;
	w->enter = enter;
	w->utf8 = true;
	w->context = r;
	proto_walk(w, root, w->file);
	r->walk = outer;
	r->flow = outer_flow;
	r->objects = outer_objects;
}

/* A graph in a string of a graph, as data sets have them. */
static void read_nested(struct tf_reading *r, struct bytes graph, uint64_t offset)
{
	struct proto_walk inner = {.file = graph};
	uint64_t outer = r->offset;

	if (graph.len < GRAPH_LEAST || !tf_is_graph(graph, false))
		return;
	if (r->nesting == NESTING_MOST) {
		artifact_note(r->art, "file.unexamined", offset, "holds graphs within graphs more than %d deep; what is below was not examined", NESTING_MOST);
		return;
	}
	r->offset = r->nesting++ ? outer : offset;
	walk(r, &inner, &tf_graph);
	if (inner.why)
		artifact_note(r->art, "file.malformed", offset, "holds in a string a graph that is broken: it %s", inner.why);
	if (inner.too_deep)
		artifact_note(r->art, "file.unexamined", offset, "has messages nested more than %d deep; what is below was not examined", PROTO_DEPTH_MOST);
	r->nesting--;
	r->offset = outer;
}

static void read_keras(struct tf_reading *r, struct bytes in)
{
	struct cursor c = cursor_over(in);
	struct bytes node, path, json;

	while (proto_next_sized(&c, KERAS_NODES, &node)) {
		proto_bytes(node, KERAS_PATH, &path);
		proto_bytes(node, KERAS_METADATA, &json);
		add_json(r, json, path, (uint64_t)(node.at - in.at));
	}
}

static void parse(const struct source *source, struct artifact *art)
{
	struct bytes in = source->content;
	struct tf_reading r = {.art = art};
	struct proto_text text = {0};
	const struct proto_type *root = root_of(in, true);
	struct proto_walk w = {.file = in};

	operators_begin(&r.operators, art, "tensorflow");
	names_init(&r.functions, art->arena);
	art->bytes_read += in.len;
	if (!root && is_keras_metadata(in)) {
		read_keras(&r, in);
		return;
	}
	if (!root && is_fingerprint(source))
		return;
	if (!root && (root = text_root_of(art->arena, in, &text)))
		w = (struct proto_walk){.file = text.message, .origins = text.origins, .origin_count = text.origin_count};
	/* Nothing else is as likely to stand in a file that nobody could finish. */
	walk(&r, &w, root ? root : bytes_start_with(in, BYTES("\x08")) ? &tf_saved_model : &tf_graph);
	art->bytes_read -= text.origins ? 0 : w.skipped;
	if (text.why || w.why)
		artifact_note(art, "file.malformed", text.why ? text.why_at : w.why_at, "%s", text.why ? text.why : w.why);
	else if (w.too_deep)
		artifact_note(art, "file.unexamined", 0, "has messages nested more than %d deep; what is below was not examined", PROTO_DEPTH_MOST);
}

const struct format format_tensorflow = {
	.name = "tensorflow",
	.title = "TensorFlow graph",
	.spec = "tensorflow/core/protobuf/saved_model.proto, meta_graph.proto, tensorflow/core/framework/graph.proto",
	.extensions = "pb pbtxt graphdef meta",
	.may_claim = graph_may_claim,
	.probe = probe,
	.parse = parse,
};
