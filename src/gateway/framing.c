#include "gateway/framing.h"

enum { EVENT_MOST = 4 << 20 };

void framing_init(struct framing *f, enum framing_kind kind)
{
	*f = (struct framing){.kind = kind};
	text_init(&f->held, NULL);
}

void framing_finish(struct framing *f)
{
	text_finish(&f->held);
}

struct bytes framing_left(const struct framing *f)
{
	return bytes_from(text_bytes(&f->held), f->taken);
}

bool framing_feed(struct framing *f, struct bytes b)
{
	size_t left = f->held.len - f->taken;

	for (size_t i = 0; f->taken > 0 && i < left; i++)
		f->held.at[i] = f->held.at[f->taken + i];
	f->held.len = left;
	f->taken = 0;
	if (left + b.len > EVENT_MOST)
		return false;
	text_add(&f->held, b);
	return true;
}

/* A line with its end, which is LF, CR or CRLF; false when it is not whole. A CR at the very end may be half of a CRLF. */
static bool take_line(struct bytes *in, struct bytes *line)
{
	size_t end = 0;

	while (end < in->len && in->at[end] != '\n' && in->at[end] != '\r')
		end++;
	if (end == in->len || (in->at[end] == '\r' && end + 1 == in->len))
		return false;
	*line = bytes_slice(*in, 0, end);
	*in = bytes_from(*in, end + (in->at[end] == '\r' && in->at[end + 1] == '\n' ? 2 : 1));
	return true;
}

static void take_field(struct bytes line, struct text *data, bool *has_data, struct framed *out)
{
	size_t colon = bytes_find_byte(line, ':');
	struct bytes field = bytes_slice(line, 0, colon), value = bytes_from(line, colon + 1);

	if (value.len > 0 && value.at[0] == ' ')
		value = bytes_from(value, 1);
	if (bytes_same(field, "event"))
		out->name = value;
	if (!bytes_same(field, "data"))
		return;
	if (*has_data) {
		if (data->len == 0)
			text_add(data, out->data);
		text_add_byte(data, '\n');
		text_add(data, value);
		out->data = text_bytes(data);
	} else {
		out->data = value;
	}
	*has_data = true;
}

static bool next_event(struct framing *f, struct arena *arena, struct framed *out)
{
	struct bytes left = framing_left(f), line;
	size_t before = left.len;
	struct text data;
	bool has_data = false;

	text_init(&data, arena);
	while (take_line(&left, &line)) {
		if (line.len > 0) {
			take_field(line, &data, &has_data, out);
			continue;
		}
		out->raw = bytes_slice(framing_left(f), 0, before - left.len);
		f->taken += out->raw.len;
		return true;
	}
	return false;
}

bool framing_next(struct framing *f, struct arena *arena, struct framed *out)
{
	struct bytes left = framing_left(f);

	*out = (struct framed){0};
	if (f->kind == FRAMING_EVENTS)
		return next_event(f, arena, out);
	size_t end = bytes_find_byte(left, '\n');
	if (end == left.len)
		return false;
	out->raw = bytes_slice(left, 0, end + 1);
	out->data = bytes_slice(left, 0, end);
	f->taken += out->raw.len;
	return true;
}
