/*
 * Python code in a configuration: what keras.utils.python_utils.func_dump() writes, a code
 * object by the marshal module (CPython Python/marshal.c), in base64.
 *
 *   {"class_name": "__lambda__", "config": {"code" or "value": CODE, ...}}
 *   Lambda before version 3:  "function": [CODE, defaults, closure], "function_type": "lambda"
 */
#include "formats/keras/inside.h"

enum { MARSHAL_REFERENCE = 0x80, STRINGS_SHOWN = 12, STRING_SHOWN = 60, STRINGS_LENGTH = 300, STRING_MOST = 4096 };

static bool is_printable(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] < 0x20 || b.at[i] > 0x7E)
			return false;
	return b.len > 0;
}

/* A string as marshal writes it: a kind, a length of one or four bytes, the text. Empty when none begins here. */
static struct bytes string_at(struct bytes code, size_t at)
{
	unsigned char kind = code.at[at] & (unsigned char)~MARSHAL_REFERENCE;
	bool brief = kind == 'z' || kind == 'Z', wide = kind == 'a' || kind == 'A' || kind == 'u' || kind == 't';
	size_t head = brief ? 2 : 5;

	if ((!brief && !wide) || at + head > code.len)
		return BYTES("");
	size_t len = code.at[at + 1];
	if (wide)
		len |= (size_t)code.at[at + 2] << 8 | (size_t)code.at[at + 3] << 16 | (size_t)code.at[at + 4] << 24;
	struct bytes text = bytes_slice(code, at + head, len);
	return len <= STRING_MOST && text.len == len && is_printable(text) ? text : BYTES("");
}

/* Names and texts of the code, in the order it holds them: enough to see what it is about. */
static const char *list_strings(struct keras_walk *w, struct bytes code)
{
	struct text t;
	unsigned shown = 0;

	text_init(&t, w->art->arena);
	for (size_t at = 0; at < code.len && shown < STRINGS_SHOWN && t.len < STRINGS_LENGTH;) {
		struct bytes s = string_at(code, at);
		at += s.len ? (size_t)(s.at - code.at) - at + s.len : 1;
		if (s.len == 0)
			continue;
		text_add_string(&t, shown++ ? ", " : "");
		text_add_printable(&t, s, STRING_SHOWN);
	}
	return shown ? text_string(&t) : NULL;
}

static bool is_code(struct bytes b)
{
	return b.len > 8 && (b.at[0] & ~MARSHAL_REFERENCE) == 'c';
}

static struct oddity *note(struct keras_walk *w, uint64_t offset, const char *strings)
{
	const char *when = w->document->legacy ? "Keras before 3.11.3 runs even with safe_mode=True" : "runs with safe_mode=False";

	return artifact_note(w->art, "keras.lambda", offset, "carries Python code for a layer, which %s%s%s", when,
			     strings ? "; it names " : "", strings ? strings : "");
}

static void report(struct keras_walk *w, const struct json *at, struct bytes code)
{
	struct oddity *o = note(w, keras_offset(w, at), list_strings(w, code));

	o->loaders = LOADER_KERAS_UNSAFE | (w->document->legacy ? LOADER_KERAS : 0);
}

/* The text of a function: itself, or the first of [code, defaults, closure]. */
static struct bytes function_text(const struct json *value)
{
	if (value && value->kind == JSON_IS_ARRAY)
		value = value->first;
	return value && value->kind == JSON_IS_STRING ? value->text : BYTES("");
}

/* `certain`: the loader takes it for code whatever it is. */
static bool look_at_function(struct keras_walk *w, const struct json *value, bool certain)
{
	struct bytes text = function_text(value), code = BYTES("");
	bool decoded = text.len > 0 && config_decode_base64(w->art->arena, text, &code);

	if (!certain && !(decoded && is_code(code)))
		return false;
	report(w, value, decoded ? code : text);
	return true;
}

static bool says_lambda(const struct json *object, const char *key)
{
	return bytes_same(json_string(object, key), "lambda");
}

void keras_look_for_code(struct keras_walk *w, const struct json *object, struct bytes class_name)
{
	static const char *const functions[][2] = {{"function", "function_type"}, {"output_shape", "output_shape_type"}, {"mask", "mask_type"}};
	const struct json *config = json_member(object, "config");

	if (bytes_same(class_name, "__lambda__")) {
		const struct json *code = json_member(config, "code"), *value = json_member(config, "value");
		look_at_function(w, code ? code : value ? value : object, true);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(functions); i++) {
		const struct json *function = json_member(object, functions[i][0]);
		if (function)
			look_at_function(w, function, says_lambda(object, functions[i][1]));
	}
}
