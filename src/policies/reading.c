#include "policies/reading.h"

#include <stdio.h>
#include <stdlib.h>

#include "syntax/fields.h"

void reading_fail(struct reading *r, const struct yaml *at, const char *why)
{
	if (r->failed)
		return;
	r->failed = true;
	fields_fail(r->error, at, "%s", why);
}

void reading_keys(struct reading *r, const struct yaml *map, const char *known)
{
	char why[160];

	if (map && map->kind != YAML_IS_MAP)
		reading_fail(r, map, "has something else where keys with values have to stand");
	yaml_each(map, it) {
		if (fields_place(known, it->key) >= 0)
			continue;
		snprintf(why, sizeof why, "has a key that is none of: %s", known);
		reading_fail(r, it, why);
	}
}

unsigned reading_word(struct reading *r, const struct yaml *value, const char *const *words, unsigned otherwise)
{
	char why[160] = "has another word where one of these has to stand:";

	if (!value)
		return otherwise;
	for (unsigned i = 0; words[i]; i++) {
		if (value->kind == YAML_IS_SCALAR && bytes_same(value->text, words[i]))
			return i;
		size_t len = strlen(why);
		snprintf(why + len, sizeof why - len, " %s", words[i]);
	}
	reading_fail(r, value, why);
	return otherwise;
}

bool reading_yes(struct reading *r, const struct yaml *value)
{
	static const char *const words[] = {"no", "yes", "false", "true", NULL};

	return reading_word(r, value, words, 0) & 1;
}

struct names reading_names(struct reading *r, const struct yaml *value)
{
	struct names out = {0};

	if (!value)
		return out;
	bool list = value->kind == YAML_IS_LIST;
	if (value->kind == YAML_IS_MAP || (list && value->count == 0))
		reading_fail(r, value, "has no names where some have to stand");
	out.at = arena_alloc(r->arena, list ? value->count : 1, sizeof *out.at);
	if (value->kind == YAML_IS_SCALAR)
		out.at[out.count++] = value->text;
	if (list)
		yaml_each(value, it) {
			if (it->kind != YAML_IS_SCALAR)
				reading_fail(r, it, "has a list where a text has to stand");
			out.at[out.count++] = it->text;
		}
	for (size_t i = 0; i < out.count; i++)
		if (out.at[i].len == 0 || out.at[i].len > 1024)
			reading_fail(r, value, "has a text that is empty or longer than 1024 bytes");
	return out;
}

struct bytes reading_string(struct reading *r, const struct yaml *value, size_t most)
{
	if (!value)
		return BYTES("");
	if (value->kind != YAML_IS_SCALAR || value->text.len == 0 || value->text.len > most || !bytes_are_utf8(value->text))
		reading_fail(r, value, "has no text, or a longer one than may stand here");
	return value->text;
}

uint64_t reading_count(struct reading *r, const struct yaml *value)
{
	uint64_t n = 0;

	if (value && (value->kind != YAML_IS_SCALAR || !bytes_to_u64(value->text, &n) || n == 0))
		reading_fail(r, value, "has no whole number above 0 where one has to stand");
	return n;
}

double reading_decimal(struct reading *r, const struct yaml *value)
{
	char text[32], *end = text;

	if (!value)
		return 0;
	snprintf(text, sizeof text, "%.*s", (int)(value->text.len < 31 ? value->text.len : 31), value->text.len ? (const char *)value->text.at : "");
	double n = strtod(text, &end);
	if (value->kind != YAML_IS_SCALAR || end == text || *end || value->text.len > 30 || n != n || n - n != 0)
		reading_fail(r, value, "has no number where one has to stand");
	return n;
}

enum measure reading_measure(struct reading *r, const struct yaml *value, enum measure otherwise)
{
	static const char *const words[] = {"allow", "warn", "redact", "hold", "deny", NULL};

	return (enum measure)reading_word(r, value, words, otherwise);
}

unsigned reading_approvals(struct reading *r, const struct yaml *item, enum measure measure)
{
	const struct yaml *value = yaml_member(item, "approvals");
	uint64_t n = reading_count(r, value);

	if (value && measure != MEASURE_HOLD)
		reading_fail(r, value, "has approvals for what is not held");
	if (n > APPROVALS_MOST)
		reading_fail(r, value, "has more than 4 persons agree");
	return (unsigned)n;
}

/* "07:30" */
static bool read_minute(struct bytes text, unsigned *out)
{
	bool good = text.len == 5 && text.at[2] == ':';

	for (size_t i = 0; i < 5 && good; i++)
		good = i == 2 || (text.at[i] >= '0' && text.at[i] <= '9');
	if (!good)
		return false;
	unsigned hour = 10u * (text.at[0] - '0') + text.at[1] - '0', minute = 10u * (text.at[3] - '0') + text.at[4] - '0';
	*out = 60 * hour + minute;
	return minute < 60 && *out <= 24 * 60;
}

static void read_hours(struct reading *r, const struct yaml *value, struct selector *out)
{
	struct bytes text = value ? value->text : BYTES("");

	if (!value)
		return;
	if (text.len != 11 || text.at[5] != '-' || !read_minute(bytes_slice(text, 0, 5), &out->from_minute) || !read_minute(bytes_from(text, 6), &out->until_minute) ||
	    out->from_minute == out->until_minute)
		reading_fail(r, value, "has hours that are not like 07:00-19:00 (UTC)");
}

static struct selector read_selector(struct reading *r, const struct yaml *map)
{
	struct selector s = {0};

	reading_keys(r, map, "callers roles teams routes upstreams dialects models purposes hours");
	if (map && map->count == 0)
		reading_fail(r, map, "has conditions that say nothing");
	s.callers = reading_names(r, yaml_member(map, "callers"));
	s.roles = reading_names(r, yaml_member(map, "roles"));
	s.teams = reading_names(r, yaml_member(map, "teams"));
	s.routes = reading_names(r, yaml_member(map, "routes"));
	s.upstreams = reading_names(r, yaml_member(map, "upstreams"));
	s.dialects = reading_names(r, yaml_member(map, "dialects"));
	s.models = reading_names(r, yaml_member(map, "models"));
	s.purposes = reading_names(r, yaml_member(map, "purposes"));
	read_hours(r, yaml_member(map, "hours"), &s);
	return s;
}

struct scope reading_scope(struct reading *r, const struct yaml *map)
{
	struct scope s = {.has_unless = yaml_member(map, "unless") != NULL};

	s.only = read_selector(r, yaml_member(map, "for"));
	s.unless = read_selector(r, yaml_member(map, "unless"));
	return s;
}
