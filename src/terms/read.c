#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "syntax/fields.h"
#include "terms/terms.h"

enum { FILE_MOST = 1 << 20, TEXT_MOST = 64 << 20, NAME_MOST = 200, REGIONS_MOST = 64, PURPOSES_OF_TERMS_MOST = 64 };

struct reader {
	struct arena *arena;
	struct yaml_error *error;
};

static const char fields[] = "provider agreement purposes retention region training onward-sale expires text digest clauses";

static bool is_printable(const struct yaml *value)
{
	return value->kind == YAML_IS_SCALAR && fields_printable(value->text, NAME_MOST);
}

static bool read_word(struct reader *r, const struct yaml *map, const char *name, struct bytes *out)
{
	const struct yaml *value = yaml_member(map, name);

	if (!value || !is_printable(value))
		return fields_fail(r->error, value ? value : map, "has no \"%s\", or one that cannot be printed", name);
	*out = value->text;
	return true;
}

static bool read_list(struct reader *r, const struct yaml *map, const char *name, size_t most, struct names *out)
{
	const struct yaml *list = yaml_member(map, name);

	if (!list || list->kind != YAML_IS_LIST || list->count == 0 || list->count > most)
		return fields_fail(r->error, list ? list : map, "has no list \"%s\" of 1 to %zu names", name, most);
	out->at = arena_alloc(r->arena, list->count, sizeof *out->at);
	yaml_each(list, it) {
		if (!is_printable(it))
			return fields_fail(r->error, it, "has a name in \"%s\" that cannot be printed", name);
		out->at[out->count++] = it->text;
	}
	return true;
}

/* Nothing is assumed: whether it is allowed has to be written down. */
static bool read_choice(struct reader *r, const struct yaml *map, const char *name, bool *out)
{
	struct bytes text = yaml_string(map, name);

	*out = bytes_same(text, "yes") || bytes_same(text, "true");
	if (*out || bytes_same(text, "no") || bytes_same(text, "false"))
		return true;
	return fields_fail(r->error, yaml_member(map, name) ? yaml_member(map, name) : map, "does not say yes or no to \"%s\"", name);
}

static bool read_retention(struct reader *r, const struct yaml *map, struct terms *out)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'h', 3600000}, {'d', 86400000}, {'y', 366ll * 86400000}};
	uint64_t number;

	if (!read_word(r, map, "retention", &out->retention))
		return false;
	if (bytes_same(out->retention, "none"))
		return true;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (out->retention.at[out->retention.len - 1] == (unsigned char)units[i].unit &&
		    bytes_to_u64(bytes_slice(out->retention, 0, out->retention.len - 1), &number) && number > 0 && number < 100000) {
			out->retention_ms = (int64_t)number * units[i].ms;
			return true;
		}
	return fields_fail(r->error, yaml_member(map, "retention"), "has a \"retention\" that is not none, nor like 12h, 30d or 2y");
}

static bool read_clauses(struct reader *r, const struct yaml *map, struct terms *out)
{
	if (!map)
		return true;
	if (map->kind != YAML_IS_MAP)
		return fields_fail(r->error, map, "has \"clauses\" that are no map of fields to clauses");
	out->clauses = arena_alloc(r->arena, map->count, sizeof *out->clauses);
	yaml_each(map, it) {
		if (fields_place(fields, it->key) < 0 || !is_printable(it))
			return fields_fail(r->error, it, "names a clause for what is no field of it, or one that cannot be printed");
		out->clauses[out->clause_count++] = (struct clause){it->key, it->text};
	}
	return true;
}

static bool read_text(struct reader *r, const struct yaml *map, struct terms *out)
{
	const struct yaml *digest = yaml_member(map, "digest");

	if (!read_word(r, map, "text", &out->text))
		return false;
	out->local = !bytes_contain(out->text, BYTES("://"));
	if (!digest || digest->kind != YAML_IS_SCALAR || !digest_read(digest->text, &out->digest))
		return fields_fail(r->error, digest ? digest : map, "has no \"digest\" of the agreement's text: \"sha256:\" and 64 hexadecimal digits in small letters");
	return true;
}

static bool read_all(struct reader *r, const struct yaml *map, struct terms *out)
{
	const struct yaml *expires = yaml_member(map, "expires");

	if (map->kind != YAML_IS_MAP)
		return fields_fail(r->error, map, "is no map of an agreement's terms");
	if (!fields_check(r->error, map, fields))
		return false;
	if (!expires || expires->kind != YAML_IS_SCALAR || !time_parse(expires->text, &out->expires_ms))
		return fields_fail(r->error, expires ? expires : map, "does not say when it \"expires\", like 2027-06-30");
	return read_word(r, map, "provider", &out->provider) && read_word(r, map, "agreement", &out->agreement) &&
	       read_list(r, map, "purposes", PURPOSES_OF_TERMS_MOST, &out->purposes) && read_list(r, map, "region", REGIONS_MOST, &out->regions) &&
	       read_retention(r, map, out) && read_choice(r, map, "training", &out->training) && read_choice(r, map, "onward-sale", &out->onward_sale) &&
	       read_text(r, map, out) && read_clauses(r, yaml_member(map, "clauses"), out);
}

bool terms_read(struct arena *arena, struct bytes yaml, struct terms *out, struct yaml_error *error)
{
	struct reader r = {.arena = arena, .error = error};
	const struct yaml *map = yaml_parse(arena, yaml, error);

	*out = (struct terms){0};
	return map && read_all(&r, map, out);
}

/* A text that cannot be read is not known to be the one agreed to. */
static bool has_changed(struct arena *arena, const char *beside, const struct terms *terms)
{
	struct bytes path = bytes_of(beside);
	struct text name, content;

	text_init(&name, arena);
	if (terms->text.at[0] != '/')
		text_add(&name, bytes_slice(path, 0, path.len - bytes_after_last(path, '/').len));
	text_add(&name, terms->text);
	const char *file = text_string(&name);
	text_init(&content, NULL);
	bool same = file_read(file, TEXT_MOST, &content) == STATUS_OK && digest_equal(digest_of(text_bytes(&content)), terms->digest);
	text_finish(&content);
	return !same;
}

bool terms_load(struct arena *arena, const char *path, struct terms *out, struct yaml_error *error)
{
	struct text content;
	struct bytes yaml = {0};

	*error = (struct yaml_error){0};
	text_init(&content, NULL);
	enum status status = file_read(path, FILE_MOST, &content);
	if (status != STATUS_OK)
		snprintf(error->why, sizeof error->why, "%s", file_trouble(status));
	else
		yaml = arena_copy(arena, text_bytes(&content));
	text_finish(&content);
	if (status != STATUS_OK || !terms_read(arena, yaml, out, error))
		return false;
	out->changed = out->local && has_changed(arena, path, out);
	return true;
}
