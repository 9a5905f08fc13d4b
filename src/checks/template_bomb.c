#include "checks/template_report.h"

enum { SUSPICIOUS_FROM = 100000, DANGEROUS_FROM = 100000000 };

static void report(const struct check *self, const struct subject *subject, const struct part *part, const struct reach *reach, struct findings *out)
{
	struct text t;

	text_init(&t, subject->artifact->arena);
	template_begin(&t, part);
	size_t number = bytes_find_byte(reach->name, '#');
	text_add(&t, bytes_slice(reach->name, 0, number));
	text_addf(&t, "%.3g", reach->cost);
	text_add(&t, bytes_from(reach->name, number + 1));
	text_add_string(&t, " in ");
	template_add_source(&t, part->template, reach);
	struct finding *f = template_finding(self, subject, part, reach->at, &t, out);
	if (f && reach->cost >= DANGEROUS_FROM) {
		f->verdict = VERDICT_DANGEROUS;
		f->severity = SEVERITY_HIGH;
	}
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	artifact_each(subject->artifact, p)
		for (const struct reach *r = p->kind == PART_TEMPLATE && p->template ? p->template->reaches : NULL; r; r = r->next)
			if (r->kind == REACH_COST && r->cost >= SUSPICIOUS_FROM)
				report(self, subject, p, r, out);
}

const struct check check_template_bomb = {
	.id = "template.bomb",
	.title = "Has a template made to exhaust its reader",
	.why = "A few characters that make a text of gigabytes or loop for hours stop the server that renders them, at every request.",
	.fix = "Do not use the template. Take the publisher's original, or write one: it only has to join messages.",
	.limits = "Only what constants tell is counted; loops over messages are as long as the messages.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
