/* What a configuration names that lies outside of it: code, and files. */
#include "formats/model_config/references.h"

#include "base/path.h"
#include "base/sort.h"

enum { NAME_SHOWN = 80 };

/* ---- code ---- */

/* "repository--file.Class" names another repository, as "owner/repository" does where a pipeline is named; "file.Class" its own. */
static struct oddity *note_reference(struct artifact *art, uint64_t offset, struct bytes key, struct bytes reference)
{
	bool whole = bytes_same(key, "custom_pipeline") && bytes_contain(reference, BYTES("/"));
	size_t cut = whole ? reference.len : bytes_find(reference, BYTES("--"));
	bool foreign = whole || cut < reference.len;
	struct text name, file, repository;

	text_init(&name, art->arena);
	text_init(&file, art->arena);
	text_init(&repository, art->arena);
	text_add_printable(&name, key, NAME_SHOWN);
	text_add_printable(&file, whole ? BYTES("pipeline.py") : foreign ? bytes_from(reference, cut + 2) : reference, NAME_SHOWN);
	text_add_printable(&repository, bytes_slice(reference, 0, cut), NAME_SHOWN);
	if (foreign)
		return artifact_note(art, "model.remote-code", offset, "names %s as its %s: loading it with trust_remote_code fetches that code from another repository, %s, and runs it",
				     text_string(&file), text_string(&name), text_string(&repository));
	return artifact_note(art, "model.remote-code", offset, "names %s as its %s: loading it with trust_remote_code runs that code of its own repository",
			     text_string(&file), text_string(&name));
}

/* Texts in a value, and in the lists and objects in it; `only`: those of that key, or NULL. */
static void note_references(struct artifact *art, const struct json *value, struct bytes key, const char *only, unsigned depth)
{
	enum { DEPTH_MOST = 8 };

	if (value->kind == JSON_IS_STRING && value->text.len > 0 && (!only || bytes_same(key, only)))
		/* diffusers has run a custom pipeline without being asked to trust anybody. */
		note_reference(art, value->offset, key, value->text)->loaders = bytes_same(key, "custom_pipeline") ? 0 : LOADER_HUB_CODE;
	if ((value->kind == JSON_IS_ARRAY || value->kind == JSON_IS_OBJECT) && depth < DEPTH_MOST)
		json_each(value, it)
			note_references(art, it, value->kind == JSON_IS_OBJECT ? it->key : key, only, depth + 1);
}

static struct value text_of(struct bytes b)
{
	return (struct value){.kind = VALUE_TEXT, .len = b.len > UINT32_MAX ? UINT32_MAX : (uint32_t)b.len, .at = b.at};
}

static void add_component(struct artifact *art, const struct json *module, const char *how, struct bytes what)
{
	struct event *e = artifact_add_event(art, EVENT_COMPONENT, module->offset, how);

	e->subject = text_of(module->text);
	e->argument = text_of(what);
}

/* An adapter says which module its model's class is in; older peft imports any, newer ones those of a list like this. */
static void note_import(struct artifact *art, const struct json *mapping)
{
	const struct json *module = json_member(mapping, "parent_library");

	if (module && module->kind == JSON_IS_STRING)
		add_component(art, module, "adapter", BYTES(""));
}

/* ---- code by its dotted name ---- */

static bool is_letter(unsigned char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c >= 0x80;
}

/* "package.module.Class": not "gelu", nor "1.0". */
static bool is_dotted_name(struct bytes b)
{
	size_t dot = bytes_find_byte(b, '.');

	return dot > 0 && dot + 1 < b.len && is_letter(b.at[0]) && is_letter(b.at[dot + 1]) && bytes_find_byte(b, ' ') == b.len;
}

/*
 * sentence_transformers imports the classes that its modules name, by "package.module.Class", and calls them: activations of
 * Dense and of cross encoders, the parts of a router, the tokenizer of word embeddings.
 */
static void note_class(struct artifact *art, const struct json *name, const char *how, struct bytes what)
{
	if (name->kind == JSON_IS_STRING && is_dotted_name(name->text))
		add_component(art, name, how, what);
}

/* Each part of a model is read from a folder beside its list. */
static void note_folder(struct artifact *art, const struct json *part, struct bytes folder)
{
	struct text name;

	if (!path_leads_out(folder))
		return;
	text_init(&name, art->arena);
	text_add_printable(&name, folder, NAME_SHOWN);
	artifact_note(art, "model.shard-path", part->offset, "takes weights from \"%s\", which does not lie beside it", text_string(&name));
}

static bool is_file(const struct artifact *art, const char *name)
{
	return bytes_same(bytes_after_last(bytes_of(art->source->name), '/'), name);
}

static void note_classes(struct artifact *art, const struct json *member)
{
	struct bytes key = member->key;

	if (bytes_same(key, "activation_function") || bytes_same(key, "activation_fn") || bytes_same(key, "sbert_ce_default_activation_function"))
		note_class(art, member, "function", key);
	else if (bytes_same(key, "tokenizer_class") && is_file(art, "wordembedding_config.json"))
		note_class(art, member, "module", key);
	else if (bytes_same(key, "types") && member->kind == JSON_IS_OBJECT)
		json_each(member, it) {
			note_class(art, it, "module", it->key);
			note_folder(art, it, it->key);
		}
}

/* ---- kernels and libraries ---- */

/* onnxruntime-genai loads what its configuration calls a library of operators, and a backend that is more than the name of one. */
static void note_library(struct artifact *art, const struct json *member)
{
	bool backend = bytes_same(member->key, "backend_path");
	struct text name;

	if (member->kind != JSON_IS_STRING || member->text.len == 0 || !(backend || bytes_same(member->key, "custom_ops_library")))
		return;
	if (backend && bytes_find_byte(member->text, '/') == member->text.len && bytes_find_byte(member->text, '\\') == member->text.len)
		return;
	text_init(&name, art->arena);
	text_add_printable(&name, member->text, NAME_SHOWN);
	artifact_note(art, "model.remote-code", member->offset, "has its loader load the native library \"%s\"", text_string(&name));
}

/* "owner/kernel@revision:function", behind "paged|": transformers fetches it from the hub, where others name what it has itself. */
static void note_kernel(struct artifact *art, const struct json *value, unsigned depth)
{
	struct text name;

	if (value->kind == JSON_IS_OBJECT && depth == 0)
		json_each(value, it)
			note_kernel(art, it, depth + 1);
	if (value->kind != JSON_IS_STRING || bytes_find_byte(value->text, '/') == value->text.len)
		return;
	text_init(&name, art->arena);
	text_add_printable(&name, bytes_after_last(value->text, '|'), NAME_SHOWN);
	artifact_note(art, "model.remote-code", value->offset, "takes its attention from the kernel %s: loading it fetches that code and runs it", text_string(&name));
}

static bool names_kernel(struct bytes key)
{
	return bytes_contain(key, BYTES("attn_implementation")) || bytes_contain(key, BYTES("experts_implementation"));
}

static bool is_true_to_python(const struct json *value)
{
	switch (value->kind) {
	case JSON_IS_NULL: return false;
	case JSON_IS_BOOL: return value->truth;
	case JSON_IS_NUMBER: return !bytes_same(value->text, "0");
	case JSON_IS_STRING: return value->text.len > 0;
	default: return value->count > 0;
	}
}

void references_of_code(struct artifact *art, const struct json *member)
{
	struct bytes key = member->key;

	if (bytes_same(key, "auto_map") || bytes_same(key, "custom_pipeline"))
		note_references(art, member, key, NULL, 0);
	else if (bytes_same(key, "custom_pipelines"))
		note_references(art, member, key, "impl", 0);
	else if (bytes_same(key, "_class_name") && member->kind == JSON_IS_ARRAY && member->first && member->first->kind == JSON_IS_STRING)
		note_reference(art, member->offset, key, member->first->text);
	else if (bytes_same(key, "auto_mapping"))
		note_import(art, member);
	else if (names_kernel(key))
		note_kernel(art, member, 0);
	else if (bytes_same(key, "trust_remote_code") && is_true_to_python(member))
		artifact_note(art, "model.remote-code", member->offset, "asks its loader to run code of its repository: trust_remote_code is true");
	note_classes(art, member);
	note_library(art, member);
}

/* A pipeline's components are [library, class]: diffusers runs LIBRARY.py of the repository if there is one, else imports the library. */
static void read_components(struct artifact *art, const struct json *root)
{
	json_each(root, it) {
		const struct json *library = it->kind == JSON_IS_ARRAY && it->count == 2 ? it->first : NULL;
		if (library && !bytes_start_with(it->key, BYTES("_")) && library->kind == JSON_IS_STRING && library->next->kind == JSON_IS_STRING)
			add_component(art, library, "component", it->key);
	}
}

static bool is_pipeline(const struct artifact *art, const struct json *root)
{
	return is_file(art, "model_index.json") ||
	       bytes_end_with(json_string(root, "_class_name"), BYTES("Pipeline"));
}

/* sentence_transformers makes a model of the classes in its modules.json, from whatever module they name. */
static void read_modules(struct artifact *art, const struct json *root)
{
	json_each(root, it) {
		const struct json *type = it->kind == JSON_IS_OBJECT ? json_member(it, "type") : NULL;
		if (type && type->kind == JSON_IS_STRING)
			add_component(art, type, "module", json_string(it, "name"));
		if (it->kind == JSON_IS_OBJECT)
			note_folder(art, it, json_string(it, "path"));
	}
}

/* ---- files ---- */

static int compare_shards(const void *a, const void *b)
{
	const struct json *x = *(const struct json *const *)a, *y = *(const struct json *const *)b;
	int order = bytes_compare(x->text, y->text);

	return order ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static bool is_safetensors(const struct json *shard)
{
	return bytes_end_with(shard->text, BYTES(".safetensors"));
}

static void note_shard(struct artifact *art, const struct json *shard, bool safetensors)
{
	struct text name;

	text_init(&name, art->arena);
	text_add_printable(&name, shard->text, NAME_SHOWN);
	if (path_leads_out(shard->text))
		artifact_note(art, "model.shard-path", shard->offset, "takes weights from \"%s\", which does not lie beside it", text_string(&name));
	if (safetensors && !is_safetensors(shard))
		artifact_note(art, "model.shard-pickle", shard->offset, "names \"%s\" among shards of safetensors: its loader reads that one as a pickle", text_string(&name));
}

/* A tensor lies in one shard; Keras gives a list for a layer whose tensors lie in several. False for what is neither. */
static bool add_shards(const struct json *value, const struct json **shards, size_t *count)
{
	bool texts = value->kind == JSON_IS_STRING;

	if (texts)
		shards[(*count)++] = value;
	if (value->kind != JSON_IS_ARRAY)
		return texts;
	json_each(value, it) {
		if (it->kind != JSON_IS_STRING)
			return false;
		shards[(*count)++] = it;
	}
	return true;
}

static size_t count_shards(const struct json *map)
{
	size_t count = 0;

	json_each(map, it)
		count += it->kind == JSON_IS_ARRAY ? it->count : 1;
	return count;
}

/* Many tensors name the same shard: each is judged once, where it is named first. */
static void read_shards(struct artifact *art, const struct json *map)
{
	enum { NOTED_MOST = 100 };
	const struct json **shards = arena_alloc(art->arena, count_shards(map) + 1, sizeof *shards);
	bool safetensors = bytes_contain(bytes_after_last(bytes_of(art->source->name), '/'), BYTES(".safetensors."));
	size_t count = 0, distinct = 0;

	json_each(map, it) {
		if (!add_shards(it, shards, &count)) {
			artifact_note(art, "file.malformed", it->offset, "has a shard whose name is no text");
			return;
		}
	}
	for (size_t i = 0; i < count; i++)
		safetensors |= is_safetensors(shards[i]);
	sort(shards, count, sizeof *shards, compare_shards);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !bytes_equal(shards[i]->text, shards[i - 1]->text))
			if (distinct++ < NOTED_MOST)
				note_shard(art, shards[i], safetensors);
	if (distinct > 0)
		artifact_note(art, "model.shards", map->offset, "keeps its weights in %zu other %s, not opened from here", distinct, distinct == 1 ? "file" : "files");
}

/* A share or an address: looking there already tells its owner who asks, on some systems with a password. */
static bool is_address(struct bytes base)
{
	return bytes_contain(base, BYTES("://")) || bytes_start_with(base, BYTES("\\\\")) || bytes_start_with(base, BYTES("//"));
}

static void note_place(struct artifact *art, const struct json *place, const char *what)
{
	struct text name;

	if (!place || place->kind != JSON_IS_STRING || !path_leads_out(place->text))
		return;
	text_init(&name, art->arena);
	text_add_printable(&name, place->text, NAME_SHOWN);
	artifact_note(art, is_address(place->text) ? "model.base-address" : "model.base-path", place->offset, "takes its %s from \"%s\"", what, text_string(&name));
}

/* What an adapter needs besides its own weights, and the module of one kind of base model, which it imports. */
static void read_adapter(struct artifact *art, const struct json *root)
{
	const struct json *core = json_member(root, "megatron_core"), *config = json_member(root, "megatron_config"), *others = json_member(root, "adapters");

	note_place(art, json_member(root, "base_model_name_or_path"), "base model");
	if (!json_member(root, "peft_type"))
		return;
	note_place(art, json_member(root, "tokenizer_name_or_path"), "tokenizer");
	note_place(art, json_member(root, "prompt_tuning_init_state_dict_path"), "first prompt");
	if (others)
		json_each(others, it)
			note_place(art, it, "other adapters");
	if (core && core->kind == JSON_IS_STRING && config && is_true_to_python(config))
		add_component(art, core, "adapter", BYTES(""));
}

void references_of_files(struct artifact *art, const struct json *root)
{
	const struct json *map = json_member(root, "weight_map");

	if (map && map->kind == JSON_IS_OBJECT)
		read_shards(art, map);
	else if (map)
		artifact_note(art, "file.malformed", map->offset, "has a map of shards that is no object");
	if (root->kind == JSON_IS_ARRAY && is_file(art, "modules.json"))
		read_modules(art, root);
	if (root->kind == JSON_IS_OBJECT && is_pipeline(art, root))
		read_components(art, root);
	if (root->kind == JSON_IS_OBJECT)
		read_adapter(art, root);
}
