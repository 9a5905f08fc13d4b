#include "rules/rules.h"
#include "types/check.h"

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		const struct operator_rule *rule;
		if (e->kind != EVENT_OPERATOR || !(rule = operators_find(&subject->rules->operators, bytes_of(e->how), value_bytes(e->subject))))
			continue;
		struct operator_path path = operators_path(rule, e->argument);
		if (rule->level == OPERATOR_DANGEROUS || (path.outside && rule->level != OPERATOR_ALLOWED))
			findings_add(out, self, subject->artifact->source, e->offset, operators_describe(subject->artifact->arena, e, rule, path.text));
	}
}

const struct check check_operator_dangerous = {
	.id = "operator.dangerous",
	.title = "Its graph does more than compute",
	.why = "Whoever runs the graph runs these operators with the rights of the process: they call code, or read and write files and sockets.",
	.fix = "Do not load it. Ask its publisher for a graph without them, or for the weights alone.",
	.limits = "A path that is put together when the graph runs is not known here, and found by operator.outside; operators that are on no list are found by operator.unlisted.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
