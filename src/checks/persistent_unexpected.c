#include "rules/rules.h"
#include "types/check.h"

static void report(const struct check *self, const struct artifact *art, const struct event *e, struct findings *out)
{
	struct text t;

	text_init(&t, art->arena);
	text_add_string(&t, "asks its loader for a persistent object by ");
	text_add_value(&t, e->subject, 120);
	text_add_string(&t, ", which names no storage");
	findings_add_for(out, e->loaders, self, art->source, e->offset, text_bytes(&t));
}

/* The tar of torch 0.1 names its objects by number. */
static bool is_tar_key(const struct artifact *art, struct value id)
{
	return art->source->reader == READER_TORCH_TAR && id.kind == VALUE_INT;
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next)
		if (e->kind == EVENT_PERSISTENT && !imports_storage_id(&subject->rules->imports, e->subject) &&
		    !is_tar_key(subject->artifact, e->subject))
			report(self, subject->artifact, e, out);
}

const struct check check_persistent_unexpected = {
	.id = "persistent.unexpected",
	.title = "Asks for a persistent object that is no storage",
	.why = "What a persistent id does is up to the loader; ids with classes and source text in them have made loaders write files.",
	.fix = "Load it only with the program that wrote it, and only if you trust who ran that program.",
	.limits = "Programs with persistent ids of their own are honest and unknown here.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
