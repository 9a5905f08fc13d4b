#include "gateway/framing.h"

#include <string.h>

#include "base/sixteen.h"

void framing_init(struct framing *f, enum framing_kind kind, uint64_t most)
{
	*f = (struct framing){.kind = kind, .most = most};
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

	if (f->taken > 0 && left > 0)
		memmove(f->held.at, f->held.at + f->taken, left);
	f->held.len = left;
	f->taken = 0;
	if (left + b.len > f->most)
		return false;
	text_add(&f->held, b);
	return true;
}

void framing_end(struct framing *f)
{
	f->over = true;
}

void framing_again(struct framing *f)
{
	bool begun = f->begun;          /* what may stand at the beginning of a stream would stand in the middle */

	framing_finish(f);
	framing_init(f, f->kind, f->most);
	f->begun = begun;
}

static bool is_line_end(unsigned char c)
{
	return c == '\n' || c == '\r';
}

static size_t find_line_end(struct bytes b, size_t from)
{
	for (; from + sizeof(sixteen) <= b.len; from += sizeof(sixteen)) {
		sixteen here = sixteen_from(b.at + from);
		size_t first = sixteen_first((here == '\n') | (here == '\r'));
		if (first < sizeof(sixteen))
			return from + first;
	}
	while (from < b.len && !is_line_end(b.at[from]))
		from++;
	return from;
}

/* Does an empty line end at `from` or behind it, as far as can be seen?  What comes in tiny parts is looked through once. */
static bool has_empty_line(struct bytes b, size_t from)
{
	for (size_t end = find_line_end(b, from); end < b.len; end = find_line_end(b, end + 1)) {
		size_t begins = b.at[end] == '\n' && end > 0 && b.at[end - 1] == '\r' ? end - 1 : end;
		if (begins == 0 || is_line_end(b.at[begins - 1]))
			return true;
	}
	return false;
}

/* A line with its end, which is LF, CR or CRLF; false when it is not whole. A CR at the very end may be half of a CRLF, until all is `over`. */
static bool take_line(struct bytes *in, bool over, struct bytes *line)
{
	size_t end = find_line_end(*in, 0);

	if (end == in->len || (in->at[end] == '\r' && end + 1 == in->len && !over))
		return false;
	*line = bytes_slice(*in, 0, end);
	*in = bytes_from(*in, end + (bytes_start_with(bytes_from(*in, end), BYTES("\r\n")) ? 2 : 1));
	return true;
}

/* Some readers trim lines, fold letters or take off marks, and see data where the specification sees nothing: then nobody knows what is read. */
static bool is_known(struct bytes field)
{
	return field.len == 0 || bytes_same(field, "data") || bytes_same(field, "event") || bytes_same(field, "id") || bytes_same(field, "retry");
}

/* What is told of an event besides its data. */
static void take_beside(struct bytes field, struct bytes value, struct framed *out)
{
	if (bytes_same(field, "event"))
		out->name = value;
	else if (bytes_same(field, "id"))
		out->id = value;
	else if (bytes_same(field, "retry"))
		out->retry = value;
}

static void take_field(struct bytes line, struct text *data, bool *has_data, struct framed *out)
{
	size_t colon = bytes_find_byte(line, ':');
	struct bytes field = bytes_slice(line, 0, colon), value = bytes_from(line, colon + 1);

	if (value.len > 0 && value.at[0] == ' ')
		value = bytes_from(value, 1);
	if (!is_known(field))
		out->why = "has a line in a stream that is no field of an event";
	if (!bytes_same(field, "data")) {
		take_beside(field, value, out);
		return;
	}
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

/* No reader hands on what a comment says, and nobody looks through it: it goes on as blanks. */
static void blank_comment(struct framing *f, struct bytes line)
{
	if (line.at[0] == ':')
		memset(f->held.at + (line.at - (const unsigned char *)f->held.at) + 1, ' ', line.len - 1);
}

static bool next_event(struct framing *f, struct arena *arena, struct framed *out)
{
	struct bytes left = framing_left(f), line;
	const struct bytes mark = BYTES("\xEF\xBB\xBF");
	size_t before = left.len, marked = !f->begun && bytes_start_with(left, mark) ? mark.len : 0;
	struct text data;
	bool has_data = false;

	text_init(&data, arena);
	left = bytes_from(left, marked);
	if (!f->over && !has_empty_line(left, f->looked > marked ? f->looked - marked : 0)) {
		f->looked = before;
		return false;
	}
	while (take_line(&left, f->over, &line)) {
		if (line.len > 0) {
			blank_comment(f, line);
			take_field(line, &data, &has_data, out);
			continue;
		}
		out->raw = bytes_slice(framing_left(f), 0, before - left.len);
		f->taken += out->raw.len;
		f->looked = 0;
		f->begun = true;
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
	size_t end = f->looked + bytes_find_byte(bytes_from(left, f->looked), '\n');
	f->looked = 0;
	if (end == left.len && (!f->over || left.len == 0)) {
		f->looked = left.len;
		return false;
	}
	out->raw = bytes_slice(left, 0, end + 1);
	out->data = bytes_slice(left, 0, end);
	f->taken += out->raw.len;
	return true;
}
