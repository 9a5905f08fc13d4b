#include "rules/rules.h"
#include "types/check.h"

/* dill names a type by a word, and then calls it: those of plain data, with nothing or with a list of what goes in. */
static bool makes_data(const struct import_rules *rules, const struct event *e)
{
	static const char *const types[] = {"bytes", "bytearray", "set", "frozenset"};
	struct value callee = value_item(e->subject, 0), words = value_item(e->subject, 1), items = value_item(e->argument, 0);
	bool named = e->subject.kind == VALUE_CALL && callee.kind == VALUE_IMPORT && bytes_same(callee.import->name, "_load_type") &&
		     (bytes_same(callee.import->module, "dill._dill") || bytes_same(callee.import->module, "dill.dill")) && value_count(words) == 1;
	bool known = false;

	for (size_t i = 0; named && i < COUNT_OF(types); i++)
		known |= bytes_same(value_bytes(value_item(words, 0)), types[i]);
	if (!known || e->argument.kind != VALUE_TUPLE)
		return false;
	return value_count(e->argument) == 0 || (value_count(e->argument) == 1 && items.kind == VALUE_LIST && imports_plain(rules, items));
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		struct text t;
		if (e->kind != EVENT_CALL || e->subject.kind == VALUE_IMPORT || makes_data(&subject->rules->imports, e))
			continue;
		text_init(&t, subject->artifact->arena);
		text_add_string(&t, "calls what another step of it returned: ");
		text_add_value(&t, e->subject, 80);
		text_add_string(&t, " with ");
		text_add_value(&t, e->argument, 120);
		findings_add_for(out, e->loaders, self, subject->artifact->source, e->offset, text_bytes(&t));
	}
}

const struct check check_call_result = {
	.id = "call.result",
	.title = "Calls the result of a call",
	.why = "What is called is only known once the file runs; chains of harmless-looking calls are built this way.",
	.fix = "Do not load it.",
	.limits = "None known in files that common writers make.",
	.supports = "G4.5",
	.severity = SEVERITY_HIGH,
	.verdict = VERDICT_DANGEROUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
