#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "controls/catalog.h"
#include "cmd/options.h"
#include "types/check.h"

extern const struct command command_catalog;

enum { ARENA = 64 << 20 };

/* ---- coverage: which sentences of the source documents no control serves ---- */

/* This version can collect all the evidence it asks for. */
static bool is_collected(const struct control *c)
{
	for (size_t i = 0; i < c->need_count; i++)
		if (c->needs[i].kind == NEED_OTHER)
			return false;
	return true;
}

struct coverage {
	size_t sentences, normative, served, collected;
};

static void count_sentence(const struct catalog *c, const struct sentence *s, struct coverage *sum)
{
	bool served = false, collected = false;

	for (size_t i = 0; i < c->control_count; i++)
		if (list_has(c->controls[i].sources, bytes_of(s->id))) {
			served = true;
			collected |= is_collected(&c->controls[i]);
		}
	sum->sentences++;
	sum->normative += s->normative;
	sum->served += s->normative && served;
	sum->collected += s->normative && collected;
	if (s->normative && !served)
		printf("%s is served by no control: %s\n", s->id, s->text);
}

static int coverage(const struct catalog *c)
{
	size_t unserved = 0;

	for (size_t i = 0; i < c->document_count; i++) {
		const struct source_document *d = &c->documents[i];
		struct coverage sum = {0};
		for (size_t k = 0; k < d->sentence_count; k++)
			count_sentence(c, &d->sentences[k], &sum);
		printf("%s\n    %zu sentences, %zu that somebody can be held to\n    %zu of those served by a control, "
		       "%zu by one for which this version collects all evidence\n",
		       d->title, sum.sentences, sum.normative, sum.served, sum.collected);
		unserved += sum.normative - sum.served;
	}
	printf("source sentences served by no control: ");
	if (unserved)
		printf("%zu\n", unserved);
	else
		printf("none\n");
	return unserved > 0;
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
		printf("%-20s %3zu clauses, %3zu touched by a control: %s, edition %s\n", f->id, f->clause_count, catalog_touched(c, f), f->title, f->edition);
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
