#include "checks/template_report.h"

void template_begin(struct text *t, const struct part *part)
{
	enum { NAME_SHOWN = 80 };

	text_add_string(t, "has a template ");
	if (part->name.len > 0) {
		text_add_byte(t, '"');
		text_add_printable(t, part->name, NAME_SHOWN);
		text_add_string(t, "\" ");
	}
	text_add_string(t, "that ");
}

void template_add_source(struct text *t, const struct template *template, const struct reach *reach)
{
	enum { SOURCE_SHOWN = 160 };

	struct bytes source = bytes_slice(template->text, reach->at, reach->end - reach->at);

	source.len = bytes_find(source, BYTES("%}"));        /* of a block only its tag */
	text_add_printable(t, source, SOURCE_SHOWN);
}

static uint64_t place_of(const struct source *source, const struct part *part, uint32_t at)
{
	struct bytes all = source->content, text = part->value;
	bool inside = text.len > 0 && text.at >= all.at && text.at + text.len <= all.at + all.len;

	return inside ? (uint64_t)(text.at - all.at) + at : part->offset;
}

struct finding *template_finding(const struct check *self, const struct subject *subject, const struct part *part, uint32_t at,
				 const struct text *message, struct findings *out)
{
	const struct source *source = subject->artifact->source;

	return findings_add(out, self, source, place_of(source, part, at), text_bytes(message));
}
