/* One self-contained page: for those who decide, and for those who have to mend it. */
#include <string.h>

#include "base/date.h"
#include "reports/html_text.h"
#include "reports/standing_text.h"

static const enum verdict worst_first[] = {VERDICT_DANGEROUS, VERDICT_INCONCLUSIVE, VERDICT_SUSPICIOUS, VERDICT_CLEAN};

static const char *const verdict_means[VERDICT_COUNT] = {
	[VERDICT_DANGEROUS] = "Loading it runs, reads or writes something outside the model.",
	[VERDICT_INCONCLUSIVE] = "Part of it could not be examined. That is not the same as clean.",
	[VERDICT_SUSPICIOUS] = "It is understood, but somebody has to decide whether it may be used.",
	[VERDICT_CLEAN] = "Every program byte was followed, and everything it does is allowed.",
};

/* ---- the head ---- */

static void add_headline(struct text *t, const struct assessment *a)
{
	size_t bad = a->verdicts[VERDICT_DANGEROUS], open = a->verdicts[VERDICT_INCONCLUSIVE], odd = a->verdicts[VERDICT_SUSPICIOUS];

	if (bad > 0)
		text_addf(t, "%zu of %zu files must not be loaded", bad, a->item_count);
	else if (open > 0)
		text_addf(t, "%zu of %zu files could not be examined whole", open, a->item_count);
	else if (odd > 0)
		text_addf(t, "%zu of %zu files need a decision", odd, a->item_count);
	else
		text_addf(t, "%zu files examined, none of them a reason for concern", a->item_count);
}

static void add_tiles(struct text *t, const struct assessment *a)
{
	text_add_string(t, "<ul class=\"tiles\">\n");
	for (size_t i = 0; i < COUNT_OF(worst_first); i++) {
		enum verdict v = worst_first[i];
		text_addf(t, "<li class=\"%s\"><strong>%zu</strong> %s<br><span class=\"quiet\">%s</span></li>\n", verdict_name(v), a->verdicts[v],
			  verdict_name(v), verdict_means[v]);
	}
	text_add_string(t, "</ul>\n");
}

static void add_head(struct text *t, const struct assessment *a)
{
	struct html_part parts[COUNT_OF(worst_first)];

	html_begin(t, "Merlon: what loading these files would do");
	text_add_string(t, "<header>\n<p class=\"quiet\">Merlon ");
	text_add_string(t, merlon_version);
	text_add_string(t, ", ");
	text_add_time(t, a->started_ms);
	text_add_string(t, "</p>\n<h1>");
	add_headline(t, a);
	text_add_string(t, "</h1>\n<p class=\"lead\">What loading each file would run, read or write, found out without loading any of them.</p>\n</header>\n<main>\n");
	for (size_t i = 0; i < COUNT_OF(worst_first); i++)
		parts[i] = (struct html_part){verdict_name(worst_first[i]), a->verdicts[worst_first[i]]};
	html_bar(t, "verdicts", parts, COUNT_OF(worst_first));
	add_tiles(t, a);
	if (a->loaders) {
		text_add_string(t, "<p><strong>Judged for one way to load them:</strong> ");
		text_add_loaders(t, a->loaders);
		text_add_string(t, "</p>\n");
	}
	if (a->sandbox_gap) {
		text_add_string(t, "<p><strong>The sandbox was incomplete:</strong> ");
		text_add_html_string(t, a->sandbox_gap);
		text_add_string(t, "</p>\n");
	}
}

/* ---- one file ---- */

/* Through which files within files one gets there: "model.pt", "archive/data.pkl", "byte 57". */
static void add_way(struct text *t, const struct item_finding *f)
{
	struct bytes left = bytes_of(f->path);

	text_add_string(t, "<ol class=\"way\">");
	while (left.len > 0) {
		size_t len = bytes_find(left, BYTES("!/"));
		text_add_string(t, "<li>");
		text_add_html(t, bytes_slice(left, 0, len));
		text_add_string(t, "</li>");
		left = bytes_from(left, len + 2);
	}
	text_addf(t, "<li class=\"%s\"><strong>byte %llu</strong></li></ol>\n", verdict_name(f->verdict), (unsigned long long)f->offset);
}

/* A mark on a line from the file's first byte to its last. */
static void add_line(struct text *t, const struct item *item, const struct item_finding *f)
{
	enum { WIDTH = 960, HEIGHT = 46 };
	double at = item->size ? (double)f->offset / (double)item->size : 0;

	double x = 10 + (WIDTH - 20) * (at > 1 ? 1 : at);
	text_addf(t, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"at byte %llu of %llu\">\n", WIDTH, HEIGHT, (unsigned long long)f->offset,
		  (unsigned long long)item->size);
	text_addf(t, "<line x1=\"10\" y1=\"16\" x2=\"%d\" y2=\"16\" stroke=\"#d0d7de\" stroke-width=\"6\"/>\n", WIDTH - 10);
	text_addf(t, "<circle class=\"%s\" cx=\"%.1f\" cy=\"16\" r=\"7\" style=\"fill: var(--tone)\"/>\n", verdict_name(f->verdict), x);
	text_addf(t, "<text x=\"%.1f\" y=\"40\" text-anchor=\"%s\">byte %llu</text>\n", x, at > 0.85 ? "end" : at < 0.15 ? "start" : "middle",
		  (unsigned long long)f->offset);
	text_add_string(t, "</svg>\n");
}

static void add_row(struct text *t, const char *name, const char *value)
{
	text_addf(t, "<dt>%s</dt><dd>", name);
	text_add_html_string(t, value);
	text_add_string(t, "</dd>\n");
}

static void add_finding(struct text *t, const struct item *item, const struct item_finding *f)
{
	struct text line;

	text_init(&line, NULL);
	text_addf(t, "<div class=\"finding\">\n<p><strong>%s.</strong> The file ", f->check->title);
	text_add_html_string(t, f->message);
	text_add_string(t, ".</p>\n");
	if (strcmp(f->path, item->path) != 0 || item->size == 0)
		add_way(t, f);
	else
		add_line(t, item, f);
	text_add_string(t, "<dl>\n");
	add_row(t, "Why it matters", f->check->why);
	add_row(t, "What to do", f->check->fix);
	if (f->loaders && f->loaders != LOADER_ALL) {
		text_clear(&line);
		text_add_loaders(&line, f->loaders);
		add_row(t, "Reached by", text_string(&line));
	}
	add_row(t, "Known limits", f->check->limits);
	text_clear(&line);
	text_addf(&line, "%s, severity %s, controls %s", f->check->id, severity_name(f->severity), f->check->supports);
	add_row(t, "Check", text_string(&line));
	text_add_string(t, "</dl>\n</div>\n");
	text_finish(&line);
}

/* Where it is not the same for all. */
static void add_loader_verdicts(struct text *t, const struct item *item)
{
	bool same = true;

	for (size_t i = 0; i < item->loader_count; i++)
		same &= item->by_loader[i].verdict == item->verdict;
	if (same)
		return;
	text_add_string(t, "<p>As far as each loader gets: ");
	for (size_t i = 0; i < item->loader_count; i++)
		text_addf(t, "%s%s %s", i ? ", " : "", item->by_loader[i].loader->title, verdict_name(item->by_loader[i].verdict));
	text_add_string(t, ".</p>\n");
}

static void add_card(struct text *t, const struct item *item)
{
	text_addf(t, "<section class=\"card %s\">\n<h3><span class=\"badge\">%s</span> <span class=\"path\">", verdict_name(item->verdict), verdict_name(item->verdict));
	text_add_html_string(t, item->path);
	text_add_string(t, "</span></h3>\n<p class=\"quiet\">");
	for (size_t i = 0; i < item->format_count; i++)
		text_addf(t, "%s%s", i ? ", " : "", item->formats[i]->title);
	text_addf(t, "%s", item->format_count ? ", " : "");
	text_add_size(t, item->size);
	text_add_string(t, "</p>\n");
	add_loader_verdicts(t, item);
	for (enum verdict v = VERDICT_DANGEROUS; v > VERDICT_CLEAN; v--)
		for (size_t i = 0; i < item->finding_count; i++)
			if (item->findings[i].verdict == v)
				add_finding(t, item, &item->findings[i]);
	if (item->findings_left_out)
		text_addf(t, "<p>%zu more findings are not listed.</p>\n", item->findings_left_out);
	text_add_string(t, "</section>\n");
}

static void add_cards(struct text *t, const struct assessment *a, enum verdict v, const char *title)
{
	if (a->verdicts[v] == 0)
		return;
	text_addf(t, "<h2>%s</h2>\n<p>%s</p>\n", title, verdict_means[v]);
	for (size_t i = 0; i < a->item_count; i++)
		if (a->items[i].verdict == v)
			add_card(t, &a->items[i]);
}

/* ---- all files, and the evidence ---- */

static void add_table(struct text *t, const struct assessment *a)
{
	text_add_string(t, "<h2>All files</h2>\n<table>\n<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">File</th><th scope=\"col\">Format</th>"
			   "<th scope=\"col\" class=\"number\">Size</th><th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < a->item_count; i++) {
		const struct item *item = &a->items[i];
		text_addf(t, "<tr><td class=\"%s\"><span class=\"badge\">%s</span></td><td class=\"path\">", verdict_name(item->verdict), verdict_name(item->verdict));
		text_add_html_string(t, item->path);
		text_add_string(t, "</td><td>");
		for (size_t k = 0; k < item->format_count; k++)
			text_addf(t, "%s%s", k ? ", " : "", item->formats[k]->name);
		text_add_string(t, "</td><td class=\"number\">");
		text_add_size(t, item->size);
		text_add_string(t, "</td><td><code>");
		if (item->hashed)
			text_add_hex(t, bytes_slice(digest_bytes(&item->digest), 0, 8));
		text_add_string(t, item->hashed ? "&hellip;</code></td></tr>\n" : "</code></td></tr>\n");
	}
	text_add_string(t, "</tbody>\n</table>\n");
}

static void add_evidence(struct text *t, const struct assessment *a)
{
	text_add_string(t, "<h2>Evidence</h2>\n");
	if (a->ledger_failed)
		text_add_string(t, "<p><strong>Evidence is incomplete: the ledger could not take all of it.</strong></p>\n");
	if (!a->ledger) {
		text_add_string(t, "<p>No evidence of this scan was kept (<code>--ledger DIR</code> keeps it).</p>\n");
	} else {
		text_add_string(t, "<p>Records ");
		text_addf(t, "%llu to %llu of the ledger <code>", (unsigned long long)a->ledger_first, (unsigned long long)(a->ledger_end ? a->ledger_end - 1 : 0));
		text_add_html_string(t, a->ledger);
		text_add_string(t, "</code>. Anybody can verify them: <code>merlon ledger verify ");
		text_add_html_string(t, a->ledger);
		text_add_string(t, "</code>. Who holds its key could have rewritten them, unless a checkpoint is kept elsewhere.</p>\n");
	}
	text_add_string(t, "<p class=\"quiet\">Rules: SHA-256 <code>");
	text_add_hex(t, digest_bytes(&a->rules));
	text_add_string(t, "</code></p>\n");
	text_add_string(t, "<h2>What this page does not say</h2>\n<p>It says what loading these files would do, with the loaders that are named. It says nothing "
			   "about how good a model is, what it was trained on, or what it answers; and nothing about a file that is not listed.</p>\n");
}

static void write_assessment(const struct assessment *a, const struct report_style *style, struct text *out)
{
	(void)style;
	add_head(out, a);
	add_cards(out, a, VERDICT_DANGEROUS, "Do not load");
	add_cards(out, a, VERDICT_INCONCLUSIVE, "Not examined whole");
	add_cards(out, a, VERDICT_SUSPICIOUS, "To be decided");
	add_table(out, a);
	add_evidence(out, a);
	text_add_string(out, "</main>\n<footer>Called as <code>");
	text_add_html_string(out, a->command ? a->command : "");
	text_add_string(out, "</code></footer>\n");
	html_end(out);
}

/* ---- the standing of controls ---- */

static void add_standing_bar(struct text *t, const size_t *counts)
{
	struct html_part parts[STANDING_COUNT];

	for (int v = 0; v < STANDING_COUNT; v++)
		parts[v] = (struct html_part){standing_name((enum standing_verdict)(STANDING_COUNT - 1 - v)), counts[STANDING_COUNT - 1 - v]};
	html_bar(t, "controls", parts, STANDING_COUNT);
}

static void add_records(struct text *t, const struct need_standing *n)
{
	for (size_t i = 0; i < n->evidence_count && i < EVIDENCE_SHOWN; i++)
		text_addf(t, "%s%llu", i ? ", " : " <span class=\"quiet\">records ", (unsigned long long)n->evidence[i]);
	if (n->evidence_count > EVIDENCE_SHOWN)
		text_addf(t, " and %zu more", n->evidence_count - EVIDENCE_SHOWN);
	if (n->evidence_count)
		text_add_string(t, "</span>");
}

static void add_control(struct text *t, const struct control_standing *s)
{
	const struct control *c = s->control;

	text_addf(t, "<tr><td class=\"%s\"><span class=\"badge\">%s</span></td><td><span class=\"grade\">%c</span></td><td>%s</td><td><strong>",
		  standing_name(s->verdict), standing_name(s->verdict), c->grade, c->id);
	text_add_html_string(t, c->title);
	text_add_string(t, "</strong><br>");
	text_add_html_string(t, c->statement);
	for (size_t i = 0; i < c->need_count; i++) {
		text_add_string(t, "<br><span class=\"quiet\">");
		text_add_html_string(t, s->needs[i].why);
		text_add_string(t, "</span>");
		add_records(t, &s->needs[i]);
	}
	text_add_string(t, "</td></tr>\n");
}

static void add_group(struct text *t, const struct standing *s, const struct standing_group *group)
{
	size_t counts[STANDING_COUNT] = {0};

	for (size_t i = 0; i < s->item_count; i++)
		counts[s->items[i].verdict] += standing_in_group(s->items[i].control, group);
	text_add_string(t, "<h2>");
	text_add_html_string(t, group->title);
	text_add_string(t, "</h2>\n");
	add_standing_bar(t, counts);
	text_add_string(t, "<table>\n<thead><tr><th scope=\"col\">Standing</th><th scope=\"col\">Grade</th><th scope=\"col\">Control</th>"
			   "<th scope=\"col\">What must be true, and why it stands so</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < s->item_count; i++)
		if (standing_in_group(s->items[i].control, group))
			add_control(t, &s->items[i]);
	text_add_string(t, "</tbody>\n</table>\n");
}

static void write_standing(const struct standing *s, const struct report_style *style, struct text *out)
{
	struct text posture;

	(void)style;
	text_init(&posture, NULL);
	html_begin(out, "Merlon: where the guidelines and principles stand");
	text_add_string(out, "<header>\n<p class=\"quiet\">Merlon ");
	text_add_string(out, merlon_version);
	text_add_string(out, ", as of ");
	text_add_time(out, s->at_ms);
	text_add_string(out, "</p>\n<h1>Where the guidelines and principles stand</h1>\n<p class=\"lead\">");
	text_add_posture(&posture, s);
	text_add_html(out, text_bytes(&posture));
	text_finish(&posture);
	text_add_string(out, "</p>\n</header>\n<main>\n");
	if (s->ledger_fault) {
		text_add_string(out, "<p><strong>The ledger does not verify: ");
		text_add_html_string(out, s->ledger_fault);
		text_add_string(out, "</strong></p>\n");
	}
	add_standing_bar(out, s->counts);
	text_add_string(out, "<p>Grades: <span class=\"grade\">E</span> enforced by software, <span class=\"grade\">M</span> measured with stated limits, "
			     "<span class=\"grade\">A</span> attested by a named person, <span class=\"grade\">N</span> not checkable by a machine. "
			     "A control without evidence never counts as passed and is never left out.</p>\n");
	for (const struct standing_group *g = standing_groups; g->prefix; g++)
		add_group(out, s, g);
	text_add_string(out, "</main>\n");
	html_end(out);
}

const struct report report_html = {
	.name = "html",
	.title = "one page for people who decide",
	.mime = "text/html; charset=utf-8",
	.assessment = write_assessment,
	.standing = write_standing,
};
