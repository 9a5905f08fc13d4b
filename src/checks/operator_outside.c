#include "rules/rules.h"
#include "types/check.h"

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		const struct operator_rule *rule;
		bool outside;
		if (e->kind != EVENT_OPERATOR || !(rule = operators_find(&subject->rules->operators, bytes_of(e->how), value_bytes(e->subject))))
			continue;
		struct bytes path = operators_path(rule, e->argument, &outside);
		if (rule->level == OPERATOR_OUTSIDE && !outside)
			findings_add(out, self, subject->artifact->source, e->offset, operators_describe(subject->artifact->arena, e, rule, path));
	}
}

const struct check check_operator_outside = {
	.id = "operator.outside",
	.title = "Its graph depends on something outside the model",
	.why = "What it computes, and with whom, is decided by files or machines that nobody examined with it.",
	.fix = "Look at what the operator is pointed to before the graph runs, or allow the operator in a rules file of your own.",
	.limits = "Graphs that load their vocabulary from a file beside them are honest and reported.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
