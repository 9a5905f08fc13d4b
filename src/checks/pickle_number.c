#include "types/check.h"

#include <string.h>

static bool calls_something(const struct artifact *art)
{
	for (const struct event *e = art->events; e; e = e->next)
		if (e->kind != EVENT_PERSISTENT)
			return true;
	return false;
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	bool calls = calls_something(subject->artifact);

	for (const struct oddity *o = subject->artifact->oddities; o; o = o->next) {
		struct finding *f = strcmp(o->id, self->id) == 0 ? findings_add_for(out, o->loaders, self, subject->artifact->source, o->offset, bytes_of(o->what)) : NULL;
		if (!f)
			continue;
		if (calls) {
			f->severity = SEVERITY_HIGH;
			f->verdict = VERDICT_DANGEROUS;
		}
	}
}

const struct check check_pickle_number = {
	.id = "pickle.number",
	.title = "Writes a number as no writer does",
	.why = "Loaders accept spellings that other readers stop at, so that what follows is loaded but not examined by them.",
	.fix = "Do not load it if it also imports something; else ask who wrote it and with what.",
	.limits = "A hand-written pickle may be odd and harmless: without imports it is only suspicious.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
