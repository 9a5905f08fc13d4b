#include "controls/attestation.h"

#include "base/cursor.h"
#include "base/time.h"

static const char first_line[] = "merlon attestation v1";

static void add_line(struct text *t, const char *key, struct bytes value)
{
	text_addf(t, "%s ", key);
	for (size_t i = 0; i < value.len; i++)
		text_add_byte(t, value.at[i] < ' ' ? ' ' : (char)value.at[i]);
	text_add_byte(t, '\n');
}

static void add_time_line(struct text *t, const char *key, int64_t at_ms)
{
	text_addf(t, "%s ", key);
	text_add_time(t, at_ms);
	text_add_byte(t, '\n');
}

void attestation_write(const struct attestation *a, struct text *out)
{
	text_addf(out, "%s\n", first_line);
	add_line(out, "control", a->control);
	add_line(out, "says", a->says);
	add_line(out, "by", a->by);
	add_time_line(out, "signed", a->signed_ms);
	add_time_line(out, "expires", a->expires_ms);
	add_line(out, "statement", a->statement);
}

/* The value of "KEY VALUE"; fails the cursor when another key stands there. */
static struct bytes take_line(struct cursor *c, const char *key)
{
	struct bytes line = cursor_until(c, '\n'), name = bytes_of(key);

	if (!bytes_start_with(line, name) || line.len <= name.len || line.at[name.len] != ' ')
		cursor_fail(c, "is no attestation");
	return bytes_from(line, name.len + 1);
}

bool attestation_read(struct bytes note, struct attestation *out)
{
	struct cursor c = cursor_over(note_text(note));

	if (!bytes_same(cursor_until(&c, '\n'), first_line))
		return false;
	out->control = take_line(&c, "control");
	out->says = take_line(&c, "says");
	out->by = take_line(&c, "by");
	bool times = time_parse(take_line(&c, "signed"), &out->signed_ms) && time_parse(take_line(&c, "expires"), &out->expires_ms);
	out->statement = take_line(&c, "statement");
	return cursor_ok(&c) && cursor_left(&c) == 0 && times;
}
