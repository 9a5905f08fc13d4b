#include "syntax/lines.h"

#include "base/time.h"

void lines_add(struct text *t, const char *key, struct bytes value)
{
	text_add_string(t, key);
	text_add_byte(t, ' ');
	for (size_t i = 0; i < value.len; i++)
		text_add_byte(t, value.at[i] < ' ' ? ' ' : (char)value.at[i]);
	text_add_byte(t, '\n');
}

void lines_add_time(struct text *t, const char *key, int64_t at_ms)
{
	text_add_string(t, key);
	text_add_byte(t, ' ');
	text_add_time(t, at_ms);
	text_add_byte(t, '\n');
}

struct bytes lines_take(struct cursor *c, const char *key)
{
	struct bytes line = cursor_until(c, '\n'), name = bytes_of(key);

	if (!bytes_start_with(line, name) || line.len <= name.len || line.at[name.len] != ' ')
		cursor_fail(c, "has other lines than it should");
	return bytes_from(line, name.len + 1);
}
