#include "rules/rules.h"
#include "types/check.h"

enum { NAME_SHOWN = 80 };

/* From a module that is none of its loader's own. */
static void report(const struct check *self, const struct artifact *art, const struct event *e, struct findings *out)
{
	struct text t;

	bool component = bytes_same(bytes_of(e->how), "component");

	text_init(&t, art->arena);
	if (component || bytes_same(bytes_of(e->how), "module")) {
		text_addf(&t, "takes its %s ", e->how);
		text_add_printable(&t, value_bytes(e->argument), NAME_SHOWN);
		text_addf(&t, " from %s", component ? "the module " : "");
		text_add_printable(&t, value_bytes(e->subject), NAME_SHOWN);
		text_add_string(&t, ": loading it runs ");
		if (component)
			text_add_printable(&t, value_bytes(e->subject), NAME_SHOWN);
		text_add_string(&t, component ? ".py of its own repository, or imports whatever has that name" : "a file of its own repository, or imports whatever has that name");
	} else if (bytes_same(bytes_of(e->how), "function")) {
		text_add_string(&t, "has its loader import and call ");
		text_add_printable(&t, value_bytes(e->subject), NAME_SHOWN);
		text_add_string(&t, " as its ");
		text_add_printable(&t, value_bytes(e->argument), NAME_SHOWN);
	} else {
		text_add_string(&t, "has its loader import the module ");
		text_add_printable(&t, value_bytes(e->subject), NAME_SHOWN);
		text_add_string(&t, ", whoever put it there");
	}
	findings_add_for(out, e->loaders, self, art->source, e->offset, text_bytes(&t));
}

/* Classes of the loader's own libraries are harmless to make; their functions and modules are not all meant to be called. */
static bool is_allowed(const struct subject *subject, const struct event *e)
{
	struct bytes name = value_bytes(e->subject), last = bytes_after_last(name, '.');
	bool component = bytes_same(bytes_of(e->how), "component"), dotted = bytes_same(bytes_of(e->how), "function") || bytes_same(bytes_of(e->how), "module");

	if (dotted && (last.len == 0 || last.at[0] < 'A' || last.at[0] > 'Z'))
		return false;
	return components_listed(&subject->rules->components, name, component);
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	check_report_oddities(self, subject->artifact, out);
	for (const struct event *e = subject->artifact->events; e; e = e->next)
		if (e->kind == EVENT_COMPONENT && !is_allowed(subject, e))
			report(self, subject->artifact, e, out);
}

const struct check check_model_remote_code = {
	.id = "model.remote-code",
	.title = "Brings code of its own",
	.why = "Loading it, for most of these with trust_remote_code, runs Python files, kernels or native libraries of the repository named, at whatever state they are in that day.",
	.fix = "Load it without trust_remote_code, and without what it names. If it needs that code, review it, and pin the revision that was reviewed.",
	.limits = "The code itself is not judged here.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
