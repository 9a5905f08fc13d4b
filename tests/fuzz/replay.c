/*
 * replay FILE...: gives every file to every format's parser and to every check, as the
 * fuzz targets do, whether a format claims it or not.  Any compiler builds it.
 */
#include <stdio.h>

#include "base/file.h"
#include "rules/rules.h"
#include "scan/examine.h"

struct job {
	struct source source;
	struct arena arena;
	const struct format *format;
	const struct rules *rules;
};

static void body(void *arg)
{
	struct job *job = arg;
	struct artifact art;
	struct findings found;
	struct subject subject = {.kind = SUBJECT_ARTIFACT, .artifact = &art, .rules = job->rules};

	findings_init(&found, &job->arena, 100);
	artifact_init(&art, &job->arena, &job->source, job->format);
	job->format->parse(&job->source, &art);
	for (const struct check *const *c = checks; *c; c++)
		check_run(*c, &subject, &found);
}

static void replay(const char *path, struct bytes content, const struct rules *rules)
{
	struct examination e;
	struct arena results;

	for (const struct format *const *f = formats; *f; f++) {
		struct job job = {.source = {.name = path, .content = content}, .format = *f, .rules = rules};
		arena_init(&job.arena, 64u << 20);
		arena_run(&job.arena, body, &job);
		arena_finish(&job.arena);
	}
	struct source whole = {.name = path, .content = content};
	arena_init(&results, 64u << 20);
	examine(&whole, rules, &examine_limits_default, &results, &e);
	arena_finish(&results);
}

int main(int argc, char **argv)
{
	struct rules rules;
	struct rules_error error;

	if (!rules_init(&rules, NULL, 0, &error)) {
		fprintf(stderr, "%s:%u: %s\n", error.file, error.line, error.why);
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		struct text content;
		text_init(&content, NULL);
		if (file_read(argv[i], 64u << 20, &content) == STATUS_OK)
			replay(argv[i], text_bytes(&content), &rules);
		text_finish(&content);
	}
	rules_finish(&rules);
	printf("replay: %d files through every format\n", argc - 1);
	return 0;
}
