#include "gateway/approval.h"

#include "base/cursor.h"
#include "base/time.h"

static const char first_line[] = "merlon approval v1";

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

void approval_write(const struct hold_question *q, const struct approval *a, struct text *out)
{
	text_addf(out, "%s\n", first_line);
	add_line(out, "exchange", bytes_of(q->id));
	add_line(out, "says", bytes_of(a->agrees ? "approve" : "refuse"));
	add_line(out, "half", bytes_of(q->answer ? "answer" : "request"));
	text_add_string(out, "digest ");
	text_add_hex(out, digest_bytes(&q->digest));
	text_add_byte(out, '\n');
	add_line(out, "caller", hold_bytes(&q->caller));
	add_time_line(out, "expires", q->expires_ms);
	add_time_line(out, "at", a->at_ms);
	add_line(out, "by", bytes_slice(a->by, 0, HOLD_TEXT_MOST));
	add_line(out, "reason", bytes_slice(a->reason, 0, HOLD_TEXT_MOST));
}

/* The value of "KEY VALUE"; fails the cursor when another key stands there. */
static struct bytes take_line(struct cursor *c, const char *key)
{
	struct bytes line = cursor_until(c, '\n'), name = bytes_of(key);

	if (!bytes_start_with(line, name) || line.len <= name.len || line.at[name.len] != ' ')
		cursor_fail(c, "is no approval");
	return bytes_from(line, name.len + 1);
}

/* What is signed of a note; all of what is none. */
static struct bytes text_of(struct bytes text)
{
	struct bytes inside = note_text(text);

	return inside.len > 0 ? inside : text;
}

bool approval_read(struct bytes text, struct approval *out)
{
	struct cursor c = cursor_over(text_of(text));

	if (!bytes_same(cursor_until(&c, '\n'), first_line))
		return false;
	out->exchange = take_line(&c, "exchange");
	struct bytes says = take_line(&c, "says");
	out->agrees = bytes_same(says, "approve");
	take_line(&c, "half");
	take_line(&c, "digest");
	take_line(&c, "caller");
	take_line(&c, "expires");
	bool good = time_parse(take_line(&c, "at"), &out->at_ms);
	out->by = take_line(&c, "by");
	out->reason = take_line(&c, "reason");
	return cursor_ok(&c) && cursor_left(&c) == 0 && good && out->by.len > 0 && (out->agrees || bytes_same(says, "refuse"));
}

/* Byte for byte what would be written in answer to it. */
bool approval_fits(struct bytes text, const struct hold_question *q)
{
	struct approval a;
	struct text again;

	if (!approval_read(text, &a))
		return false;
	text_init(&again, NULL);
	approval_write(q, &a, &again);
	bool same = bytes_equal(text_bytes(&again), text_of(text));
	text_finish(&again);
	return same;
}
