/*
 * TorchServe's model archives (pytorch/serve, model-archiver): a ZIP with MAR-INF/MANIFEST.json, which says what
 * Python code the server runs.  The members are examined as those of any ZIP; here the manifest is read.
 */
#include "base/path.h"
#include "formats/zip/archive.h"
#include "syntax/json.h"
#include "types/format.h"

enum { MANIFEST_MOST = 1 << 20, SHOWN = 80 };

static const struct bytes manifest_name = BYTES("MAR-INF/MANIFEST.json");

struct reading {
	struct artifact *art;
	struct zip_archive z;
	uint64_t at;                /* of the manifest */
};

static int probe(const struct source *source, struct arena *arena)
{
	if (!bytes_start_with(source->content, BYTES("PK\3\4")) || !zip_mentions(source->content, manifest_name))
		return 0;
	struct zip_archive z = zip_list(source, arena);
	return zip_find(&z, manifest_name) ? 97 : 0;
}

static const char *shown(struct reading *r, struct bytes b)
{
	struct text t;

	text_init(&t, r->art->arena);
	text_add_printable(&t, b, SHOWN);
	return text_string(&t);
}

/* Those that TorchServe brings itself. */
static bool is_own_handler(struct bytes name)
{
	static const char *const names[] = {"image_classifier", "image_segmenter", "object_detector", "text_classifier"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_same(name, names[i]))
			return true;
	return false;
}

/* What the manifest names is a file of the archive, or a module that lies elsewhere. */
static void check_file(struct reading *r, struct bytes name, const char *what)
{
	if (path_leads_out(name))
		artifact_note(r->art, "archive.path", r->at, "names %s outside of itself: \"%s\"", what, shown(r, name));
	else if (!zip_find(&r->z, name))
		artifact_note(r->art, "file.unexamined", r->at, "names %s that it does not hold: \"%s\"", what, shown(r, name));
}

/* "module.py", "module.py:function", "module:function", "module", or one of TorchServe's own. */
static void check_handler(struct reading *r, struct bytes handler)
{
	struct bytes file = bytes_slice(handler, 0, bytes_find_byte(handler, ':'));
	struct text name;

	if (handler.len == 0 || is_own_handler(handler))
		return;
	text_init(&name, r->art->arena);
	text_add(&name, file);
	if (!bytes_end_with(file, BYTES(".py")))
		text_add_string(&name, ".py");
	artifact_note(r->art, "archive.code", r->at, "has a handler \"%s\", which its server runs", shown(r, handler));
	check_file(r, text_bytes(&name), "a handler");
}

static void read_model(struct reading *r, const struct json *model)
{
	struct bytes code = json_string(model, "modelFile"), weights = json_string(model, "serializedFile"), list = json_string(model, "requirementsFile");

	check_handler(r, json_string(model, "handler"));
	if (code.len > 0) {
		artifact_note(r->art, "archive.code", r->at, "has the code of its model in \"%s\", which its server runs", shown(r, code));
		check_file(r, code, "code");
	}
	if (list.len > 0) {
		artifact_note(r->art, "archive.code", r->at, "has a list of packages \"%s\", which its server may install", shown(r, list));
		check_file(r, list, "a list of packages");
	}
	if (weights.len > 0)
		check_file(r, weights, "weights");
}

static void parse(const struct source *source, struct artifact *art)
{
	struct reading r = {.art = art, .z = zip_list(source, art->arena)};
	const struct zip_entry *e = zip_find(&r.z, manifest_name);
	struct json_error error = {0};

	if (!e)
		return;
	r.at = e->data_at;
	struct unpacked u = zip_unpack(art->arena, source->content, e, MANIFEST_MOST);
	const struct json *root = u.end == UNPACK_WHOLE ? json_parse(art->arena, u.content, &error) : NULL;
	const struct json *model = json_member(root, "model");
	if (!model || model->kind != JSON_IS_OBJECT)
		artifact_note(art, "file.malformed", r.at, "has a manifest that cannot be read, or that names no model");
	else if (error.duplicate)
		artifact_note(art, "file.malformed", r.at, "has a manifest with the key \"%s\" twice; readers take either", shown(&r, error.duplicate_key));
	read_model(&r, model);
}

const struct format format_mar = {
	.name = "mar",
	.title = "TorchServe model archive",
	.spec = "pytorch/serve model-archiver/README.md, model_archiver/model_packaging_utils.py, ts/model_loader.py",
	.extensions = "mar",
	.may_claim = source_begins_as_zip,
	.probe = probe,
	.parse = parse,
};
