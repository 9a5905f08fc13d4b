/*
 * skops models (skops/io): a ZIP with schema.json, a tree of nodes, and the arrays it names:
 *
 *   {"__class__": C, "__module__": M, "__loader__": "ObjectNode", "__id__": N, "content": ...}
 *
 * The loader named decides what is made: an object of M.C, a call of it, or something of its
 * own whatever M and C say.  The members are examined as those of any ZIP; here the tree is.
 */
#include "formats/config/config.h"
#include "formats/zip/archive.h"
#include "types/format.h"

extern const struct format format_skops;

enum { SCHEMA_MOST = 256 << 20, PROBED_MOST = 1 << 20, SHOWN = 80, ARGUMENTS_MOST = 12 };

struct skops {
	struct artifact *art;
	const struct zip_archive *archive;
	struct config_program program;
	uint64_t at;                /* of the schema in the file */
	bool stored;                /* it stands there as it is */
};

static uint64_t offset_of(const struct skops *s, const struct json *value)
{
	return s->at + (s->stored ? value->offset : 0);
}

static const char *shown(struct skops *s, struct bytes b)
{
	struct text t;

	text_init(&t, s->art->arena);
	text_add_printable(&t, b, SHOWN);
	return text_string(&t);
}

static struct value import_name(struct skops *s, const struct json *node, struct bytes module, struct bytes name)
{
	return config_import(&s->program, offset_of(s, node), module, module, name);
}

static struct value import_class(struct skops *s, const struct json *node)
{
	return import_name(s, node, json_string(node, "__module__"), json_string(node, "__class__"));
}

/* What a node becomes, as far as that is plain: the text of a JsonNode is JSON of its own. */
static struct value value_of(struct skops *s, const struct json *node)
{
	struct json_error error;
	const struct json *content = json_member(node, "content");

	if (bytes_same(json_string(node, "__loader__"), "JsonNode") && content && content->kind == JSON_IS_STRING)
		content = json_parse(s->art->arena, content->text, &error);
	return config_value(s->art->arena, content ? content : node);
}

static struct value call(struct skops *s, const struct json *node, struct value callee, const struct json *argument)
{
	struct value only = argument ? value_of(s, argument) : (struct value){.kind = VALUE_NONE};

	return config_call(&s->program, offset_of(s, node), callee, config_tuple(s->art->arena, &only, argument ? 1 : 0));
}

/* callee(*arguments), of a tuple that is a node. */
static struct value call_spread(struct skops *s, const struct json *node, struct value callee, const struct json *arguments)
{
	const struct json *content = json_member(arguments, "content");
	struct value items[ARGUMENTS_MOST];
	size_t count = 0;

	if (!content || content->kind != JSON_IS_ARRAY || content->count > ARGUMENTS_MOST)
		return call(s, node, callee, arguments);
	json_each(content, it)
		items[count++] = value_of(s, it);
	return config_call(&s->program, offset_of(s, node), callee, config_tuple(s->art->arena, items, count));
}

static void note_mismatch(struct skops *s, const struct json *node, const char *makes)
{
	artifact_note(s->art, "skops.mismatch", offset_of(s, node), "has a node for %s that says it is %s.%s and makes %s",
		      shown(s, json_string(node, "__loader__")), shown(s, json_string(node, "__module__")), shown(s, json_string(node, "__class__")), makes);
}

/* ---- loaders that make more than their type ---- */

static void make_object(struct skops *s, const struct json *node)
{
	struct value object = call(s, node, import_class(s, node), NULL);
	const struct json *content = json_member(node, "content");

	if (content && content->kind != JSON_IS_NULL)
		config_state(&s->program, offset_of(s, node), object, config_value(s->art->arena, json_member(content, "content")));
}

static void make_filled(struct skops *s, const struct json *node)
{
	call(s, node, import_class(s, node), node);
}

static void make_called(struct skops *s, const struct json *node)
{
	call_spread(s, node, import_class(s, node), json_member(node, "content"));
}

static void make_empty(struct skops *s, const struct json *node)
{
	call(s, node, import_class(s, node), NULL);
}

static void make_reference(struct skops *s, const struct json *node)
{
	const struct json *content = json_member(node, "content");

	import_class(s, node);
	if (json_member(content, "function"))           /* protocol 0 keeps it here */
		import_name(s, node, json_string(content, "module_path"), json_string(content, "function"));
}

static void make_partial(struct skops *s, const struct json *node)
{
	struct value partial = import_name(s, node, BYTES("functools"), BYTES("partial"));

	call(s, node, partial, node);
}

/* operator.C(*attrs), whatever the module. */
static void make_operator(struct skops *s, const struct json *node)
{
	struct value operator = import_name(s, node, BYTES("operator"), json_string(node, "__class__"));

	call_spread(s, node, operator, json_member(node, "attrs"));
	if (!bytes_same(json_string(node, "__module__"), "operator"))
		note_mismatch(s, node, "what the module operator calls so");
}

/* getattr(object, name), whatever the type. */
static void make_method(struct skops *s, const struct json *node)
{
	const struct json *content = json_member(node, "content"), *object = json_member(content, "obj");
	struct bytes module = json_string(object, "__module__"), class_name = json_string(object, "__class__");
	struct text name;

	text_init(&name, s->art->arena);
	text_add(&name, class_name);
	text_add_byte(&name, '.');
	text_add(&name, json_string(content, "func"));
	import_name(s, node, module, text_bytes(&name));
	if (!bytes_equal(module, json_string(node, "__module__")) || !bytes_equal(class_name, json_string(node, "__class__")))
		note_mismatch(s, node, "a method of another type");
}

static void make_array(struct skops *s, const struct json *node)
{
	struct value type = import_class(s, node);

	if (!bytes_same(json_string(node, "__class__"), "ndarray"))
		call(s, node, type, node);
}

/* The class of its bit generator is a text in its state: JSON of its own, or in protocol 0 the text itself. */
static void make_generator(struct skops *s, const struct json *node)
{
	const struct json *state = json_member(json_member(node, "content"), "bit_generator");
	const struct json *name = json_member(json_member(state, "content"), "bit_generator");
	struct bytes written = name ? json_string(name, "content") : json_string(state, "bit_generator");
	struct json_error error;
	const struct json *text = name ? json_parse(s->art->arena, written, &error) : NULL;

	import_class(s, node);
	import_name(s, node, BYTES("numpy.random"), text && text->kind == JSON_IS_STRING ? text->text : written);
}

static void make_reduced(struct skops *s, const struct json *node)
{
	struct value object = call_spread(s, node, import_class(s, node), json_member(json_member(node, "__reduce__"), "args"));

	config_state(&s->program, offset_of(s, node), object, config_value(s->art->arena, json_member(json_member(node, "content"), "content")));
}

/* ---- loaders ---- */

enum { NO_CONTENT = -1 };

struct node_loader {
	const char *name;
	void (*make)(struct skops *, const struct json *node);      /* NULL: nothing is imported or called */
	const char *class_name;     /* the only one it makes, whatever the node says */
	int content;                /* enum json_kind its content has to be, or NO_CONTENT */
};

static const struct node_loader node_loaders[] = {
	{"ObjectNode", make_object, NULL, NO_CONTENT},
	{"ConstructorFromReduceNode", make_called, NULL, JSON_IS_OBJECT},
	{"DictNode", make_empty, NULL, JSON_IS_OBJECT},
	{"ListNode", make_filled, NULL, JSON_IS_ARRAY},
	{"SetNode", make_filled, NULL, JSON_IS_ARRAY},
	{"TupleNode", make_filled, NULL, JSON_IS_ARRAY},
	{"TypeNode", make_reference, NULL, NO_CONTENT},
	{"FunctionNode", make_reference, NULL, NO_CONTENT},
	{"PartialNode", make_partial, "partial", JSON_IS_OBJECT},
	{"OperatorFuncNode", make_operator, NULL, NO_CONTENT},
	{"MethodNode", make_method, NULL, JSON_IS_OBJECT},
	{"NdArrayNode", make_array, NULL, NO_CONTENT},
	{"RandomStateNode", make_object, NULL, JSON_IS_OBJECT},
	{"RandomGeneratorNode", make_generator, NULL, JSON_IS_OBJECT},
	{"LossNode", make_reduced, NULL, JSON_IS_OBJECT},
	{"TreeNode", make_reduced, "Tree", JSON_IS_OBJECT},
	{"QuantileForestNode", make_reduced, "QuantileForest", JSON_IS_OBJECT},
	{"JsonNode", NULL, "str", JSON_IS_STRING},
	{"BytesNode", NULL, "bytes", NO_CONTENT},
	{"BytearrayNode", NULL, "bytearray", NO_CONTENT},
	{"SliceNode", NULL, "slice", JSON_IS_OBJECT},
	{"DefaultDictNode", NULL, "defaultdict", JSON_IS_OBJECT},
	{"_DictWithDeprecatedKeysNode", NULL, "_DictWithDeprecatedKeys", JSON_IS_OBJECT},
	{"MaskedArrayNode", NULL, "MaskedArray", JSON_IS_OBJECT},
	{"DTypeNode", NULL, "dtype", JSON_IS_OBJECT},
	{"SparseMatrixNode", NULL, NULL, NO_CONTENT},
	{"CachedNode", NULL, NULL, NO_CONTENT},
};

static const struct node_loader *find_loader(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(node_loaders); i++)
		if (bytes_same(name, node_loaders[i].name))
			return &node_loaders[i];
	return NULL;
}

static void check_member(struct skops *s, const struct json *node)
{
	const struct json *file = json_member(node, "file");

	if (file && (file->kind != JSON_IS_STRING || !zip_find(s->archive, file->text)))
		artifact_note(s->art, "file.malformed", offset_of(s, node), "names a member \"%s\" that it does not hold", shown(s, json_string(node, "file")));
}

static void look_at_node(struct skops *s, const struct json *node)
{
	struct bytes name = json_string(node, "__loader__");
	const struct node_loader *loader = find_loader(name);
	const struct json *content = json_member(node, "content");

	if (!loader) {
		artifact_note(s->art, "file.unexamined", offset_of(s, node), "has a node for a loader \"%s\" that is not known here", shown(s, name));
		return;
	}
	if (loader->class_name && !bytes_same(json_string(node, "__class__"), loader->class_name))
		note_mismatch(s, node, loader->class_name);
	if (loader->content != NO_CONTENT && (!content || (int)content->kind != loader->content))
		artifact_note(s->art, "file.malformed", offset_of(s, node), "has a node for %s whose content is not what that loads", loader->name);
	check_member(s, node);
	if (loader->make)
		loader->make(s, node);
}

/* JSON is at most JSON_DEPTH_MOST deep. */
static void walk(struct skops *s, const struct json *value)
{
	if (json_member(value, "__loader__"))
		look_at_node(s, value);
	json_each(value, it)
		walk(s, it);
}

/* ---- archive ---- */

/* Other archives have a schema.json too: here an object in it names its loader. */
static bool names_loader(struct arena *arena, struct bytes text)
{
	struct json_reader r;
	enum json_token token;

	json_begin(&r, config_strict_json(arena, text));
	while ((token = json_next(&r)) != JSON_ERROR && token != JSON_END)
		if (token == JSON_KEY && bytes_same(json_text(arena, r.text, NULL), "__loader__"))
			return true;
	return false;
}

static int probe(const struct source *source, struct arena *arena)
{
	enum { CERTAIN = 97 };

	if (!zip_is_likely(source, &format_skops) || !zip_mentions(source->content, BYTES("schema.json")))
		return 0;
	struct zip_archive z = zip_list(source, arena);
	const struct zip_entry *schema = zip_find(&z, BYTES("schema.json"));
	if (!schema)
		return 0;
	if (format_expects(&format_skops, source_extension(source)))
		return CERTAIN;
	return names_loader(arena, zip_unpack(arena, source->content, schema, PROBED_MOST).content) ? CERTAIN : 0;
}

static void judge(struct skops *s, struct bytes schema)
{
	struct json_error error;
	const struct json *root = config_parse(s->art, schema, s->at, s->stored, &error);

	s->program = (struct config_program){.art = s->art, .loaders = LOADER_SKOPS, .how = "__class__"};
	if (root)
		walk(s, root);
	else
		artifact_note(s->art, "file.malformed", s->at + (s->stored ? error.offset : 0), "%s", error.why);
}

/* Every entry of that name: which of two a reader opens is its own affair. */
static void parse(const struct source *source, struct artifact *art)
{
	struct zip_archive z = zip_list(source, art->arena);

	for (size_t i = 0; i < z.entry_count; i++) {
		const struct zip_entry *e = &z.entries[i];
		if (!bytes_same(e->name, "schema.json"))
			continue;
		struct unpacked u = zip_unpack(art->arena, source->content, e, SCHEMA_MOST);
		if (u.end != UNPACK_WHOLE)
			artifact_note(art, "file.unexamined", e->data_at, "has a schema that cannot be unpacked whole");
		judge(&(struct skops){.art = art, .archive = &z, .at = e->data_at, .stored = zip_packing(e) == PACKING_NONE}, u.content);
	}
}

const struct format format_skops = {
	.name = "skops",
	.title = "skops model",
	.spec = "skops skops/io/_audit.py, _general.py, _numpy.py, _sklearn.py",
	.extensions = "skops",
	.may_claim = zip_may_be_likely,
	.probe = probe,
	.parse = parse,
};
