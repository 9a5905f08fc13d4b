#include "types/check.h"

static void report(const struct check *self, const struct artifact *art, const struct event *e, struct findings *out)
{
	struct text t;

	text_init(&t, art->arena);
	text_add_string(&t, e->kind == EVENT_STATE ? "sets attributes of " : "adds items to ");
	text_add_import(&t, e->subject.import);
	text_add_string(&t, ", which it imported: ");
	text_add_value(&t, e->argument, 120);
	findings_add_for(out, e->loaders, self, art->source, e->offset, text_bytes(&t));
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next)
		if ((e->kind == EVENT_STATE || e->kind == EVENT_ITEMS) && e->subject.kind == VALUE_IMPORT)
			report(self, subject->artifact, e, out);
}

const struct check check_state_foreign = {
	.id = "state.foreign",
	.title = "Changes a module, class or function",
	.why = "What a file changes in a library stays changed for everything the process loads afterwards.",
	.fix = "Do not load it. If it was loaded, restart the process and look at what else it loaded.",
	.limits = "None known in files that common writers make.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
