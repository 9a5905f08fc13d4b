/* For people at a terminal: what is bad first, what it means, what to do. */
#include "reports/standing_text.h"

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
	if (f->loaders && f->loaders != LOADER_ALL) {
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

/* "as far as keras load_model gets: suspicious", where it is not what is said of the file. */
static void add_loader_verdicts(struct text *t, const struct item *item, const struct report_style *style)
{
	for (enum verdict v = VERDICT_CLEAN; v < VERDICT_COUNT; v++) {
		struct text line;
		uint32_t set = 0;
		for (size_t i = 0; i < item->loader_count; i++)
			if (item->by_loader[i].verdict == v && v != item->verdict)
				set |= item->by_loader[i].loader->set;
		if (!set)
			continue;
		text_init(&line, NULL);
		text_add_string(&line, "as far as ");
		text_add_loaders(&line, set);
		text_addf(&line, " %s: %s", set & (set - 1) ? "get" : "gets", verdict_name(v));
		add_paragraph(t, style, text_string(&line));
		text_finish(&line);
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
		add_loader_verdicts(t, item, style);
	}
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
	text_add_size(t, a->bytes_read);
	text_add_string(t, " of ");
	text_add_size(t, a->bytes);
	text_addf(t, " looked at, in %.2f s", (double)(a->ended_ms - a->started_ms) / 1000);
	text_add_byte(t, '\n');
}

static void add_loaders_asked(struct text *t, const struct assessment *a)
{
	if (!a->loaders)
		return;
	text_add_string(t, "judged for ");
	text_add_loaders(t, a->loaders);
	text_add_string(t, " alone\n");
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
	add_loaders_asked(out, a);
	add_evidence(out, a);
}

/* ---- the standing of controls ---- */

static const char *const standing_colours[STANDING_COUNT] = {
	[STANDING_PASS] = "\033[32m", [STANDING_NOT_APPLICABLE] = "\033[2m", [STANDING_NO_EVIDENCE] = "\033[35m",
	[STANDING_STALE] = "\033[33m", [STANDING_ERROR] = "\033[31m", [STANDING_FAIL] = "\033[1;31m",
};

static void add_standing_verdict(struct text *t, enum standing_verdict v, const struct report_style *style)
{
	const char *name = standing_name(v);

	text_addf(t, "  %s%s%s", style->colour ? standing_colours[v] : "", name, style->colour ? "\033[0m" : "");
	text_add_spaces(t, 15 - (unsigned)strlen(name));
}

static void add_records(struct text *t, const struct need_standing *n)
{
	for (size_t i = 0; i < n->evidence_count && i < EVIDENCE_SHOWN; i++)
		text_addf(t, "%s%llu", i ? ", " : n->evidence_count == 1 ? " (record " : " (records ", (unsigned long long)n->evidence[i]);
	if (n->evidence_count > EVIDENCE_SHOWN)
		text_addf(t, " and %zu more", n->evidence_count - EVIDENCE_SHOWN);
	if (n->evidence_count > 0)
		text_add_byte(t, ')');
}

static void add_why(struct text *t, const struct control_standing *s, const struct report_style *style)
{
	enum { WHY_INDENT = 17 };
	struct text line;

	text_init(&line, NULL);
	for (size_t i = 0; i < s->control->need_count; i++) {
		text_clear(&line);
		text_add_string(&line, s->needs[i].why);
		add_records(&line, &s->needs[i]);
		text_add_spaces(t, WHY_INDENT);
		text_add_wrapped(t, text_bytes(&line), WHY_INDENT, WHY_INDENT, style->width);
		text_add_byte(t, '\n');
	}
	text_finish(&line);
}

static void add_control(struct text *t, const struct control_standing *s, const struct report_style *style)
{
	add_standing_verdict(t, s->verdict, style);
	text_addf(t, "%c  %-6s ", s->control->grade, s->control->id);
	text_add_wrapped(t, bytes_of(s->control->title), 27, 27, style->width);
	text_add_byte(t, '\n');
	if (s->verdict != STANDING_NO_EVIDENCE)
		add_why(t, s, style);
}

static void add_group(struct text *t, const struct standing *s, const char *title, bool (*belongs)(const struct control *, const void *), const void *key,
		      const struct report_style *style)
{
	size_t counts[STANDING_COUNT] = {0}, any = 0;
	struct text heading;

	for (size_t i = 0; i < s->item_count; i++) {
		bool in = belongs(s->items[i].control, key);
		counts[s->items[i].verdict] += in;
		any += in;
	}
	if (any == 0)
		return;
	text_init(&heading, NULL);
	text_addf(&heading, "%s (", title);
	text_add_counts(&heading, counts);
	text_add_byte(&heading, ')');
	text_add_wrapped(t, text_bytes(&heading), 0, 0, style->width);
	text_add_byte(t, '\n');
	text_finish(&heading);
	for (size_t i = 0; i < s->item_count; i++)
		if (belongs(s->items[i].control, key))
			add_control(t, &s->items[i], style);
	text_add_byte(t, '\n');
}

static bool in_guideline(const struct control *c, const void *group)
{
	return standing_in_group(c, group);
}

static bool has_role(const struct control *c, const void *role)
{
	return list_has(c->roles, bytes_of(role));
}

static bool touches(const struct control *c, const void *framework)
{
	const struct framework *f = framework;
	size_t len = strlen(f->id);

	for (size_t i = 0; i < c->map_count; i++)
		if (strncmp(c->maps[i].clause, f->id, len) == 0 && c->maps[i].clause[len] == '/')
			return true;
	return false;
}

static void add_framework(struct text *t, const struct standing *s, const struct framework *f, const struct report_style *style)
{
	size_t touched = catalog_touched(s->catalog, f);
	struct text title;

	text_init(&title, NULL);
	text_addf(&title, "%s %s, %s: of %zu clauses %zu are touched by a control, %zu by none", f->id, f->title, f->edition, f->clause_count, touched,
		  f->clause_count - touched);
	add_group(t, s, text_string(&title), touches, f, style);
	text_finish(&title);
}

static void write_standing(const struct standing *s, const struct report_style *style, struct text *out)
{
	static const char *const roles[] = {"developer", "administrator", "devops", "leader", "auditor", "moderator", "custodian", "user"};

	for (size_t i = 0; strcmp(s->group, "guideline") == 0 && standing_groups[i].prefix; i++)
		add_group(out, s, standing_groups[i].title, in_guideline, &standing_groups[i], style);
	for (size_t i = 0; strcmp(s->group, "role") == 0 && i < COUNT_OF(roles); i++)
		add_group(out, s, roles[i], has_role, roles[i], style);
	for (size_t i = 0; strcmp(s->group, "framework") == 0 && i < s->catalog->framework_count; i++)
		add_framework(out, s, &s->catalog->frameworks[i], style);
	if (s->ledger_fault)
		text_addf(out, "THE LEDGER DOES NOT VERIFY: %s\n", s->ledger_fault);
	struct text posture;
	text_init(&posture, NULL);
	text_add_posture(&posture, s);
	text_add_wrapped(out, text_bytes(&posture), 0, 0, style->width);
	text_add_byte(out, '\n');
	text_finish(&posture);
}

const struct report report_text = {
	.name = "text",
	.title = "for people at a terminal",
	.mime = "text/plain; charset=utf-8",
	.assessment = write_assessment,
	.standing = write_standing,
};
