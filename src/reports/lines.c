/* One line a finding and one a verdict, for grep and for golden tests. */
#include "types/report.h"

enum { SHOWN = 4000 };

static void add_finding(struct text *t, const struct item_finding *f)
{
	text_add_printable(t, bytes_of(f->path), SHOWN);
	text_addf(t, ":%llu: %s %s %s: ", (unsigned long long)f->offset, severity_name(f->severity), verdict_name(f->verdict), f->check->id);
	text_add_printable(t, bytes_of(f->message), SHOWN);
	text_add_byte(t, '\n');
}

static void write_assessment(const struct assessment *a, const struct report_style *style, struct text *out)
{
	(void)style;
	for (size_t i = 0; i < a->item_count; i++) {
		const struct item *item = &a->items[i];
		for (size_t k = 0; k < item->finding_count; k++)
			add_finding(out, &item->findings[k]);
		text_add_printable(out, bytes_of(item->path), SHOWN);
		text_addf(out, ": %s", verdict_name(item->verdict));
		for (size_t k = 0; k < item->format_count; k++)
			text_addf(out, "%s%s", k ? "+" : " ", item->formats[k]->name);
		text_add_byte(out, '\n');
	}
}

const struct report report_lines = {
	.name = "lines",
	.title = "one line a finding, for other programs",
	.mime = "text/plain; charset=utf-8",
	.assessment = write_assessment,
};
