/*
 * reference KIND [NAME]: prints what is generated from the descriptors of the program itself, so that it cannot
 * differ from it: the pages checks, formats, controls and commands (Markdown), "man NAME" (mdoc), "completion" (bash).
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "controls/catalog.h"
#include "types/assessment.h"
#include "types/check.h"
#include "types/command.h"
#include "types/format.h"
#include "types/report.h"

/* ---- Markdown ---- */

static void checks_page(void)
{
	printf("# Checks\n\nGenerated from `src/checks/`. Each has a file that makes it fire and one that must not under "
	       "`catalog/fixtures/`; `merlon selftest` examines both.\n\n");
	for (const struct check *const *c = checks; *c; c++)
		printf("## %s\n\n%s. Severity %s; makes a file %s. Controls: %s.\n\n* Why: %s\n* What to do: %s\n* Limits: %s\n\n", (*c)->id, (*c)->title,
		       severity_name((*c)->severity), verdict_name((*c)->verdict), (*c)->supports, (*c)->why, (*c)->fix, (*c)->limits);
}

static void formats_page(void)
{
	printf("# Formats\n\nGenerated from `src/formats/`. Content decides what a file is; extensions only raise expectations.\n\n"
	       "| name | title | usual extensions | described in |\n|---|---|---|---|\n");
	for (const struct format *const *f = formats; *f; f++)
		printf("| %s | %s | %s | %s |\n", (*f)->name, (*f)->title, (*f)->extensions, (*f)->spec);
}

static void commands_page(void)
{
	printf("# Commands\n\nGenerated from `src/cmd/`; the man pages say the same.\n");
	for (const struct command *const *c = commands; *c; c++) {
		printf("\n## merlon %s\n\n%s.\n\n`merlon %s %s`\n\n%s\n", (*c)->name, (*c)->summary, (*c)->name, (*c)->synopsis, (*c)->description);
		for (const struct command_option *o = (*c)->options; o && o->name; o++)
			printf("%s* `%s%s%s` %s\n", o == (*c)->options ? "\n" : "", o->name, o->value ? " " : "", o->value ? o->value : "", o->about);
		for (const struct command_example *e = (*c)->examples; e && e->line; e++)
			printf("%s    %s    # %s\n", e == (*c)->examples ? "\n" : "", e->line, e->about);
	}
	printf("\n## Reports\n\n");
	for (const struct report *const *r = reports; *r; r++)
		printf("* `%s` %s\n", (*r)->name, (*r)->title);
}

static void print_controls(const struct catalog *c)
{
	printf("# Controls\n\nGenerated from `catalog/controls/`. Grades: E enforced, M measured, A attested, N not checkable by a machine. "
	       "`merlon explain ID` shows one with its clauses; `merlon controls` computes where each stands.\n");
	for (size_t i = 0; i < c->control_count; i++) {
		const struct control *k = &c->controls[i];
		printf("\n## %s %s\n\n%s\n\n* Sources: %s%s%s\n* Grade %c. Roles: %s. Phases: %s. Applies: %s. Evidence lasts %u days.\n", k->id, k->title, k->statement,
		       k->sources, strcmp(k->derived, "no") ? "; derived: " : "", strcmp(k->derived, "no") ? k->derived : "", k->grade, k->roles, k->phases,
		       k->applies, k->max_age_days);
		for (size_t n = 0; n < k->need_count; n++)
			printf("* Evidence: %s%s%s\n", k->needs[n].word, k->needs[n].checks[0] ? " " : ": ", k->needs[n].checks[0] ? k->needs[n].checks : k->needs[n].asks);
		printf("* To check it: %s\n* Limits: %s\n", k->verify, k->limits);
		for (size_t m = 0; m < k->map_count; m++)
			printf("%s%s (%s)", m ? ", " : "* Clauses: ", k->maps[m].clause, k->maps[m].relation);
		printf("%s", k->map_count ? "\n" : "");
	}
}

struct page {
	struct arena *arena;
	bool good;
};

static void controls_body(void *arg)
{
	struct page *p = arg;
	struct catalog catalog;
	struct catalog_error error;

	p->good = catalog_load(p->arena, &catalog, &error);
	if (p->good)
		print_controls(&catalog);
	else
		fprintf(stderr, "%s:%u:%u: %s\n", error.file, error.line, error.column, error.why);
}

static bool controls_page(void)
{
	struct arena arena;
	struct page p = {.arena = &arena};

	arena_init(&arena, 64 << 20);
	arena_run(&arena, controls_body, &p);
	arena_finish(&arena);
	return p.good;
}

/* ---- man pages: mdoc(7) ---- */

/* A line must not begin with a dot or an apostrophe, and a backslash means something. */
static void put_mdoc(const char *s)
{
	for (bool start = true; *s; start = *s == '\n', s++) {
		if (start && (*s == '.' || *s == '\''))
			fputs("\\&", stdout);
		fputs(*s == '\\' ? "\\e" : (char[2]){*s, 0}, stdout);
	}
}

static void man_head(const char *name, const char *summary)
{
	char upper[64];
	size_t i = 0;

	for (; name[i] && i + 1 < sizeof upper; i++)
		upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32) : name[i];
	upper[i] = 0;
	printf(".Dd November 21, 2026\n.Dt %s 1\n.Os Merlon %s\n.Sh NAME\n.Nm %s\n.Nd %s\n", upper, merlon_version, name, summary);
}

static void man_paragraphs(const char *s)
{
	while (*s) {
		const char *end = strstr(s, "\n\n");
		char part[4096];
		snprintf(part, sizeof part, "%.*s", (int)(end ? end - s : (ptrdiff_t)strlen(s)), s);
		put_mdoc(part);
		printf("\n%s", end ? ".Pp\n" : "");
		s = end ? end + 2 : s + strlen(s);
	}
}

static void man_exit(const char *s)
{
	printf(".Sh EXIT STATUS\n.Bl -tag -width 3n\n");
	while (*s) {
		const char *end = strchr(s, '\n'), *blank = strchr(s, ' ');
		printf(".It %.*s\n", (int)(blank - s), s);
		char part[1024];
		snprintf(part, sizeof part, "%.*s", (int)((end ? end : s + strlen(s)) - blank - 1), blank + 1);
		put_mdoc(part);
		printf("\n");
		s = end ? end + 1 : s + strlen(s);
	}
	printf(".El\n");
}

static void man_command(const struct command *c)
{
	char name[64];

	snprintf(name, sizeof name, "merlon-%s", c->name);
	man_head(name, c->summary);
	printf(".Sh SYNOPSIS\n.Nm merlon %s\n", c->name);
	put_mdoc(c->synopsis);
	printf("\n.Sh DESCRIPTION\n");
	man_paragraphs(c->description);
	if (c->options)
		printf(".Sh OPTIONS\n.Bl -tag -width Ds\n");
	for (const struct command_option *o = c->options; o && o->name; o++) {
		printf(".It Fl %s", o->name + 1);
		if (o->value)
			printf(" Ar %s", o->value);
		printf("\n");
		put_mdoc(o->about);
		printf("\n");
	}
	if (c->options)
		printf(".El\n");
	if (c->exit_status)
		man_exit(c->exit_status);
	if (c->examples)
		printf(".Sh EXAMPLES\n");
	for (const struct command_example *e = c->examples; e && e->line; e++) {
		put_mdoc(e->about);
		printf(":\n.Dl ");
		put_mdoc(e->line);
		printf("\n.Pp\n");
	}
	printf(".Sh SEE ALSO\n.Xr merlon 1\n");
}

static void man_overview(void)
{
	man_head("merlon", "guards AI systems, and proves it");
	printf(".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar argument ...\n.Sh DESCRIPTION\n"
	       "Merlon judges what an AI system is made of without loading it, keeps a record strangers can verify, and computes from that record "
	       "where every guideline and principle stands.\n.Bl -tag -width catalogxx\n");
	for (const struct command *const *c = commands; *c; c++) {
		printf(".It Nm %s\n", (*c)->name);
		put_mdoc((*c)->summary);
		printf(".\nSee\n.Xr merlon-%s 1 .\n", (*c)->name);
	}
	printf(".El\n.Sh ENVIRONMENT\n.Bl -tag -width NO_COLORxx\n.It Ev NO_COLOR\nNo colours, even on a terminal.\n.El\n");
}

static bool man(const char *name)
{
	if (strcmp(name, "merlon") == 0) {
		man_overview();
		return true;
	}
	for (const struct command *const *c = commands; *c; c++) {
		if (strcmp((*c)->name, name) != 0)
			continue;
		man_command(*c);
		return true;
	}
	return false;
}

/* ---- completion ---- */

static void completion(void)
{
	printf("# bash completion for merlon; generated\n_merlon() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ]; then COMPREPLY=($(compgen -W \"");
	for (const struct command *const *c = commands; *c; c++)
		printf("%s%s", c == commands ? "" : " ", (*c)->name);
	printf("\" -- \"$cur\")); return; fi\n\tcase ${COMP_WORDS[1]} in\n");
	for (const struct command *const *c = commands; *c; c++) {
		printf("\t%s) [ \"${cur#-}\" = \"$cur\" ] || { COMPREPLY=($(compgen -W \"", (*c)->name);
		for (const struct command_option *o = (*c)->options; o && o->name; o++)
			printf("%s%s", o == (*c)->options ? "" : " ", o->name);
		printf("\" -- \"$cur\")); return; } ;;\n");
	}
	printf("\tesac\n\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -o filenames -F _merlon merlon\n");
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";

	if (strcmp(kind, "checks") == 0)
		checks_page();
	else if (strcmp(kind, "formats") == 0)
		formats_page();
	else if (strcmp(kind, "commands") == 0)
		commands_page();
	else if (strcmp(kind, "controls") == 0)
		return !controls_page();
	else if (strcmp(kind, "completion") == 0)
		completion();
	else if (strcmp(kind, "man") == 0 && argc == 3)
		return !man(argv[2]);
	else
		return fprintf(stderr, "reference: give checks, formats, controls, commands, completion, or man NAME\n"), 1;
	return 0;
}
