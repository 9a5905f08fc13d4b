#include "policy/shape.h"

#include "base/cursor.h"

static void put(struct element *e, unsigned char byte, bool fold)
{
	e->bytes[byte >> 6] |= UINT64_C(1) << (byte & 63);
	if (fold && ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')))
		put(e, byte ^ 0x20, false);
}

/* A byte, or the one behind a backslash. */
static unsigned char take_byte(struct cursor *c)
{
	unsigned char byte = cursor_u8(c);

	if (byte != '\\')
		return byte;
	byte = cursor_u8(c);
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9'))
		cursor_fail(c, "has a backslash before a letter or digit, which means nothing here");
	return byte;
}

static void take_class(struct cursor *c, struct element *e, bool fold)
{
	if (cursor_peek(c) == ']' || cursor_peek(c) == '^')
		cursor_fail(c, "has a class that is empty or says what is not in it");
	while (cursor_ok(c) && cursor_peek(c) != ']') {
		unsigned char from = take_byte(c), to = from;
		if (cursor_peek(c) == '-' && !bytes_start_with(bytes_from(c->all, c->pos), BYTES("-]"))) {
			cursor_u8(c);
			to = take_byte(c);
		}
		if (from > to || to >= 0x80)
			cursor_fail(c, "has a class with a range that is none, or beyond ASCII");
		for (unsigned b = from; b <= to && cursor_ok(c); b++)
			put(e, (unsigned char)b, fold);
	}
	cursor_u8(c);
}

static unsigned take_number(struct cursor *c)
{
	unsigned n = 0, digits = 0;

	for (; cursor_peek(c) >= '0' && cursor_peek(c) <= '9' && digits < 4; digits++)
		n = 10 * n + (unsigned)(cursor_u8(c) - '0');
	if (digits == 0)
		cursor_fail(c, "has braces without a number");
	return n;
}

static void take_times(struct cursor *c, struct element *e)
{
	e->least = e->most = 1;
	int next = cursor_peek(c);
	if (next == '*' || next == '+')
		cursor_fail(c, "repeats without a limit: say how often, as in {1,64}");
	if (next == '?') {
		cursor_u8(c);
		e->least = 0;
	}
	if (next != '{')
		return;
	cursor_u8(c);
	e->least = e->most = take_number(c);
	if (cursor_peek(c) == ',') {
		cursor_u8(c);
		e->endless = cursor_peek(c) == '}';
		e->most = e->endless ? (e->least ? e->least : 1) : take_number(c);
	}
	if (cursor_u8(c) != '}' || e->most < e->least || e->most == 0)
		cursor_fail(c, "has braces that hold no range");
}

static void take_element(struct cursor *c, struct element *e, const struct find_text *what)
{
	*e = (struct element){.least = 1, .most = 1};
	if (!what->shape) {
		put(e, cursor_u8(c), what->fold);
		return;
	}
	int next = cursor_peek(c);
	if (next == '(' || next == ')' || next == '|' || next == '.' || next == '^' || next == '$' || next == ']' || next == '}')
		cursor_fail(c, "has a character that shapes do not know; put a backslash before it to mean itself");
	if (next == '[') {
		cursor_u8(c);
		take_class(c, e, what->fold);
	} else {
		put(e, take_byte(c), what->fold);
	}
	take_times(c, e);
	if (next >= 0x80 && (e->least != 1 || e->most != 1))
		cursor_fail(c, "repeats a character beyond ASCII");
}

/* What is wrong with all of it together. */
static const char *trouble(const struct elements *out, const struct find_text *what)
{
	unsigned least = 0;

	for (size_t i = 0; i < out->count; i++) {
		least += out->at[i].least;
		if (out->at[i].endless && (i + 1 < out->count || what->word))
			return "repeats without an end where something has to follow";
	}
	if (least == 0)
		return "fits an empty text";
	return out->positions > FIND_LONGEST ? "is longer than 256 bytes" : NULL;
}

const char *elements_read(struct arena *arena, const struct find_text *what, struct elements *out)
{
	struct cursor c = cursor_over(what->text);

	*out = (struct elements){0};
	if (what->text.len > 4 * FIND_LONGEST)
		return "is longer than 256 bytes";
	if (!bytes_are_utf8(what->text))
		return "is no UTF-8";
	out->at = arena_alloc(arena, what->text.len + 1, sizeof *out->at);
	while (cursor_ok(&c) && cursor_left(&c) > 0) {
		take_element(&c, &out->at[out->count], what);
		out->positions += out->at[out->count++].most;
	}
	if (!cursor_ok(&c))
		return c.why;
	return trouble(out, what);
}
