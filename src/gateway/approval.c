#include "gateway/approval.h"

#include "base/time.h"
#include "syntax/lines.h"

static const char first_line[] = "merlon approval v1";
static const char *const words[] = {"approve", "refuse", "show", "show whole"};

void approval_write(const struct hold_question *q, const struct approval *a, struct text *out)
{
	text_addf(out, "%s\n", first_line);
	lines_add(out, "exchange", bytes_of(q->id));
	lines_add(out, "says", bytes_of(words[a->says]));
	lines_add(out, "half", bytes_of(q->answer ? "answer" : "request"));
	text_add_string(out, "digest ");
	text_add_hex(out, digest_bytes(&q->digest));
	text_add_byte(out, '\n');
	lines_add(out, "shown", bytes_slice(a->shown, 0, HOLD_TEXT_MOST));
	lines_add(out, "caller", hold_bytes(&q->caller));
	lines_add_time(out, "expires", q->expires_ms);
	lines_add_time(out, "at", a->at_ms);
	lines_add(out, "by", bytes_slice(a->by, 0, HOLD_TEXT_MOST));
	lines_add(out, "reason", bytes_slice(a->reason, 0, HOLD_TEXT_MOST));
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
	out->exchange = lines_take(&c, "exchange");
	struct bytes says = lines_take(&c, "says");
	for (out->says = 0; out->says < COUNT_OF(words) && !bytes_same(says, words[out->says]); out->says++)
		;
	lines_take(&c, "half");
	lines_take(&c, "digest");
	out->shown = lines_take(&c, "shown");
	lines_take(&c, "caller");
	lines_take(&c, "expires");
	bool good = time_parse(lines_take(&c, "at"), &out->at_ms);
	out->by = lines_take(&c, "by");
	out->reason = lines_take(&c, "reason");
	return cursor_ok(&c) && cursor_left(&c) == 0 && good && out->by.len > 0 && out->says < COUNT_OF(words);
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
