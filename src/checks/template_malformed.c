#include "checks/template_report.h"

static void report(const struct check *self, const struct subject *subject, const struct part *part, struct findings *out)
{
	const struct template *template = part->template;
	struct text t;

	text_init(&t, subject->artifact->arena);
	template_begin(&t, part);
	text_add_string(&t, template ? template->why : "was not read");
	if (template && template->why_at < template->text.len) {
		text_add_string(&t, ", at ");
		text_add_number(&t, template->why_at);
		text_add_string(&t, ": ");
		text_add_printable(&t, bytes_from(template->text, template->why_at), 40);
	}
	template_finding(self, subject, part, template ? template->why_at : 0, &t, out);
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	artifact_each(subject->artifact, p) {
		bool followed = p->template && !p->template->why;
		if (p->kind == PART_TEMPLATE && !followed && (!p->guessed || !p->template || p->template->parsed))
			report(self, subject, p, out);
	}
}

const struct check check_template_malformed = {
	.id = "template.malformed",
	.title = "Has a template that cannot be followed",
	.why = "Readers differ in the templates they accept; what this one does where it is accepted is not known.",
	.fix = "Fetch the file again from its publisher, or write a template: it only has to join messages.",
	.limits = "Extensions of Jinja that a program adds for itself are refused here.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_INCONCLUSIVE,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
