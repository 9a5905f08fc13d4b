#include "formats/yaml/spelling.h"

#include "base/text.h"

static bool read_hex(struct bytes b, size_t at, size_t digits, uint32_t *out)
{
	*out = 0;
	for (size_t i = at; i < at + digits; i++) {
		unsigned char c = i < b.len ? b.at[i] : 0;
		uint32_t digit = c >= '0' && c <= '9' ? c - (uint32_t)'0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20u) - 'a' + 10 : 99;
		if (digit == 99)
			return false;
		*out = *out << 4 | digit;
	}
	return *out > 0x20 && *out <= 0x10FFFF;
}

static size_t line_end_length(struct bytes b, size_t at)
{
	size_t from = at;

	if (at < b.len && b.at[at] == '\r')
		at++;
	if (at >= b.len || b.at[at] != '\n')
		return 0;
	at++;
	while (at < b.len && (b.at[at] == ' ' || b.at[at] == '\t'))
		at++;
	return at - from;
}

struct bytes yaml_unescape(struct arena *arena, struct bytes in)
{
	struct text t;

	if (bytes_find_byte(in, '\\') == in.len)
		return in;
	text_init(&t, arena);
	for (size_t i = 0; i < in.len; i++) {
		unsigned char next = in.at[i] == '\\' && i + 1 < in.len ? in.at[i + 1] : 0;
		size_t digits = next == 'x' ? 2 : next == 'u' ? 4 : next == 'U' ? 8 : 0, end = next ? line_end_length(in, i + 1) : 0;
		uint32_t code;
		if (digits && read_hex(in, i + 2, digits, &code)) {
			text_add_utf8(&t, code);
			i += 1 + digits;
		} else if (end) {
			i += end;
		} else {
			text_add_byte(&t, (char)in.at[i]);
		}
	}
	return text_bytes(&t);
}

bool yaml_next_line(struct bytes text, struct yaml_line *line)
{
	if (line->next >= text.len)
		return false;
	struct bytes rest = bytes_from(text, line->next);
	size_t len = 0, indent = 0;
	while (len < rest.len && rest.at[len] != '\n' && rest.at[len] != '\r')
		len++;
	rest = bytes_slice(rest, 0, len);
	while (indent < rest.len && rest.at[indent] == ' ')
		indent++;
	*line = (struct yaml_line){.text = bytes_from(rest, indent), .indent = indent, .next = line->next + len + 1};
	/* Keys of an item of a list stand two columns behind its dash. */
	while (bytes_start_with(line->text, BYTES("- "))) {
		line->text = bytes_from(line->text, 2);
		line->indent += 2;
	}
	return true;
}

static struct bytes skip_blanks(struct bytes b)
{
	while (b.len > 0 && (b.at[0] == ' ' || b.at[0] == '\t'))
		b = bytes_from(b, 1);
	return b;
}

static bool is_word_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c >= 0x80;
}

bool yaml_is_key(struct bytes line, size_t at, size_t len, struct bytes *value)
{
	struct bytes rest = bytes_from(line, at + len);
	unsigned char before = at > 0 ? line.at[at - 1] : ' ';

	*value = BYTES("");
	if (before == '"' || before == '\'') {
		if (rest.len == 0 || rest.at[0] != before)
			return false;
		rest = bytes_from(rest, 1);
	} else if (is_word_byte(before) || before == '.') {
		return false;
	}
	rest = skip_blanks(rest);
	if (rest.len == 0 || rest.at[0] != ':')
		return false;
	*value = skip_blanks(bytes_from(rest, 1));
	return true;
}

bool yaml_pair(struct bytes line, struct bytes *key, struct bytes *value)
{
	size_t colon = bytes_find(line, BYTES(": "));

	*key = bytes_slice(line, 0, colon);
	*value = skip_blanks(bytes_from(line, colon + 1));
	return colon > 0 && colon < line.len;
}

bool yaml_scalar(struct bytes value, struct bytes *out)
{
	unsigned char first = value.len > 0 ? value.at[0] : 0;
	struct bytes rest;
	size_t len = 0;

	*out = BYTES("");
	if (first == '"' || first == '\'') {
		struct bytes inside = bytes_from(value, 1);
		len = bytes_find_byte(inside, first);
		if (len == inside.len)
			return false;
		*out = bytes_slice(inside, 0, len);
		rest = skip_blanks(bytes_from(inside, len + 1));
	} else {
		while (len < value.len && (is_word_byte(value.at[len]) || value.at[len] == '.'))
			len++;
		*out = bytes_slice(value, 0, len);
		rest = skip_blanks(bytes_from(value, len));
	}
	return out->len > 0 && (rest.len == 0 || rest.at[0] == '#' || rest.at[0] == ',' || rest.at[0] == '}');
}

struct bytes yaml_tag_rest(struct bytes rest)
{
	size_t len = 0;

	while (len < rest.len && rest.at[len] > ' ' && rest.at[len] != '>' && rest.at[len] != ',' && rest.at[len] != ']' && rest.at[len] != '}')
		len++;
	return bytes_slice(rest, 0, len);
}
