#include "rules/rules.h"
#include "types/check.h"

/* The first call of this import, if the file makes one. */
static const struct event *find_call(const struct artifact *art, const struct import *import)
{
	for (const struct event *e = art->events; e; e = e->next)
		if (e->kind == EVENT_CALL && e->subject.kind == VALUE_IMPORT && e->subject.import == import)
			return e;
	return NULL;
}

static void report(const struct check *self, const struct artifact *art, const struct event *e, const struct danger_rule *rule, struct findings *out)
{
	enum { ARGUMENTS_SHOWN = 160 };
	const struct import *import = e->subject.import;
	bool kept = out->count < out->most;     /* what is only counted needs no search */
	const struct event *call = kept ? find_call(art, import) : NULL;
	struct text t;

	text_init(&t, art->arena);
	text_add_string(&t, "imports ");
	text_add_import(&t, import);
	if (!bytes_equal(import->module, import->written_module)) {
		text_add_string(&t, ", written as ");
		text_add_printable(&t, import->written_module, 80);
	}
	text_add_string(&t, ", which ");
	text_add(&t, rule->does);
	if (call) {
		text_add_string(&t, ", and calls it with ");
		text_add_value(&t, call->argument, ARGUMENTS_SHOWN);
	}
	findings_add_for(out, e->loaders, self, art->source, e->offset, text_bytes(&t));
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		if (e->kind != EVENT_IMPORT || e->subject.import->computed || imports_listed(&subject->rules->imports, e->subject.import))
			continue;
		const struct danger_rule *rule = imports_dangerous(&subject->rules->imports, e->subject.import);
		if (rule)
			report(self, subject->artifact, e, rule, out);
	}
}

const struct check check_import_dangerous = {
	.id = "import.dangerous",
	.title = "Imports something no honest model needs",
	.why = "Whoever loads the file runs what it imports and calls, with the rights of the loading process.",
	.fix = "Do not load it. Delete it, tell whoever published it, and get the weights as safetensors from a source you trust.",
	.limits = "The list of dangerous names only ranks; what is on no list at all is found by import.unlisted.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
