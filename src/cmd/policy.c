#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/options.h"
#include "cmd/recorded.h"

extern const struct command command_policy;

enum { MEMORY = 256 << 20, EXIT_WOULD_CHANGE = 1, EXIT_UNREADABLE = 2 };

/* A policy as `merlon policy` works on it. */
struct work {
	struct arena arena;
	const char *action, *file, *ledger;
	const struct policy *policy;
	uint64_t exchanges, same, changed, untold, unjudged;
	int status;
};

/* ---- check ---- */

static void print_section(const char *name, const struct entry *list)
{
	size_t count = 0;

	for (const struct entry *e = list; e; e = e->next)
		count++;
	if (!list)
		printf("%s: none is named, so every one is denied\n", name);
	else if (policy_allows_any(list))
		printf("%s: any\n", name);
	else
		printf("%s: %zu entr%s; what none names is denied\n", name, count, count == 1 ? "y" : "ies");
}

static void check(struct work *w)
{
	const struct policy *p = w->policy;
	struct text digest;
	size_t rules = 0;

	text_init(&digest, &w->arena);
	text_add_hex(&digest, digest_bytes(policy_digest(p)));
	for (const struct rule *r = p->rules; r; r = r->next)
		rules++;
	printf("%s: good; \"%.*s\", %s, digest %s\n", w->file, (int)p->name.len, (const char *)p->name.at, p->manner.observe ? "observes only" : "enforces", text_string(&digest));
	print_section("models", p->models);
	print_section("tools", p->tools);
	print_section("hosts", p->hosts);
	printf("%zu find%s, %zu rule%s\n", p->find_count, p->find_count == 1 ? "" : "s", rules, rules == 1 ? "" : "s");
}

/* ---- test ---- */

static void print_change(const struct recorded_exchange *x, const struct decision *d, bool told)
{
	struct text t;

	text_init(&t, NULL);
	text_addf(&t, "%llu %.*s: was %s", (unsigned long long)x->number, (int)x->id.len, (const char *)x->id.at, measure_name(x->recorded.decision));
	if (x->recorded.by.len > 0) {
		text_add_string(&t, " by ");
		text_add_printable(&t, x->recorded.by, 120);
	}
	text_addf(&t, ", would be %s%s", told ? "" : "at least ", measure_name(d->measure));
	struct bytes rule = told ? d->rule : d->missing;
	if (!told)
		text_addf(&t, "; cannot be told, as %s: rule", d->lacks);
	else if (rule.len > 0)
		text_add_string(&t, " by");
	if (rule.len > 0)
		text_add_byte(&t, ' ');
	text_add_printable(&t, rule, 120);
	puts(text_string(&t));
	text_finish(&t);
}

static bool test_exchange(void *context, const struct recorded_exchange *x)
{
	struct work *w = context;
	struct decision d;

	w->exchanges++;
	if (!x->judged) {
		w->unjudged++;
		return true;
	}
	policy_decide(w->policy, x->recorded.facts, &d);
	bool told = d.at_most == d.measure, same = d.measure == x->recorded.decision;
	w->untold += !told;
	w->changed += told && !same;
	w->same += told && same;
	if (!told || !same)
		print_change(x, &d, told);
	return true;
}

static void test(struct work *w)
{
	if (!each_exchange(w->ledger, test_exchange, w)) {
		w->status = EXIT_UNREADABLE;
		return;
	}
	printf("%llu exchanges: %llu the same, %llu would change, %llu cannot be told, %llu were not judged by a policy\n", (unsigned long long)w->exchanges,
	       (unsigned long long)w->same, (unsigned long long)w->changed, (unsigned long long)w->untold, (unsigned long long)w->unjudged);
	w->status = w->changed + w->untold > 0 ? EXIT_WOULD_CHANGE : 0;
}

/* ---- the command ---- */

static void body(void *arg)
{
	struct work *w = arg;

	w->policy = load_policy(&w->arena, w->file);
	if (!w->policy)
		w->status = EXIT_UNREADABLE;
	else if (strcmp(w->action, "check") == 0)
		check(w);
	else
		test(w);
}

static bool read_arguments(int argc, char **argv, struct work *w)
{
	struct options o;
	const char *value;

	options_begin(&o, &command_policy, argc, argv);
	for (const char *name = options_next(&o, &value); name; name = options_next(&o, &value))
		w->ledger = value;
	if (o.failed)
		return false;
	bool known = o.argument_count == 2 && (strcmp(o.arguments[0], "check") == 0 || strcmp(o.arguments[0], "test") == 0);
	if (!known) {
		log_error("policy: give an action (check or test) and a file");
		return false;
	}
	w->action = o.arguments[0];
	w->file = o.arguments[1];
	if (strcmp(w->action, "test") != 0 || w->ledger)
		return true;
	log_error("policy test: give the directory of a ledger with --ledger");
	return false;
}

static int run(int argc, char **argv)
{
	struct work w = {0};

	if (!read_arguments(argc, argv, &w))
		return EXIT_USAGE_ERROR;
	arena_init(&w.arena, MEMORY);
	if (!arena_run(&w.arena, body, &w)) {
		log_error("%s: is too large for a policy", w.file);
		w.status = EXIT_UNREADABLE;
	}
	arena_finish(&w.arena);
	return w.status;
}

static const struct command_option options[] = {
	{"--ledger", "DIR", "test: the ledger whose exchanges are judged again"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon policy check policies/clinic.yaml", "is it understood, and what does it leave out?"},
	{"merlon policy test stricter.yaml --ledger evidence", "what would this policy have done to what has happened?"},
	{0},
};

const struct command command_policy = {
	.name = "policy",
	.summary = "check a policy, and try it on what has happened",
	.synopsis = "check|test FILE [--ledger DIR]",
	.description =
		"\"check\" reads a policy of the gateway and says what it covers, or the first thing that is wrong with it.\n\n"
		"\"test\" judges every exchange of a ledger again, under the policy in FILE, and prints those whose verdict would be another one. "
		"A ledger holds the facts of an exchange, never its words: where a verdict would depend on words that nobody looked for at the time, "
		"the exchange is printed as one that cannot be told.",
	.options = options,
	.examples = examples,
	.exit_status = "0 the policy is good; every verdict would be the same\n1 some would change, or cannot be told\n2 the policy or the ledger cannot be read\n64 the command line is wrong",
	.run = run,
};
