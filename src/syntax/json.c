#include "syntax/json.h"

#include <string.h>

#include "syntax/json_plain.h"

/* What may come next, one or several of these; none when the one value is over, or something is wrong. */
enum { A_VALUE = 1, A_KEY = 2, THE_END = 4, A_COMMA = 8, A_COLON = 16 };

void json_begin_stream(struct json_reader *r)
{
	*r = (struct json_reader){.expects = A_VALUE};
}

void json_begin(struct json_reader *r, struct bytes all)
{
	json_begin_stream(r);
	json_feed(r, all, true);
}

void json_feed(struct json_reader *r, struct bytes in, bool final)
{
	r->before += r->pos;
	r->in = in;
	r->pos = 0;
	r->final = final;
}

struct bytes json_left(const struct json_reader *r)
{
	return bytes_from(r->in, r->pos);
}

RARELY static enum json_token fail(struct json_reader *r, size_t at, const char *why)
{
	r->why = why;
	r->offset = r->before + at;
	r->expects = 0;
	return JSON_ERROR;
}

RARELY static enum json_token end_of_input(struct json_reader *r, const char *why)
{
	return r->final ? fail(r, r->in.len, why) : JSON_MORE;
}

static void after_value(struct json_reader *r)
{
	r->expects = r->depth == 0 ? 0 : A_COMMA | THE_END;
}

/* In what is open now. */
static void set_members(struct json_reader *r)
{
	unsigned top = r->depth - 1;

	r->members = r->depth > 0 && r->objects[top / 8] & 1u << top % 8 ? A_KEY : A_VALUE;
}

static enum json_token open_container(struct json_reader *r, bool object)
{
	if (r->depth == JSON_DEPTH_MOST)
		return fail(r, r->pos, "has JSON nested too deep");
	unsigned char bit = (unsigned char)(1u << r->depth % 8);
	unsigned char *set = &r->objects[r->depth / 8];
	*set = object ? *set | bit : *set & (unsigned char)~bit;
	r->depth++;
	r->pos++;
	r->members = object ? A_KEY : A_VALUE;
	r->expects = r->members | THE_END;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token close_container(struct json_reader *r, bool object)
{
	if (!(r->expects & THE_END) || (r->members == A_KEY) != object)
		return fail(r, r->pos, "has JSON that closes what is not open");
	r->depth--;
	r->pos++;
	set_members(r);
	after_value(r);
	return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static bool is_hex4(struct bytes b)
{
	for (size_t i = 0; i < 4; i++) {
		unsigned char c = i < b.len ? b.at[i] : 0;
		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')))
			return false;
	}
	return true;
}

static bool is_string_text(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.at[i] < 0x20)
			return false;
		if (b.at[i] != '\\')
			continue;
		unsigned char c = ++i < b.len ? b.at[i] : 0;
		if (c == 0 || !strchr("\"\\/bfnrtu", c) || (c == 'u' && !is_hex4(bytes_from(b, i + 1))))
			return false;
	}
	return bytes_are_utf8(b);
}

static enum json_token end_string(struct json_reader *r, enum json_token token, struct bytes text)
{
	r->text = text;
	r->pos += text.len + 2;
	if (token == JSON_KEY)
		r->expects = A_COLON;
	else
		after_value(r);
	return token;
}

/* Where the string ends that `rest` begins with, or SIZE_MAX; all before `i` stands for itself. */
static size_t find_quote(struct json_reader *r, struct bytes rest, size_t i)
{
	for (; i < rest.len && rest.at[i] != '"'; i++) {
		if (rest.at[i] == '\\') {
			r->escaped = true;
			i++;
		}
	}
	return i < rest.len ? i : SIZE_MAX;
}

/* One that does not stand for itself, or does not end. */
RARELY static enum json_token take_odd_string(struct json_reader *r, enum json_token token, struct bytes rest, size_t plain)
{
	size_t end = find_quote(r, rest, plain);

	if (end == SIZE_MAX)
		return end_of_input(r, "ends in the middle of a JSON string");
	if (!is_string_text(bytes_slice(rest, 0, end)))
		return fail(r, r->pos, "has a JSON string with a control character, a broken escape or bytes that are not UTF-8");
	return end_string(r, token, bytes_slice(rest, 0, end));
}

static enum json_token take_string(struct json_reader *r, enum json_token token)
{
	struct bytes rest = {r->in.at + r->pos + 1, r->in.len - r->pos - 1};
	size_t plain = json_plain_run(rest);

	r->escaped = false;
	if (plain == rest.len || rest.at[plain] != '"')
		return take_odd_string(r, token, rest, plain);
	return end_string(r, token, (struct bytes){rest.at, plain});
}

static size_t digits_from(struct bytes b, size_t i)
{
	while (i < b.len && b.at[i] >= '0' && b.at[i] <= '9')
		i++;
	return i;
}

/* Length of the number at the start of `b`; 0 when there is none. */
static size_t number_length(struct bytes b)
{
	size_t i = b.len > 0 && b.at[0] == '-', whole = digits_from(b, i);

	if (whole == i || (b.at[i] == '0' && whole > i + 1))
		return 0;
	i = whole;
	if (i < b.len && b.at[i] == '.') {
		size_t fraction = digits_from(b, i + 1);
		if (fraction == i + 1)
			return 0;
		i = fraction;
	}
	if (i < b.len && (b.at[i] | 0x20) == 'e') {
		size_t sign = i + 1 < b.len && (b.at[i + 1] == '+' || b.at[i + 1] == '-');
		size_t exponent = digits_from(b, i + 1 + sign);
		if (exponent == i + 1 + sign)
			return 0;
		i = exponent;
	}
	return i;
}

static bool is_number_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || (c | 0x20) == 'e';
}

static enum json_token take_number(struct json_reader *r)
{
	size_t end = r->pos;

	while (end < r->in.len && is_number_byte(r->in.at[end]))
		end++;
	if (end == r->in.len && !r->final)
		return JSON_MORE;
	r->text = bytes_slice(r->in, r->pos, end - r->pos);
	if (r->text.len == 0 || number_length(r->text) != r->text.len)
		return fail(r, r->pos, "has a JSON number that is none");
	r->pos = end;
	after_value(r);
	return JSON_NUMBER;
}

static enum json_token take_word(struct json_reader *r, struct bytes word, enum json_token token)
{
	struct bytes left = bytes_from(r->in, r->pos);

	if (bytes_start_with(left, word)) {
		r->pos += word.len;
		after_value(r);
		return token;
	}
	if (bytes_start_with(word, left))
		return end_of_input(r, "ends in the middle of a JSON word");
	return fail(r, r->pos, "has a JSON value that is none");
}

static enum json_token take_not_number(struct json_reader *r)
{
	static const struct bytes words[] = {BYTES("NaN"), BYTES("Infinity"), BYTES("-Infinity")};
	struct bytes left = json_left(r);
	size_t which = left.at[0] == 'N' ? 0 : left.at[0] == 'I' ? 1 : 2;

	r->text = words[which];
	return take_word(r, words[which], JSON_NUMBER);
}

static enum json_token take_value(struct json_reader *r, unsigned char c)
{
	if (r->not_numbers && (c == 'N' || c == 'I' || (c == '-' && bytes_start_with(bytes_from(r->in, r->pos), BYTES("-I")))))
		return take_not_number(r);
	switch (c) {
	case '{': return open_container(r, true);
	case '[': return open_container(r, false);
	case 't': return take_word(r, BYTES("true"), JSON_TRUE);
	case 'f': return take_word(r, BYTES("false"), JSON_FALSE);
	case 'n': return take_word(r, BYTES("null"), JSON_NULL);
	default: return take_number(r);
	}
}

/* White space, and the comma or colon that is due. */
static void skip_to_token(struct json_reader *r)
{
	struct bytes in = r->in;
	size_t i = r->pos;

	for (; i < in.len; i++) {
		unsigned char c = in.at[i];
		if (c == ',' && r->expects & A_COMMA)
			r->expects = r->members;
		else if (c == ':' && r->expects & A_COLON)
			r->expects = A_VALUE;
		else if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			break;
	}
	r->pos = i;
	r->offset = r->before + i;
}

/* Something that is not expected where it stands. */
RARELY static enum json_token misplaced(struct json_reader *r)
{
	if (r->expects & A_KEY)
		return fail(r, r->pos, "has a JSON object with a key that is no string");
	return fail(r, r->pos, r->expects ? "has JSON without a comma or colon where one belongs" : "goes on after its JSON");
}

enum json_token json_next(struct json_reader *r)
{
	if (r->why)
		return JSON_ERROR;
	skip_to_token(r);
	if (r->pos == r->in.len)
		return r->expects == 0 && r->final ? JSON_END : end_of_input(r, "ends before its JSON does");
	unsigned char c = r->in.at[r->pos];
	if (c == '"' && r->expects & (A_KEY | A_VALUE))
		return take_string(r, r->expects & A_KEY ? JSON_KEY : JSON_STRING);
	if (c == '}' || c == ']')
		return close_container(r, c == '}');
	return r->expects & A_VALUE ? take_value(r, c) : misplaced(r);
}

/* ---- text ---- */

static uint32_t hex4(const unsigned char *at)
{
	uint32_t code = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned char c = at[i];
		code = code << 4 | (c <= '9' ? c - (uint32_t)'0' : (c | 0x20u) - 'a' + 10);
	}
	return code;
}

/* A \u escape whose digits begin at `i`, with the second half of a pair; returns bytes taken. */
static size_t add_unicode_escape(struct text *t, struct bytes b, size_t i, bool *lone)
{
	uint32_t code = hex4(b.at + i);
	struct bytes rest = bytes_from(b, i + 4);
	bool high = code >= 0xD800 && code < 0xDC00;

	if (high && rest.len >= 6 && rest.at[0] == '\\' && rest.at[1] == 'u') {
		uint32_t low = hex4(rest.at + 2);
		if (low >= 0xDC00 && low < 0xE000) {
			text_add_utf8(t, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
			return 10;
		}
	}
	bool surrogate = code >= 0xD800 && code < 0xE000;
	if (surrogate && lone)
		*lone = true;
	text_add_utf8(t, surrogate ? 0xFFFD : code);
	return 4;
}

struct bytes json_text(struct arena *arena, struct bytes b, bool *lone)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct text t;

	if (bytes_find_byte(b, '\\') == b.len)
		return b;
	text_init(&t, arena);
	for (size_t i = 0; i < b.len;) {
		unsigned char c = b.at[i++];
		if (c != '\\') {
			text_add_byte(&t, (char)c);
			continue;
		}
		c = b.at[i++];
		if (c == 'u')
			i += add_unicode_escape(&t, b, i, lone);
		else
			text_add_byte(&t, to[strchr(from, c) - from]);
	}
	return text_bytes(&t);
}
