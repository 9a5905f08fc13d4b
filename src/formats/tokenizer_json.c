/*
 * The JSON files that stand beside the weights: tokenizer_config.json,
 * config.json and their like (transformers, diffusers, peft).  Two things in
 * them run: chat templates, and names of classes that loading fetches from a
 * repository and imports.
 */
#include <string.h>

#include "syntax/json.h"
#include "templates/template.h"
#include "types/format.h"

enum { SIZE_MOST = 64 << 20, NAME_SHOWN = 80 };

/* ---- which files ---- */

static bool has_known_name(const struct source *source)
{
	static const char *const names[] = {
		"tokenizer_config.json", "chat_template.json", "processor_config.json", "preprocessor_config.json", "config.json",
		"generation_config.json", "adapter_config.json", "model_index.json", "video_preprocessor_config.json",
	};
	struct bytes file = bytes_after_last(bytes_of(source->name), '/');

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(file, names[i]))
			return true;
	return false;
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
	static const char *const keys[] = {"auto_map", "trust_remote_code", "custom_pipeline", "custom_pipelines"};
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

static int probe(const struct source *source, struct arena *arena)
{
	struct bytes in = without_space(source->content);

	if (has_known_name(source))
		return is_like_json(in) ? 60 : 0;
	if (in.len == 0 || in.at[0] != '{' || in.len > SIZE_MOST)
		return 0;
	return has_telling_key(in, arena) ? 60 : 0;
}

/* ---- code of a repository ---- */

/* "repository--file.Class" names another repository, "file.Class" its own. */
static void note_reference(struct artifact *art, uint64_t offset, struct bytes key, struct bytes reference)
{
	size_t cut = bytes_find(reference, BYTES("--"));
	bool foreign = cut < reference.len;
	struct text name, file, repository;

	text_init(&name, art->arena);
	text_init(&file, art->arena);
	text_init(&repository, art->arena);
	text_add_printable(&name, key, NAME_SHOWN);
	text_add_printable(&file, foreign ? bytes_from(reference, cut + 2) : reference, NAME_SHOWN);
	text_add_printable(&repository, bytes_slice(reference, 0, cut), NAME_SHOWN);
	if (foreign)
		artifact_note(art, "model.remote-code", offset, "names %s as its %s: loading it with trust_remote_code fetches that code from another repository, %s, and runs it",
			      text_string(&file), text_string(&name), text_string(&repository));
	else
		artifact_note(art, "model.remote-code", offset, "names %s as its %s: loading it with trust_remote_code runs that code of its own repository",
			      text_string(&file), text_string(&name));
}

/* Texts in a value, and in the lists and objects in it; `only`: those of that key, or NULL. */
static void note_references(struct artifact *art, const struct json *value, struct bytes key, const char *only, unsigned depth)
{
	enum { DEPTH_MOST = 8 };

	if (value->kind == JSON_IS_STRING && value->text.len > 0 && (!only || bytes_same(key, only)))
		note_reference(art, value->offset, key, value->text);
	if ((value->kind == JSON_IS_ARRAY || value->kind == JSON_IS_OBJECT) && depth < DEPTH_MOST)
		json_each(value, it)
			note_references(art, it, value->kind == JSON_IS_OBJECT ? it->key : key, only, depth + 1);
}

static void read_code(struct artifact *art, const struct json *member)
{
	struct bytes key = member->key;

	if (bytes_same(key, "auto_map") || bytes_same(key, "custom_pipeline"))
		note_references(art, member, key, NULL, 0);
	else if (bytes_same(key, "custom_pipelines"))
		note_references(art, member, key, "impl", 0);
	else if (bytes_same(key, "trust_remote_code") && member->kind == JSON_IS_BOOL && member->truth)
		artifact_note(art, "model.remote-code", member->offset, "asks its loader to run code of its repository: trust_remote_code is true");
}

/* ---- templates ---- */

static void add_template(struct artifact *art, const struct json *value, struct bytes name, bool guessed)
{
	template_add(art, value->offset, name, value->text)->guessed = guessed;
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
	if (named)
		read_named_templates(art, value);
	if (value->kind == JSON_IS_OBJECT || (value->kind == JSON_IS_ARRAY && !named)) {
		json_each(value, it) {
			if (value->kind == JSON_IS_OBJECT)
				read_code(art, it);
			if (depth < JSON_DEPTH_MOST && !(named && it->kind == JSON_IS_STRING))
				read_value(art, it, value->kind == JSON_IS_OBJECT ? it->key : key, depth + 1);
		}
	}
}

static void note_duplicate(struct artifact *art, const struct json_error *error)
{
	struct text key;

	text_init(&key, art->arena);
	text_add_printable(&key, error->duplicate_key, NAME_SHOWN);
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
}

const struct format format_tokenizer_json = {
	.name = "model-config",
	.title = "configuration of a model",
	.spec = "transformers: tokenization_utils_base.py, dynamic_module_utils.py; RFC 8259",
	.extensions = "json",
	.probe = probe,
	.parse = parse,
};
