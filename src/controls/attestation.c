#include "controls/attestation.h"

#include "base/time.h"
#include "syntax/lines.h"

static const char first_line[] = "merlon attestation v1";

void attestation_write(const struct attestation *a, struct text *out)
{
	text_addf(out, "%s\n", first_line);
	lines_add(out, "control", a->control);
	lines_add(out, "says", a->says);
	lines_add(out, "by", a->by);
	lines_add_time(out, "signed", a->signed_ms);
	lines_add_time(out, "expires", a->expires_ms);
	lines_add(out, "statement", a->statement);
}

bool attestation_read(struct bytes note, struct attestation *out)
{
	struct cursor c = cursor_over(note_text(note));

	if (!bytes_same(cursor_until(&c, '\n'), first_line))
		return false;
	out->control = lines_take(&c, "control");
	out->says = lines_take(&c, "says");
	out->by = lines_take(&c, "by");
	bool times = time_parse(lines_take(&c, "signed"), &out->signed_ms) && time_parse(lines_take(&c, "expires"), &out->expires_ms);
	out->statement = lines_take(&c, "statement");
	return cursor_ok(&c) && cursor_left(&c) == 0 && times;
}
