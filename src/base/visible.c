#include "base/visible.h"

#include <stdio.h>

enum { BRACKET = 0x27E8, MARKS_MOST = 2 };

struct range {
	uint32_t from, to;
};

static bool is_among(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].from && code <= ranges[i].to)
			return true;
	return false;
}

bool visible_is_deceptive(uint32_t code)
{
	/* Controls, format characters, fillers that look like nothing, selectors, private use, tags. */
	static const struct range ranges[] = {
		{0x0, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F},
		{0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x2800, 0x2800}, {0x3164, 0x3164}, {0xE000, 0xF8FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
		{0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
	};

	return (code < 0x20 || code >= 0x7F) && (is_among(ranges, COUNT_OF(ranges), code) || (code & 0xFFFE) == 0xFFFE);
}

/* Marks that stand on the letter before: piled up they reach into other lines. */
static bool is_mark(uint32_t code)
{
	static const struct range ranges[] = {{0x300, 0x36F}, {0x483, 0x489}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F}};

	return is_among(ranges, COUNT_OF(ranges), code);
}

static bool is_from_the_right(uint32_t code)
{
	static const struct range ranges[] = {{0x590, 0x8FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFC}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}};

	return is_among(ranges, COUNT_OF(ranges), code);
}

struct line {
	struct text *out;
	const char *carries_on;     /* NULL: it is never broken */
	unsigned column, width;
	unsigned marks;             /* in a row */
};

static void add(struct line *l, struct bytes shown, unsigned columns)
{
	if (l->carries_on && l->column + columns > l->width) {
		text_add_byte(l->out, '\n');
		text_add_string(l->out, l->carries_on);
		l->column = (unsigned)strlen(l->carries_on);
	}
	text_add(l->out, shown);
	l->column += columns;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F;
}

/* What needs no care, as far as it goes and the line does. */
static bool add_plain(struct line *l, struct bytes *b)
{
	size_t room = !l->carries_on ? b->len : l->width > l->column ? l->width - l->column : 1, len = 0;

	while (len < b->len && len < room && is_plain(b->at[len]))
		len++;
	if (len == 0)
		return false;
	add(l, bytes_slice(*b, 0, len), (unsigned)(l->carries_on ? len : 0));
	l->marks = 0;
	*b = bytes_from(*b, len);
	return true;
}

/* Moves on past one character. */
static void add_next(struct line *l, struct bytes *b)
{
	if (add_plain(l, b))
		return;
	char name[24];
	uint32_t code;
	size_t len = bytes_character(*b, &code);

	l->marks = len > 0 && is_mark(code) ? l->marks + 1 : 0;
	if (len == 0)
		snprintf(name, sizeof name, "⟨byte %02X⟩", b->at[0]);
	else
		snprintf(name, sizeof name, "⟨U+%04X⟩", code);
	if (len > 0 && !visible_is_deceptive(code) && code != BRACKET && l->marks <= MARKS_MOST)
		add(l, bytes_slice(*b, 0, len), code >= 0x1100 ? 2 : 1);
	else
		add(l, bytes_of(name), (unsigned)strlen(name) - 4);
	*b = bytes_from(*b, len ? len : 1);
}

void visible_add(struct text *out, struct bytes b)
{
	struct line l = {.out = out};

	while (b.len > 0)
		add_next(&l, &b);
}

void visible_add_lines(struct text *out, struct bytes b, const char *margin, const char *carries_on, unsigned width)
{
	do {
		size_t end = bytes_find_byte(b, '\n');
		struct bytes rest = bytes_slice(b, 0, end);
		struct line l = {.out = out, .carries_on = carries_on, .column = (unsigned)strlen(margin), .width = width};
		text_add_string(out, margin);
		while (rest.len > 0)
			add_next(&l, &rest);
		text_add_byte(out, '\n');
		b = bytes_from(b, end + 1);
	} while (b.len > 0);
}

bool visible_runs_left(struct bytes b)
{
	uint32_t code;

	for (size_t len; b.len > 0; b = bytes_from(b, len ? len : 1)) {
		len = is_plain(b.at[0]) ? 1 : bytes_character(b, &code);
		if (len > 1 && is_from_the_right(code))
			return true;
	}
	return false;
}

bool visible_is_clean(struct bytes b)
{
	uint32_t code;

	for (size_t len; b.len > 0; b = bytes_from(b, len)) {
		len = is_plain(b.at[0]) ? 1 : bytes_character(b, &code);
		if (len == 0 || (!is_plain(b.at[0]) && visible_is_deceptive(code) && code != '\n'))
			return false;
	}
	return true;
}
