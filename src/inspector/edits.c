#include "inspector/inside.h"

#include "syntax/json.h"

/*
 * Edits happen in the text as it stands in the body: what stays keeps its
 * escapes byte for byte, and only what is covered goes.
 */

/* ---- the units of a JSON string ---- */

static unsigned hex_of(struct bytes four)
{
	unsigned n = 0;

	for (size_t i = 0; i < four.len; i++) {
		unsigned char c = four.at[i];
		n = n << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return four.len == 4 ? n : 0;
}

/* One character as written, at least a byte of it; `len`: how many bytes of text it stands for. */
static struct bytes take_unit(struct bytes left, unsigned *len)
{
	*len = 1;
	if (left.at[0] != '\\')
		return bytes_slice(left, 0, 1);
	if (left.len < 2 || left.at[1] != 'u')
		return bytes_slice(left, 0, 2);
	unsigned code = hex_of(bytes_slice(left, 2, 4));
	*len = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
	unsigned low = bytes_start_with(bytes_from(left, 6), BYTES("\\u")) ? hex_of(bytes_slice(left, 8, 4)) : 0;
	bool pair = code >= 0xd800 && code < 0xdc00 && low >= 0xdc00 && low < 0xe000;
	*len = pair ? 4 : *len;
	return bytes_slice(left, 0, pair ? 12 : 6);
}

struct bytes edits_string(struct bytes data, uint64_t offset, uint64_t *end)
{
	struct bytes left = bytes_from(data, offset + 1);
	size_t len = 0;

	while (len < left.len && left.at[len] != '"')
		len += left.at[len] == '\\' ? 2 : 1;
	len = len < left.len ? len : left.len;
	*end = offset + len + 2;
	return bytes_slice(left, 0, len);
}

/* ---- writing ---- */

/* Inside the quotes of a string; what stands in the arguments of a call is inside two. */
static void add_escaped(struct inspection *i, struct text *out, struct bytes b, bool twice)
{
	struct text once;

	text_init(&once, i->arena);
	text_add_json(&once, b);
	struct bytes inside = bytes_slice(text_bytes(&once), 1, once.len - 2);
	if (twice)
		add_escaped(i, out, inside, false);
	else
		text_add(out, inside);
}

static struct cover *cover_at(struct thread *t, uint64_t at)
{
	for (size_t c = 0; c < t->cover_count; c++)
		if (t->covers[c].from <= at && at < t->covers[c].to)
			return &t->covers[c];
	return NULL;
}

static void write_string(struct inspection *i, const struct place *p, struct bytes inside, struct text *out)
{
	struct thread *t = p->thread;
	uint64_t at = p->from;

	text_add_byte(out, '"');
	if (p->discloses)
		add_escaped(i, out, i->manner->disclose, false);
	while (inside.len > 0) {
		unsigned len;
		struct bytes unit = take_unit(inside, &len);
		struct cover *c = t->cover_count ? cover_at(t, at) : NULL;
		if (!c)
			text_add(out, unit);
		else if (!c->placed)
			add_escaped(i, out, c->placeholder, t->channel == CHANNEL_ARGUMENTS);
		if (c)
			c->placed = true;
		inside = bytes_from(inside, unit.len);
		at += len;
	}
	text_add_byte(out, '"');
}

/* Behind the value that begins at `offset`. */
static uint64_t value_end(struct bytes data, uint64_t offset)
{
	struct json_reader r;
	unsigned depth = 0;

	json_begin(&r, bytes_from(data, offset));
	for (;;) {
		enum json_token t = json_next(&r);
		if (t == JSON_MORE || t == JSON_END || t == JSON_ERROR)
			return data.len;
		depth += t == JSON_OBJECT || t == JSON_ARRAY;
		depth -= t == JSON_OBJECT_END || t == JSON_ARRAY_END;
		if (depth == 0)
			return offset + r.pos;
	}
}

static bool is_edited(const struct inspection *i, const struct place *p)
{
	const struct thread *t = p->thread;

	if (!t)
		return p->left_out || (p->of_all && i->edited);
	if (p->discloses)
		return true;
	for (size_t c = 0; c < t->cover_count; c++)
		if (t->covers[c].from < p->to && p->from < t->covers[c].to)
			return true;
	return false;
}

static struct json_edit write_edit(struct inspection *i, struct bytes data, const struct place *p, struct text *values)
{
	struct json_edit e = {.offset = p->offset, .begin = values->len, .left_out = p->left_out};

	if (p->thread)
		write_string(i, p, edits_string(data, p->offset, &e.end), values);
	else
		e.end = value_end(data, p->offset);
	if (!p->thread && !p->left_out)
		text_add_string(values, "null");
	e.len = values->len - e.begin;
	return e;
}

bool edits_write(struct inspection *i, struct event *e, struct bytes data, struct text *out)
{
	struct text values;
	size_t count = 0, room = 2 * data.len + 4096;
	bool any = false;

	for (size_t p = 0; p < e->place_count; p++)
		any |= is_edited(i, &e->places[p]);
	if (!any)
		return false;
	/* Room first: `out` outlives what is written here on the way. */
	text_reserve(out, room);
	struct arena_mark mark = arena_mark(i->arena);
	struct json_edit *edits = arena_alloc(i->arena, e->place_count, sizeof *edits);
	text_init(&values, i->arena);
	/* In the order of the text, so that the first part of a cover gets what stands for it. */
	for (size_t p = 0; p < e->place_count; p++)
		if (!e->places[p].thread || is_edited(i, &e->places[p]))
			edits[count++] = write_edit(i, data, &e->places[p], &values);
	json_splice(data, edits, count, text_bytes(&values), out);
	if (data.len + values.len <= room)
		arena_rewind(i->arena, mark);
	return true;
}

/* ---- frames ---- */

static struct bytes take_line(struct bytes *left, struct bytes *end)
{
	size_t len = 0;

	while (len < left->len && left->at[len] != '\n' && left->at[len] != '\r')
		len++;
	struct bytes line = bytes_slice(*left, 0, len);
	bool both = bytes_start_with(bytes_from(*left, len), BYTES("\r\n"));
	*end = bytes_slice(*left, len, both ? 2 : 1);
	*left = bytes_from(*left, len + end->len);
	return line;
}

static void add_data(struct text *out, struct bytes data, struct bytes end)
{
	struct bytes line_end;

	while (data.len > 0) {
		struct bytes line = take_line(&data, &line_end);
		text_add_string(out, "data: ");
		text_add(out, line);
		text_add(out, end.len ? end : BYTES("\n"));
	}
}

static bool is_data(struct bytes line)
{
	return bytes_same(line, "data") || bytes_start_with(line, BYTES("data:"));
}

void frame_write(enum framing_kind framing, struct bytes raw, struct bytes data, struct text *out)
{
	struct bytes mark = BYTES("\xEF\xBB\xBF"), end;
	bool written = false;

	text_clear(out);
	if (framing == FRAMING_LINES) {
		bool both = bytes_end_with(raw, BYTES("\r\n")), one = bytes_end_with(raw, BYTES("\n"));
		text_add(out, data);
		text_add_string(out, both ? "\r\n" : one ? "\n" : "");
		return;
	}
	if (bytes_start_with(raw, mark)) {
		text_add(out, mark);
		raw = bytes_from(raw, mark.len);
	}
	while (raw.len > 0) {
		struct bytes line = take_line(&raw, &end);
		if (!is_data(line)) {
			text_add(out, line);
			text_add(out, end);
		} else if (!written) {
			add_data(out, data, end);
			written = true;
		}
	}
}
