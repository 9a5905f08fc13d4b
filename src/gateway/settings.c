#include "gateway/settings.h"

#include <string.h>

#include "syntax/fields.h"

void settings_fail(struct settings *s, const struct yaml *where, const char *format, ...)
{
	va_list list;

	if (s->failed)
		return;
	s->failed = true;
	va_start(list, format);
	fields_fail_list(&s->error, where ? where : &(struct yaml){.line = 1, .column = 1}, format, list);
	va_end(list);
}

bool settings_know(struct settings *s, const struct yaml *map, const char *what, const char *words)
{
	if (map && map->kind != YAML_IS_MAP)
		settings_fail(s, map, "has no map where %s belongs", what);
	yaml_each(map, it)
		if (fields_place(words, it->key) < 0)
			settings_fail(s, it, "has \"%.*s\" in %s, where only these can stand: %s", (int)it->key.len, it->key.at, what, words);
	return !s->failed;
}

/* NULL when it is not there, or no text: then that is the mistake. */
static const struct yaml *scalar(struct settings *s, const struct yaml *map, const char *name)
{
	const struct yaml *v = yaml_member(map, name);

	if (v && v->kind == YAML_IS_SCALAR && v->text.len > 0)
		return v;
	if (v)
		settings_fail(s, v, "has no text for \"%s\"", name);
	return NULL;
}

const char *settings_string(struct settings *s, const struct yaml *map, const char *name, const char *otherwise)
{
	const struct yaml *v = scalar(s, map, name);

	return v ? arena_string(s->arena, v->text) : otherwise;
}

/* Digits, then a unit out of `units`; false when it is no such thing. */
static bool read_quantity(struct bytes text, const char *units, const uint64_t *factors, uint64_t *out)
{
	size_t digits = 0;
	uint64_t n = 0;

	while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9')
		digits++;
	int unit = fields_place(units, bytes_from(text, digits));
	if (!bytes_to_u64(bytes_slice(text, 0, digits), &n) || unit < 0)
		return false;
	return !__builtin_mul_overflow(n, factors[unit], out) && *out <= INT64_MAX;
}

uint64_t settings_number(struct settings *s, const struct yaml *map, const char *name, uint64_t otherwise, uint64_t least, uint64_t most)
{
	const struct yaml *v = scalar(s, map, name);
	uint64_t n = otherwise;

	if (v && (!bytes_to_u64(v->text, &n) || n < least || n > most))
		settings_fail(s, v, "has no number from %llu to %llu for \"%s\"", (unsigned long long)least, (unsigned long long)most, name);
	return n;
}

bool settings_bool(struct settings *s, const struct yaml *map, const char *name, bool otherwise)
{
	return settings_choice(s, map, name, "false true no yes", otherwise) % 2 == 1;
}

int64_t settings_duration(struct settings *s, const struct yaml *map, const char *name, int64_t otherwise_ms)
{
	static const uint64_t factors[] = {1, 1000, 60000, 3600000, 86400000};
	const struct yaml *v = scalar(s, map, name);
	uint64_t n = 0;

	if (!v)
		return otherwise_ms;
	if (!read_quantity(v->text, "ms s m h d", factors, &n))
		settings_fail(s, v, "has no duration such as 250ms, 5s, 2m or 1h for \"%s\"", name);
	return (int64_t)n;
}

uint64_t settings_size(struct settings *s, const struct yaml *map, const char *name, uint64_t otherwise)
{
	static const uint64_t factors[] = {1 << 10, 1 << 20, 1 << 30};
	const struct yaml *v = scalar(s, map, name);
	uint64_t n = otherwise;

	if (v && !bytes_to_u64(v->text, &n) && !read_quantity(v->text, "KiB MiB GiB", factors, &n))
		settings_fail(s, v, "has no size such as 64KiB or 16MiB for \"%s\"", name);
	return n;
}

unsigned settings_choice(struct settings *s, const struct yaml *map, const char *name, const char *words, unsigned otherwise)
{
	const struct yaml *v = scalar(s, map, name);

	if (!v)
		return otherwise;
	int place = fields_place(words, v->text);
	if (place < 0)
		settings_fail(s, v, "has \"%.*s\" for \"%s\", which is one of: %s", (int)v->text.len, v->text.at, name, words);
	return place < 0 ? otherwise : (unsigned)place;
}

struct names settings_names(struct settings *s, const struct yaml *map, const char *name)
{
	const struct yaml *v = yaml_member(map, name);
	struct names names = {0};

	if (!v)
		return names;
	if (v->kind == YAML_IS_MAP) {
		settings_fail(s, v, "has a map for \"%s\", where a list of texts belongs", name);
		return names;
	}
	names.at = arena_alloc(s->arena, v->count + 1, sizeof *names.at);
	if (v->kind == YAML_IS_SCALAR) {
		names.at[names.count++] = arena_copy(s->arena, v->text);
		return names;
	}
	yaml_each(v, it) {
		if (it->kind != YAML_IS_SCALAR || it->text.len == 0)
			settings_fail(s, it, "has something that is no text in the list \"%s\"", name);
		else
			names.at[names.count++] = arena_copy(s->arena, it->text);
	}
	return names;
}

const char *settings_path(struct settings *s, const char *folder, const char *path)
{
	struct text t;

	if (!path || *path == '/' || !*folder)
		return path;
	text_init(&t, s->arena);
	text_addf(&t, "%s/%s", folder, path);
	return text_string(&t);
}
