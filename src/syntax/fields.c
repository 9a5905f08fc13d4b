#include "syntax/fields.h"

#include <stdio.h>

bool fields_fail_list(struct yaml_error *error, const struct yaml *at, const char *format, va_list list)
{
	vsnprintf(error->why, sizeof error->why, format, list);
	error->line = at ? at->line : 0;
	error->column = at ? at->column : 0;
	return false;
}

bool fields_fail(struct yaml_error *error, const struct yaml *at, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fields_fail_list(error, at, format, list);
	va_end(list);
	return false;
}

int fields_place(const char *words, struct bytes word)
{
	struct bytes left = bytes_of(words);

	for (int i = 0; left.len > 0; i++) {
		size_t len = bytes_find_byte(left, ' ');
		if (bytes_equal(bytes_slice(left, 0, len), word))
			return i;
		left = bytes_from(left, len + 1);
	}
	return -1;
}

bool fields_check(struct yaml_error *error, const struct yaml *map, const char *words)
{
	if (!map || map->kind != YAML_IS_MAP)
		return fields_fail(error, map, "has something else where a map belongs");
	yaml_each(map, it)
		if (fields_place(words, it->key) < 0)
			return fields_fail(error, it, "has a field \"%.*s\", where only these can stand: %s", (int)(it->key.len > 40 ? 40 : it->key.len), (const char *)it->key.at, words);
	return true;
}

bool fields_printable(struct bytes b, size_t most)
{
	if (b.len == 0 || b.len > most || !bytes_are_utf8(b))
		return false;
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] < ' ' || b.at[i] == 0x7f)
			return false;
	return true;
}
