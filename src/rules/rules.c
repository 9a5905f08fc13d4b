#include "rules/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/time.h"
#include "rules/names.h"
#include "rules/shape.h"
#include "rules/signature.h"
#include "rules/words.h"
#include "syntax/yaml.h"

enum { BUDGET = 64 << 20, FILE_MOST = 4 << 20 };

struct loading {
	struct rules *rules;
	struct rules_error *error;
	const char *file;
	const char *key;                /* own files are to be signed by it, or NULL */
	struct bytes content, tree;     /* the tree, when it is built in */
	struct import_rule *built_listed;       /* where the next built-in entry goes */
	struct danger_rule *built_dangerous;
	bool failed;
};

static void fail(struct loading *l, const struct yaml *at, const char *why)
{
	if (l->failed)
		return;
	l->failed = true;
	l->error->file = l->file;
	l->error->line = at ? at->line : 0;
	l->error->column = at ? at->column : 0;
	snprintf(l->error->why, sizeof l->error->why, "%s", why);
}

static unsigned read_uses(struct loading *l, const struct yaml *item)
{
	static const char *const names[] = {"reference", "new", "call", "state", "items", "storage", "rebuild", "factory"};
	const struct yaml *uses = yaml_member(item, "uses");
	struct bytes list = uses ? uses->text : BYTES(""), word;
	unsigned set = 0;

	while ((word = rules_word(&list)).len > 0) {
		unsigned before = set;
		for (unsigned i = 0; i < COUNT_OF(names); i++)
			if (bytes_same(word, names[i]))
				set |= 1u << i;
		if (set == before)
			fail(l, uses, "names a use that does not exist: reference, new, call, state, items, storage, rebuild and factory do");
	}
	if (set == 0)
		fail(l, item, "has an entry without uses");
	return set;
}

static bool is_built_in(const struct loading *l)
{
	return l->tree.len > 0;
}

static void add_listed_name(struct loading *l, const struct import_rule *model, struct bytes name)
{
	struct import_rules *imports = &l->rules->imports;
	struct import_rule *r = arena_new(&l->rules->arena, struct import_rule);
	bool pattern = bytes_end_with(name, BYTES(".*"));

	if (!pattern && !imports->listed)
		imports->listed = arena_alloc(&l->rules->arena, IMPORTS_ROOM, sizeof *imports->listed);
	struct import_rule **list = pattern ? &imports->patterns : &imports->listed[bytes_hash(name) % IMPORTS_ROOM];
	*r = *model;
	r->name = name;
	r->next = *list;
	*list = r;
}

static void add_listed(struct loading *l, const struct yaml *item, struct bytes family)
{
	struct bytes names = yaml_string(item, "names"), arguments = yaml_string(item, "arguments"), name;
	struct import_rule model = {.family = family, .uses = read_uses(l, item)};

	if (yaml_member(item, "arguments") && !(model.shape = shape_parse(&l->rules->arena, arguments)))
		fail(l, yaml_member(item, "arguments"), "has arguments that are no shape");
	if (names.len == 0)
		fail(l, item, "has an entry without names");
	if (is_built_in(l))
		*l->built_listed++ = model;
	if (is_built_in(l) && !names_have_pattern(names))
		return;
	while ((name = rules_word(&names)).len > 0 && !l->failed)
		if (!is_built_in(l) || names_have_pattern(name))
			add_listed_name(l, &model, name);
}

static void add_dangerous_name(struct loading *l, struct bytes name, struct bytes does)
{
	struct import_rules *imports = &l->rules->imports;
	struct danger_rule *r = arena_new(&l->rules->arena, struct danger_rule);

	if (!imports->dangerous)
		imports->dangerous = arena_alloc(&l->rules->arena, IMPORTS_ROOM, sizeof *imports->dangerous);
	struct danger_rule **list = &imports->dangerous[bytes_hash(name) % IMPORTS_ROOM];
	*r = (struct danger_rule){.name = name, .does = does, .next = *list};
	*list = r;
}

static void add_dangerous(struct loading *l, const struct yaml *item)
{
	struct bytes names = yaml_string(item, "names"), does = yaml_string(item, "does"), name;

	if (names.len == 0 || does.len == 0)
		fail(l, item, "has a dangerous entry without names or without what it does");
	if (is_built_in(l)) {
		*l->built_dangerous++ = (struct danger_rule){.does = does};
		return;
	}
	while ((name = rules_word(&names)).len > 0 && !l->failed)
		add_dangerous_name(l, name, does);
}

static bool is_known_key(struct bytes key)
{
	static const char *const keys[] = {"family", "about", "allow", "dangerous", "operators", "templates", "components", "until"};

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (bytes_same(key, keys[i]))
			return true;
	return false;
}

/* Whoever allows something may say for how long. After that the file is refused, so that nobody scans without knowing. */
static void check_until(struct loading *l, const struct yaml *root)
{
	const struct yaml *until = yaml_member(root, "until");
	int64_t end_ms;

	if (!until)
		return;
	if (!time_parse(until->text, &end_ms))
		fail(l, until, "has an until that is no date, like 2027-06-30");
	else if (time_now_ms() >= end_ms)
		fail(l, until, "was to be used until a day that is past: look at what it allows again");
}

static void load(void *arg)
{
	struct loading *l = arg;
	struct yaml_error error;
	struct yaml *root = l->tree.len ? yaml_unpack(&l->rules->arena, l->tree) : yaml_parse(&l->rules->arena, l->content, &error);

	if (!root) {
		struct yaml at = {.line = error.line, .column = error.column};
		fail(l, &at, error.why);
		return;
	}
	yaml_each(root, it)
		if (!is_known_key(it->key))
			fail(l, it, "has a key that is none of family, about, allow, dangerous, operators, templates, components, until");
	check_until(l, root);
	yaml_each(yaml_member(root, "allow"), it)
		add_listed(l, it, yaml_string(root, "family"));
	yaml_each(yaml_member(root, "dangerous"), it)
		add_dangerous(l, it);
	yaml_each(yaml_member(root, "operators"), it) {
		const char *why = operators_add(&l->rules->arena, &l->rules->operators, yaml_string(root, "family"), it, is_built_in(l));
		if (why)
			fail(l, it, why);
	}
	yaml_each(yaml_member(root, "templates"), it) {
		const char *why = template_rules_add(&l->rules->arena, &l->rules->templates, it);
		if (why)
			fail(l, it, why);
	}
	yaml_each(yaml_member(root, "components"), it) {
		const char *why = components_add(&l->rules->arena, &l->rules->components, it);
		if (why)
			fail(l, it, why);
	}
}

static void load_content(struct loading *l, const char *file, struct bytes content, struct bytes tree)
{
	if (l->failed)
		return;
	l->file = file;
	l->content = content;
	l->tree = tree;
	if (!arena_run(&l->rules->arena, load, l))
		fail(l, NULL, "is too large for a file of rules");
}

/* Own rules change what the built-in ones say: so does their digest. */
static void add_digest(struct rules *rules, struct bytes content)
{
	struct hasher h;

	hasher_begin(&h);
	hasher_add(&h, digest_bytes(&rules->digest));
	hasher_add(&h, content);
	rules->digest = hasher_end(&h);
}

static void load_file(struct loading *l, const char *path)
{
	struct text content;

	text_init(&content, NULL);
	if (file_read(path, FILE_MOST, &content) != STATUS_OK) {
		l->file = path;
		fail(l, NULL, "cannot be read");
	} else {
		const char *fault = l->key ? signature_fault(l->key, path, text_bytes(&content)) : NULL;
		if (fault) {
			l->file = l->failed ? l->file : path;
			fail(l, NULL, fault);
		}
		load_content(l, path, text_bytes(&content), BYTES(""));
		add_digest(l->rules, text_bytes(&content));
	}
	text_finish(&content);
}

/* Each entry that is built in has its place, in the order in which tools/names.c counted them. */
static void make_tables(void *arg)
{
	struct loading *l = arg;
	struct rules *rules = l->rules;

	l->built_listed = arena_alloc(&rules->arena, names_tables[NAMES_ALLOW].entries, sizeof *l->built_listed);
	l->built_dangerous = arena_alloc(&rules->arena, names_tables[NAMES_DANGEROUS].entries, sizeof *l->built_dangerous);
	rules->operators.built = arena_alloc(&rules->arena, names_tables[NAMES_OPERATORS].entries, sizeof *rules->operators.built);
	rules->imports.built_listed = l->built_listed;
	rules->imports.built_dangerous = l->built_dangerous;
}

bool rules_init(struct rules *rules, const char *const *files, size_t count, struct rules_error *error)
{
	return rules_init_signed(rules, files, count, NULL, error);
}

bool rules_init_signed(struct rules *rules, const char *const *files, size_t count, const char *key, struct rules_error *error)
{
	struct loading l = {.rules = rules, .error = error, .key = key};

	*rules = (struct rules){0};
	arena_init(&rules->arena, BUDGET);
	arena_run(&rules->arena, make_tables, &l);
	rules->digest = embedded_digest("rules/");
	for (const struct embedded_file *f = embedded_next("rules/", NULL); f; f = embedded_next("rules/", f))
		load_content(&l, f->path, f->content, f->tree);
	for (size_t i = 0; i < count; i++)
		load_file(&l, files[i]);
	return !l.failed;
}

void rules_finish(struct rules *rules)
{
	arena_finish(&rules->arena);
}
