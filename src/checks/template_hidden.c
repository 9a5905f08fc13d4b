#include "checks/template_report.h"

enum { WORDS_OF_INSTRUCTION = 4 };

static bool is_letter(unsigned char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
}

/* Words outside of markup like <|user|> and [INST]. */
static unsigned count_words(struct bytes b)
{
	unsigned words = 0, run = 0;
	char closes = 0;

	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = b.at[i];
		if (closes && c == closes)
			closes = 0;
		else if (!closes && (c == '<' || c == '['))
			closes = c == '<' ? '>' : ']';
		run = !closes && is_letter(c) ? run + 1 : 0;
		words += run == 2;
	}
	return words;
}

/* Markup, switches and tags are looked for by honest templates: "</think>", "/no_think", "<|image|>". */
static bool is_natural(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] == '<' || b.at[i] == '>' || b.at[i] == '[' || b.at[i] == ']' || b.at[i] == '|' || b.at[i] == '{' || b.at[i] == '_')
			return false;
	return count_words(b) > 0 && b.at[0] != '/';
}

static bool is_instruction(struct bytes b)
{
	return count_words(b) >= WORDS_OF_INSTRUCTION || bytes_contain(b, BYTES("://")) || bytes_contain(b, BYTES("<script"));
}

static void report(const struct check *self, const struct subject *subject, const struct part *part, const struct reach *reach, struct findings *out)
{
	struct text t;

	text_init(&t, subject->artifact->arena);
	template_begin(&t, part);
	text_add_string(&t, "writes \"");
	text_add_printable(&t, reach->name, 200);
	text_add_string(&t, "\" only under the condition ");
	template_add_source(&t, part->template, reach);
	template_finding(self, subject, part, reach->at, &t, out);
}

static void run(const struct check *self, const struct subject *subject, struct findings *out)
{
	artifact_each(subject->artifact, p)
		for (const struct reach *r = p->kind == PART_TEMPLATE && p->template ? p->template->reaches : NULL; r; r = r->next)
			if (r->kind == REACH_HIDDEN && is_natural(r->owner) && is_instruction(r->name))
				report(self, subject, p, r, out);
}

const struct check check_template_hidden = {
	.id = "template.hidden",
	.title = "Has a template that adds instructions when a word is written",
	.why = "Text that the model only sees when a message holds a certain word, or on certain days, turns the model against those who write it, and no test finds it.",
	.fix = "Read the text shown. If nobody can say what it is for, do not use the template.",
	.limits = "Conditions on markup, on roles, on tools and on lengths are taken for honest; so are texts of less than four words.",
	.supports = "G4.5",
	.severity = SEVERITY_MEDIUM,
	.verdict = VERDICT_SUSPICIOUS,
	.looks_at = SUBJECT_ARTIFACT,
	.run = run,
};
