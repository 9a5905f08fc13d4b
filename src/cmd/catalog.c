#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "controls/catalog.h"
#include "cmd/options.h"
#include "types/check.h"

extern const struct command command_catalog;

enum { ARENA = 64 << 20 };

/* ---- coverage: which sentences of the source documents no control serves ---- */

static bool is_served(const struct catalog *c, const struct sentence *s)
{
	for (size_t i = 0; i < c->control_count; i++)
		if (list_has(c->controls[i].sources, bytes_of(s->id)))
			return true;
	return false;
}

static int coverage(const struct catalog *c)
{
	size_t uncovered = 0;

	for (size_t i = 0; i < c->document_count; i++) {
		const struct source_document *d = &c->documents[i];
		size_t normative = 0, served = 0;
		for (size_t k = 0; k < d->sentence_count; k++) {
			bool here = d->sentences[k].normative && is_served(c, &d->sentences[k]);
			normative += d->sentences[k].normative;
			served += here;
			if (d->sentences[k].normative && !here)
				printf("%s is served by no control: %s\n", d->sentences[k].id, d->sentences[k].text);
		}
		printf("%s: %zu sentences, %zu that somebody can be held to, %zu of them served\n", d->title, d->sentence_count, normative, served);
		uncovered += normative - served;
	}
	printf("source sentences served by no control: ");
	if (uncovered)
		printf("%zu\n", uncovered);
	else
		printf("none\n");
	return uncovered > 0;
}

/* ---- list ---- */

static int list(const struct catalog *c)
{
	for (size_t i = 0; i < c->control_count; i++)
		printf("%c  %-6s %s\n", c->controls[i].grade, c->controls[i].id, c->controls[i].title);
	printf("%zu controls\n", c->control_count);
	return 0;
}

static int frameworks(const struct catalog *c)
{
	for (size_t i = 0; i < c->framework_count; i++) {
		const struct framework *f = &c->frameworks[i];
		size_t touched = 0;
		for (size_t k = 0; k < f->clause_count; k++) {
			char name[300];
			bool any = false;
			snprintf(name, sizeof name, "%s/%s", f->id, f->clauses[k].id);
			for (size_t n = 0; n < c->control_count && !any; n++)
				for (size_t m = 0; m < c->controls[n].map_count; m++)
					any |= strcmp(c->controls[n].maps[m].clause, name) == 0;
			touched += any;
		}
		printf("%-22s edition %-12s %3zu clauses, %3zu touched by a control: %s\n", f->id, f->edition, f->clause_count, touched, f->title);
	}
	return 0;
}

/* ---- the whole ---- */

struct action {
	const char *name;
	int (*run)(const struct catalog *);
};

static const struct action actions[] = {{"coverage", coverage}, {"list", list}, {"frameworks", frameworks}};

struct work {
	struct arena *arena;
	const struct action *action;
	int status;
};

static void body(void *arg)
{
	struct work *w = arg;
	struct catalog catalog;
	struct catalog_error error;

	w->status = EXIT_USAGE_ERROR;
	if (catalog_load(w->arena, &catalog, &error))
		w->status = w->action->run(&catalog);
	else
		log_error("%s:%u:%u: %s", error.file, error.line, error.column, error.why);
}

static int run(int argc, char **argv)
{
	struct arena arena;
	struct work w = {.arena = &arena};

	for (size_t i = 0; argc == 2 && i < COUNT_OF(actions); i++)
		if (strcmp(argv[1], actions[i].name) == 0)
			w.action = &actions[i];
	if (!w.action) {
		log_error("catalog: give one of coverage, list, frameworks");
		return EXIT_USAGE_ERROR;
	}
	arena_init(&arena, ARENA);
	arena_run(&arena, body, &w);
	arena_finish(&arena);
	return w.status;
}

static const struct command_example examples[] = {
	{"merlon catalog coverage", "which sentences of the source documents no control serves"},
	{"merlon catalog list", "every control with its grade"},
	{"merlon catalog frameworks", "which clauses of which laws and standards are touched"},
	{0},
};

const struct command command_catalog = {
	.name = "catalog",
	.summary = "show the catalogue of controls and what it covers",
	.synopsis = "coverage|list|frameworks",
	.description =
		"The catalogue holds one control for every sentence of the two source documents that somebody can be held to, and the clauses of "
		"laws and standards each control touches. It is built in, and held to its own rules whenever it is read.",
	.examples = examples,
	.exit_status = "0 all is well\n1 coverage found a sentence that no control serves\n64 the command line or the catalogue is wrong",
	.run = run,
};
