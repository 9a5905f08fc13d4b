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

/* One maker is told of once, with how often: a model may hold thousands of such objects. */
struct told {
	const struct import *maker;
	enum event_kind kind;
	const struct event *first;
	uint32_t loaders;           /* whom any of them concerns */
	size_t times;
};

enum { MAKERS_MOST = 64 };

static void report(const struct check *self, const struct artifact *art, const struct told *told, struct findings *out)
{
	const struct event *e = told->first;
	struct text t;

	text_init(&t, art->arena);
	text_add_string(&t, e->kind == EVENT_STATE ? "sets attributes of " : "adds items to ");
	text_add_value(&t, e->subject, 80);
	text_add_string(&t, " in a way it is not allowed for: ");
	text_add_value(&t, e->argument, 120);
	if (told->times > 1)
		text_addf(&t, " (and %zu more of its kind)", told->times - 1);
	findings_add_for(out, told->loaders, self, art->source, e->offset, text_bytes(&t));
}

/* Where this event is counted; the last place is for all that have none. */
static struct told *place_of(struct told *list, const struct event *e)
{
	const struct import *maker = value_origin(e->subject);
	size_t i = 0;

	while (i < MAKERS_MOST && list[i].first && (list[i].maker != maker || list[i].kind != e->kind))
		i++;
	return &list[i];
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	struct told list[MAKERS_MOST + 1] = {0};

	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		if ((e->kind != EVENT_STATE && e->kind != EVENT_ITEMS) || e->subject.kind == VALUE_IMPORT || is_allowed(&subject->rules->imports, e))
			continue;
		struct told *place = place_of(list, e);
		if (place->times++ == 0)
			*place = (struct told){.maker = value_origin(e->subject), .kind = e->kind, .first = e, .times = 1};
		place->loaders |= e->loaders;
	}
	for (size_t i = 0; i < COUNT_OF(list) && list[i].first; i++)
		report(self, subject->artifact, &list[i], out);
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
