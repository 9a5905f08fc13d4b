/* For programs: everything that is known, in the form of schema/scan.schema.json. */
#include "syntax/json.h"
#include "types/report.h"
#include "types/standing.h"

static void add_path(struct text *t, const char *path)
{
	struct bytes b = bytes_of(path);

	text_add_member(t, "path", b);
	if (bytes_are_utf8(b))
		return;
	text_add_key(t, "path_base64");
	text_add_byte(t, '"');
	text_add_base64(t, b);
	text_add_byte(t, '"');
}

/* "a b c" as a list. */
static void add_words(struct text *t, const char *key, const char *words)
{
	struct bytes left = bytes_of(words);

	text_add_key(t, key);
	text_add_byte(t, '[');
	for (bool first = true; left.len > 0; first = false) {
		size_t len = bytes_find_byte(left, ' ');
		text_add_string(t, first ? "" : ",");
		text_add_json(t, bytes_slice(left, 0, len));
		left = bytes_from(left, len + 1);
	}
	text_add_byte(t, ']');
}

static void add_loaders(struct text *t, uint32_t set)
{
	struct text names;

	text_init(&names, NULL);
	text_add_loaders(&names, set);
	text_add_member(t, "loaders", text_bytes(&names));
	text_finish(&names);
}

static void add_finding(struct text *t, const struct item_finding *f)
{
	text_add_byte(t, '{');
	text_add_member(t, "check", bytes_of(f->check->id));
	text_add_member(t, "severity", bytes_of(severity_name(f->severity)));
	text_add_member(t, "verdict", bytes_of(verdict_name(f->verdict)));
	add_path(t, f->path);
	text_add_member_number(t, "offset", f->offset);
	text_add_member(t, "message", bytes_of(f->message));
	text_add_member(t, "fix", bytes_of(f->check->fix));
	add_words(t, "controls", f->check->supports);
	if (f->loaders)
		add_loaders(t, f->loaders);
	text_add_member_hex(t, "fingerprint", digest_bytes(&f->fingerprint));
	text_add_byte(t, '}');
}

static void add_formats(struct text *t, const struct item *item)
{
	text_add_key(t, "formats");
	text_add_byte(t, '[');
	for (size_t i = 0; i < item->format_count; i++) {
		text_add_string(t, i ? "," : "");
		text_add_json(t, bytes_of(item->formats[i]->name));
	}
	text_add_byte(t, ']');
}

static void add_by_loader(struct text *t, const struct item *item)
{
	text_add_key(t, "by_loader");
	text_add_byte(t, '{');
	for (size_t i = 0; i < item->loader_count; i++)
		text_add_member(t, item->by_loader[i].loader->title, bytes_of(verdict_name(item->by_loader[i].verdict)));
	text_add_byte(t, '}');
}

static void add_item(struct text *t, const struct item *item)
{
	text_add_byte(t, '{');
	add_path(t, item->path);
	if (item->hashed) {
		text_add_member_hex(t, "sha256", digest_bytes(&item->digest));
	} else {
		text_add_key(t, "sha256");
		text_add_string(t, "null");
	}
	text_add_member_number(t, "size", item->size);
	text_add_member_number(t, "bytes_read", item->bytes_read);
	text_add_member_number(t, "members", item->members);
	add_formats(t, item);
	text_add_member(t, "verdict", bytes_of(verdict_name(item->verdict)));
	text_add_member(t, "why", bytes_of(item->why));
	if (item->loader_count > 0)
		add_by_loader(t, item);
	text_add_key(t, "findings");
	text_add_byte(t, '[');
	for (size_t i = 0; i < item->finding_count; i++) {
		text_add_string(t, i ? "," : "");
		add_finding(t, &item->findings[i]);
	}
	text_add_byte(t, ']');
	text_add_member_number(t, "findings_left_out", item->findings_left_out);
	text_add_byte(t, '}');
}

static void add_time(struct text *t, const char *key, int64_t at_ms)
{
	text_add_key(t, key);
	text_add_number(t, (uint64_t)at_ms);
}

static void add_summary(struct text *t, const struct assessment *a)
{
	text_add_byte(t, '{');
	text_add_member_number(t, "items", a->item_count);
	for (int v = 0; v < VERDICT_COUNT; v++)
		text_add_member_number(t, verdict_name((enum verdict)v), a->verdicts[v]);
	text_add_key(t, "findings");
	text_add_byte(t, '{');
	for (int s = 0; s < SEVERITY_COUNT; s++)
		text_add_member_number(t, severity_name((enum severity)s), a->severities[s]);
	text_add_byte(t, '}');
	text_add_member_number(t, "bytes", a->bytes);
	text_add_member_number(t, "bytes_read", a->bytes_read);
	add_time(t, "started_ms", a->started_ms);
	add_time(t, "ended_ms", a->ended_ms);
	if (a->loaders)
		add_loaders(t, a->loaders);
	text_add_member_hex(t, "rules", digest_bytes(&a->rules));
	text_add_member(t, "sandbox_gap", bytes_of(a->sandbox_gap ? a->sandbox_gap : ""));
	if (a->ledger) {
		text_add_member(t, "ledger", bytes_of(a->ledger));
		text_add_member_number(t, "ledger_first", a->ledger_first);
		text_add_member_number(t, "ledger_end", a->ledger_end);
		text_add_key(t, "ledger_failed");
		text_add_string(t, a->ledger_failed ? "true" : "false");
	}
	text_add_byte(t, '}');
}

static void write_assessment(const struct assessment *a, const struct report_style *style, struct text *out)
{
	(void)style;
	text_add_byte(out, '{');
	text_add_member(out, "merlon", bytes_of(merlon_version));
	text_add_key(out, "items");
	text_add_byte(out, '[');
	for (size_t i = 0; i < a->item_count; i++) {
		text_add_string(out, i ? ",\n" : "\n");
		add_item(out, &a->items[i]);
	}
	text_add_string(out, a->item_count ? "\n]" : "]");
	text_add_key(out, "summary");
	add_summary(out, a);
	text_add_string(out, "}\n");
}

/* ---- the standing of controls ---- */

static void add_need(struct text *t, const struct need_standing *n)
{
	text_add_byte(t, '{');
	text_add_member(t, "kind", bytes_of(n->need->word));
	if (n->need->checks[0])
		add_words(t, "checks", n->need->checks);
	text_add_member(t, "verdict", bytes_of(standing_name(n->verdict)));
	text_add_member(t, "why", bytes_of(n->why));
	text_add_key(t, "evidence");
	text_add_byte(t, '[');
	for (size_t i = 0; i < n->evidence_count && i < EVIDENCE_SHOWN; i++)
		text_addf(t, "%s%llu", i ? "," : "", (unsigned long long)n->evidence[i]);
	text_add_byte(t, ']');
	text_add_member_number(t, "evidence_count", n->evidence_count);
	if (n->oldest_ms)
		add_time(t, "oldest_ms", n->oldest_ms);
	text_add_byte(t, '}');
}

static void add_maps(struct text *t, const struct control *c)
{
	text_add_key(t, "clauses");
	text_add_byte(t, '[');
	for (size_t i = 0; i < c->map_count; i++) {
		text_add_string(t, i ? ",{" : "{");
		text_add_member(t, "clause", bytes_of(c->maps[i].clause));
		text_add_member(t, "relation", bytes_of(c->maps[i].relation));
		text_add_byte(t, '}');
	}
	text_add_byte(t, ']');
}

static void add_control(struct text *t, const struct control_standing *s)
{
	const struct control *c = s->control;
	char grade[2] = {c->grade, 0};

	text_add_byte(t, '{');
	text_add_member(t, "id", bytes_of(c->id));
	text_add_member(t, "title", bytes_of(c->title));
	text_add_member(t, "verdict", bytes_of(standing_name(s->verdict)));
	text_add_member(t, "why", bytes_of(s->why));
	text_add_member(t, "grade", bytes_of(grade));
	add_words(t, "roles", c->roles);
	add_words(t, "phases", c->phases);
	add_words(t, "sources", c->sources);
	text_add_member_number(t, "max_age_days", s->max_age_days);
	text_add_key(t, "needs");
	text_add_byte(t, '[');
	for (size_t i = 0; i < c->need_count; i++) {
		text_add_string(t, i ? "," : "");
		add_need(t, &s->needs[i]);
	}
	text_add_byte(t, ']');
	add_maps(t, c);
	text_add_byte(t, '}');
}

static void add_standing_summary(struct text *t, const struct standing *s)
{
	text_add_byte(t, '{');
	text_add_member_number(t, "controls", s->item_count);
	for (int v = 0; v < STANDING_COUNT; v++)
		text_add_member_number(t, standing_name((enum standing_verdict)v), s->counts[v]);
	if (s->oldest_ms)
		add_time(t, "oldest_ms", s->oldest_ms);
	text_add_byte(t, '}');
}

static void write_standing(const struct standing *s, const struct report_style *style, struct text *out)
{
	(void)style;
	text_add_byte(out, '{');
	text_add_member(out, "merlon", bytes_of(merlon_version));
	add_time(out, "at_ms", s->at_ms);
	text_add_member_hex(out, "catalog", digest_bytes(&s->catalog->digest));
	text_add_member(out, "ledger", bytes_of(s->ledger));
	text_add_member_number(out, "records", s->records);
	text_add_member(out, "ledger_fault", bytes_of(s->ledger_fault ? s->ledger_fault : ""));
	text_add_member(out, "profile", bytes_of(s->profile ? s->profile : ""));
	text_add_key(out, "controls");
	text_add_byte(out, '[');
	for (size_t i = 0; i < s->item_count; i++) {
		text_add_string(out, i ? ",\n" : "\n");
		add_control(out, &s->items[i]);
	}
	text_add_string(out, "\n]");
	text_add_key(out, "summary");
	add_standing_summary(out, s);
	text_add_string(out, "}\n");
}

const struct report report_json = {
	.name = "json",
	.title = "for programs; the schemas are schema/scan.schema.json and schema/standing.schema.json",
	.mime = "application/json",
	.assessment = write_assessment,
	.standing = write_standing,
};
