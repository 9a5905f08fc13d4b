#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "base/log.h"
#include "cmd/options.h"
#include "controls/catalog.h"
#include "types/check.h"
#include "types/format.h"

enum { ARENA = 64 << 20, WIDTH = 80, INDENT = 12 };

/* ---- writing ---- */

static void add_field(struct text *t, const char *name, const char *value)
{
	if (value[0] == 0)
		return;
	text_addf(t, "%s", name);
	text_add_spaces(t, strlen(name) < INDENT ? INDENT - (unsigned)strlen(name) : 1);
	text_add_wrapped(t, bytes_of(value), INDENT, INDENT, WIDTH);
	text_add_byte(t, '\n');
}

static void add_heading(struct text *t, const char *kind, const char *id, const char *title)
{
	text_addf(t, "%s %s: ", kind, id);
	text_add_wrapped(t, bytes_of(title), (unsigned)(strlen(kind) + strlen(id)) + 3, 2, WIDTH);
	text_add_string(t, "\n\n");
}

/* ---- checks ---- */

static const char *grade_of(char grade)
{
	return grade == 'E' ? "E, enforced by software" : grade == 'M' ? "M, measured with stated limits"
	     : grade == 'A' ? "A, attested by a named person" : "N, not checkable by a machine";
}

static void add_fixtures(struct text *t, const char *check)
{
	char prefix[200];

	snprintf(prefix, sizeof prefix, "catalog/fixtures/%s/", check);
	for (const struct embedded_file *f = embedded_next(prefix, NULL); f; f = embedded_next(prefix, f)) {
		struct bytes first = bytes_slice(f->content, 0, bytes_find_byte(f->content, '\n'));
		struct text line;
		text_init(&line, NULL);
		text_addf(&line, "%s: ", f->path + strlen(prefix));
		text_add(&line, bytes_from(first, 2));
		add_field(t, f == embedded_next(prefix, NULL) ? "tested by" : "", text_string(&line));
		text_finish(&line);
	}
}

static bool explain_check(const struct catalog *c, const char *id, struct text *t)
{
	const struct check *check = check_with_id(id);
	char level[80];

	(void)c;
	if (!check)
		return false;
	add_heading(t, "check", check->id, check->title);
	add_field(t, "why", check->why);
	add_field(t, "what to do", check->fix);
	add_field(t, "limits", check->limits);
	snprintf(level, sizeof level, "severity %s; makes a file %s", severity_name(check->severity), verdict_name(check->verdict));
	add_field(t, "weight", level);
	add_field(t, "controls", check->supports);
	add_fixtures(t, check->id);
	text_add_string(t, "            (merlon selftest runs both)\n");
	return true;
}

/* ---- controls ---- */

static void add_sources(const struct catalog *c, const struct control *control, struct text *t)
{
	struct bytes left = bytes_of(control->sources), id;
	bool first = true;

	while ((id = list_next(&left)).len > 0) {
		const struct sentence *s = catalog_sentence(c, id);
		struct text line;
		text_init(&line, NULL);
		text_addf(&line, "%s \"%s\"", s->id, s->text);
		add_field(t, first ? "source" : "", text_string(&line));
		text_finish(&line);
		first = false;
	}
}

static void add_needs(const struct control *control, struct text *t)
{
	for (size_t i = 0; i < control->need_count; i++) {
		const struct evidence_need *n = &control->needs[i];
		struct text line;
		text_init(&line, NULL);
		if (n->kind == NEED_CHECKS)
			text_addf(&line, "scans by the checks %s", n->checks);
		else
			text_addf(&line, "%s%s: %s", n->word, n->kind == NEED_OTHER ? " (not collected yet)" : "", n->asks);
		add_field(t, i ? "" : "evidence", text_string(&line));
		text_finish(&line);
	}
}

static bool explain_control(const struct catalog *c, const char *id, struct text *t)
{
	const struct control *control = catalog_control(c, id);
	char age[80];

	if (!control)
		return false;
	add_heading(t, "control", control->id, control->title);
	add_field(t, "must", control->statement);
	add_sources(c, control, t);
	if (strcmp(control->derived, "no") != 0)
		add_field(t, "derived", control->derived);
	add_field(t, "grade", grade_of(control->grade));
	add_field(t, "", control->grade_note);
	add_field(t, "roles", control->roles);
	add_field(t, "phases", control->phases);
	add_field(t, "applies", control->applies);
	add_needs(control, t);
	snprintf(age, sizeof age, "evidence older than %u days is stale", control->max_age_days);
	add_field(t, "age", age);
	add_field(t, "to check it", control->verify);
	add_field(t, "limits", control->limits);
	add_field(t, "known effect", control->effectiveness);
	for (size_t i = 0; i < control->map_count; i++) {
		struct text line;
		text_init(&line, NULL);
		text_addf(&line, "%s, %s: %s", control->maps[i].clause, control->maps[i].relation, control->maps[i].why);
		add_field(t, i ? "" : "clauses", text_string(&line));
		text_finish(&line);
	}
	return true;
}

/* ---- clauses, sentences, formats ---- */

static bool explain_clause(const struct catalog *c, const char *id, struct text *t)
{
	const struct framework *f = NULL;
	const struct clause *clause = catalog_clause(c, id, &f);
	char name[300];

	if (!clause)
		return false;
	snprintf(name, sizeof name, "%s/%s", f->id, clause->id);
	add_heading(t, "clause", name, clause->title);
	add_field(t, "of", f->title);
	add_field(t, "edition", f->edition);
	add_field(t, "effective", clause->effective);
	add_field(t, "basis", f->basis);
	add_field(t, "caution", f->caution);
	for (size_t i = 0; i < c->control_count; i++) {
		for (size_t k = 0; k < c->controls[i].map_count; k++) {
			struct text line;
			if (strcmp(c->controls[i].maps[k].clause, name) != 0)
				continue;
			text_init(&line, NULL);
			text_addf(&line, "%s %s (%s): %s", c->controls[i].id, c->controls[i].title, c->controls[i].maps[k].relation, c->controls[i].maps[k].why);
			add_field(t, "control", text_string(&line));
			text_finish(&line);
		}
	}
	return true;
}

static bool explain_sentence(const struct catalog *c, const char *id, struct text *t)
{
	const struct sentence *s = catalog_sentence(c, bytes_of(id));

	if (!s)
		return false;
	add_heading(t, "sentence", s->id, s->normative ? s->text : "nobody can be held to it");
	if (!s->normative)
		add_field(t, "because it", s->because);
	for (size_t i = 0; i < c->control_count; i++) {
		char line[300];
		if (!list_has(c->controls[i].sources, bytes_of(id)))
			continue;
		snprintf(line, sizeof line, "%s %s", c->controls[i].id, c->controls[i].title);
		add_field(t, "control", line);
	}
	return true;
}

static bool explain_format(const struct catalog *c, const char *id, struct text *t)
{
	const struct format *f = format_named(id);

	(void)c;
	if (!f)
		return false;
	add_heading(t, "format", f->name, f->title);
	add_field(t, "described in", f->spec);
	add_field(t, "extensions", f->extensions);
	return true;
}

/* ---- the whole ---- */

struct work {
	struct arena *arena;
	const char *id;
	struct text *out;
	int status;
};

static void body(void *arg)
{
	static bool (*const explain[])(const struct catalog *, const char *, struct text *) = {
		explain_check, explain_control, explain_clause, explain_sentence, explain_format,
	};
	struct work *w = arg;
	struct catalog catalog;
	struct catalog_error error;
	bool known = false;

	w->status = EXIT_USAGE_ERROR;
	if (!catalog_load(w->arena, &catalog, &error)) {
		log_error("%s:%u:%u: %s", error.file, error.line, error.column, error.why);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(explain); i++)
		known |= explain[i](&catalog, w->id, w->out);
	if (known)
		w->status = 0;
	else
		log_error("explain: nothing here is called \"%s\": no check (import.dangerous), control (G4.5), clause (OWASP-LLM-2026/LLM04), "
			  "sentence of the sources (A-12) or format (gguf)", w->id);
}

static int run(int argc, char **argv)
{
	struct arena arena;
	struct text out;
	struct work w = {.arena = &arena, .id = argc > 1 ? argv[1] : "", .out = &out};

	if (argc != 2) {
		log_error("explain: give one id");
		return EXIT_USAGE_ERROR;
	}
	text_init(&out, NULL);
	arena_init(&arena, ARENA);
	arena_run(&arena, body, &w);
	arena_finish(&arena);
	fputs(text_string(&out), stdout);
	text_finish(&out);
	return w.status;
}

static const struct command_example examples[] = {
	{"merlon explain import.dangerous", "a check"},
	{"merlon explain G4.5", "a control"},
	{"merlon explain OWASP-LLM-2026/LLM04", "a clause of a standard, and which controls touch it"},
	{0},
};

const struct command command_explain = {
	.name = "explain",
	.summary = "tell what a check, control or clause is",
	.synopsis = "ID",
	.description = "Tells what it is, why it is there, how to mend what it finds, how it is tested, and what it cannot see.",
	.examples = examples,
	.exit_status = "0 it is known\n64 it is not",
	.run = run,
};
