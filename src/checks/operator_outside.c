#include "rules/rules.h"
#include "types/check.h"

static struct bytes add_hidden(struct arena *arena, struct bytes what)
{
	struct text t;

	text_init(&t, arena);
	text_add(&t, what);
	text_add_string(&t, ", by a name that is only put together when the graph runs");
	return text_bytes(&t);
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		const struct operator_rule *rule;
		if (e->kind != EVENT_OPERATOR || !(rule = operators_find(&subject->rules->operators, bytes_of(e->how), value_bytes(e->subject))))
			continue;
		struct operator_path path = operators_path(rule, e->argument);
		bool hidden = rule->level == OPERATOR_PATH && path.made_up && !path.outside;
		if (!hidden && (rule->level != OPERATOR_OUTSIDE || path.outside))
			continue;
		struct bytes what = operators_describe(subject->artifact->arena, e, rule, hidden ? BYTES("") : path.text);
		findings_add(out, self, subject->artifact->source, e->offset, hidden ? add_hidden(subject->artifact->arena, what) : what);
	}
}

const struct check check_operator_outside = {
	.id = "operator.outside",
	.title = "Its graph depends on something outside the model",
	.why = "What it computes, and with whom, is decided by files or machines that nobody examined with it.",
	.fix = "Look at what the operator is pointed to before the graph runs, or allow the operator in a rules file of your own.",
	.limits = "Graphs that load their vocabulary from a file beside them are honest and reported; names of files are followed through the operators that savers use, not through others.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
