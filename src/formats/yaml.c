/*
 * YAML, as far as it names things that its readers call: "_target_" of Hydra and NeMo, "class_path" of Lightning,
 * "target" beside "params", and tags of PyYAML for Python objects.
 *
 * The structure is not followed: a key counts wherever it stands, with escapes undone, so that no way of
 * writing it hides it.  What names something in a way that cannot be told from one line is not examined.
 */
#include "formats/graph/operators.h"
#include "formats/yaml/spelling.h"
#include "types/format.h"

enum { PAIRS_MOST = 6, NOTES_MOST = 64, SHOWN = 80, MARKS_WINDOW = 1 << 20 };

struct reading {
	struct artifact *art;
	struct bytes text;
	unsigned notes;
};

static bool is_mlflow(const struct source *source)
{
	return bytes_same(bytes_after_last(bytes_of(source->name), '/'), "MLmodel");
}

static bool has_yaml_name(const struct source *source)
{
	struct bytes extension = source_extension(source);

	return bytes_equal_folded(extension, BYTES("yaml")) || bytes_equal_folded(extension, BYTES("yml")) || is_mlflow(source);
}

/* Looked at before the rest is, so that weights are not read to their end. */
static bool begins_like_text(struct bytes in)
{
	enum { WINDOW = 512, CHARACTER_MOST = 4 };
	struct bytes first = bytes_slice(in, 0, WINDOW);

	for (size_t cut = 0; cut < CHARACTER_MOST && cut <= first.len; cut++)      /* the window may end inside a character */
		if (bytes_are_utf8(bytes_slice(first, 0, first.len - cut)))
			return bytes_find_byte(first, 0) == first.len;
	return false;
}

static bool has_marks(struct bytes in)
{
	return bytes_contain(in, BYTES("_target_:")) || bytes_contain(in, BYTES("!!python/"));
}

static bool may_claim(const struct source *source)
{
	return begins_like_text(source->first);
}

static int probe(const struct source *source, struct arena *arena)
{
	struct bytes in = source->content;

	(void)arena;
	if (!begins_like_text(in))
		return 0;
	if (!has_yaml_name(source) && source_extension(source).len == 0)
		source_looked(source, MARKS_WINDOW, 0);
	if (!has_yaml_name(source) && (source_extension(source).len > 0 || !has_marks(bytes_slice(in, 0, MARKS_WINDOW))))
		return 0;
	source_looked(source, in.len, 0);
	return bytes_find_byte(in, 0) == in.len && bytes_are_utf8(in) ? 40 : 0;
}

/* ---- events ---- */

/* NeMo makes objects of its own classes and of those of torch; that is what its loader is for. */
static bool is_expected(struct bytes name)
{
	static const struct bytes usual[] = {BYTES("nemo.collections."), BYTES("nemo_text_processing."), BYTES("torch.optim."), BYTES("torch.nn.")};
	struct bytes class = bytes_after_last(name, '.');

	for (size_t i = 0; i < COUNT_OF(usual); i++)
		if (bytes_start_with(name, usual[i]))
			return class.len > 0 && class.at[0] >= 'A' && class.at[0] <= 'Z';
	return false;
}

static void add_events(struct reading *r, uint64_t at, const char *how, struct bytes name, bool calls, struct value arguments)
{
	struct bytes last = bytes_after_last(name, '.');
	struct import *import = arena_new(r->art->arena, struct import);

	*import = (struct import){.module = bytes_slice(name, 0, name.len - last.len - (last.len < name.len)), .name = last, .offset = at};
	if (last.len == name.len)       /* a whole module */
		*import = (struct import){.module = name, .name = BYTES(""), .offset = at};
	import->written_module = import->module;
	import->written_name = import->name;
	struct value subject = {.kind = VALUE_IMPORT, .import = import};
	struct event *e = artifact_add_event(r->art, EVENT_IMPORT, at, how);
	e->subject = subject;
	if (!calls)
		return;
	e = artifact_add_event(r->art, EVENT_CALL, at, how);
	e->subject = subject;
	e->argument = arguments;
}

static void note_unclear(struct reading *r, uint64_t at, struct bytes line)
{
	struct text t;

	if (r->notes++ >= NOTES_MOST)
		return;
	text_init(&t, r->art->arena);
	text_add_printable(&t, line, SHOWN);
	artifact_note(r->art, "file.unexamined", at, "names what its reader calls in a way that is not followed here: %s", text_string(&t));
}

/* ---- keys ---- */

/* Keys of the same depth in the lines that follow, for people to see what the call is given. */
static struct value read_siblings(struct reading *r, struct yaml_line line)
{
	struct bytes pairs[2 * PAIRS_MOST];
	size_t count = 0;
	struct yaml_line next = line;

	while (count < 2 * PAIRS_MOST && yaml_next_line(r->text, &next) && next.indent >= line.indent) {
		if (next.indent > line.indent || !yaml_pair(next.text, &pairs[count], &pairs[count + 1]))
			continue;
		count += 2;
	}
	if (count == 0)
		return (struct value){.kind = VALUE_TUPLE};
	return operators_arguments(r->art->arena, pairs, count);
}

static void judge_target(struct reading *r, struct yaml_line line, uint64_t at, const char *how, struct bytes value)
{
	struct bytes name;

	if (!yaml_scalar(value, &name) || !bytes_are_dotted_name(name) || bytes_find_byte(name, '.') == name.len)
		note_unclear(r, at, line.text);
	else if (!is_expected(name))
		add_events(r, at, how, name, true, read_siblings(r, line));
}

/* Every place where the key stands, whatever stands around it. */
static void read_key(struct reading *r, struct yaml_line line, struct bytes key, const char *how, bool only_names)
{
	struct bytes rest = line.text, value, name;

	for (;;) {
		size_t found = bytes_find(rest, key);
		if (found == rest.len)
			return;
		uint64_t at = (uint64_t)(rest.at - r->text.at) + found;
		bool whole = yaml_is_key(line.text, (size_t)(rest.at - line.text.at) + found, key.len, &value);
		rest = bytes_from(rest, found + key.len);
		if (only_names && (!whole || !yaml_scalar(value, &name) || !bytes_are_dotted_name(name) || bytes_find_byte(name, '.') == name.len))
			continue;
		if (whole)
			judge_target(r, line, at, how, value);
		else
			note_unclear(r, at, line.text);
	}
}

/* mlflow imports what stands here, with the folder that `code` names on the way to it. */
static void read_loader(struct reading *r, struct yaml_line line)
{
	static const struct bytes key = BYTES("loader_module");
	size_t found = bytes_find(line.text, key);
	struct bytes value, name;

	if (found == line.text.len)
		return;
	uint64_t at = (uint64_t)(line.text.at - r->text.at) + found;
	if (!yaml_is_key(line.text, found, key.len, &value) || !yaml_scalar(value, &name) || !bytes_are_dotted_name(name)) {
		note_unclear(r, at, line.text);
		return;
	}
	if (bytes_same(name, "mlflow.pyfunc.loaders.code_model"))
		artifact_note(r->art, "model.remote-code", at, "is a model of code: loading it runs a script of its own folder");
	struct event *e = artifact_add_event(r->art, EVENT_COMPONENT, at, "flavor");
	e->subject = (struct value){.kind = VALUE_TEXT, .len = (uint32_t)name.len, .at = name.at};
	e->argument = (struct value){.kind = VALUE_NONE};
}

/* ---- tags ---- */

struct tag {
	struct bytes name;
	bool calls;
};

/* The longest first: "object/apply:" is no "object:". */
static const struct tag tags[] = {
	{BYTES("python/object/apply:"), true}, {BYTES("python/object/new:"), true}, {BYTES("python/object:"), true},
	{BYTES("python/name:"), false}, {BYTES("python/module:"), false},
};

static void read_tag(struct reading *r, uint64_t at, struct bytes rest)
{
	for (size_t i = 0; i < COUNT_OF(tags); i++) {
		if (!bytes_start_with(rest, tags[i].name))
			continue;
		struct bytes name = yaml_tag_rest(bytes_from(rest, tags[i].name.len));
		add_events(r, at, "tag", name, tags[i].calls, (struct value){.kind = VALUE_TUPLE});
		return;
	}
}

static void read_tags(struct reading *r, struct yaml_line line)
{
	static const struct bytes mark = BYTES("python/");
	struct bytes rest = line.text;

	if (bytes_start_with(line.text, BYTES("%TAG")))
		note_unclear(r, (uint64_t)(line.text.at - r->text.at), line.text);
	for (;;) {
		size_t found = bytes_find(rest, mark);
		if (found == rest.len)
			return;
		unsigned char before = found > 0 ? rest.at[found - 1] : 0;
		if (before == '!' || before == ':')
			read_tag(r, (uint64_t)(rest.at - r->text.at) + found, bytes_from(rest, found));
		rest = bytes_from(rest, found + mark.len);
	}
}

/* ---- the whole ---- */

static void parse(const struct source *source, struct artifact *art)
{
	struct reading r = {.art = art, .text = yaml_unescape(art->arena, source->content)};
	bool builds = bytes_contain(r.text, BYTES("params:")) || bytes_end_with(bytes_of(source->name), BYTES("model_config.yaml"));
	struct yaml_line line = {.text = bytes_slice(r.text, 0, 0)};

	art->bytes_read += source->content.len;
	while (yaml_next_line(r.text, &line)) {
		if (line.text.len == 0 || line.text.at[0] == '#')
			continue;
		read_key(&r, line, BYTES("_target_"), "_target_", false);
		read_key(&r, line, BYTES("class_path"), "class_path", true);
		if (builds)
			read_key(&r, line, BYTES("target"), "target", true);
		if (is_mlflow(source))
			read_loader(&r, line);
		read_tags(&r, line);
	}
}

const struct format format_yaml = {
	.name = "yaml",
	.title = "YAML configuration",
	.spec = "YAML 1.2; hydra.utils.instantiate; NVIDIA NeMo core/classes/common.py; PyYAML constructor.py",
	.extensions = "yaml yml",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
