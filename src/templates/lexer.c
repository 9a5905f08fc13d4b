/* Characters to tokens, as jinja2/lexer.py does it. */
#include <string.h>

#include "templates/inside.h"

/* ---- characters ---- */

size_t jinja_space(struct bytes b)
{
	unsigned char c = b.len > 0 ? b.at[0] : 'x';

	if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F))
		return 1;
	if (c == 0xC2 && b.len > 1)
		return b.at[1] == 0x85 || b.at[1] == 0xA0 ? 2 : 0;
	if (c < 0xE1 || c > 0xE3 || b.len < 3)
		return 0;
	unsigned code = (c & 15u) << 12 | (b.at[1] & 63u) << 6 | (b.at[2] & 63u);
	bool space = code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
		     code == 0x205F || code == 0x3000;
	return space ? 3 : 0;
}

static size_t skip_space(struct bytes in, size_t i)
{
	size_t step;

	while ((step = jinja_space(bytes_from(in, i))) > 0)
		i += step;
	return i;
}

/* Where the white space at the end of in[from..to) begins. */
static size_t strip_end(struct bytes in, size_t from, size_t to)
{
	for (size_t len = 1; len <= 3 && len <= to - from; len++) {
		if (jinja_space(bytes_slice(in, to - len, len)) != len)
			continue;
		to -= len;
		len = 0;
	}
	return to;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Punctuation and signs beyond ASCII that no Python identifier holds; the rest may. */
static bool is_foreign_sign(unsigned code)
{
	return code < 0xAA || (code > 0xAA && code < 0xC0 && code != 0xB5 && code != 0xB7 && code != 0xBA) || code == 0xD7 || code == 0xF7 ||
	       (code >= 0x2000 && code < 0x203F) || (code >= 0x2041 && code < 0x2054) || (code >= 0x2055 && code < 0x2071) ||
	       (code >= 0x20A0 && code < 0x20D0) || (code >= 0x2190 && code < 0x2C00) || (code >= 0x3000 && code < 0x3005) ||
	       (code >= 0x3008 && code < 0x3021) || (code >= 0xFF00 && code < 0xFF10) || (code >= 0xFF1A && code < 0xFF21) ||
	       code == 0xFF5C || (code >= 0xFFF0 && code < 0x10000) || (code >= 0x1F000 && code < 0x20000);
}

/* Length of the character at the start of `b` if names may hold it, or 0. */
static size_t name_step(struct bytes b)
{
	unsigned char c = b.len > 0 ? b.at[0] : 0;

	if (c < 0x80)
		return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? 1 : c == '_' || is_digit(c);
	size_t len = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	unsigned code = c & (0xFFu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		code = code << 6 | (b.at[i] & 63u);
	return is_foreign_sign(code) ? 0 : len;
}

/* ---- tokens ---- */

void parser_fail(struct parser *p, uint32_t at, const char *why)
{
	if (!p->why) {
		p->why = why;
		p->why_at = at;
	}
	if (p->count > 0)
		p->pos = p->count - 1;
}

static struct token *add(struct parser *p, enum token_kind kind, size_t at, size_t end)
{
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		struct token *tokens = arena_alloc_raw(p->arena, room * sizeof *tokens);
		if (p->count)
			memcpy(tokens, p->tokens, p->count * sizeof *tokens);
		p->tokens = tokens;
		p->room = room;
	}
	p->tokens[p->count] = (struct token){.kind = (uint8_t)kind, .at = (uint32_t)at, .end = (uint32_t)end};
	return &p->tokens[p->count++];
}

struct lexer {
	struct parser *p;
	struct bytes in;
	size_t pos;
	char open[JINJA_DEPTH_MOST + 1];    /* the bracket each open one waits for */
	unsigned depth;
};

static bool stands_at(const struct lexer *l, size_t at, const char *what)
{
	return bytes_start_with(bytes_from(l->in, at), bytes_of(what));
}

static size_t digits(struct bytes b, size_t i, bool (*is)(unsigned char))
{
	size_t end = i;

	while (end < b.len && (is(b.at[end]) || (b.at[end] == '_' && end > i && b.at[end - 1] != '_' && end + 1 < b.len && is(b.at[end + 1]))))
		end++;
	return end;
}

static bool is_hex(unsigned char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_octal(unsigned char c)
{
	return c >= '0' && c <= '7';
}

static bool is_binary(unsigned char c)
{
	return c == '0' || c == '1';
}

static bool is_zero(unsigned char c)
{
	return c == '0';
}

/* End of the float that begins at `at`, or `at`: "x.1.2" is two subscripts. */
static size_t float_end(const struct lexer *l, size_t at)
{
	struct bytes in = l->in;
	size_t whole = digits(in, at, is_digit), end = whole;

	if (at > 0 && in.at[at - 1] == '.')
		return at;
	if (end < in.len && in.at[end] == '.') {
		size_t fraction = digits(in, end + 1, is_digit);
		if (fraction > end + 1)
			end = fraction;
	}
	if (end < in.len && (in.at[end] | 0x20) == 'e') {
		size_t sign = end + 1 < in.len && (in.at[end + 1] == '+' || in.at[end + 1] == '-');
		size_t exponent = digits(in, end + 1 + sign, is_digit);
		if (exponent > end + 1 + sign)
			end = exponent;
	}
	return end > whole ? end : at;
}

static size_t integer_end(const struct lexer *l, size_t at)
{
	struct bytes in = l->in;
	unsigned char base = in.at[at] == '0' && at + 1 < in.len ? in.at[at + 1] | 0x20 : 0;
	bool (*is)(unsigned char) = base == 'x' ? is_hex : base == 'o' ? is_octal : base == 'b' ? is_binary : NULL;

	if (is) {
		size_t from = at + 2 + (at + 2 < in.len && in.at[at + 2] == '_');
		size_t end = digits(in, from, is);
		if (end > from)
			return end;
	}
	return digits(in, at, in.at[at] == '0' ? is_zero : is_digit);
}

static void lex_number(struct lexer *l)
{
	size_t at = l->pos, end = float_end(l, at);
	bool real = end > at;

	if (!real)
		end = integer_end(l, at);
	add(l->p, real ? TOKEN_FLOAT : TOKEN_INTEGER, at, end);
	l->pos = end;
}

static void lex_string(struct lexer *l)
{
	unsigned char quote = l->in.at[l->pos];

	for (size_t i = l->pos + 1; i < l->in.len; i++) {
		if (l->in.at[i] == '\\') {
			i++;
		} else if (l->in.at[i] == quote) {
			add(l->p, TOKEN_STRING, l->pos, i + 1);
			l->pos = i + 1;
			return;
		}
	}
	parser_fail(l->p, (uint32_t)l->pos, "ends in the middle of a string");
}

static void lex_name(struct lexer *l)
{
	size_t end = l->pos, step;

	while ((step = name_step(bytes_from(l->in, end))) > 0)
		end += step;
	add(l->p, TOKEN_NAME, l->pos, end);
	l->pos = end;
}

static void balance(struct lexer *l, char c)
{
	const char *opens = "([{", *closes = ")]}", *found;

	if ((found = strchr(opens, c))) {
		if (l->depth == JINJA_DEPTH_MOST)
			parser_fail(l->p, (uint32_t)l->pos, "is nested too deep");
		else
			l->open[l->depth++] = closes[found - opens];
	} else if (strchr(closes, c) && (l->depth == 0 || l->open[--l->depth] != c)) {
		parser_fail(l->p, (uint32_t)l->pos, "closes a bracket that is not open");
	}
}

static void lex_operator(struct lexer *l)
{
	static const char *const pairs[] = {"//", "**", "==", "!=", ">=", "<="};
	unsigned char c = l->in.at[l->pos];
	size_t len = c != 0 && strchr("+-/*%~[](){}><=.:|,;", c) ? 1 : 0;

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (stands_at(l, l->pos, pairs[i]))
			len = 2;
	if (len == 0) {
		parser_fail(l->p, (uint32_t)l->pos, "has a character that belongs to no expression");
		return;
	}
	if (len == 1)
		balance(l, (char)c);
	struct token *t = add(l->p, TOKEN_OPERATOR, l->pos, l->pos + len);
	t->op[0] = (char)c;
	t->op[1] = len == 2 ? (char)l->in.at[l->pos + 1] : 0;
	l->pos += len;
}

static size_t newline_length(const struct lexer *l, size_t at)
{
	return stands_at(l, at, "\r\n") ? 2 : stands_at(l, at, "\n") || stands_at(l, at, "\r");
}

/* Takes the end of a tag if one stands here: "-" eats the white space behind it, trim_blocks one line end. */
static bool lex_end(struct lexer *l, const char *close, bool is_tag)
{
	unsigned char c = l->in.at[l->pos];
	size_t sign = c == '-' || (c == '+' && is_tag), at = l->pos + sign;

	if (!stands_at(l, at, close))
		return false;
	l->pos = at + 2;
	if (c == '-')
		l->pos = skip_space(l->in, l->pos);
	else if (is_tag && c != '+')
		l->pos += newline_length(l, l->pos);
	return true;
}

static void lex_inside(struct lexer *l, bool is_tag)
{
	while (!l->p->why) {
		l->pos = skip_space(l->in, l->pos);
		if (l->pos >= l->in.len) {
			parser_fail(l->p, (uint32_t)l->in.len, "ends in the middle of a tag");
			return;
		}
		size_t at = l->pos;
		if (l->depth == 0 && lex_end(l, is_tag ? "%}" : "}}", is_tag)) {
			add(l->p, is_tag ? TOKEN_TAG_END : TOKEN_OUTPUT_END, at, l->pos);
			return;
		}
		unsigned char c = l->in.at[at];
		if (is_digit(c))
			lex_number(l);
		else if (c == '"' || c == '\'')
			lex_string(l);
		else if (name_step(bytes_from(l->in, at)) > 0)
			lex_name(l);
		else
			lex_operator(l);
	}
}

/* ---- between tags ---- */

static size_t find_tag(const struct lexer *l, size_t from)
{
	while (from + 1 < l->in.len) {
		from += bytes_find_byte(bytes_from(l->in, from), '{');
		if (from + 1 >= l->in.len)
			break;
		unsigned char c = l->in.at[from + 1];
		if (c == '{' || c == '%' || c == '#')
			return from;
		from++;
	}
	return l->in.len;
}

/* lstrip_blocks: white space between the start of the line and a tag is not written. */
static size_t strip_line(const struct lexer *l, size_t from, size_t to)
{
	size_t line = to;

	while (line > from && l->in.at[line - 1] != '\n' && l->in.at[line - 1] != '\r')
		line--;
	bool at_start = line > from || from == 0 || l->in.at[from - 1] == '\n' || l->in.at[from - 1] == '\r';
	return at_start && strip_end(l->in, line, to) == line ? line : to;
}

static void add_text(struct lexer *l, size_t from, size_t tag, bool is_output)
{
	unsigned char sign = tag + 2 < l->in.len ? l->in.at[tag + 2] : 0;
	size_t to = tag;

	if (sign == '-')
		to = strip_end(l->in, from, tag);
	else if (sign != '+' && !is_output)
		to = strip_line(l, from, tag);
	if (to > from)
		add(l->p, TOKEN_TEXT, from, to);
}

static void lex_comment(struct lexer *l)
{
	size_t len = bytes_find(bytes_from(l->in, l->pos), BYTES("#}"));
	size_t close = l->pos + len;

	if (close >= l->in.len) {
		if (l->pos < l->in.len)         /* Jinja minds it only when something follows */
			parser_fail(l->p, (uint32_t)l->pos, "ends in the middle of a comment");
		return;
	}
	unsigned char sign = len > 0 ? l->in.at[close - 1] : 0;
	l->pos = close + 2;
	if (sign == '-')
		l->pos = skip_space(l->in, l->pos);
	else if (sign != '+')
		l->pos += newline_length(l, l->pos);
}

/* "{% raw %}" whose word begins at `at`: where its text begins, or 0 when it is no raw block. */
static size_t raw_begin(const struct lexer *l, size_t at)
{
	at = skip_space(l->in, at);
	if (!stands_at(l, at, "raw"))
		return 0;
	at = skip_space(l->in, at + 3);
	if (stands_at(l, at, "-%}"))
		return skip_space(l->in, at + 3);
	return stands_at(l, at, "%}") ? at + 2 : 0;
}

static bool raw_end(struct lexer *l, size_t tag)
{
	size_t at = tag + 2;

	at += stands_at(l, at, "-") || stands_at(l, at, "+");
	at = skip_space(l->in, at);
	if (!stands_at(l, at, "endraw"))
		return false;
	l->pos = skip_space(l->in, at + 6);
	return l->pos < l->in.len && lex_end(l, "%}", true);
}

static void lex_raw(struct lexer *l)
{
	size_t from = l->pos;

	for (size_t tag = find_tag(l, from); tag < l->in.len; tag = find_tag(l, tag + 1)) {
		if (l->in.at[tag + 1] != '%' || !raw_end(l, tag))
			continue;
		add_text(l, from, tag, false);
		return;
	}
	if (from < l->in.len)
		parser_fail(l->p, (uint32_t)from, "ends in the middle of a raw block");
}

static void lex_tag(struct lexer *l, size_t tag)
{
	unsigned char what = l->in.at[tag + 1];
	size_t sign = stands_at(l, tag + 2, "-") || stands_at(l, tag + 2, "+");
	size_t raw = what == '%' ? raw_begin(l, tag + 2 + sign) : 0;

	l->pos = tag + 2 + sign;
	if (raw) {
		l->pos = raw;
		lex_raw(l);
	} else if (what == '#') {
		lex_comment(l);
	} else {
		add(l->p, what == '%' ? TOKEN_TAG_BEGIN : TOKEN_OUTPUT_BEGIN, tag, l->pos);
		lex_inside(l, what == '%');
	}
}

void parser_lex(struct parser *p)
{
	struct lexer l = {.p = p, .in = p->text};

	/* One line end at the very end is not part of the template. */
	if (bytes_end_with(l.in, BYTES("\r\n")))
		l.in.len -= 2;
	else if (bytes_end_with(l.in, BYTES("\n")) || bytes_end_with(l.in, BYTES("\r")))
		l.in.len--;
	while (l.pos < l.in.len && !p->why) {
		size_t tag = find_tag(&l, l.pos);
		if (tag >= l.in.len) {
			add(p, TOKEN_TEXT, l.pos, l.in.len);
			break;
		}
		add_text(&l, l.pos, tag, l.in.at[tag + 1] == '{');
		lex_tag(&l, tag);
	}
	add(p, TOKEN_END, l.in.len, l.in.len);
}
