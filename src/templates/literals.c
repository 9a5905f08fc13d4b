/* Numbers and strings, with the escapes of Python. */
#include <string.h>

#include "base/text.h"
#include "templates/inside.h"

/* ---- numbers ---- */

static unsigned digit_value(unsigned char c)
{
	return c <= '9' ? c - 48u : (c | 0x20u) - 'a' + 10;
}

/* Past 64 bits it becomes a float: nobody counts that far, and how far is all we ask. */
static void parse_integer(struct bytes b, struct jinja_node *node)
{
	unsigned char prefix = b.len > 1 ? b.at[1] | 0x20 : 0;
	unsigned base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : prefix == 'b' ? 2 : 10;
	double real = 0;
	int64_t value = 0;
	bool big = false;

	for (size_t i = base == 10 ? 0 : 2; i < b.len; i++) {
		if (b.at[i] == '_')
			continue;
		unsigned digit = digit_value(b.at[i]);
		real = real * base + digit;
		big |= __builtin_mul_overflow(value, (int64_t)base, &value) || __builtin_add_overflow(value, (int64_t)digit, &value);
	}
	node->kind = big ? JINJA_FLOAT : JINJA_INTEGER;
	if (big)
		node->real = real;
	else
		node->integer = value;
}

static double power_of_ten(int exponent)
{
	double base = exponent < 0 ? 0.1 : 10, result = 1;

	for (unsigned left = (unsigned)(exponent < 0 ? -exponent : exponent); left > 0; left >>= 1, base *= base)
		if (left & 1)
			result *= base;
	return result;
}

static void parse_float(struct bytes b, struct jinja_node *node)
{
	int exponent = 0, point = 0, sign = 1;
	double value = 0;
	size_t i = 0;
	bool fraction = false;

	for (; i < b.len && (b.at[i] | 0x20) != 'e'; i++) {
		if (b.at[i] == '.')
			fraction = true;
		if (b.at[i] == '.' || b.at[i] == '_')
			continue;
		value = value * 10 + digit_value(b.at[i]);
		point -= fraction;
	}
	for (i++; i < b.len; i++) {
		if (b.at[i] == '-')
			sign = -1;
		else if (b.at[i] >= '0' && b.at[i] <= '9' && exponent < 10000)
			exponent = exponent * 10 + (b.at[i] - '0');
	}
	node->kind = JINJA_FLOAT;
	node->real = value * power_of_ten(sign * exponent + point);
}

/* ---- strings ---- */

struct reading {
	struct parser *p;
	const struct token *token;
	struct jinja_node *node;
	struct bytes in;
	size_t pos;
	struct text out;
};

static void take_hex(struct reading *r, unsigned count)
{
	uint32_t code = 0;

	for (unsigned i = 0; i < count; i++, r->pos++) {
		unsigned char c = r->pos < r->in.len ? r->in.at[r->pos] : 0;
		bool hex = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
		if (!hex) {
			parser_fail(r->p, r->token->at, "has a string with a broken escape");
			return;
		}
		code = code << 4 | digit_value(c);
	}
	if (code > 0x10FFFF)
		parser_fail(r->p, r->token->at, "has a string with a broken escape");
	else
		text_add_utf8(&r->out, code);
}

static void take_octal(struct reading *r)
{
	uint32_t code = 0;

	for (unsigned i = 0; i < 3 && r->pos < r->in.len && r->in.at[r->pos] >= '0' && r->in.at[r->pos] <= '7'; i++, r->pos++)
		code = code * 8 + (r->in.at[r->pos] - '0');
	text_add_utf8(&r->out, code);
}

/* \N{LOW LINE}: names of the characters that names are made of; any other makes the text one we do not know. */
static uint32_t named_character(struct bytes name)
{
	static const char *const digits[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
	struct bytes last = bytes_after_last(name, ' ');
	bool letter = last.len == 1 && (last.at[0] | 0x20) >= 'a' && (last.at[0] | 0x20) <= 'z';

	if (letter && bytes_equal_folded(bytes_slice(name, 0, name.len - 1), BYTES("latin small letter ")))
		return last.at[0] | 0x20u;
	if (letter && bytes_equal_folded(bytes_slice(name, 0, name.len - 1), BYTES("latin capital letter ")))
		return last.at[0] & ~0x20u;
	for (unsigned i = 0; i < 10; i++)
		if (bytes_equal_folded(bytes_slice(name, 0, 6), BYTES("digit ")) && bytes_equal_folded(last, bytes_of(digits[i])))
			return '0' + i;
	return bytes_equal_folded(name, BYTES("low line")) ? '_' : bytes_equal_folded(name, BYTES("full stop")) ? '.'
		: bytes_equal_folded(name, BYTES("space")) ? ' ' : 0;
}

static void take_named(struct reading *r)
{
	struct bytes rest = bytes_from(r->in, r->pos);
	size_t len = bytes_find_byte(rest, '}');

	if (rest.len < 3 || rest.at[0] != '{' || len == rest.len || len == 1) {
		parser_fail(r->p, r->token->at, "has a string with a broken escape");
		return;
	}
	uint32_t code = named_character(bytes_slice(rest, 1, len - 1));
	r->node->guess |= code == 0;
	text_add_utf8(&r->out, code ? code : 0xFFFD);
	r->pos += len + 1;
}

/* Python turns what is not ASCII into an escape of its own first, and the backslash before it then stands for itself. */
static void take_foreign(struct reading *r)
{
	unsigned char c = r->in.at[r->pos++];
	unsigned more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
	uint32_t code = c & (0xFFu >> (more + 2));

	for (; more > 0 && r->pos < r->in.len; more--)
		code = code << 6 | (r->in.at[r->pos++] & 63u);
	text_addf(&r->out, code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)code);
}

static void take_escape(struct reading *r)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	unsigned char c = r->in.at[r->pos];
	const char *found = c ? strchr(from, c) : NULL;

	if (c >= 0x80) {
		take_foreign(r);
		return;
	}
	if (c >= '0' && c <= '7') {
		take_octal(r);
		return;
	}
	r->pos++;
	if (found)
		text_add_byte(&r->out, to[found - from]);
	else if (c == 'x' || c == 'u' || c == 'U')
		take_hex(r, c == 'x' ? 2 : c == 'u' ? 4 : 8);
	else if (c == 'N')
		take_named(r);
	else if (c == '\r' || c == '\n')
		r->pos += c == '\r' && r->pos < r->in.len && r->in.at[r->pos] == '\n';
	else
		text_addf(&r->out, "\\%c", c);
}

static void parse_string(struct parser *p, const struct token *t, struct jinja_node *node)
{
	struct bytes in = bytes_slice(p->text, t->at + 1, t->end - t->at - 2);
	struct reading r = {.p = p, .token = t, .node = node, .in = in};

	node->kind = JINJA_STRING;
	node->text = in;
	if (bytes_find_byte(in, '\\') == in.len && bytes_find_byte(in, '\r') == in.len)
		return;
	text_init(&r.out, p->arena);
	while (r.pos < in.len) {
		unsigned char c = in.at[r.pos++];
		if (c == '\\' && r.pos < in.len) {
			take_escape(&r);
		} else if (c == '\r') {
			r.pos += r.pos < in.len && in.at[r.pos] == '\n';
			text_add_byte(&r.out, '\n');
		} else {
			text_add_byte(&r.out, (char)c);
		}
	}
	node->text = text_bytes(&r.out);
}

void parse_literal(struct parser *p, const struct token *t, struct jinja_node *node)
{
	if (t->kind == TOKEN_STRING)
		parse_string(p, t, node);
	else if (t->kind == TOKEN_FLOAT)
		parse_float(token_text(p, t), node);
	else
		parse_integer(token_text(p, t), node);
}
