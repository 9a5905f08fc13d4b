#include "types/check.h"

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		struct text t;
		if (e->kind != EVENT_EXTENSION)
			continue;
		text_init(&t, subject->artifact->arena);
		text_addf(&t, "imports by extension code %lld, which means whatever the loading program registered",
			  (long long)e->subject.integer);
		findings_add_for(out, e->loaders, self, subject->artifact->source, e->offset, text_bytes(&t));
	}
}

const struct check check_extension_code = {
	.id = "extension.code",
	.title = "Imports by a number",
	.why = "The registry of the loading process decides what is imported; a file can even register a name itself and then use it.",
	.fix = "Load it only if you know the program that registered the code.",
	.limits = "The code itself does not tell what it stands for.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
