#include "rules/rules.h"
#include "types/check.h"

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	const struct import_rules *rules = &subject->rules->imports;

	for (const struct event *e = subject->artifact->events; e; e = e->next) {
		struct text t;
		if (e->kind != EVENT_IMPORT || e->subject.import->computed)
			continue;
		if (imports_listed(rules, e->subject.import) || imports_dangerous(rules, e->subject.import))
			continue;
		text_init(&t, subject->artifact->arena);
		text_add_string(&t, "imports ");
		text_add_import(&t, e->subject.import);
		text_add_string(&t, ", which is on no list of allowed names");
		findings_add_for(out, e->loaders, self, subject->artifact->source, e->offset, text_bytes(&t));
	}
}

const struct check check_import_unlisted = {
	.id = "import.unlisted",
	.title = "Imports a name that nobody has allowed",
	.why = "Importing runs the module's code, and what the name does when it is called is not known; new gadgets are found every month.",
	.fix = "Look at what the name does. If it is harmless, add it with its uses to a rules file of your own, with the day until which that holds (until: 2027-06-30), and scan with --rules FILE, signed for --rules-key; else do not load the file.",
	.limits = "Classes of private packages are honest and unlisted; they stay suspicious until somebody allows them.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
