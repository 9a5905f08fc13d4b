#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sixteen.h"
#include "base/spare.h"
#include "base/visible.h"

void text_init(struct text *t, struct arena *arena)
{
	*t = (struct text){.arena = arena};
}

void text_finish(struct text *t)
{
	if (!t->arena)
		spare_give(t->at, t->room);
	*t = (struct text){.arena = t->arena};
}

void text_clear(struct text *t)
{
	t->len = 0;
}

struct bytes text_bytes(const struct text *t)
{
	return (struct bytes){(const unsigned char *)t->at, t->len};
}

void text_grow(struct text *t, size_t len)
{
	size_t room = t->room ? t->room * 2 : 128;
	char *at;

	while (room < t->len + len)
		room *= 2;
	if (t->arena) {
		at = arena_alloc_raw(t->arena, room);
		if (t->len)
			memcpy(at, t->at, t->len);
	} else {
		at = spare_grow(t->at, t->room, room);
		if (!at)
			abort();
	}
	t->at = at;
	t->room = room;
}

const char *text_string(struct text *t)
{
	*text_reserve(t, 1) = 0;
	return t->at;
}

void text_add_number(struct text *t, uint64_t number)
{
	size_t count = 1;

	if (number < 10) {
		text_add_byte(t, (char)('0' + number));
		return;
	}
	for (uint64_t more = 10; count < 20 && number >= more; more *= 10)
		count++;
	char *at = text_reserve(t, count);
	t->len += count;
	for (; count > 0; number /= 10)
		at[--count] = (char)('0' + number % 10);
}

void text_addf(struct text *t, const char *format, ...)
{
	va_list args;

	for (size_t room = 128;; ) {
		char *at = text_reserve(t, room);
		va_start(args, format);
		int len = vsnprintf(at, room, format, args);
		va_end(args);
		if (len >= 0 && (size_t)len < room) {
			t->len += (size_t)len;
			return;
		}
		room = len < 0 ? room * 2 : (size_t)len + 1;
	}
}

void text_add_utf8(struct text *t, uint32_t code)
{
	static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
	unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

	text_add_byte(t, (char)(lead[more] | code >> (6 * more)));
	while (more-- > 0)
		text_add_byte(t, (char)(0x80 | (code >> (6 * more) & 0x3F)));
}

/* Of numbers below sixteen. */
static sixteen hex_digits(sixteen n)
{
	return n + '0' + ((n > 9) & ('a' - '9' - 1));
}

static void add_hex_of_sixteen(char *at, sixteen all)
{
	sixteen high = hex_digits(all >> 4 & 15), low = hex_digits(all & 15);
	sixteen first = __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
	sixteen second = __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);

	memcpy(at, &first, sizeof first);
	memcpy(at + sizeof first, &second, sizeof second);
}

void text_add_hex(struct text *t, struct bytes b)
{
	static const char digits[] = "0123456789abcdef";
	char *at = text_reserve(t, b.len * 2);
	size_t i = 0;

	for (; i + sizeof(sixteen) <= b.len; i += sizeof(sixteen))
		add_hex_of_sixteen(at + 2 * i, sixteen_from(b.at + i));
	for (; i < b.len; i++) {
		at[2 * i] = digits[b.at[i] >> 4];
		at[2 * i + 1] = digits[b.at[i] & 15];
	}
	t->len += b.len * 2;
}

void text_add_base64(struct text *t, struct bytes b)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < b.len; i += 3) {
		size_t n = b.len - i < 3 ? b.len - i : 3;
		unsigned group = (unsigned)b.at[i] << 16 | (n > 1 ? (unsigned)b.at[i + 1] << 8 : 0) | (n > 2 ? b.at[i + 2] : 0);
		text_add_byte(t, digits[group >> 18]);
		text_add_byte(t, digits[group >> 12 & 63]);
		text_add_byte(t, n > 1 ? digits[group >> 6 & 63] : '=');
		text_add_byte(t, n > 2 ? digits[group & 63] : '=');
	}
}

/* Length of the printable sequence at the start of `b`, 0 for what must be escaped. */
static size_t printable_step(struct bytes b)
{
	uint32_t code = 0;
	size_t len = bytes_character(b, &code);

	return visible_is_deceptive(code) ? 0 : len;
}

void text_add_printable(struct text *t, struct bytes b, size_t most)
{
	size_t i = 0;

	while (i < b.len && i < most) {
		struct bytes rest = bytes_from(b, i);
		size_t step = printable_step(rest);
		if (step > 0)
			text_add(t, bytes_slice(rest, 0, step));
		else if (rest.at[0] == '\n' || rest.at[0] == '\t')
			text_add_string(t, rest.at[0] == '\n' ? "\\n" : "\\t");
		else
			text_addf(t, "\\x%02x", rest.at[0]);
		i += step ? step : 1;
	}
	if (i < b.len)
		text_add_string(t, "...");
}

void text_add_spaces(struct text *t, unsigned count)
{
	while (count-- > 0)
		text_add_byte(t, ' ');
}

/* Columns a word takes: a character, not a byte, each. */
static unsigned columns_of(struct bytes b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b.len; i++)
		n += (b.at[i] & 0xC0) != 0x80;
	return n;
}

void text_add_wrapped(struct text *t, struct bytes b, unsigned column, unsigned indent, unsigned width)
{
	bool at_start = true;

	while (b.len > 0) {
		size_t len = bytes_find_byte(b, ' ');
		struct bytes word = bytes_slice(b, 0, len);
		unsigned columns = columns_of(word);
		b = bytes_from(b, len + 1);
		if (!at_start && column + 1 + columns > width) {
			text_add_byte(t, '\n');
			text_add_spaces(t, indent);
			column = indent;
			at_start = true;
		}
		if (!at_start) {
			text_add_byte(t, ' ');
			column++;
		}
		text_add(t, word);
		column += columns;
		at_start = false;
	}
}

void text_add_size(struct text *t, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
	unsigned unit = 0;
	double value = (double)bytes;

	while (value >= 1000 && unit < COUNT_OF(units) - 1) {
		value /= 1000;
		unit++;
	}
	text_addf(t, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
