/*
 * What an object of a configuration makes its loader do (keras saving/serialization_lib.py,
 * deserialize_keras_object; legacy/saving/serialization.py):
 *
 *   {"module": M, "class_name": C, "config": {...}, "registered_name": R}    M.C.from_config(config)
 *   {"module": M, "class_name": "function", "config": F, ...}                M.F, as a value
 *
 * R, or C without a module, is looked up among what Keras itself and the loading
 * program have registered; here that is "registered.C".
 */
#include "formats/keras/inside.h"

/* ---- names ---- */

/* Packages that hold Keras under another name, and what of it they stand for. */
static const struct bytes aliases[][2] = {
	{BYTES("tensorflow.python.keras"), BYTES("keras")}, {BYTES("tensorflow.keras"), BYTES("keras")}, {BYTES("tf.keras"), BYTES("keras")},
	{BYTES("tensorflow_core.keras"), BYTES("keras")}, {BYTES("tensorflow_core.python.keras"), BYTES("keras")},
	{BYTES("keras.api._tf_keras.keras"), BYTES("keras")}, {BYTES("keras.api._v2.keras"), BYTES("keras")},
	{BYTES("keras.api._v1.keras"), BYTES("keras")}, {BYTES("keras._tf_keras.keras"), BYTES("keras")}, {BYTES("keras.api"), BYTES("keras")},
	{BYTES("tf_keras"), BYTES("keras")},
};

static bool is_below(struct bytes module, struct bytes package)
{
	return bytes_start_with(module, package) && (module.len == package.len || module.at[package.len] == '.');
}

static struct bytes resolve_module(struct arena *arena, struct bytes module)
{
	for (size_t i = 0; i < COUNT_OF(aliases); i++) {
		struct text t;
		if (!is_below(module, aliases[i][0]))
			continue;
		text_init(&t, arena);
		text_add(&t, aliases[i][1]);
		text_add(&t, bytes_from(module, aliases[i][0].len));
		return text_bytes(&t);
	}
	return module;
}

static struct value import_name(struct keras_walk *w, uint64_t offset, struct bytes module, struct bytes name)
{
	return config_import(&w->program, offset, resolve_module(w->art->arena, module), module, name);
}

/* ---- files and addresses ---- */

static bool is_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* An address, or a path that leads away from where the model lies. */
static bool leads_away(struct bytes path)
{
	unsigned char first = path.at[0];
	bool drive = path.len > 2 && is_letter(first) && path.at[1] == ':';

	return first == '/' || first == '\\' || first == '~' || drive || bytes_contain(path, BYTES("://")) || bytes_contain(path, BYTES(".."));
}

static void note_path(struct keras_walk *w, const struct json *path, const char *what)
{
	struct text t;

	if (!path || path->kind != JSON_IS_STRING || path->text.len == 0)
		return;
	text_init(&t, w->art->arena);
	text_add_printable(&t, path->text, 160);
	artifact_note(w->art, leads_away(path->text) ? "keras.outside" : "keras.beside", keras_offset(w, path), "has a layer that reads %s from \"%s\"",
		      what, text_string(&t));
}

/* A tokenizer is given its SentencePiece model in base64, or where it lies. */
static void note_proto(struct keras_walk *w, const struct json *proto)
{
	bool base64 = true;

	if (!proto || proto->kind != JSON_IS_STRING || proto->text.len == 0)
		return;
	for (size_t i = 0; i < proto->text.len; i++) {
		unsigned char c = proto->text.at[i];
		base64 &= is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' || c == '\n';
	}
	if (!base64 || leads_away(proto->text))
		note_path(w, proto, "its SentencePiece model");
}

/* ---- classes that need more than their name ---- */

/* "module": a torch file in base64, which the layer hands to torch.load. */
static void add_torch_module(struct keras_walk *w, const struct json *config)
{
	const struct json *module = json_member(config, "module");
	struct bytes content;

	if (!module || module->kind != JSON_IS_STRING)
		return;
	if (!config_decode_base64(w->art->arena, module->text, &content)) {
		artifact_note(w->art, "file.unexamined", keras_offset(w, module), "has a layer with a PyTorch module that is no base64");
		return;
	}
	struct part *p = artifact_add(w->art, PART_EMBEDDED, keras_offset(w, module), BYTES("module.pt"), content);
	p->unpacked = content.len;
}

static struct bytes without_prefix(struct bytes name, struct bytes prefix)
{
	return bytes_start_with(name, prefix) ? bytes_from(name, prefix.len) : name;
}

/* A function of TensorFlow by its public name: "math.add", "compat.v1.transpose", "io.write_file". */
static void import_operation(struct keras_walk *w, const struct json *config, const char *key, const char *method)
{
	const struct json *name = json_member(config, key), *below = method ? json_member(config, method) : NULL;
	struct text t;

	if (!name || name->kind != JSON_IS_STRING)
		return;
	text_init(&t, w->art->arena);
	text_add(&t, without_prefix(without_prefix(name->text, BYTES("compat.v1.")), BYTES("compat.v2.")));
	if (below && below->kind == JSON_IS_STRING) {
		text_add_byte(&t, '.');
		text_add(&t, below->text);
	}
	import_name(w, keras_offset(w, name), BYTES("tensorflow"), text_bytes(&t));
}

static void look_at_class(struct keras_walk *w, struct bytes class_name, const struct json *config)
{
	struct bytes bare = bytes_after_last(bytes_after_last(class_name, '>'), '.');

	if (bytes_same(bare, "TorchModuleWrapper"))
		add_torch_module(w, config);
	else if (bytes_same(bare, "TFSMLayer"))
		note_path(w, json_member(config, "filepath"), "a program");
	else if (bytes_same(bare, "TFOpLambda") || bytes_same(bare, "SlicingOpLambda"))
		import_operation(w, config, "function", NULL);
	else if (bytes_same(bare, "ClassMethod"))
		import_operation(w, config, "cls_symbol", "method_name");
}

/* ---- objects ---- */

/* Names that stand for plain values. */
static bool is_plain(struct bytes class_name)
{
	static const char *const names[] = {
		"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__", "__lambda__",
		"TensorShape", "TypeSpec", "CompositeTensor",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(class_name, names[i]))
			return true;
	return false;
}

/* A function says "function", or its own name, where nothing was registered. */
static bool is_registered(struct bytes registered, struct bytes name, struct bytes class_name)
{
	return registered.len > 0 && !bytes_equal(registered, name) && !bytes_equal(registered, class_name);
}

static void make_instance(struct keras_walk *w, const struct json *object, struct bytes class_name)
{
	const struct json *config = json_member(object, "config");
	struct bytes module = json_string(object, "module"), registered = json_string(object, "registered_name");
	bool function = bytes_same(class_name, "function"), spec = bytes_same(class_name, "__typespec__");
	struct bytes name = function && config && config->kind == JSON_IS_STRING ? config->text : spec ? json_string(object, "spec_name") : class_name;
	bool other = is_registered(registered, name, class_name), custom = bytes_find_byte(registered, '>') < registered.len;
	uint64_t offset = keras_offset(w, object);

	struct value callee = {.kind = VALUE_UNKNOWN};
	if (module.len > 0)
		callee = import_name(w, offset, module, name);
	else if (!(other && custom))
		callee = import_name(w, offset, BYTES("registered"), name);
	if (other && (custom || module.len == 0))
		import_name(w, offset, BYTES("registered"), registered);
	else if (other)
		import_name(w, offset, module, registered);     /* what Keras before 3.9 falls back to */
	if (callee.kind == VALUE_IMPORT && !function && !spec)
		config_call(&w->program, offset, callee, config_value(w->art->arena, config));
	look_at_class(w, class_name, config);
}

void keras_look_at(struct keras_walk *w, const struct json *object)
{
	const struct json *name = json_member(object, "class_name"), *function_module = json_member(object, "fn_module");
	struct bytes class_name = name && name->kind == JSON_IS_STRING ? name->text : BYTES("");

	keras_look_for_code(w, object, class_name);
	note_path(w, json_member(object, "vocabulary"), "its vocabulary");
	note_path(w, json_member(object, "vocabulary_file"), "its vocabulary");
	note_path(w, json_member(object, "merges"), "the merges of its vocabulary");
	note_proto(w, json_member(object, "proto"));
	if (function_module && function_module->kind == JSON_IS_STRING)
		import_name(w, keras_offset(w, function_module), function_module->text, json_string(object, "fn"));
	if (class_name.len > 0 && !is_plain(class_name) && (json_member(object, "config") || json_member(object, "module")))
		make_instance(w, object, class_name);
}
