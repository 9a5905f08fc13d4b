#include "rules/rules.h"
#include "types/check.h"

static bool has_no_arguments(struct value arguments)
{
	return arguments.kind == VALUE_TUPLE && value_count(arguments) == 0;
}

static bool is_allowed(const struct import_rules *rules, const struct import_rule *rule, const struct event *e)
{
	if (rule->uses & USE_NEW && has_no_arguments(e->argument))
		return true;
	return rule->uses & USE_CALL && imports_fit(rules, rule, e->argument);
}

static void report(const struct check *self, const struct artifact *art, const struct event *e, struct findings *out)
{
	enum { ARGUMENTS_SHOWN = 120 };
	struct text t;

	text_init(&t, art->arena);
	text_add_string(&t, "calls ");
	text_add_import(&t, e->subject.import);
	text_add_string(&t, " in a way it is not allowed for: ");
	text_add_value(&t, e->argument, ARGUMENTS_SHOWN);
	findings_add_for(out, e->loaders, self, art->source, e->offset, text_bytes(&t));
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	const struct import_rules *rules = &subject->rules->imports;

	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		if (e->kind != EVENT_CALL || e->subject.kind != VALUE_IMPORT)
			continue;
		const struct import_rule *rule = imports_listed(rules, e->subject.import);
		if (rule && !is_allowed(rules, rule, e))
			report(self, subject->artifact, e, out);
	}
}

const struct check check_call_misused = {
	.id = "call.misused",
	.title = "Uses an allowed name in a way writers do not",
	.why = "Functions that rebuild tensors and arrays call or set whatever their arguments tell them; only the arguments that writers give are known to be harmless.",
	.fix = "Get the file again from its publisher. If the use is honest, allow it in a rules file of your own and scan with --rules FILE.",
	.limits = "A new library version may give other arguments before the rules know them.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
