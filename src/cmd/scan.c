#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "ledger/ledger.h"
#include "policy/judge.h"
#include "rules/rules.h"
#include "scan/scan.h"
#include "types/command.h"

extern const struct command command_scan;

enum { RULES_MOST = 32, PATIENCE_S = 300 };

struct settings {
	struct outputs outputs;
	const char *rules[RULES_MOST];
	size_t rules_count;
	const char *rules_key;
	enum severity fail_on;
	struct scan_options scan;
	const char *ledger;
};

static bool take_severity(struct settings *s, const char *value)
{
	int severity = severity_from_name(value);

	if (severity < 0) {
		log_error("--fail-on: \"%s\" is none of note, low, medium, high", value);
		return false;
	}
	s->fail_on = (enum severity)severity;
	return true;
}

static bool take_number(const char *option, const char *value, unsigned least, unsigned most, unsigned *out)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || number < least || number > most) {
		log_error("%s: \"%s\" is no number from %u to %u", option, value, least, most);
		return false;
	}
	*out = (unsigned)number;
	return true;
}

static bool take_loader(struct settings *s, const char *value)
{
	for (const struct loader *l = known_loaders; l->id; l++) {
		if (strcmp(l->id, value) == 0) {
			s->scan.loaders |= l->set;
			return true;
		}
	}
	log_error("--loader: \"%s\" is none of pickle, joblib, torch, torch-weights-only, numpy, own, keras, keras-unsafe, skops, hub, hub-code", value);
	return false;
}

static bool take_option(struct settings *s, const char *name, const char *value)
{
	if (strcmp(name, "--report") == 0)
		return outputs_add(&s->outputs, value, OUTPUT_ASSESSMENT);
	if (strcmp(name, "--fail-on") == 0)
		return take_severity(s, value);
	if (strcmp(name, "--loader") == 0)
		return take_loader(s, value);
	if (strcmp(name, "--workers") == 0)
		return take_number(name, value, 1, 64, &s->scan.workers);
	if (strcmp(name, "--patience") == 0)
		return take_number(name, value, 1, 86400, &s->scan.patience_s);
	if (strcmp(name, "--ledger") == 0) {
		s->ledger = value;
	} else if (strcmp(name, "--rules-key") == 0) {
		s->rules_key = value;
	} else if (strcmp(name, "--rules") == 0) {
		if (s->rules_count == RULES_MOST) {
			log_error("--rules: more than %d files", RULES_MOST);
			return false;
		}
		s->rules[s->rules_count++] = value;
	} else if (strcmp(name, "--no-digest") == 0) {
		s->scan.skip_digest = true;
	}
	return true;
}

static bool read_arguments(int argc, char **argv, struct settings *s)
{
	struct options o;
	const char *value;

	options_begin(&o, &command_scan, argc, argv);
	for (const char *name = options_next(&o, &value); name; name = options_next(&o, &value))
		if (!take_option(s, name, value))
			return false;
	if (o.failed)
		return false;
	s->scan.paths = (const char *const *)o.arguments;
	s->scan.path_count = o.argument_count;
	if (o.argument_count > 0)
		return true;
	log_error("scan: no file or folder given; \"merlon help scan\" shows how");
	return false;
}

/* ---- the whole ---- */

static int scan(struct settings *s, struct rules *rules)
{
	char why[300];
	struct assessment assessment;

	if (s->ledger) {
		s->scan.ledger = ledger_open(s->ledger, LEDGER_APPEND, why, sizeof why);
		s->scan.ledger_path = s->ledger;
		if (!s->scan.ledger) {
			log_error("%s: %s", s->ledger, why);
			return 2;
		}
	}
	s->scan.rules = rules;
	if (!scan_run(&s->scan, &assessment)) {
		log_error("no worker process can be started: %m; nothing was examined");
		ledger_close(s->scan.ledger);
		return 2;
	}
	int status = judge_exit(&assessment, s->fail_on);
	if (!outputs_write(&s->outputs, &assessment, NULL) && status == 0)
		status = 2;
	assessment_finish(&assessment);
	ledger_close(s->scan.ledger);
	return status;
}

static void join_arguments(int argc, char **argv, struct text *out)
{
	text_add_string(out, "merlon");
	for (int i = 0; i < argc; i++)
		text_addf(out, " %s", argv[i]);
}

static int run(int argc, char **argv)
{
	struct settings s = {.fail_on = SEVERITY_HIGH, .scan.patience_s = PATIENCE_S, .scan.show_progress = isatty(STDERR_FILENO)};
	struct rules rules;
	struct rules_error error;
	struct text command;

	text_init(&command, NULL);
	join_arguments(argc, argv, &command);   /* before the arguments are put in another order */
	if (!read_arguments(argc, argv, &s)) {
		text_finish(&command);
		return EXIT_USAGE_ERROR;
	}
	if (s.outputs.count == 0)
		outputs_add(&s.outputs, "text", OUTPUT_ASSESSMENT);
	if (!rules_init_signed(&rules, s.rules, s.rules_count, s.rules_key, &error)) {
		log_error("%s:%u:%u: %s", error.file, error.line, error.column, error.why);
		rules_finish(&rules);
		text_finish(&command);
		return EXIT_USAGE_ERROR;
	}
	s.scan.command = text_string(&command);
	int status = scan(&s, &rules);
	text_finish(&command);
	rules_finish(&rules);
	return status;
}

static const struct command_option options[] = {
	{"--report", "KIND[=FILE]", "how to say what was found: text, lines, json, sarif or html, on standard output or into FILE; may be given several times"},
	{"--fail-on", "SEVERITY", "end with status 1 from this severity on: note, low, medium or high (default high)"},
	{"--ledger", "DIR", "keep evidence of the scan in the ledger in DIR, which is made when it is not there"},
	{"--rules", "FILE", "rules of your own on top of those built in, for example to allow a class of your own; may be given several times"},
	{"--rules-key", "PEM", "take rules of your own only with a signature of this Ed25519 key in FILE.sig (openssl pkeyutl -sign -rawin -inkey PRIVATE -in FILE -out FILE.sig)"},
	{"--loader", "NAME", "judge for who loads the files with this alone: pickle, joblib, torch, torch-weights-only, numpy, own (an unpickler of the program's own), keras, keras-unsafe (safe_mode=False), skops, hub (from_pretrained) or hub-code (with trust_remote_code=True); may be given several times (default: all of them)"},
	{"--workers", "N", "how many processes examine files (default: one a core)"},
	{"--patience", "SECONDS", "how long one file may take before it is given up as not examined (default 300)"},
	{"--no-digest", NULL, "do not hash the files: faster on large ones, but the evidence then names them by path and size only"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon scan models/", "judge every file in a folder"},
	{"merlon scan --ledger evidence --report html=report.html --report text .", "keep evidence, write a page for others, and print"},
	{"curl -s https://example.org/model.pt | merlon scan -", "judge what comes through a pipe"},
	{"merlon scan --loader torch-weights-only model.pt", "judge for a program that loads it in this way and in no other"},
	{"merlon scan --report sarif=merlon.sarif --fail-on medium models/", "in a build"},
	{0},
};

const struct command command_scan = {
	.name = "scan",
	.summary = "judge files by what loading them would do",
	.synopsis = "[OPTION]... PATH...",
	.description =
		"Reads each file, and every file inside it, as the loaders that might open it do, without loading anything, and says what "
		"loading would run, read or write. Content decides what a file is, not its name. PATH is a file, a folder, or - for standard input.\n\n"
		"Verdicts: \"dangerous\" when loading runs or changes something outside the model; \"inconclusive\" when part of the file could not "
		"be examined; \"suspicious\" when it is understood but somebody has to decide; \"clean\" when every program byte was followed and "
		"everything it does is allowed. The worst wins. What was not examined is never clean.\n\n"
		"Files are examined in sandboxed processes that can open, connect and start nothing.",
	.options = options,
	.examples = examples,
	.exit_status = "0 everything was examined, and nothing was found at or above the severity of --fail-on\n"
		       "1 something was\n"
		       "2 nothing was, but something could not be examined, or evidence could not be kept\n"
		       "64 the command line or a rules file is wrong",
	.run = run,
};
