/* For people at a terminal: what is bad first, what it means, what to do. */
#include "types/report.h"

#include <string.h>

enum { INDENT = 14, PATH_SHOWN = 2000, FINDINGS_SHOWN = 6 };

static const char *const colours[VERDICT_COUNT] = {
	[VERDICT_CLEAN] = "\033[32m", [VERDICT_SUSPICIOUS] = "\033[33m", [VERDICT_INCONCLUSIVE] = "\033[35m", [VERDICT_DANGEROUS] = "\033[1;31m",
};

static void add_verdict(struct text *t, enum verdict v, const struct report_style *style)
{
	const char *name = verdict_name(v);

	if (style->colour)
		text_add_string(t, colours[v]);
	text_add_string(t, name);
	if (style->colour)
		text_add_string(t, "\033[0m");
	text_add_spaces(t, INDENT - (unsigned)strlen(name));
}

static void add_path(struct text *t, const char *path)
{
	text_add_printable(t, bytes_of(path), PATH_SHOWN);
}

static void add_paragraph(struct text *t, const struct report_style *style, const char *string)
{
	text_add_spaces(t, INDENT);
	text_add_wrapped(t, bytes_of(string), INDENT, INDENT, style->width);
	text_add_byte(t, '\n');
}

static void add_finding(struct text *t, const struct item_finding *f, const struct item *item, const struct report_style *style, bool with_fix)
{
	struct text line;

	text_init(&line, NULL);
	if (strcmp(f->path, item->path) != 0) {
		add_path(&line, f->path + strlen(item->path));
		text_add_byte(&line, ' ');
	}
	text_addf(&line, "at byte %llu: ", (unsigned long long)f->offset);
	text_add_printable(&line, bytes_of(f->message), PATH_SHOWN);
	text_addf(&line, " [%s]", f->check->id);
	add_paragraph(t, style, text_string(&line));
	if (f->loaders && f->loaders != LOADER_ALL && f->verdict == VERDICT_DANGEROUS) {
		text_clear(&line);
		text_add_string(&line, "reached by ");
		text_add_loaders(&line, f->loaders);
		add_paragraph(t, style, text_string(&line));
	}
	if (with_fix)
		add_paragraph(t, style, f->check->fix);
	text_finish(&line);
}

/* The advice of a check is given once an item. */
static bool is_first_of_check(const struct item *item, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (item->findings[i].check == item->findings[index].check)
			return false;
	return true;
}

static void add_findings(struct text *t, const struct item *item, const struct report_style *style)
{
	size_t shown = 0;

	for (enum verdict v = VERDICT_DANGEROUS; v > VERDICT_CLEAN; v--) {
		for (size_t i = 0; i < item->finding_count; i++)
			if (item->findings[i].verdict == v && shown++ < FINDINGS_SHOWN)
				add_finding(t, &item->findings[i], item, style, is_first_of_check(item, i));
	}
	shown += item->findings_left_out;
	if (shown > FINDINGS_SHOWN) {
		text_add_spaces(t, INDENT);
		text_addf(t, "and %zu more; --report json shows them\n", shown - FINDINGS_SHOWN);
	}
}

static void add_items(struct text *t, const struct assessment *a, enum verdict v, const struct report_style *style)
{
	for (size_t i = 0; i < a->item_count; i++) {
		const struct item *item = &a->items[i];
		if (item->verdict != v)
			continue;
		add_verdict(t, v, style);
		add_path(t, item->path);
		text_add_byte(t, '\n');
		if (v != VERDICT_CLEAN)
			add_findings(t, item, style);
	}
}

static void add_size(struct text *t, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
	unsigned unit = 0;
	double value = (double)bytes;

	while (value >= 1000 && unit < COUNT_OF(units) - 1) {
		value /= 1000;
		unit++;
	}
	text_addf(t, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void add_summary(struct text *t, const struct assessment *a, const struct report_style *style)
{
	text_addf(t, "\n%zu file%s: ", a->item_count, a->item_count == 1 ? "" : "s");
	for (enum verdict v = VERDICT_DANGEROUS;; v--) {
		if (style->colour && a->verdicts[v])
			text_add_string(t, colours[v]);
		text_addf(t, "%zu %s", a->verdicts[v], verdict_name(v));
		if (style->colour && a->verdicts[v])
			text_add_string(t, "\033[0m");
		if (v == VERDICT_CLEAN)
			break;
		text_add_string(t, ", ");
	}
	text_add_string(t, "\n");
	add_size(t, a->bytes_read);
	text_add_string(t, " of ");
	add_size(t, a->bytes);
	text_addf(t, " looked at, in %.2f s", (double)(a->ended_ms - a->started_ms) / 1000);
	text_add_byte(t, '\n');
}

static void add_evidence(struct text *t, const struct assessment *a)
{
	if (a->ledger_failed)
		text_addf(t, "EVIDENCE INCOMPLETE: the ledger %s could not take all of it\n", a->ledger);
	else if (a->ledger)
		text_addf(t, "evidence: %s, records %llu to %llu (merlon ledger verify %s)\n", a->ledger, (unsigned long long)a->ledger_first,
			  (unsigned long long)(a->ledger_end ? a->ledger_end - 1 : 0), a->ledger);
	else
		text_add_string(t, "no evidence kept (--ledger DIR keeps it)\n");
	if (a->sandbox_gap)
		text_addf(t, "SANDBOX INCOMPLETE: %s\n", a->sandbox_gap);
}

static void write_assessment(const struct assessment *a, const struct report_style *style, struct text *out)
{
	static const enum verdict order[] = {VERDICT_DANGEROUS, VERDICT_INCONCLUSIVE, VERDICT_SUSPICIOUS, VERDICT_CLEAN};

	for (size_t i = 0; i < COUNT_OF(order); i++)
		add_items(out, a, order[i], style);
	add_summary(out, a, style);
	add_evidence(out, a);
}

const struct report report_text = {
	.name = "text",
	.title = "for people at a terminal",
	.mime = "text/plain; charset=utf-8",
	.assessment = write_assessment,
};
