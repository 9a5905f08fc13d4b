#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "cmd/options.h"
#include "terms/terms.h"

extern const struct command command_terms;

enum { ARENA = 64 << 20, EXIT_LAPSED = 1, EXIT_FAILED = 2 };

struct job {
	struct arena *arena;
	const char *path;
	int status;
};

static void write_names(struct text *out, const char *label, struct names names)
{
	text_add_string(out, label);
	for (size_t i = 0; i < names.count; i++) {
		text_add_string(out, i ? ", " : "");
		text_add_printable(out, names.at[i], 80);
	}
	text_add_byte(out, '\n');
}

static void write_terms(struct text *out, const struct terms *t)
{
	write_names(out, "  purposes     ", t->purposes);
	write_names(out, "  region       ", t->regions);
	text_add_string(out, "  retention    ");
	text_add_printable(out, t->retention, 40);
	text_addf(out, "\n  training     %s\n  onward sale  %s\n  expires      ", t->training ? "yes" : "no", t->onward_sale ? "yes" : "no");
	text_add_time(out, t->expires_ms);
	text_addf(out, "\n  text         %s\n", t->local ? "compared with its digest" : "at an address: not compared");
}

static void check(void *arg)
{
	struct job *job = arg;
	struct terms terms;
	struct yaml_error error;
	struct terms_needs nothing = {.retention_most_ms = -1};
	struct text out;
	char refusal[300];

	job->status = EXIT_FAILED;
	if (!terms_load(job->arena, job->path, &terms, &error)) {
		log_error("%s:%u: %s", job->path, error.line, error.why);
		return;
	}
	const char *why = terms_judge(&terms, &nothing, time_now_ms(), refusal);
	text_init(&out, job->arena);
	text_addf(&out, "%s: the agreement ", job->path);
	if (why) {
		text_add_printable(&out, bytes_of(why), 400);
		text_add_byte(&out, '\n');
	} else {
		text_add_byte(&out, '"');
		text_add_printable(&out, terms.agreement, 80);
		text_add_string(&out, "\" with ");
		text_add_printable(&out, terms.provider, 80);
		text_add_string(&out, " holds\n");
	}
	write_terms(&out, &terms);
	fputs(text_string(&out), stdout);
	job->status = why ? EXIT_LAPSED : 0;
}

static int check_all(char **paths, size_t count)
{
	int worst = 0;

	for (size_t i = 0; i < count; i++) {
		struct arena arena;
		struct job job = {.arena = &arena, .path = paths[i], .status = EXIT_FAILED};
		arena_init(&arena, ARENA);
		if (!arena_run(&arena, check, &job))
			log_error("%s: is too large", paths[i]);
		arena_finish(&arena);
		worst = job.status > worst ? job.status : worst;
	}
	return worst;
}

static int run(int argc, char **argv)
{
	struct options o;
	const char *value;

	options_begin(&o, &command_terms, argc, argv);
	while (options_next(&o, &value))
		;
	if (o.failed)
		return EXIT_USAGE_ERROR;
	if (o.argument_count >= 2 && strcmp(o.arguments[0], "check") == 0)
		return check_all(o.arguments + 1, o.argument_count - 1);
	log_error("terms: give check and the files of one agreement or more");
	return EXIT_USAGE_ERROR;
}

static const struct command_example examples[] = {
	{"merlon terms check terms/*.yaml", "what holds, and what has lapsed or changed"},
	{0},
};

const struct command command_terms = {
	.name = "terms",
	.summary = "say which agreements with providers hold",
	.synopsis = "check FILE...",
	.description =
		"A file says how one provider handles what it is sent: for which purposes, where, how long it is kept, whether the provider may train "
		"on it or sell it on, under which agreement, until when, and the digest of the agreement's text.\n\n"
		"\"check\" says of each whether it holds: it has lapsed after its date, and it has changed when the text, where that is a file beside "
		"it, does not have the digest that was agreed to.",
	.examples = examples,
	.exit_status = "0 all hold\n1 one has lapsed, or its text has changed\n2 a file cannot be read\n64 the command line is wrong",
	.run = run,
};
