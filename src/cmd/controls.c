#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "controls/catalog.h"
#include "controls/standing.h"
#include "ledger/verify.h"
#include "types/report.h"

extern const struct command command_controls;

enum { PROFILE_MOST = 1 << 20, EXIT_UNREADABLE = 3 };

struct settings {
	struct outputs outputs;
	const char *profile, *group, *ledger;
	int64_t at_ms;
};

static bool take_group(struct settings *s, const char *value)
{
	if (strcmp(value, "guideline") != 0 && strcmp(value, "role") != 0 && strcmp(value, "framework") != 0) {
		log_error("--by: \"%s\" is none of guideline, role, framework", value);
		return false;
	}
	s->group = value;
	return true;
}

static bool take_option(struct settings *s, const char *name, const char *value)
{
	if (strcmp(name, "--report") == 0)
		return outputs_add(&s->outputs, value, OUTPUT_STANDING);
	if (strcmp(name, "--by") == 0)
		return take_group(s, value);
	if (strcmp(name, "--at") == 0 && !time_parse(bytes_of(value), &s->at_ms)) {
		log_error("--at: \"%s\" is no date like 2026-11-21 and no time like 2026-11-21T10:00:00Z", value);
		return false;
	}
	if (strcmp(name, "--profile") == 0)
		s->profile = value;
	if (strcmp(name, "--ledger") == 0)
		s->ledger = value;
	return true;
}

static bool read_arguments(int argc, char **argv, struct settings *s)
{
	struct options o;
	const char *value;

	options_begin(&o, &command_controls, argc, argv);
	for (const char *name = options_next(&o, &value); name; name = options_next(&o, &value))
		if (!take_option(s, name, value))
			return false;
	if (!o.failed && o.argument_count > 0)
		log_error("controls: takes no argument; the ledger is given with --ledger DIR");
	if (!o.failed && o.argument_count == 0 && !s->ledger)
		log_error("controls: give the ledger with --ledger DIR (it may be empty)");
	return !o.failed && o.argument_count == 0 && s->ledger;
}

/* ---- the work ---- */

struct work {
	struct settings *settings;
	struct arena *arena;
	int status;
};

static bool read_profile(struct work *w, const struct catalog *catalog, struct profile *out)
{
	struct text content;
	struct profile_error error;
	const char *path = w->settings->profile;

	text_init(&content, w->arena);
	enum status status = file_read(path, PROFILE_MOST, &content);
	if (status != STATUS_OK) {
		log_error("%s: cannot be read: %s", path, file_trouble(status));
		return false;
	}
	if (profile_read(w->arena, text_bytes(&content), catalog, out, &error))
		return true;
	log_error("%s:%u:%u: %s", path, error.line, error.column, error.why);
	return false;
}

/* Evidence that does not verify is none: NULL when all is well, else what is wrong. */
static const char *read_ledger(struct work *w, struct ledger *l, struct state *state)
{
	struct ledger_outcome outcome;
	struct text fault;
	char why[300];

	text_init(&fault, w->arena);
	if (!ledger_verify(l, BYTES(""), NULL, 0, &outcome)) {
		text_addf(&fault, "it cannot be read: %s", store_error(ledger_store(l)));
	} else if (outcome.fault.found) {
		text_addf(&fault, "record %llu %s", (unsigned long long)outcome.fault.number, outcome.fault.what);
	} else if (!state_read(w->arena, l, state, why, sizeof why)) {
		text_add_string(&fault, why);
	}
	return fault.len ? text_string(&fault) : NULL;
}

static void compute(struct work *w, const struct catalog *catalog, const struct profile *profile)
{
	struct standing standing;
	struct state state = {0};
	const char *fault = NULL;
	char why[300];
	struct ledger *l = ledger_open(w->settings->ledger, LEDGER_READ, why, sizeof why);

	if (l)
		fault = read_ledger(w, l, &state);
	else
		log_warning("%s: %s; nothing in it counts as evidence", w->settings->ledger, why);
	standing_compute(w->arena, catalog, &state, profile, fault, w->settings->at_ms, &standing);
	standing.ledger = w->settings->ledger;
	standing.profile = w->settings->profile;
	standing.group = w->settings->group;
	ledger_close(l);
	bool written = outputs_write(&w->settings->outputs, NULL, &standing);
	w->status = written ? standing_exit(&standing) : EXIT_UNREADABLE;
}

static void body(void *arg)
{
	struct work *w = arg;
	struct catalog catalog;
	struct catalog_error error;
	struct profile profile;

	w->status = EXIT_USAGE_ERROR;
	if (!catalog_load(w->arena, &catalog, &error)) {
		log_error("%s:%u:%u: %s", error.file, error.line, error.column, error.why);
		return;
	}
	if (w->settings->profile && !read_profile(w, &catalog, &profile))
		return;
	compute(w, &catalog, w->settings->profile ? &profile : NULL);
}

static int run(int argc, char **argv)
{
	struct settings s = {.group = "guideline", .at_ms = time_now_ms()};
	struct arena arena;
	struct work w = {.settings = &s, .arena = &arena};

	if (!read_arguments(argc, argv, &s))
		return EXIT_USAGE_ERROR;
	if (s.outputs.count == 0)
		outputs_add(&s.outputs, "text", OUTPUT_STANDING);
	arena_init(&arena, SIZE_MAX / 4);
	arena_run(&arena, body, &w);
	arena_finish(&arena);
	return w.status;
}

static const struct command_option options[] = {
	{"--ledger", "DIR", "the ledger whose evidence counts"},
	{"--profile", "FILE", "what is true of the system, and whose signatures count (schema/profile.schema.json, examples/profiles/)"},
	{"--by", "GROUP", "sort by guideline (default), role or framework"},
	{"--report", "KIND[=FILE]", "how to say it: text, json or html, on standard output or into FILE; may be given several times"},
	{"--at", "TIME", "judge as of this time: what has expired by then is stale (default: now)"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon controls --ledger evidence", "where every guideline and principle stands"},
	{"merlon controls --ledger evidence --profile clinic.yaml --report html=standing.html", "for one system, as a page"},
	{"merlon controls --ledger evidence --at 2027-06-01", "what will have expired by then"},
	{0},
};

const struct command command_controls = {
	.name = "controls",
	.summary = "compute where every control stands, from evidence",
	.synopsis = "--ledger DIR [OPTION]...",
	.description =
		"Verdicts are computed from the records of the ledger and never declared: \"pass\", \"fail\", \"error\" (there is evidence, but something "
		"could not be examined), \"stale\" (it is too old), \"no-evidence\", \"not-applicable\" (somebody signed why). \"no-evidence\" never counts "
		"as pass and is never left out.\n\n"
		"Beside each stands its grade: E enforced by software, M measured with limits that are stated, A attested by a named person, N not "
		"checkable by a machine.\n\n"
		"A ledger that does not verify counts for nothing: every control then stands as \"error\".",
	.options = options,
	.examples = examples,
	.exit_status = "0 every applicable control passes\n1 one fails\n2 none fails, but evidence is missing, stale or incomplete\n"
		       "3 a report could not be written\n64 the command line, the catalogue or the profile is wrong",
	.run = run,
};
