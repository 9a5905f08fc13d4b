#include "gateway/gateway.h"
#include "gateway/recorder.h"
#include "gateway/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/approvals.h"
#include "cmd/options.h"
#include "types/command.h"

extern const struct command command_gateway;

struct given {
	const char *config, *listen, *upstream, *upstream_key, *ledger;
	unsigned workers;
	bool check;
	struct approving approving;
};

static bool take_option(struct given *s, const char *name, const char *value)
{
	struct approving *a = &s->approving;

	if (strcmp(name, "--config") == 0)
		s->config = value;
	else if (strcmp(name, "--as") == 0)
		a->as = value;
	else if (strcmp(name, "--reason") == 0)
		a->reason = value;
	else if (strcmp(name, "--key") == 0)
		a->key = value;
	else if (strcmp(name, "--digest") == 0)
		a->digest = value;
	else if (strcmp(name, "--show") == 0)
		a->show = value;
	else if (strcmp(name, "--whole") == 0)
		a->whole = true;
	else if (strcmp(name, "--json") == 0)
		a->json = true;
	else if (strcmp(name, "--check") == 0)
		s->check = true;
	else if (strcmp(name, "--listen") == 0)
		s->listen = value;
	else if (strcmp(name, "--upstream") == 0)
		s->upstream = value;
	else if (strcmp(name, "--upstream-key") == 0)
		s->upstream_key = value;
	else if (strcmp(name, "--ledger") == 0)
		s->ledger = value;
	else if (strcmp(name, "--workers") == 0 && (s->workers = (unsigned)strtoul(value, NULL, 10), s->workers < 1 || s->workers > 64)) {
		log_error("--workers: \"%s\" is no number from 1 to 64", value);
		return false;
	}
	return true;
}

/* "holds", "approve ID" and "refuse ID" are said to a gateway that runs. */
static int approve(struct given *s, char **arguments, size_t count)
{
	struct approving *a = &s->approving;

	a->word = arguments[0];
	a->id = count > 1 ? arguments[1] : NULL;
	a->config = s->config;
	a->ledger = s->ledger;
	if (count <= 2 && !s->upstream && !s->listen && !s->upstream_key && !s->workers && !s->check)
		return approvals_run(a);
	log_error("gateway %s: takes --config or --ledger, and what concerns an approval", a->word);
	return EXIT_USAGE_ERROR;
}

static int explain(struct config *c)
{
	struct text out;

	text_init(&out, NULL);
	config_explain(c, &out);
	fwrite(out.at, 1, out.len, stdout);
	text_finish(&out);
	bool signs = signer_check(c), keeps = recorder_check(c->ledger);        /* both say what is wrong */
	config_destroy(c);
	return signs && keeps ? 0 : 2;
}

/* What is wrong with the command line, or NULL. */
static const char *mistake(const struct given *s, unsigned arguments)
{
	if (arguments > 0)
		return "takes options, or one of holds, approve ID and refuse ID";
	if (s->approving.as || s->approving.reason || s->approving.key || s->approving.digest || s->approving.show || s->approving.whole || s->approving.json)
		return "these options go with holds, approve ID or refuse ID";
	if (s->config)
		return s->upstream || s->listen || s->ledger || s->upstream_key || s->workers ? "takes --config or the other options, not both" : NULL;
	if (s->check)
		return "--check wants a --config to check";
	return !s->upstream ? "--config or --upstream is missing" : !s->ledger ? "--ledger is missing" : NULL;
}

static int run(int argc, char **argv)
{
	struct given s = {0};
	struct options o;
	const char *value;

	options_begin(&o, &command_gateway, argc, argv);
	for (const char *name = options_next(&o, &value); name; name = options_next(&o, &value))
		if (!take_option(&s, name, value))
			return EXIT_USAGE_ERROR;
	if (o.failed)
		return EXIT_USAGE_ERROR;
	if (o.argument_count > 0 && approvals_know(o.arguments[0]))
		return approve(&s, o.arguments, o.argument_count);
	const char *why = mistake(&s, (unsigned)o.argument_count);
	if (why) {
		log_error("gateway: %s; \"merlon help gateway\" shows how", why);
		return EXIT_USAGE_ERROR;
	}
	struct config *c = s.config ? config_load(s.config) : config_simple(s.listen ? s.listen : "127.0.0.1:8080", s.upstream, s.upstream_key, s.ledger, s.workers);
	if (!c)
		return EXIT_USAGE_ERROR;
	return s.check ? explain(c) : gateway_run(c);
}

static const struct command_option options[] = {
	{"--config", "FILE", "everything in a file (YAML; schema/gateway.schema.json describes it)"},
	{"--check", NULL, "read the file, say in words what it comes to, and end"},
	{"--upstream", "URL", "the model's server, http:// or https://"},
	{"--upstream-key", "FILE", "file with the key that the model's server wants; callers never see it"},
	{"--listen", "HOST:PORT", "where to let callers in (default 127.0.0.1:8080)"},
	{"--ledger", "DIR", "where the evidence of every exchange is kept"},
	{"--workers", "N", "how many processes serve (default: one a core)"},
	{"--show", "ID", "holds: what waits there, in its own words"},
	{"--whole", NULL, "with --show: all of it, however long"},
	{"--as", "NAME", "approve, refuse, --show: your name (default: of the user)"},
	{"--reason", "TEXT", "approve, refuse: why"},
	{"--key", "FILE", "approve, refuse, --show: sign with this key, made with \"merlon attest make-key\""},
	{"--digest", "HEX", "approve: of what you were shown, or eight letters of it or more"},
	{"--json", NULL, "holds: as JSON"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon gateway --upstream http://127.0.0.1:8000 --ledger evidence", "in front of a model on this machine"},
	{"merlon gateway --upstream https://api.example.org --upstream-key provider.key --listen 10.0.0.5:8080 --ledger evidence", "in front of a provider"},
	{"merlon gateway holds --ledger evidence", "what waits for a person"},
	{"merlon gateway holds --show 5f0c81 --whole --ledger evidence --as \"NAME\" --key mine.key", "one of them, in its own words"},
	{"merlon gateway approve 5f0c81 --digest 07d3a1bc --ledger evidence --as \"NAME\" --reason \"agreed with the ward\" --key mine.key", "lets that exchange go on"},
	{0},
};

const struct command command_gateway = {
	.name = "gateway",
	.summary = "stand in front of a model and keep a record of every exchange",
	.synopsis = "--config FILE | --upstream URL --ledger DIR | holds | approve ID | refuse ID [OPTION]...",
	.description =
		"A reverse proxy for HTTP/1.1 and HTTP/2, over TLS where a certificate is given. It speaks OpenAI (chat, responses, completions, "
		"embeddings), Anthropic, Ollama, vLLM and MCP. Nobody is let in without a key, token or certificate, wherever they come from: "
		"without callers in the configuration a first key is made, and lies in DIR/key. Only routes that are known are let through; what "
		"cannot be examined is not. A policy says what callers, models and tools may do; streams are passed on event by event.\n\n"
		"Every exchange leaves a record in the ledger: who, which model answered, salted digests of what was asked and answered, what the "
		"policy said, token counts, timings, how it ended, and whether it was examined whole. Content is not kept. The record is handed to "
		"the process that keeps the ledger before the last byte of an answer goes out; it is on the disk moments later. While evidence "
		"cannot be kept, nothing is let through.\n\n"
		"The kill switch: as long as there is a file DIR/halt, or after a SIGUSR1 until the next, every exchange is refused, and those "
		"under way are cut. SIGHUP reads the configuration again, SIGTERM lets what is under way come to its end. DIR/control is a socket "
		"for operators: probes, metrics, and the same switches.\n\n"
		"What the policy holds waits for a person: \"holds\" lists it, \"holds --show ID\" shows it in its own words, \"approve ID\" lets it "
		"go on, \"refuse ID\" does not; the beginning of an id will do. They talk to a gateway that runs, over DIR/control, as its own "
		"user. Only who was shown the whole of it can approve it, and names it by the digest of what they were shown. An approval counts "
		"for that exchange, that body and that caller, once, until it expires; who was shown it and who approved it is on record.\n\n"
		"docs/GATEWAY.md tells the rest; examples/gateway is a configuration to begin with.",
	.options = options,
	.examples = examples,
	.exit_status = "0 it was told to end, and did; or done\n2 it could not start, or lost what it cannot go on without; or nothing waits so\n64 the command line is wrong",
	.run = run,
};
