/* SARIF 2.1.0 (OASIS): for code hosts and editors that show findings beside the files. */
#include "syntax/json.h"
#include "types/report.h"

static const char *level_of(enum severity s)
{
	static const char *const levels[SEVERITY_COUNT] = {"note", "note", "warning", "error"};

	return levels[s];
}

static void add_message(struct text *t, const char *key, const char *first, const char *second)
{
	struct text whole;

	text_init(&whole, NULL);
	text_add_string(&whole, first);
	text_add_string(&whole, second);
	text_add_key(t, key);
	text_add_byte(t, '{');
	text_add_member(t, "text", text_bytes(&whole));
	text_add_byte(t, '}');
	text_finish(&whole);
}

static void add_rule(struct text *t, const struct check *c)
{
	text_add_byte(t, '{');
	text_add_member(t, "id", bytes_of(c->id));
	add_message(t, "shortDescription", c->title, "");
	add_message(t, "fullDescription", c->why, "");
	add_message(t, "help", c->fix, "");
	text_add_key(t, "defaultConfiguration");
	text_addf(t, "{\"level\":\"%s\"}", level_of(c->severity));
	text_add_key(t, "properties");
	text_add_byte(t, '{');
	text_add_member(t, "controls", bytes_of(c->supports));
	text_add_member(t, "limits", bytes_of(c->limits));
	text_add_byte(t, '}');
	text_add_byte(t, '}');
}

/* A path as the URI reference SARIF asks for. */
static void add_uri(struct text *t, const char *path)
{
	struct text uri;

	text_init(&uri, NULL);
	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '/' || *p == '.' ||
			     *p == '-' || *p == '_' || *p == '~';
		if (plain)
			text_add_byte(&uri, (char)*p);
		else
			text_addf(&uri, "%%%02X", *p);
	}
	text_add_member(t, "uri", text_bytes(&uri));
	text_finish(&uri);
}

static void add_location(struct text *t, const struct item *item, const struct item_finding *f)
{
	text_add_key(t, "locations");
	text_add_string(t, "[{");
	text_add_key(t, "physicalLocation");
	text_add_byte(t, '{');
	text_add_key(t, "artifactLocation");
	text_add_byte(t, '{');
	add_uri(t, item->path);
	text_add_byte(t, '}');
	text_add_key(t, "region");
	text_addf(t, "{\"byteOffset\":%llu}", (unsigned long long)(f->path[0] && bytes_same(bytes_of(f->path), item->path) ? f->offset : 0));
	text_add_byte(t, '}');
	text_add_key(t, "logicalLocations");
	text_add_string(t, "[{");
	text_add_member(t, "fullyQualifiedName", bytes_of(f->path));
	text_add_member(t, "kind", BYTES("member"));
	text_add_string(t, "}]}]");
}

static void add_result(struct text *t, const struct item *item, const struct item_finding *f)
{
	text_add_byte(t, '{');
	text_add_member(t, "ruleId", bytes_of(f->check->id));
	text_add_member(t, "kind", f->verdict == VERDICT_INCONCLUSIVE ? BYTES("open") : BYTES("fail"));
	text_add_member(t, "level", f->verdict == VERDICT_INCONCLUSIVE ? BYTES("none") : bytes_of(level_of(f->severity)));
	add_message(t, "message", "The file ", f->message);
	add_location(t, item, f);
	text_add_key(t, "partialFingerprints");
	text_add_string(t, "{\"merlon/v1\":\"");
	text_add_hex(t, digest_bytes(&f->fingerprint));
	text_add_string(t, "\"}");
	text_add_key(t, "properties");
	text_add_byte(t, '{');
	text_add_member(t, "verdict", bytes_of(verdict_name(f->verdict)));
	text_add_member_number(t, "offset", f->offset);
	if (f->loaders) {
		struct text names;
		text_init(&names, NULL);
		text_add_loaders(&names, f->loaders);
		text_add_member(t, "loaders", text_bytes(&names));
		text_finish(&names);
	}
	text_add_string(t, "}}");
}

static void add_artifact(struct text *t, const struct item *item)
{
	text_add_byte(t, '{');
	text_add_key(t, "location");
	text_add_byte(t, '{');
	add_uri(t, item->path);
	text_add_byte(t, '}');
	text_add_member_number(t, "length", item->size);
	if (item->hashed) {
		text_add_key(t, "hashes");
		text_add_string(t, "{\"sha-256\":\"");
		text_add_hex(t, digest_bytes(&item->digest));
		text_add_string(t, "\"}");
	}
	text_add_key(t, "properties");
	text_add_byte(t, '{');
	text_add_member(t, "verdict", bytes_of(verdict_name(item->verdict)));
	text_add_member(t, "why", bytes_of(item->why));
	text_add_string(t, "}}");
}

static void add_tool(struct text *t)
{
	text_add_key(t, "tool");
	text_add_byte(t, '{');
	text_add_key(t, "driver");
	text_add_byte(t, '{');
	text_add_member(t, "name", BYTES("merlon"));
	text_add_member(t, "semanticVersion", bytes_of(merlon_version));
	text_add_key(t, "rules");
	text_add_byte(t, '[');
	for (const struct check *const *c = checks; *c; c++) {
		text_add_string(t, c == checks ? "" : ",");
		add_rule(t, *c);
	}
	text_add_string(t, "]}}");
}

static void add_results(struct text *t, const struct assessment *a)
{
	bool first = true;

	text_add_key(t, "results");
	text_add_byte(t, '[');
	for (size_t i = 0; i < a->item_count; i++) {
		for (size_t k = 0; k < a->items[i].finding_count; k++) {
			text_add_string(t, first ? "\n" : ",\n");
			add_result(t, &a->items[i], &a->items[i].findings[k]);
			first = false;
		}
	}
	text_add_byte(t, ']');
}

static void write_assessment(const struct assessment *a, const struct report_style *style, struct text *out)
{
	(void)style;
	text_add_byte(out, '{');
	text_add_member(out, "$schema", BYTES("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"));
	text_add_member(out, "version", BYTES("2.1.0"));
	text_add_key(out, "runs");
	text_add_string(out, "[{");
	add_tool(out);
	text_add_key(out, "artifacts");
	text_add_byte(out, '[');
	for (size_t i = 0; i < a->item_count; i++) {
		text_add_string(out, i ? ",\n" : "\n");
		add_artifact(out, &a->items[i]);
	}
	text_add_byte(out, ']');
	add_results(out, a);
	text_add_string(out, "}]}\n");
}

const struct report report_sarif = {
	.name = "sarif",
	.title = "SARIF 2.1.0, for code hosts and editors",
	.mime = "application/sarif+json",
	.assessment = write_assessment,
};
