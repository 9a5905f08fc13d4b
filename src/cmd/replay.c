#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/options.h"
#include "cmd/recorded.h"

extern const struct command command_replay;

enum { MEMORY = 256 << 20, POLICIES_MOST = 32, EXIT_DIFFERS = 1, EXIT_UNREADABLE = 2 };

struct replay {
	struct arena arena;
	const char *id, *ledger;
	const char *files[POLICIES_MOST];
	size_t file_count;
	const struct policy *policies[POLICIES_MOST + 1];
	size_t policy_count;
	bool found;
	int status;
};

/* An exchange is called by its id, or the number of its record. */
static bool is_asked_for(const struct replay *r, const struct recorded_exchange *x)
{
	uint64_t number;

	return bytes_same(x->id, r->id) || (bytes_to_u64(bytes_of(r->id), &number) && number == x->number);
}

static const struct policy *policy_of(const struct replay *r, struct bytes digest)
{
	for (size_t i = 0; i < r->policy_count; i++) {
		char hex[2 * sizeof(struct digest) + 1];
		struct bytes own = digest_bytes(policy_digest(r->policies[i]));
		for (size_t b = 0; b < own.len; b++)
			snprintf(hex + 2 * b, 3, "%02x", own.at[b]);
		if (bytes_same(digest, hex))
			return r->policies[i];
	}
	return NULL;
}

static void print_verdict(const char *what, enum measure measure, struct bytes rule)
{
	struct text t;

	text_init(&t, NULL);
	text_addf(&t, "%s: %s", what, measure_name(measure));
	if (rule.len > 0) {
		text_add_string(&t, " by ");
		text_add_printable(&t, rule, 120);
	}
	puts(text_string(&t));
	text_finish(&t);
}

static int judge_again(const struct replay *r, const struct recorded *recorded)
{
	const struct policy *policy = policy_of(r, recorded->digest);
	struct decision d;

	if (!policy) {
		log_error("%s: was judged by the policy \"%.*s\" with digest %.*s; give its file with --policy", r->id, (int)recorded->name.len, (const char *)recorded->name.at,
			  (int)recorded->digest.len, (const char *)recorded->digest.at);
		return EXIT_UNREADABLE;
	}
	policy_decide(policy, recorded->facts, &d);
	bool same = d.measure == recorded->decision && bytes_equal(bytes_slice(d.rule, 0, 120), recorded->by);
	print_verdict("recorded", recorded->decision, recorded->by);
	print_verdict("replayed", d.measure, d.rule);
	printf("done: %s%s\n", measure_name(recorded->done), recorded->observe ? " (the policy only observed)" : "");
	puts(same ? "the same verdict" : "NOT the same verdict");
	return same ? 0 : EXIT_DIFFERS;
}

static bool take_exchange(void *context, const struct recorded_exchange *x)
{
	struct replay *r = context;

	if (!is_asked_for(r, x))
		return true;
	r->found = true;
	if (x->judged) {
		r->status = judge_again(r, &x->recorded);
	} else {
		log_error("%s: was not judged by a policy", r->id);
		r->status = EXIT_UNREADABLE;
	}
	return false;
}

static void body(void *arg)
{
	struct replay *r = arg;

	r->policies[r->policy_count++] = load_policy(&r->arena, NULL);
	for (size_t i = 0; i < r->file_count; i++) {
		const struct policy *p = load_policy(&r->arena, r->files[i]);
		if (!p) {
			r->status = EXIT_UNREADABLE;
			return;
		}
		r->policies[r->policy_count++] = p;
	}
	bool read = each_exchange(r->ledger, take_exchange, r);
	if (read && !r->found)
		log_error("%s: there is no exchange of that id or number", r->id);
	if (!read || !r->found)
		r->status = EXIT_UNREADABLE;
}

static bool read_arguments(int argc, char **argv, struct replay *r)
{
	struct options o;
	const char *value;

	options_begin(&o, &command_replay, argc, argv);
	for (const char *name = options_next(&o, &value); name; name = options_next(&o, &value)) {
		if (strcmp(name, "--ledger") == 0) {
			r->ledger = value;
		} else if (r->file_count == POLICIES_MOST) {
			log_error("replay: takes at most %d policies", POLICIES_MOST);
			return false;
		} else {
			r->files[r->file_count++] = value;
		}
	}
	if (o.failed)
		return false;
	if (o.argument_count == 1 && r->ledger) {
		r->id = o.arguments[0];
		return true;
	}
	log_error("replay: give the id of an exchange, and the directory of its ledger with --ledger");
	return false;
}

static int run(int argc, char **argv)
{
	struct replay r = {0};

	if (!read_arguments(argc, argv, &r))
		return EXIT_USAGE_ERROR;
	arena_init(&r.arena, MEMORY);
	if (!arena_run(&r.arena, body, &r)) {
		log_error("replay: the policies are too large");
		r.status = EXIT_UNREADABLE;
	}
	arena_finish(&r.arena);
	return r.status;
}

static const struct command_option options[] = {
	{"--ledger", "DIR", "the ledger that holds its record"},
	{"--policy", "FILE", "a policy that may have judged it; may be given several times. The built-in one is always at hand"},
	{0},
};

static const struct command_example examples[] = {
	{"merlon replay 3fa1c09b6d2e4f7788aa90bc12de45f0 --ledger evidence", "judged by the built-in policy: does the verdict follow from the record?"},
	{"merlon replay 17 --ledger evidence --policy clinic.yaml", "by the number of its record, judged by a policy of one's own"},
	{0},
};

const struct command command_replay = {
	.name = "replay",
	.summary = "judge a recorded exchange again",
	.synopsis = "ID --ledger DIR [--policy FILE]...",
	.description =
		"Takes the facts that the ledger keeps of an exchange, judges them again by the policy that judged them then, and says whether the verdict "
		"is the one on record. The policy is found by its digest: a file that has been changed since is another policy.\n\n"
		"The words of an exchange are not kept. That they were read rightly then is not what this shows; that the verdict follows from what was read is.",
	.options = options,
	.examples = examples,
	.exit_status = "0 the same verdict\n1 another verdict\n2 there is no such exchange, or its policy or the ledger cannot be read\n64 the command line is wrong",
	.run = run,
};
