/*
 * Fuzzes one format, named by -DFORMAT=format_gguf: its parser and every check
 * on what it makes.  The Makefile builds one target a file in src/formats, so
 * a new format is fuzzed the day it lands.
 */
#include <stdlib.h>
#include <stdio.h>

#include "rules/rules.h"
#include "types/check.h"
#include "types/format.h"

extern const struct format FORMAT;

struct job {
	struct source source;
	struct arena arena, results;
	const struct rules *rules;
};

static void body(void *arg)
{
	struct job *job = arg;
	struct artifact art;
	struct findings found;
	struct subject subject = {.kind = SUBJECT_ARTIFACT, .artifact = &art, .rules = job->rules};

	findings_init(&found, &job->arena, 100);
	artifact_init(&art, &job->arena, &job->source, &FORMAT);
	bool claims = FORMAT.probe(&job->source, &job->arena) > 0;
	if (claims && FORMAT.may_claim && !FORMAT.may_claim(&job->source))
		abort();
	if (claims)
		FORMAT.parse(&job->source, &art);
	for (const struct check *const *c = checks; *c; c++)
		check_run(*c, &subject, &found);
}

/* Some formats are told by their extension alone. */
static const char *name_for(const struct format *format)
{
	static char name[64];
	struct bytes extensions = bytes_of(format->extensions);

	snprintf(name, sizeof name, "fuzz.%.*s", (int)bytes_find_byte(extensions, ' '), format->extensions);
	return name;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	static struct rules rules;
	static bool loaded;
	struct rules_error error;
	struct bytes in = {at, len}, first = bytes_slice(in, 0, SOURCE_FIRST), last = bytes_from(in, len > SOURCE_LAST ? len - SOURCE_LAST : 0);
	struct job job = {.source = {.name = name_for(&FORMAT), .content = in, .first = first, .last = last}, .rules = &rules};

	if (!loaded && !rules_init(&rules, NULL, 0, &error))
		return 1;
	loaded = true;
	arena_init(&job.arena, 32u << 20);
	arena_run(&job.arena, body, &job);
	arena_finish(&job.arena);
	return 0;
}
