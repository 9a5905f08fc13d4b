#include "checks/template_report.h"
#include "rules/rules.h"

enum { JUDGED_MOST = 400 };

struct judged {
	const struct reach *reach;
	enum verdict verdict;
	const char *does;           /* what it does, before the name it does it to */
};

static bool have(const struct subject *subject, enum template_names list, struct bytes name)
{
	return template_rules_have(&subject->rules->templates, list, name);
}

/* "__class__", "_Context__self": Python's own names, and private ones as they look from outside. */
static bool is_internal(const struct subject *subject, struct bytes name)
{
	return (bytes_start_with(name, BYTES("_")) && bytes_contain(name, BYTES("__"))) || have(subject, TEMPLATE_INTERNALS, name);
}

static struct judged judge_name(const struct subject *subject, const struct reach *r)
{
	bool object = r->base == BASE_OBJECT || r->base == BASE_MACRO || (r->base == BASE_LOOP && bytes_start_with(r->name, BYTES("_")));
	bool data = r->base == BASE_DATA || r->base == BASE_CONSTANT || r->base == BASE_UNKNOWN;

	if (r->base == BASE_INTERNAL || is_internal(subject, r->name))
		return (struct judged){r, VERDICT_DANGEROUS, "reaches Python's internals by"};
	if (r->base == BASE_OBJECT && bytes_same(r->owner, "self") && !bytes_start_with(r->name, BYTES("_")))
		return (struct judged){r, VERDICT_SUSPICIOUS, "takes a block of its own, which no chat template has,"};
	if (object && !have(subject, TEMPLATE_OBJECTS, r->name))
		return (struct judged){r, VERDICT_DANGEROUS, "takes apart a function or object of the template engine by"};
	if (r->base == BASE_DATA && r->owner.len > 0 && have(subject, TEMPLATE_FRAMEWORKS, r->owner))
		return (struct judged){r, VERDICT_DANGEROUS, "reaches into the program around it by"};
	if (r->called && data && have(subject, TEMPLATE_HARMFUL, r->name))
		return (struct judged){r, VERDICT_DANGEROUS, "calls what runs, reads or writes something outside of it,"};
	if (r->called && data && !have(subject, TEMPLATE_METHODS, r->name))
		return (struct judged){r, VERDICT_SUSPICIOUS, "calls a method that no message has,"};
	return (struct judged){0};
}

/* A key that is handed in may look up data; one that is put together hides a name. */
static struct judged judge_computed(const struct reach *r)
{
	bool plain = r->plain_key && !r->attribute && r->base != BASE_OBJECT && r->base != BASE_MACRO;

	if (r->name.len > 0)
		return (struct judged){r, VERDICT_DANGEROUS, "puts together the name of an attribute of Python's internals from"};
	if (plain && r->base == BASE_DATA)
		return (struct judged){0};
	if (plain || (r->base == BASE_DATA && !r->attribute))
		return (struct judged){r, VERDICT_SUSPICIOUS, "computes the name of an item while it is rendered"};
	return (struct judged){r, VERDICT_DANGEROUS, "computes the name of an attribute while it is rendered"};
}

static struct judged judge_call(const struct subject *subject, const struct reach *r)
{
	if (r->name.len == 0)
		return (struct judged){r, VERDICT_SUSPICIOUS, "calls a value, whatever it may be"};
	if (have(subject, TEMPLATE_FUNCTIONS, r->name))
		return (struct judged){0};
	if (r->base == BASE_DATA && (is_internal(subject, r->name) || have(subject, TEMPLATE_HARMFUL, r->name) || have(subject, TEMPLATE_FRAMEWORKS, r->name)))
		return (struct judged){r, VERDICT_DANGEROUS, "calls what runs, reads or writes something outside of it,"};
	return (struct judged){r, VERDICT_SUSPICIOUS, "calls a function that no reader of chat templates has,"};
}

static struct judged judge_filter(const struct subject *subject, const struct reach *r, enum template_names list)
{
	if (r->name.len == 0)
		return (struct judged){r, VERDICT_DANGEROUS, "computes the name of a filter while it is rendered"};
	if (have(subject, list, r->name))
		return (struct judged){0};
	return (struct judged){r, VERDICT_SUSPICIOUS, "uses a filter or test that no reader of chat templates has,"};
}

static struct judged judge(const struct subject *subject, const struct reach *r)
{
	switch (r->kind) {
	case REACH_NAME: return judge_name(subject, r);
	case REACH_COMPUTED: return judge_computed(r);
	case REACH_CALL: return judge_call(subject, r);
	case REACH_FILTER: return judge_filter(subject, r, TEMPLATE_FILTERS);
	case REACH_TEST: return judge_filter(subject, r, TEMPLATE_TESTS);
	case REACH_FILE: return (struct judged){r, VERDICT_DANGEROUS, "loads another file of the machine,"};
	case REACH_FORMAT: return (struct judged){r, VERDICT_SUSPICIOUS, "formats with a text that is no constant, which may reach any attribute"};
	case REACH_COST:
	case REACH_HIDDEN: break;
	}
	return (struct judged){0};
}

static bool is_same_chain(const struct judged *a, const struct judged *b)
{
	return a->reach->at == b->reach->at && a->reach->end == b->reach->end && a->verdict == b->verdict;
}

static void add_names(struct text *t, const struct judged *list, size_t count, size_t first)
{
	bool any = false;

	for (size_t i = first; i < count; i++) {
		if (!is_same_chain(&list[i], &list[first]) || list[i].reach->name.len == 0)
			continue;
		text_add_string(t, any ? ", " : " ");
		text_add_printable(t, list[i].reach->name, 60);
		any = true;
	}
}

static void report(const struct check *self, const struct subject *subject, const struct part *part, const struct judged *list, size_t count, size_t at,
		   struct findings *out)
{
	struct text t;

	for (size_t i = 0; i < at; i++)
		if (is_same_chain(&list[i], &list[at]))
			return;
	for (size_t i = at; i < count && list[at].reach->name.len == 0; i++)
		if (is_same_chain(&list[i], &list[at]) && list[i].reach->name.len > 0)
			at = i;
	text_init(&t, subject->artifact->arena);
	template_begin(&t, part);
	text_add_string(&t, list[at].does);
	add_names(&t, list, count, at);
	text_add_string(&t, " in ");
	template_add_source(&t, part->template, list[at].reach);
	struct finding *f = template_finding(self, subject, part, list[at].reach->at, &t, out);
	if (f && list[at].verdict == VERDICT_SUSPICIOUS) {
		f->verdict = VERDICT_SUSPICIOUS;
		f->severity = SEVERITY_MEDIUM;
	}
}

static void judge_template(const struct check *self, const struct subject *subject, const struct part *part, struct findings *out)
{
	struct judged *list = arena_alloc(subject->artifact->arena, JUDGED_MOST, sizeof *list);
	size_t count = 0;

	for (const struct reach *r = part->template->reaches; r && count < JUDGED_MOST; r = r->next) {
		struct judged j = judge(subject, r);
		if (j.reach)
			list[count++] = j;
	}
	for (size_t i = 0; i < count; i++)
		report(self, subject, part, list, count, i, out);
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	artifact_each(subject->artifact, p)
		if (p->kind == PART_TEMPLATE && p->template)
			judge_template(self, subject, p, out);
}

const struct check check_template_code = {
	.id = "template.code",
	.title = "Has a template that runs code",
	.why = "A chat template is a program. Readers without a sandbox run whatever it reaches, and sandboxes have been left before.",
	.fix = "Do not use the template. Take the publisher's original, or write one: it only has to join messages.",
	.limits = "Functions and filters that a program adds to its own templates are not known here; their use is suspicious until a rules file lists them.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
