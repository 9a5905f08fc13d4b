/*
 * The JSON files that stand beside the weights: tokenizer_config.json,
 * config.json and their like (transformers, diffusers, peft).  Two things in
 * them run: chat templates, and names of classes that loading imports.  And
 * they name files: the shards of an index, the base model of an adapter.
 */
#include <string.h>

#include "formats/keras/config.h"
#include "formats/model_config/references.h"
#include "syntax/json.h"
#include "templates/template.h"
#include "types/format.h"

enum { SIZE_MOST = 64 << 20, KEY_SHOWN = 80 };

/* ---- which files ---- */

static bool has_known_name(const struct source *source)
{
	static const char *const names[] = {
		"tokenizer_config.json", "chat_template.json", "processor_config.json", "preprocessor_config.json", "config.json",
		"generation_config.json", "adapter_config.json", "model_index.json", "video_preprocessor_config.json", "modules.json",
		"router_config.json", "wordembedding_config.json", "genai_config.json",
	};
	struct bytes file = bytes_after_last(bytes_of(source->name), '/');

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(file, names[i]))
			return true;
	return bytes_contain(file, BYTES(".index.")) && bytes_end_with(file, BYTES(".json"));      /* "model.safetensors.index.fp16.json" */
}

static struct bytes without_space(struct bytes in)
{
	while (in.len > 0 && (in.at[0] == ' ' || in.at[0] == '\n' || in.at[0] == '\r' || in.at[0] == '\t'))
		in = bytes_from(in, 1);
	return in;
}

static bool is_template_key(struct bytes key)
{
	return bytes_end_with(key, BYTES("chat_template")) || bytes_end_with(key, BYTES("chat_templates"));
}

/* A key by any way of writing it, without building the tree of a file that may be anything. */
static bool has_telling_key(struct bytes in, struct arena *arena)
{
	static const char *const keys[] = {"auto_map", "trust_remote_code", "custom_pipeline", "custom_pipelines", "weight_map", "custom_ops_library"};
	struct json_reader r;
	enum json_token token;

	json_begin(&r, in);
	while ((token = json_next(&r)) != JSON_END && token != JSON_ERROR && token != JSON_MORE) {
		if (token != JSON_KEY)
			continue;
		struct arena_mark mark = arena_mark(arena);
		struct bytes key = json_text(arena, r.text, NULL);
		bool telling = is_template_key(key);
		for (size_t i = 0; i < COUNT_OF(keys); i++)
			telling |= bytes_same(key, keys[i]);
		arena_rewind(arena, mark);
		if (telling)
			return true;
	}
	return false;
}

/* What may be meant as JSON, were it whole: a byte order mark, too, which no reader takes. */
static bool is_like_json(struct bytes in)
{
	return in.len == 0 || (in.at[0] < 0x80 && in.at[0] > 0x20 && strchr("{[\"-0123456789tfn", in.at[0])) || in.at[0] == 0xEF;
}

/* Keras calls its own configuration that too: one that has nothing to say to others is read as Keras does, NaN and all. */
static bool is_for_keras_alone(const struct source *source, struct bytes in, struct arena *arena)
{
	bool named = bytes_same(bytes_after_last(bytes_of(source->name), '/'), "config.json");

	return named && in.len <= SIZE_MOST && keras_names_class(arena, in) && !has_telling_key(in, arena);
}

static bool may_claim(const struct source *source)
{
	return has_known_name(source) || source_may_be_text(source);
}

static int probe(const struct source *source, struct arena *arena)
{
	struct bytes in = without_space(source->content);

	if (has_known_name(source))
		return is_like_json(in) && !is_for_keras_alone(source, in, arena) ? 60 : 0;
	if (in.len == 0 || in.at[0] != '{' || in.len > SIZE_MOST)
		return 0;
	source_looked(source, source->content.len, 0);
	return has_telling_key(in, arena) ? 60 : 0;
}

/* ---- templates ---- */

static void add_template(struct artifact *art, const struct json *value, struct bytes name, bool guessed)
{
	template_add(art, value->offset, name, value->text)->guessed = guessed;
}

/* The server of llama-cpp-python joins a list of texts, the lines of one template. */
static bool read_lines(struct artifact *art, const struct json *value, struct bytes key)
{
	struct text lines;

	text_init(&lines, art->arena);
	json_each(value, it) {
		if (it->kind != JSON_IS_STRING)
			return false;
		text_add(&lines, it->text);
	}
	if (value->kind != JSON_IS_ARRAY || text_bytes(&lines).len == 0)
		return false;
	template_add(art, value->offset, key, text_bytes(&lines));
	return true;
}

/* A list of {"name": ..., "template": ...}, or an object of name and text. */
static void read_named_templates(struct artifact *art, const struct json *value)
{
	json_each(value, it) {
		const struct json *template = it->kind == JSON_IS_OBJECT ? json_member(it, "template") : it;
		struct bytes name = it->kind == JSON_IS_OBJECT ? json_string(it, "name") : it->key;
		if (template && template->kind == JSON_IS_STRING)
			add_template(art, template, name.len ? name : value->key, false);
	}
}

static void read_value(struct artifact *art, const struct json *value, struct bytes key, unsigned depth)
{
	bool named = is_template_key(key);

	if (value->kind == JSON_IS_STRING) {
		if (named || template_is_likely(value->text))
			add_template(art, value, key, !named);
		return;
	}
	if (named && !read_lines(art, value, key))
		read_named_templates(art, value);
	if (value->kind == JSON_IS_OBJECT || (value->kind == JSON_IS_ARRAY && !named)) {
		json_each(value, it) {
			if (value->kind == JSON_IS_OBJECT)
				references_of_code(art, it);
			if (depth < JSON_DEPTH_MOST && !(named && it->kind == JSON_IS_STRING))
				read_value(art, it, value->kind == JSON_IS_OBJECT ? it->key : key, depth + 1);
		}
	}
}

static void note_duplicate(struct artifact *art, const struct json_error *error)
{
	struct text key;

	text_init(&key, art->arena);
	text_add_printable(&key, error->duplicate_key, KEY_SHOWN);
	artifact_note(art, "json.duplicate-key", error->duplicate_at, "has the key \"%s\" twice in one object; readers take either", text_string(&key));
}

static void parse(const struct source *source, struct artifact *art)
{
	struct json_error error;

	if (source->content.len > SIZE_MOST) {
		artifact_note(art, "file.unexamined", 0, "is larger than any configuration that is read");
		return;
	}
	art->bytes_read += source->content.len;
	struct json *root = json_parse(art->arena, source->content, &error);
	if (!root) {
		artifact_note(art, "file.malformed", error.offset, "%s", error.why);
		return;
	}
	if (error.duplicate)
		note_duplicate(art, &error);
	read_value(art, root, BYTES(""), 0);
	references_of_files(art, root);
}

const struct format format_model_config = {
	.name = "model-config",
	.title = "configuration of a model",
	.spec = "transformers: tokenization_utils_base.py, dynamic_module_utils.py, utils/hub.py; peft: auto.py; sentence_transformers: util/misc.py; RFC 8259",
	.extensions = "json",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
