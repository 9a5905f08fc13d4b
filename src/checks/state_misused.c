#include "rules/rules.h"
#include "types/check.h"

/* What made the object decides; objects of unlisted makers are reported where they are made. */
static bool is_allowed(const struct import_rules *rules, const struct event *e)
{
	const struct import *maker = value_origin(e->subject);
	const struct import_rule *rule = maker ? imports_listed(rules, maker) : NULL;
	unsigned use = e->kind == EVENT_STATE ? USE_STATE : USE_ITEMS;

	if (maker && !rule)
		return true;
	return rule && rule->uses & use && imports_plain(rules, e->argument);
}

static void report(const struct check *self, const struct artifact *art, const struct event *e, struct findings *out)
{
	struct text t;

	text_init(&t, art->arena);
	text_add_string(&t, e->kind == EVENT_STATE ? "sets attributes of " : "adds items to ");
	text_add_value(&t, e->subject, 80);
	text_add_string(&t, " in a way it is not allowed for: ");
	text_add_value(&t, e->argument, 120);
	struct finding *f = findings_add(out, self, art->source, e->offset, text_bytes(&t));
	if (f)
		f->loaders = e->loaders;
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next)
		if ((e->kind == EVENT_STATE || e->kind == EVENT_ITEMS) && e->subject.kind != VALUE_IMPORT &&
		    !is_allowed(&subject->rules->imports, e))
			report(self, subject->artifact, e, out);
}

const struct check check_state_misused = {
	.id = "state.misused",
	.title = "Fills an object with what does not belong there",
	.why = "Setting state runs the object's own code, and state that holds functions or names like __setstate__ turns data into calls.",
	.fix = "Get the file again from its publisher. If the use is honest, allow it in a rules file of your own and scan with --rules FILE.",
	.limits = "Whole models pickled with their classes may hold references to functions of their own package.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
