#include "syntax/protobuf_text.h"

#include <string.h>

#include "base/text.h"

enum { DEPTH_MOST = 64, LENGTH_WIDTH = 5, NUMBER_MOST = 64 };

struct reading {
	struct cursor c;
	struct text *out;
	struct arena *arena;
	struct proto_origin *origins;
	size_t count, room;
};

/* ---- tokens ---- */

static bool is_blank(int c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\v';
}

static void skip_blanks(struct cursor *c)
{
	for (int next = cursor_peek(c); next >= 0; next = cursor_peek(c)) {
		if (next == '#')
			c->pos += bytes_find_byte(bytes_from(c->all, c->pos), '\n');
		else if (is_blank(next))
			c->pos++;
		else
			return;
	}
}

static bool is_word_byte(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A word or a number: "node", "-1.5e-3f". */
static struct bytes take_word(struct cursor *c)
{
	skip_blanks(c);
	size_t from = c->pos;
	for (int next = cursor_peek(c); is_word_byte(next) || next == '.' || next == '-' || next == '+'; next = cursor_peek(c))
		c->pos++;
	if (c->pos == from)
		cursor_fail(c, "has a character where a name or a value belongs");
	return bytes_slice(c->all, from, c->pos - from);
}

static bool take_if(struct cursor *c, int byte)
{
	skip_blanks(c);
	if (cursor_peek(c) != byte)
		return false;
	c->pos++;
	return true;
}

static int digit_of(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static uint32_t take_digits(struct cursor *c, int base, unsigned most)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < most && digit_of(cursor_peek(c)) < base; i++)
		v = v * (uint32_t)base + (uint32_t)digit_of(cursor_u8(c));
	return v;
}

static void take_character(struct cursor *c, struct text *out, unsigned digits)
{
	uint32_t code = take_digits(c, 16, digits);

	/* No reader takes such a one; what stands behind it is read all the same. */
	text_add_utf8(out, code > 0x10FFFF ? 0xFFFD : code);
}

static void take_escape(struct cursor *c, struct text *out)
{
	static const char letters[] = "abfnrtv", codes[] = "\a\b\f\n\r\t\v";
	int next = cursor_peek(c);
	const char *letter = next > 0 ? memchr(letters, next, sizeof letters - 1) : NULL;

	if (next >= '0' && next <= '7') {
		text_add_byte(out, (char)take_digits(c, 8, 3));
		return;
	}
	cursor_u8(c);
	if (letter)
		text_add_byte(out, codes[letter - letters]);
	else if (next == 'x' || next == 'X')
		text_add_byte(out, (char)take_digits(c, 16, 2));
	else if (next == 'u' || next == 'U')
		take_character(c, out, next == 'u' ? 4 : 8);
	else
		text_add_byte(out, (char)next);
}

/* 'one' "after the other" is one text. */
static void take_string(struct cursor *c, struct text *out)
{
	skip_blanks(c);
	if (cursor_peek(c) != '"' && cursor_peek(c) != '\'')
		cursor_fail(c, "has something else where a text in quotes belongs");
	for (skip_blanks(c); cursor_peek(c) == '"' || cursor_peek(c) == '\''; skip_blanks(c)) {
		uint8_t quote = cursor_u8(c), byte;
		while (cursor_ok(c) && (byte = cursor_u8(c)) != quote) {
			if (byte == '\n')
				cursor_fail(c, "has a text that does not end on its line");
			else if (byte == '\\')
				take_escape(c, out);
			else
				text_add_byte(out, (char)byte);
		}
	}
}

/* ---- writing the wire format ---- */

static void put_varint(struct text *t, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		text_add_byte(t, (char)(v | 0x80));
	text_add_byte(t, (char)v);
}

static void put_fixed(struct text *t, uint64_t v, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		text_add_byte(t, (char)(v >> 8 * i));
}

/* A length of always five bytes, filled in when its message is over. */
static size_t begin_sized(struct reading *r, uint32_t number, size_t written)
{
	put_varint(r->out, (uint64_t)number << 3 | PROTO_SIZED);
	size_t at = r->out->len;
	put_fixed(r->out, 0, LENGTH_WIDTH);
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct proto_origin *grown = arena_alloc_raw(r->arena, room * sizeof *grown);
		if (r->count)
			memcpy(grown, r->origins, r->count * sizeof *grown);
		r->origins = grown;
		r->room = room;
	}
	r->origins[r->count++] = (struct proto_origin){(uint32_t)r->out->len, (uint32_t)written};
	return at;
}

static void end_sized(struct reading *r, size_t at)
{
	size_t len = r->out->len - at - LENGTH_WIDTH;

	for (unsigned i = 0; i < LENGTH_WIDTH; i++)
		r->out->at[at + i] = (char)((len >> 7 * i & 0x7F) | (i + 1 < LENGTH_WIDTH ? 0x80u : 0));
}

/* ---- values ---- */

/* Decimal, hexadecimal or octal; anything else, numbers with a point too, is 0: nothing judged is one. */
static uint64_t number_of(struct bytes word)
{
	bool negative = bytes_start_with(word, BYTES("-"));
	struct cursor c = cursor_over(bytes_from(word, negative));
	int base = 10;
	uint64_t v = 0;

	if (bytes_start_with(c.all, BYTES("0x")) || bytes_start_with(c.all, BYTES("0X")))
		base = 16, c.pos = 2;
	else if (c.all.len > 1 && c.all.at[0] == '0')
		base = 8, c.pos = 1;
	while (digit_of(cursor_peek(&c)) < base)
		v = v * (uint64_t)base + (uint64_t)digit_of(cursor_u8(&c));
	return negative ? 0 - v : v;
}

static uint64_t integer_of(const struct proto_member *m, struct bytes word)
{
	for (const struct proto_word *w = m->words; w && w->name; w++)
		if (bytes_same(word, w->name))
			return w->value;
	return bytes_same(word, "true") || bytes_same(word, "True") || bytes_same(word, "t") ? 1 : number_of(word);
}

static void read_scalar(struct reading *r, const struct proto_member *m, size_t written)
{
	if (m && (m->kind == PROTO_TEXT || m->kind == PROTO_BYTES)) {
		size_t at = begin_sized(r, m->number, written);
		take_string(&r->c, r->out);
		end_sized(r, at);
		return;
	}
	skip_blanks(&r->c);
	int next = cursor_peek(&r->c);
	if (next == '"' || next == '\'') {
		struct text unused;
		text_init(&unused, r->arena);
		take_string(&r->c, &unused);
		return;
	}
	struct bytes word = take_word(&r->c);
	if (!m || m->kind == PROTO_MESSAGE)
		return;
	put_varint(r->out, (uint64_t)m->number << 3 | (m->kind == PROTO_INTEGER ? PROTO_VARINT : m->kind == PROTO_FOUR ? PROTO_FIXED32 : PROTO_FIXED64));
	if (m->kind == PROTO_INTEGER)
		put_varint(r->out, integer_of(m, word));
	else
		put_fixed(r->out, number_of(word), m->kind == PROTO_FOUR ? 4 : 8);
}

static void read_fields(struct reading *r, const struct proto_type *type, int stop, unsigned depth);

static void read_message(struct reading *r, const struct proto_member *m, int stop, size_t written, unsigned depth)
{
	const struct proto_type *type = m && m->kind == PROTO_MESSAGE ? m->type : NULL;

	if (depth == DEPTH_MOST) {
		cursor_fail(&r->c, "has messages nested too deep");
		return;
	}
	size_t at = type ? begin_sized(r, m->number, written) : 0;
	read_fields(r, type, stop, depth + 1);
	if (type)
		end_sized(r, at);
}

static void read_value(struct reading *r, const struct proto_member *m, size_t written, unsigned depth)
{
	if (take_if(&r->c, '{'))
		read_message(r, m, '}', written, depth);
	else if (take_if(&r->c, '<'))
		read_message(r, m, '>', written, depth);
	else
		read_scalar(r, m, written);
}

static void read_values(struct reading *r, const struct proto_member *m, size_t written, unsigned depth)
{
	if (!take_if(&r->c, '[')) {
		read_value(r, m, written, depth);
		return;
	}
	while (cursor_ok(&r->c) && !take_if(&r->c, ']')) {
		read_value(r, m, written, depth);
		take_if(&r->c, ',');
	}
}

/* "[type.example/name]" names an extension: nothing judged here is one. */
static const struct proto_member *read_name(struct reading *r, const struct proto_type *type)
{
	if (take_if(&r->c, '[')) {
		cursor_until(&r->c, ']');
		return NULL;
	}
	struct bytes name = take_word(&r->c);
	return type ? proto_member_named(type, name) : NULL;
}

static void read_fields(struct reading *r, const struct proto_type *type, int stop, unsigned depth)
{
	while (cursor_ok(&r->c)) {
		skip_blanks(&r->c);
		size_t written = r->c.pos;
		int next = cursor_peek(&r->c);
		if (next == stop) {
			r->c.pos += next >= 0;
			return;
		}
		const struct proto_member *m = read_name(r, type);
		skip_blanks(&r->c);
		if (!take_if(&r->c, ':') && cursor_peek(&r->c) != '{' && cursor_peek(&r->c) != '<')
			cursor_fail(&r->c, "has a name without a value");
		read_values(r, m, written, depth);
		if (!take_if(&r->c, ','))
			take_if(&r->c, ';');
	}
}

void proto_text_read(struct arena *arena, const struct proto_type *type, struct bytes in, struct proto_text *out)
{
	struct text made;
	struct reading r = {.c = cursor_over(in), .out = &made, .arena = arena};

	*out = (struct proto_text){0};
	if (in.len > UINT32_MAX / 8) {
		out->why = "is a text too long to be read";
		return;
	}
	text_init(&made, arena);
	read_fields(&r, type, -1, 0);
	*out = (struct proto_text){.message = text_bytes(&made), .origins = r.origins, .origin_count = r.count, .why = r.c.why, .why_at = r.c.why_at};
}

bool proto_text_begins(const struct proto_type *type, struct bytes in)
{
	struct cursor c = cursor_over(in);

	skip_blanks(&c);
	if (!is_word_byte(cursor_peek(&c)))
		return false;
	struct bytes name = take_word(&c);
	skip_blanks(&c);
	int next = cursor_peek(&c);
	return proto_member_named(type, name) && (next == ':' || next == '{' || next == '<');
}
