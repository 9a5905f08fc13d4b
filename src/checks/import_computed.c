#include "types/check.h"

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		if (e->kind != EVENT_IMPORT || !e->subject.import->computed)
			continue;
		findings_add_for(out, e->loaders, self, subject->artifact->source, e->offset,
						 BYTES("imports a name that it computes while it is loaded"));
	}
}

const struct check check_import_computed = {
	.id = "import.computed",
	.title = "Hides what it imports",
	.why = "A name put together at load time has one purpose: that nobody who reads the file sees it.",
	.fix = "Do not load it. No writer of model files makes such a stream.",
	.limits = "None known: writers only import constants.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
