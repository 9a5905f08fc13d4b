#include "rules/rules.h"
#include "types/check.h"

enum { NAME_SHOWN = 80 };

static bool is_custom(const struct rules *rules, const struct event *e)
{
	if (e->kind != EVENT_OPERATOR || !bytes_same(bytes_of(e->how), "onnx") || e->subject.holds & HOLDS_DEFINITION)
		return false;
	return !operators_find(&rules->operators, BYTES("onnx"), value_bytes(e->subject));
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		struct text t;
		if (!is_custom(subject->rules, e))
			continue;
		text_init(&t, subject->artifact->arena);
		text_add_string(&t, "uses the operator ");
		text_add_printable(&t, value_bytes(e->subject), NAME_SHOWN);
		text_add_string(&t, " of a domain that is none of ONNX's own");
		findings_add(out, self, subject->artifact->source, e->offset, text_bytes(&t));
	}
}

const struct check check_onnx_custom_operator = {
	.id = "onnx.custom-operator",
	.title = "Uses operators of a domain of its own",
	.why = "A runtime runs such an operator only with a library that brings it, and what that library does is not known here.",
	.fix = "Find out which library brings the domain and whether you trust it. If so, allow it in a rules file of your own: --rules FILE.",
	.limits = "Operators that the model defines itself, as functions of standard ones, are not custom.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
