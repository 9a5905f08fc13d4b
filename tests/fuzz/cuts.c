/*
 * cuts FILE...: examines every beginning of every file, and the file with each byte changed,
 * as `merlon scan` would, and prints how long the beginnings are that come out clean.  A file that is cut
 * should not; tests/cuts.expect names those that may, and why is told there.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "policy/judge.h"
#include "rules/rules.h"
#include "scan/examine.h"

enum { WHOLE_MOST = 3000, CHANGED_MOST = 600 };

static enum verdict verdict_of(const char *name, struct bytes content, const struct rules *rules)
{
	struct examination e;
	struct arena results;
	struct source source = {.name = name, .content = content};
	enum verdict worst = VERDICT_CLEAN;

	arena_init(&results, 64u << 20);
	examine(&source, rules, &examine_limits_default, &results, &e);
	for (const struct finding *f = e.findings.first; f; f = f->next)
		worst = f->verdict > worst ? f->verdict : worst;
	arena_finish(&results);
	return worst;
}

static void try_cuts(const char *path, struct bytes content, const struct rules *rules)
{
	size_t begun = 0;
	bool inside = false;

	for (size_t len = 0; len <= content.len; len++) {
		bool clean = len < content.len && verdict_of(path, bytes_slice(content, 0, len), rules) == VERDICT_CLEAN;
		if (clean && !inside)
			begun = len;
		if (!clean && inside)
			printf("%s %zu-%zu\n", path, begun, len - 1);
		inside = clean;
	}
}

static void try_changes(const char *path, struct text *content, const struct rules *rules)
{
	for (size_t i = 0; i < content->len && i < CHANGED_MOST; i++) {
		content->at[i] ^= (char)0x55;
		verdict_of(path, text_bytes(content), rules);
		content->at[i] ^= (char)0x55;
	}
}

int main(int argc, char **argv)
{
	struct rules rules;
	struct rules_error error;

	if (!rules_init(&rules, NULL, 0, &error))
		return 1;
	for (int i = 1; i < argc; i++) {
		struct text content;
		text_init(&content, NULL);
		if (file_read(argv[i], 1u << 24, &content) != STATUS_OK)
			return 1;
		if (strstr(argv[i], "/honest") && content.len <= WHOLE_MOST)
			try_cuts(argv[i], text_bytes(&content), &rules);
		if (content.len <= WHOLE_MOST)
			try_changes(argv[i], &content, &rules);
		text_finish(&content);
	}
	rules_finish(&rules);
	return 0;
}
