/* For programs: everything that is known, in the form of schema/scan.schema.json. */
#include "syntax/json.h"
#include "types/report.h"

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

static void add_digest(struct text *t, const char *key, const struct digest *d)
{
	text_add_key(t, key);
	text_add_byte(t, '"');
	text_add_hex(t, digest_bytes(d));
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
	if (f->loaders) {
		struct text loaders;
		text_init(&loaders, NULL);
		text_add_loaders(&loaders, f->loaders);
		text_add_member(t, "loaders", text_bytes(&loaders));
		text_finish(&loaders);
	}
	add_digest(t, "fingerprint", &f->fingerprint);
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

static void add_item(struct text *t, const struct item *item)
{
	text_add_byte(t, '{');
	add_path(t, item->path);
	if (item->hashed) {
		add_digest(t, "sha256", &item->digest);
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
	add_digest(t, "rules", &a->rules);
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

const struct report report_json = {
	.name = "json",
	.title = "for programs; the schema is schema/scan.schema.json",
	.mime = "application/json",
	.assessment = write_assessment,
};
