#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "base/log.h"
#include "recipes/recipe.h"
#include "rules/rules.h"
#include "scan/scan.h"
#include "types/command.h"

enum { RESULTS_MOST = 64 << 20 };

struct selftest {
	const struct rules *rules;
	unsigned passed, failed;
	bool verbose;
};

/* "catalog/fixtures/CHECK/fires.model.pkl.recipe" */
struct fixture {
	struct bytes check;
	bool fires;
	char name[200];             /* of the input: "model.pkl" */
};

static bool read_path(const char *path, struct fixture *out)
{
	struct bytes rest = bytes_from(bytes_of(path), strlen("catalog/fixtures/"));
	size_t slash = bytes_find_byte(rest, '/');
	struct bytes file = bytes_from(rest, slash + 1);
	size_t dot = bytes_find_byte(file, '.');

	out->check = bytes_slice(rest, 0, slash);
	out->fires = bytes_same(bytes_slice(file, 0, dot), "fires");
	struct bytes name = bytes_from(file, dot + 1);
	if (!bytes_end_with(name, BYTES(".recipe")) || name.len >= sizeof out->name)
		return false;
	snprintf(out->name, sizeof out->name, "%.*s", (int)(name.len - strlen(".recipe")), (const char *)name.at);
	return true;
}

static bool has_fired(const struct examination *e, struct bytes check)
{
	for (const struct finding *f = e->findings.first; f; f = f->next)
		if (bytes_same(check, f->check->id))
			return true;
	return false;
}

static bool try_fixture(const struct selftest *t, const struct fixture *f, struct bytes input)
{
	struct arena results;
	struct examination e;

	arena_init(&results, RESULTS_MOST);
	struct source source = {.name = f->name, .content = input};
	scan_source(&source, t->rules, &results, &e);
	bool good = has_fired(&e, f->check) == f->fires;
	arena_finish(&results);
	return good;
}

static void run_fixture(struct selftest *t, const struct embedded_file *file)
{
	struct fixture f;
	struct text input;
	struct recipe_error error = {0};

	text_init(&input, NULL);
	bool good = read_path(file->path, &f) && recipe_build(file->content, &input, &error) && try_fixture(t, &f, text_bytes(&input));
	text_finish(&input);
	t->passed += good;
	t->failed += !good;
	if (!good)
		printf("FAIL %s%s%s\n", file->path, error.why[0] ? ": " : f.fires ? ": the check is silent" : ": the check fires", error.why);
	else if (t->verbose)
		printf("ok   %s\n", file->path);
}

static bool has_fixture(const struct check *c, const char *kind)
{
	char prefix[300];

	snprintf(prefix, sizeof prefix, "catalog/fixtures/%s/%s.", c->id, kind);
	return embedded_next(prefix, NULL) != NULL;
}

/* A check nobody can make fire, or keep silent, is not a check. */
static void demand_fixtures(struct selftest *t)
{
	for (const struct check *const *c = checks; *c; c++) {
		if (has_fixture(*c, "fires") && has_fixture(*c, "silent"))
			continue;
		printf("FAIL %s: has no fixture that makes it %s\n", (*c)->id, has_fixture(*c, "fires") ? "silent" : "fire");
		t->failed++;
	}
}

static int run(int argc, char **argv)
{
	struct rules rules;
	struct rules_error error;
	struct selftest t = {.rules = &rules, .verbose = argc > 1 && strcmp(argv[1], "--verbose") == 0};

	if (argc > 2 || (argc == 2 && !t.verbose)) {
		log_error("selftest: takes no argument but --verbose");
		return EXIT_USAGE_ERROR;
	}
	if (!rules_init(&rules, NULL, 0, &error)) {
		log_error("%s:%u:%u: %s", error.file, error.line, error.column, error.why);
		return EXIT_USAGE_ERROR;
	}
	for (const struct embedded_file *f = embedded_next("catalog/fixtures/", NULL); f; f = embedded_next("catalog/fixtures/", f))
		run_fixture(&t, f);
	demand_fixtures(&t);
	printf("selftest: %u passed, %u failed\n", t.passed, t.failed);
	rules_finish(&rules);
	return t.failed > 0;
}

static const struct command_option options[] = {
	{"--verbose", NULL, "name the fixtures that pass too"},
	{0},
};

const struct command command_selftest = {
	.name = "selftest",
	.summary = "make every check fire and keep silent",
	.synopsis = "[--verbose]",
	.description =
		"Every check is built in with two files: one that has to make it fire and one, as like it as can be, that must not. "
		"This examines both and says whether each check still tells them apart.",
	.options = options,
	.exit_status = "0 every check does\n1 one does not\n64 the command line is wrong",
	.run = run,
};
