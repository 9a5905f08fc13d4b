#include "scan/evidence.h"

#include <string.h>
#include <unistd.h>

#include "syntax/json.h"

/* Members stand in the order of their keys: that is what makes the records canonical. */

enum { PATH_MOST = 8192, TEXT_MOST = 4096, PATHS_MOST = 48 };

static void add_bounded(struct text *t, const char *key, const char *value, size_t most)
{
	text_add_member(t, key, bytes_slice(bytes_of(value), 0, most));
}

/* Drops the last part of an absolute path. */
static void go_up(struct text *t)
{
	while (t->len > 1 && t->at[t->len - 1] != '/')
		t->len--;
	if (t->len > 1)
		t->len--;
}

/*
 * The path from the root, without "." and "..": records of different calls
 * then name one file alike.  Links are left as they are.
 */
static void add_absolute(struct text *out, const char *path)
{
	static char here[4096];
	static struct text whole;
	struct bytes left = bytes_of(path);

	text_clear(&whole);
	if (path[0] != '/' && (here[0] || getcwd(here, sizeof here)))
		text_add_string(&whole, strcmp(here, "/") == 0 ? "" : here);
	while (left.len > 0) {
		size_t len = bytes_find_byte(left, '/');
		struct bytes part = bytes_slice(left, 0, len);
		left = bytes_from(left, len + 1);
		if (bytes_same(part, ".."))
			go_up(&whole);
		else if (part.len > 0 && !bytes_same(part, ".")) {
			text_add_byte(&whole, '/');
			text_add(&whole, part);
		}
	}
	text_add_json(out, bytes_slice(text_bytes(&whole), 0, PATH_MOST));
}

static void add_loaders(struct text *out, uint32_t set)
{
	struct text names;

	text_init(&names, NULL);
	text_add_loaders(&names, set);
	text_add_member(out, "loaders", text_bytes(&names));
	text_finish(&names);
}

bool evidence_begin(struct ledger *l, const struct assessment *a, const char *const *paths, size_t path_count)
{
	struct text t;

	text_init(&t, NULL);
	text_add_string(&t, "{");
	add_bounded(&t, "command", a->command ? a->command : "", TEXT_MOST);
	if (a->loaders)
		add_loaders(&t, a->loaders);
	text_add_key(&t, "paths");
	text_add_byte(&t, '[');
	for (size_t i = 0; i < path_count && i < PATHS_MOST; i++) {
		if (i > 0)
			text_add_byte(&t, ',');
		add_absolute(&t, paths[i]);
	}
	text_add_byte(&t, ']');
	text_add_member_number(&t, "paths-given", path_count);
	text_add_member_hex(&t, "rules", digest_bytes(&a->rules));
	add_bounded(&t, "sandbox-gap", a->sandbox_gap ? a->sandbox_gap : "", TEXT_MOST);
	add_bounded(&t, "version", merlon_version, TEXT_MOST);
	text_add_byte(&t, '}');
	bool good = ledger_append(l, RECORD_SCAN, text_bytes(&t));
	text_finish(&t);
	return good;
}

static bool add_finding(struct ledger *l, struct text *t, const struct item_finding *f)
{
	text_clear(t);
	text_add_byte(t, '{');
	add_bounded(t, "check", f->check->id, TEXT_MOST);
	text_add_member_hex(t, "fingerprint", digest_bytes(&f->fingerprint));
	if (f->loaders)
		add_loaders(t, f->loaders);
	add_bounded(t, "message", f->message, TEXT_MOST);
	text_add_member_number(t, "offset", f->offset);
	text_add_key(t, "path");
	add_absolute(t, f->path);
	add_bounded(t, "severity", severity_name(f->severity), TEXT_MOST);
	add_bounded(t, "verdict", verdict_name(f->verdict), TEXT_MOST);
	text_add_byte(t, '}');
	return ledger_append(l, RECORD_FINDING, text_bytes(t));
}

bool evidence_item(struct ledger *l, const struct item *item)
{
	static struct text t;       /* one a process: this runs for every file */
	bool good;

	text_clear(&t);
	text_add_byte(&t, '{');
	text_add_member_number(&t, "bytes-read", item->bytes_read);
	text_add_member_number(&t, "findings", item->finding_count + item->findings_left_out);
	text_add_key(&t, "formats");
	text_add_byte(&t, '[');
	for (size_t i = 0; i < item->format_count; i++) {
		if (i > 0)
			text_add_byte(&t, ',');
		text_add_json(&t, bytes_of(item->formats[i]->name));
	}
	text_add_byte(&t, ']');
	text_add_key(&t, "path");
	add_absolute(&t, item->path);
	if (item->hashed)
		text_add_member_hex(&t, "sha256", digest_bytes(&item->digest));
	text_add_member_number(&t, "size", item->size);
	add_bounded(&t, "verdict", verdict_name(item->verdict), TEXT_MOST);
	add_bounded(&t, "why", item->why, TEXT_MOST);
	text_add_byte(&t, '}');
	good = ledger_append(l, RECORD_COVERAGE, text_bytes(&t));
	for (size_t i = 0; i < item->finding_count && good; i++)
		good = add_finding(l, &t, &item->findings[i]);
	return good;
}

bool evidence_end(struct ledger *l, const struct assessment *a)
{
	struct text t;

	text_init(&t, NULL);
	text_add_byte(&t, '{');
	text_add_member_number(&t, "clean", a->verdicts[VERDICT_CLEAN]);
	text_add_member_number(&t, "dangerous", a->verdicts[VERDICT_DANGEROUS]);
	text_add_member_number(&t, "inconclusive", a->verdicts[VERDICT_INCONCLUSIVE]);
	text_add_member_number(&t, "items", a->item_count);
	text_add_member_number(&t, "suspicious", a->verdicts[VERDICT_SUSPICIOUS]);
	text_add_byte(&t, '}');
	bool good = ledger_append(l, RECORD_SCAN_END, text_bytes(&t)) && ledger_commit(l);
	text_finish(&t);
	return good;
}
