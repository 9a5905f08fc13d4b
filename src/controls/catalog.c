#include "controls/catalog.h"

#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "base/sort.h"
#include "base/text.h"
#include "syntax/yaml.h"
#include "types/check.h"

enum { CONTROLS_MOST = 512, FRAMEWORKS_MOST = 64, DOCUMENTS_MOST = 16 };

struct loading {
	struct arena *arena;
	struct catalog *out;
	struct catalog_error *error;
	const char *file;
	struct control *controls;
	struct framework *frameworks;
	struct source_document *documents;
	bool failed;
};

static void fail(struct loading *l, const struct yaml *at, const char *what, const char *about)
{
	if (l->failed)
		return;
	l->failed = true;
	snprintf(l->error->file, sizeof l->error->file, "%s", l->file);
	snprintf(l->error->why, sizeof l->error->why, "%s%s%s%s", what, about ? " \"" : "", about ? about : "", about ? "\"" : "");
	l->error->line = at ? at->line : 0;
	l->error->column = at ? at->column : 0;
}

/* ---- fields ---- */

static const char *text_of(struct loading *l, const struct yaml *map, const char *key)
{
	return arena_string(l->arena, yaml_string(map, key));
}

static const char *demand(struct loading *l, const struct yaml *map, const char *key)
{
	if (yaml_string(map, key).len == 0)
		fail(l, map, "lacks", key);
	return text_of(l, map, key);
}

static bool is_yes(struct bytes b)
{
	return bytes_same(b, "yes") || bytes_same(b, "true");
}

/* ---- controls ---- */

static struct evidence_need read_need(struct loading *l, const struct yaml *item)
{
	struct evidence_need n = {.kind = NEED_OTHER, .word = demand(l, item, "kind"), .checks = "", .asks = demand(l, item, "asks")};

	if (strcmp(n.word, "checks") == 0)
		n.kind = NEED_CHECKS;
	else if (strcmp(n.word, "attestation") == 0)
		n.kind = NEED_ATTESTATION;
	return n;
}

/* Which checks support it, they say themselves. */
static const char *find_checks(struct loading *l, const char *control)
{
	struct text ids;

	text_init(&ids, l->arena);
	for (const struct check *const *it = checks; *it; it++)
		if (list_has((*it)->supports, bytes_of(control)))
			text_addf(&ids, "%s%s", ids.len ? " " : "", (*it)->id);
	return text_string(&ids);
}

static void read_needs(struct loading *l, const struct yaml *list, struct control *c)
{
	struct evidence_need *needs = arena_alloc(l->arena, list ? list->count : 0, sizeof *needs);

	yaml_each(list, it) {
		struct evidence_need *n = &needs[c->need_count++];
		*n = read_need(l, it);
		if (n->kind == NEED_CHECKS)
			n->checks = find_checks(l, c->id);
		if (n->kind == NEED_CHECKS && !n->checks[0])
			fail(l, it, "rests on checks, but none supports", c->id);
	}
	c->needs = needs;
}

static void read_maps(struct loading *l, const struct yaml *list, struct control *c)
{
	struct clause_map *maps = arena_alloc(l->arena, list ? list->count : 0, sizeof *maps);

	yaml_each(list, it)
		maps[c->map_count++] = (struct clause_map){demand(l, it, "clause"), demand(l, it, "relation"), demand(l, it, "why")};
	c->maps = maps;
}

static void read_control(struct loading *l, const struct yaml *root)
{
	struct control *c = &l->controls[l->out->control_count];
	struct bytes grade = yaml_string(root, "grade");
	uint64_t days = 0;

	if (l->out->control_count == CONTROLS_MOST) {
		fail(l, root, "is one control more than fit", NULL);
		return;
	}
	l->out->control_count++;
	*c = (struct control){.file = l->file, .id = demand(l, root, "id"), .title = demand(l, root, "title"), .statement = demand(l, root, "statement"),
			      .sources = demand(l, root, "sources"), .derived = text_of(l, root, "derived"), .roles = demand(l, root, "roles"),
			      .phases = demand(l, root, "phases"), .component = demand(l, root, "component"), .grade_note = text_of(l, root, "grade_note"),
			      .applies = demand(l, root, "applies"), .verify = demand(l, root, "verify"), .limits = demand(l, root, "limits"),
			      .effectiveness = text_of(l, root, "effectiveness")};
	c->grade = grade.len == 1 ? (char)grade.at[0] : '?';
	if (!memchr("EMAN", c->grade, 4))
		fail(l, root, "has a grade that is none of E, M, A, N", NULL);
	if (!bytes_to_u64(yaml_string(root, "max_age_days"), &days) || days == 0 || days > 3660)
		fail(l, root, "has no max_age_days from 1 to 3660", NULL);
	c->max_age_days = (unsigned)days;
	read_needs(l, yaml_member(root, "evidence"), c);
	read_maps(l, yaml_member(root, "maps"), c);
	if (c->need_count == 0)
		fail(l, root, "asks for no evidence", NULL);
}

/* ---- frameworks and source documents ---- */

static void read_framework(struct loading *l, const struct yaml *root)
{
	const struct yaml *list = yaml_member(root, "clauses");
	struct framework *f = &l->frameworks[l->out->framework_count];
	struct clause *clauses = arena_alloc(l->arena, list ? list->count : 0, sizeof *clauses);

	if (l->out->framework_count == FRAMEWORKS_MOST) {
		fail(l, root, "is one framework more than fit", NULL);
		return;
	}
	l->out->framework_count++;
	*f = (struct framework){.file = l->file, .id = demand(l, root, "id"), .title = demand(l, root, "title"), .edition = demand(l, root, "edition"),
				.publisher = demand(l, root, "publisher"), .licence = text_of(l, root, "licence"), .basis = demand(l, root, "basis"),
				.caution = text_of(l, root, "caution"), .clauses = clauses};
	yaml_each(list, it)
		clauses[f->clause_count++] = (struct clause){demand(l, it, "id"), demand(l, it, "title"), text_of(l, it, "effective")};
}

/* Only what somebody can be held to is quoted. */
static struct sentence read_sentence(struct loading *l, const struct yaml *item)
{
	struct sentence s = {.id = demand(l, item, "id"), .normative = is_yes(yaml_string(item, "normative")), .text = "", .because = ""};

	if (s.normative)
		s.text = demand(l, item, "text");
	else
		s.because = demand(l, item, "because");
	return s;
}

static void read_document(struct loading *l, const struct yaml *root)
{
	const struct yaml *list = yaml_member(root, "sentences");
	struct source_document *d = &l->documents[l->out->document_count];
	struct sentence *sentences = arena_alloc(l->arena, list ? list->count : 0, sizeof *sentences);

	if (l->out->document_count == DOCUMENTS_MOST) {
		fail(l, root, "is one document more than fit", NULL);
		return;
	}
	l->out->document_count++;
	*d = (struct source_document){.file = l->file, .id = demand(l, root, "id"), .title = demand(l, root, "title"), .sentences = sentences};
	yaml_each(list, it)
		sentences[d->sentence_count++] = read_sentence(l, it);
}

static void each_file(struct loading *l, const char *folder, void (*read)(struct loading *, const struct yaml *))
{
	for (const struct embedded_file *f = embedded_next(folder, NULL); f && !l->failed; f = embedded_next(folder, f)) {
		l->file = f->path;
		if (strstr(f->path, "/known-bad.yaml"))
			continue;
		read(l, yaml_unpack(l->arena, f->tree));
	}
}

/* ---- the catalogue's own rules ---- */

/* "G4.10" after "G4.9". */
static int compare_ids(const void *x, const void *y)
{
	const char *a = ((const struct control *)x)->id, *b = ((const struct control *)y)->id;

	for (; *a && *b; a++, b++) {
		bool digits = *a >= '0' && *a <= '9' && *b >= '0' && *b <= '9';
		unsigned m = 0, n = 0;
		for (; digits && *a >= '0' && *a <= '9'; a++)
			m = m * 10 + (unsigned)(*a - '0');
		for (; digits && *b >= '0' && *b <= '9'; b++)
			n = n * 10 + (unsigned)(*b - '0');
		if (m != n)
			return m < n ? -1 : 1;
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (!*a)
			return 0;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static void each_word(struct loading *l, const char *list, bool (*known)(const struct catalog *, struct bytes), const char *what)
{
	struct bytes left = bytes_of(list), word;

	while ((word = list_next(&left)).len > 0)
		if (!known(l->out, word))
			fail(l, NULL, what, arena_string(l->arena, word));
}

static bool is_sentence(const struct catalog *c, struct bytes id)
{
	return catalog_sentence(c, id) != NULL;
}

static bool is_control(const struct catalog *c, struct bytes id)
{
	for (size_t i = 0; i < c->control_count; i++)
		if (bytes_same(id, c->controls[i].id))
			return true;
	return false;
}

static void hold_control(struct loading *l, const struct control *c)
{
	const struct framework *framework;
	const char *name = strrchr(c->file, '/');

	l->file = c->file;
	if (!name || strncmp(name + 1, c->id, strlen(c->id)) != 0)
		fail(l, NULL, "is not named by its id", c->id);
	each_word(l, c->sources, is_sentence, "names a source sentence that does not exist:");
	for (size_t i = 0; i < c->map_count; i++)
		if (!strchr(c->maps[i].clause, '/') || !catalog_clause(l->out, c->maps[i].clause, &framework))
			fail(l, NULL, "names a clause that does not exist, or without its edition:", c->maps[i].clause);
}

static void hold_all(struct loading *l)
{
	struct catalog *c = l->out;

	for (size_t i = 0; i < c->control_count && !l->failed; i++) {
		hold_control(l, &c->controls[i]);
		if (i > 0 && strcmp(c->controls[i - 1].id, c->controls[i].id) == 0)
			fail(l, NULL, "has the id of another control:", c->controls[i].id);
	}
	for (const struct check *const *it = checks; *it && !l->failed; it++) {
		l->file = (*it)->id;
		each_word(l, (*it)->supports, is_control, "is a check that supports a control that does not exist:");
	}
}

bool catalog_load(struct arena *arena, struct catalog *out, struct catalog_error *error)
{
	struct loading l = {.arena = arena, .out = out, .error = error};

	*out = (struct catalog){0};
	l.controls = arena_alloc(arena, CONTROLS_MOST, sizeof *l.controls);
	l.frameworks = arena_alloc(arena, FRAMEWORKS_MOST, sizeof *l.frameworks);
	l.documents = arena_alloc(arena, DOCUMENTS_MOST, sizeof *l.documents);
	out->controls = l.controls;
	out->frameworks = l.frameworks;
	out->documents = l.documents;
	each_file(&l, "catalog/sources/", read_document);
	each_file(&l, "catalog/frameworks/", read_framework);
	each_file(&l, "catalog/controls/", read_control);
	sort(l.controls, out->control_count, sizeof *l.controls, compare_ids);
	hold_all(&l);
	out->digest = embedded_digest("catalog/");
	return !l.failed;
}
