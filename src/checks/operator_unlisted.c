#include "rules/rules.h"
#include "types/check.h"

enum { NAME_SHOWN = 80 };

static bool is_unknown(const struct rules *rules, const struct event *e)
{
	/* Operators of ONNX have a check of their own: there the domain tells. */
	if (e->kind != EVENT_OPERATOR || bytes_same(bytes_of(e->how), "onnx") || e->subject.holds & HOLDS_DEFINITION)
		return false;
	return !operators_find(&rules->operators, bytes_of(e->how), value_bytes(e->subject));
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		struct text t;
		if (!is_unknown(subject->rules, e))
			continue;
		text_init(&t, subject->artifact->arena);
		text_add_string(&t, "uses the operator ");
		text_add_printable(&t, value_bytes(e->subject), NAME_SHOWN);
		text_add_string(&t, ", which is on no list");
		findings_add(out, self, subject->artifact->source, e->offset, text_bytes(&t));
	}
}

const struct check check_operator_unlisted = {
	.id = "operator.unlisted",
	.title = "Uses an operator that is on no list",
	.why = "An operator that the framework itself does not bring is code of a library that somebody loads beside it; what it does is not known here.",
	.fix = "Find out which library brings it and whether you trust that. If it is honest, allow it in a rules file of your own and scan with --rules FILE.",
	.limits = "Operators of a newer framework, and of its add-on libraries, are reported until the rules know them.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
