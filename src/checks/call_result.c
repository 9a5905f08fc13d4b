#include "types/check.h"

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		struct text t;
		if (e->kind != EVENT_CALL || e->subject.kind == VALUE_IMPORT)
			continue;
		text_init(&t, subject->artifact->arena);
		text_add_string(&t, "calls what another step of it returned: ");
		text_add_value(&t, e->subject, 80);
		text_add_string(&t, " with ");
		text_add_value(&t, e->argument, 120);
		struct finding *f = findings_add(out, self, subject->artifact->source, e->offset, text_bytes(&t));
		if (f)
			f->loaders = e->loaders;
	}
}

const struct check check_call_result = {
	.id = "call.result",
	.title = "Calls the result of a call",
	.why = "What is called is only known once the file runs; chains of harmless-looking calls are built this way.",
	.fix = "Do not load it.",
	.limits = "None known in files that common writers make.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
