#include "syntax/xml.h"

#include "base/status.h"
#include "base/text.h"

/* ---- encodings ---- */

/* False when a half of a pair stands alone. */
static bool from_utf16(struct arena *arena, struct bytes in, bool big_endian, struct bytes *out)
{
	struct cursor c = cursor_over(in);
	struct text t;

	text_init(&t, arena);
	while (cursor_ok(&c) && cursor_left(&c) > 0) {
		uint32_t code = big_endian ? cursor_u16be(&c) : cursor_u16le(&c);
		if (code >= 0xDC00 && code < 0xE000)
			return false;
		if (code >= 0xD800 && code < 0xDC00) {
			uint32_t low = big_endian ? cursor_u16be(&c) : cursor_u16le(&c);
			if (low < 0xDC00 || low >= 0xE000)
				return false;
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		}
		text_add_utf8(&t, code);
	}
	*out = text_bytes(&t);
	return cursor_ok(&c);
}

void xml_begin(struct xml_reader *r, struct arena *arena, struct bytes in)
{
	bool big = bytes_start_with(in, BYTES("\xfe\xff")) || bytes_start_with(in, BYTES("\0<"));
	bool little = bytes_start_with(in, BYTES("\xff\xfe")) || bytes_start_with(in, BYTES("<\0"));
	bool whole = true;

	if (big || little)
		whole = from_utf16(arena, in, big, &in);
	if (bytes_start_with(in, BYTES("\xef\xbb\xbf")))
		in = bytes_from(in, 3);
	*r = (struct xml_reader){.c = cursor_over(in), .arena = arena};
	if (!whole)
		cursor_fail(&r->c, "is XML in UTF-16 that is broken");
}

/* Encodings in which every byte below 128 means what it does in ASCII. */
static bool is_like_ascii(struct bytes name, bool *bytes_only)
{
	static const struct bytes starts[] = {BYTES("iso-8859-"), BYTES("windows-125"), BYTES("us-ascii"), BYTES("ascii"), BYTES("cp125")};

	*bytes_only = false;
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		*bytes_only |= bytes_equal_folded(bytes_slice(name, 0, starts[i].len), starts[i]);
	return *bytes_only || bytes_equal_folded(name, BYTES("utf-8")) || bytes_equal_folded(name, BYTES("utf8")) ||
	       bytes_equal_folded(bytes_slice(name, 0, 6), BYTES("utf-16"));
}

/* <?xml version="1.0" encoding="..."?> */
static void check_encoding(struct xml_reader *r)
{
	struct bytes rest = bytes_from(r->text, bytes_find(r->text, BYTES("encoding")));

	rest = bytes_from(rest, bytes_find_byte(rest, '=') + 1);
	while (rest.len > 0 && rest.at[0] <= ' ')
		rest = bytes_from(rest, 1);
	if (rest.len < 2)
		return;
	struct bytes name = bytes_slice(rest, 1, bytes_find_byte(bytes_from(rest, 1), rest.at[0]));
	if (is_like_ascii(name, &r->bytes_only))
		return;
	r->unread = true;
	cursor_fail(&r->c, "is XML in an encoding that is not read here");
}

/* ---- pieces ---- */

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool skip_space(struct cursor *c)
{
	bool any = false;

	for (; is_space(cursor_peek(c)); any = true)
		cursor_u8(c);
	return any;
}

static bool starts(const struct cursor *c, struct bytes what)
{
	return bytes_start_with(bytes_from(c->all, c->pos), what);
}

static bool is_name_byte(int c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || c >= 0x80)
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

static struct bytes take_name(struct cursor *c)
{
	size_t from = c->pos;

	while (is_name_byte(cursor_peek(c), c->pos == from))
		cursor_u8(c);
	if (cursor_ok(c) && c->pos == from)
		cursor_fail(c, "has XML without a name where one belongs");
	return bytes_slice(c->all, from, c->pos - from);
}

/* Up to `stop`, which is stepped over. */
static struct bytes take_until(struct cursor *c, struct bytes stop)
{
	struct bytes left = bytes_from(c->all, c->pos);
	size_t len = bytes_find(left, stop);

	if (len == left.len) {
		cursor_fail(c, "ends in the middle of its XML");
		return BYTES("");
	}
	cursor_take(c, len + stop.len);
	return bytes_slice(left, 0, len);
}

static struct bytes take_quoted(struct cursor *c)
{
	uint8_t quote = cursor_u8(c);

	if (cursor_ok(c) && quote != '"' && quote != '\'')
		cursor_fail(c, "has a value in XML without quotes");
	return cursor_ok(c) ? cursor_until(c, quote) : BYTES("");
}

static bool is_allowed_text(const struct xml_reader *r, struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] < ' ' && !is_space(b.at[i]))
			return false;
	return r->bytes_only || bytes_are_utf8(b);
}

/* Every "&" begins "&name;" or "&#65;". */
static bool has_whole_references(struct bytes b)
{
	for (size_t i = bytes_find_byte(b, '&'); i < b.len; i += bytes_find_byte(bytes_from(b, i), '&')) {
		struct cursor c = cursor_over(bytes_from(b, i + 1));
		if (cursor_peek(&c) == '#')
			cursor_u8(&c);
		size_t from = c.pos;
		while (is_name_byte(cursor_peek(&c), from == 0 && c.pos == 0))
			cursor_u8(&c);
		if (c.pos == from || cursor_peek(&c) != ';')
			return false;
		i += c.pos + 1;
	}
	return true;
}

static void check_references(struct xml_reader *r)
{
	if (cursor_ok(&r->c) && !has_whole_references(r->text))
		cursor_fail(&r->c, "has a reference in XML that is none");
}

static void check_text(struct xml_reader *r)
{
	if (cursor_ok(&r->c) && !is_allowed_text(r, r->text))
		cursor_fail(&r->c, "has XML with a control character, or bytes that are not of its encoding");
}

/* ---- the document type ---- */

/* SYSTEM "where", or PUBLIC "name" "where". */
static bool take_external(struct xml_reader *r)
{
	bool public = starts(&r->c, BYTES("PUBLIC"));

	if (!public && !starts(&r->c, BYTES("SYSTEM")))
		return false;
	cursor_take(&r->c, 6);
	skip_space(&r->c);
	r->text = take_quoted(&r->c);
	skip_space(&r->c);
	if (public && (cursor_peek(&r->c) == '"' || cursor_peek(&r->c) == '\''))
		r->text = take_quoted(&r->c);
	return true;
}

static enum xml_token take_doctype(struct xml_reader *r)
{
	cursor_take(&r->c, 9);
	skip_space(&r->c);
	r->name = take_name(&r->c);
	if (r->has_root || r->has_doctype)
		cursor_fail(&r->c, "has a document type where none belongs");
	r->has_doctype = true;
	skip_space(&r->c);
	r->external = take_external(r);
	skip_space(&r->c);
	int last = cursor_peek(&r->c);
	if (last != '[' && last != '>')
		cursor_fail(&r->c, "has a document type that is none");
	cursor_u8(&r->c);
	r->in_doctype = last == '[';
	return XML_DOCTYPE;
}

/* <!ENTITY [%] name "text"> or <!ENTITY [%] name SYSTEM "where" [NDATA name]> */
static enum xml_token take_entity(struct xml_reader *r)
{
	cursor_take(&r->c, 8);
	skip_space(&r->c);
	r->parameter = cursor_peek(&r->c) == '%';
	if (r->parameter)
		cursor_u8(&r->c);
	skip_space(&r->c);
	r->name = take_name(&r->c);
	skip_space(&r->c);
	r->external = take_external(r);
	if (!r->external)
		r->text = take_quoted(&r->c);
	take_until(&r->c, BYTES(">"));
	return XML_ENTITY;
}

static enum xml_token take_declaration(struct xml_reader *r)
{
	cursor_take(&r->c, 2);
	r->name = take_name(&r->c);
	size_t from = r->c.pos;
	/* Quoted values may hold what would end it. */
	while (cursor_ok(&r->c) && cursor_peek(&r->c) != '>') {
		if (cursor_peek(&r->c) == '"' || cursor_peek(&r->c) == '\'')
			take_quoted(&r->c);
		else
			cursor_u8(&r->c);
	}
	r->text = bytes_slice(r->c.all, from, r->c.pos - from);
	cursor_u8(&r->c);
	return XML_DECLARATION;
}

static enum xml_token take_instruction(struct xml_reader *r)
{
	bool first = r->c.pos == 0;

	cursor_take(&r->c, 2);
	r->name = take_name(&r->c);
	skip_space(&r->c);
	r->text = take_until(&r->c, BYTES("?>"));
	check_text(r);
	if (cursor_ok(&r->c) && bytes_equal_folded(r->name, BYTES("xml"))) {
		if (!first)
			cursor_fail(&r->c, "has an XML declaration that is not at its beginning");
		else
			check_encoding(r);
	}
	return XML_INSTRUCTION;
}

static enum xml_token next_in_doctype(struct xml_reader *r)
{
	for (;;) {
		skip_space(&r->c);
		r->offset = r->c.pos;
		if (!cursor_ok(&r->c) || cursor_left(&r->c) == 0)
			break;
		if (starts(&r->c, BYTES("<!--"))) {
			cursor_take(&r->c, 4);
			take_until(&r->c, BYTES("-->"));
		} else if (starts(&r->c, BYTES("<!ENTITY"))) {
			return take_entity(r);
		} else if (starts(&r->c, BYTES("<?"))) {
			return take_instruction(r);
		} else if (starts(&r->c, BYTES("<!"))) {
			return take_declaration(r);
		} else if (cursor_peek(&r->c) == '%') {
			cursor_until(&r->c, ';');
		} else if (cursor_peek(&r->c) == ']') {
			take_until(&r->c, BYTES(">"));
			r->in_doctype = false;
			return xml_next(r);
		} else {
			break;
		}
	}
	cursor_fail(&r->c, "has a document type that is none");
	return XML_ERROR;
}

/* ---- elements ---- */

static enum xml_token take_open(struct xml_reader *r)
{
	cursor_u8(&r->c);
	r->name = take_name(&r->c);
	if (r->depth == 0 && r->has_root)
		cursor_fail(&r->c, "goes on after its XML");
	if (r->depth == XML_DEPTH_MOST) {
		r->unread = true;
		cursor_fail(&r->c, "has XML nested deeper than is read here");
		return XML_ERROR;
	}
	r->open[r->depth++] = r->name;
	r->has_root = r->in_tag = true;
	r->attributes = 0;
	return XML_OPEN;
}

static enum xml_token close_element(struct xml_reader *r)
{
	r->name = r->open[--r->depth];
	r->in_tag = false;
	return XML_CLOSE;
}

static enum xml_token take_close(struct xml_reader *r)
{
	cursor_take(&r->c, 2);
	struct bytes name = take_name(&r->c);
	skip_space(&r->c);
	if (cursor_u8(&r->c) != '>' || r->depth == 0 || !bytes_equal(name, r->open[r->depth - 1])) {
		cursor_fail(&r->c, "has XML that closes what is not open");
		return XML_ERROR;
	}
	return close_element(r);
}

static enum xml_token take_attribute(struct xml_reader *r)
{
	r->name = take_name(&r->c);
	skip_space(&r->c);
	if (cursor_u8(&r->c) != '=')
		cursor_fail(&r->c, "has an attribute in XML without a value");
	skip_space(&r->c);
	r->text = take_quoted(&r->c);
	check_text(r);
	check_references(r);
	if (bytes_find_byte(r->text, '<') < r->text.len)
		cursor_fail(&r->c, "has an attribute in XML that was not closed");
	for (unsigned i = 0; i < r->attributes; i++)
		if (bytes_equal(r->seen[i], r->name))
			cursor_fail(&r->c, "has an attribute twice in one tag");
	if (r->attributes == XML_ATTRIBUTES_MOST) {
		r->unread = true;
		cursor_fail(&r->c, "has a tag with more attributes than are read here");
		return XML_ERROR;
	}
	r->seen[r->attributes++] = r->name;
	return XML_ATTRIBUTE;
}

static enum xml_token next_in_tag(struct xml_reader *r)
{
	bool apart = skip_space(&r->c);

	r->offset = r->c.pos;
	if (starts(&r->c, BYTES("/>"))) {
		cursor_take(&r->c, 2);
		return close_element(r);
	}
	if (cursor_peek(&r->c) != '>') {
		if (!apart)
			cursor_fail(&r->c, "has attributes in XML that are not apart");
		return take_attribute(r);
	}
	cursor_u8(&r->c);
	r->in_tag = false;
	return xml_next(r);
}

/* ---- the whole ---- */

static enum xml_token take_text(struct xml_reader *r)
{
	struct bytes left = bytes_from(r->c.all, r->c.pos);

	r->text = cursor_take(&r->c, bytes_find_byte(left, '<'));
	check_text(r);
	check_references(r);
	if (bytes_contain(r->text, BYTES("]]>")))
		cursor_fail(&r->c, "has the end of a CDATA section in XML that never began");
	for (size_t i = 0; r->depth == 0 && i < r->text.len; i++)
		if (!is_space(r->text.at[i]))
			cursor_fail(&r->c, r->has_root ? "goes on after its XML" : "does not begin like XML");
	return r->depth == 0 ? xml_next(r) : XML_TEXT;
}

static enum xml_token take_markup(struct xml_reader *r)
{
	if (starts(&r->c, BYTES("</")))
		return take_close(r);
	if (starts(&r->c, BYTES("<?")))
		return take_instruction(r);
	if (starts(&r->c, BYTES("<!DOCTYPE")))
		return take_doctype(r);
	if (starts(&r->c, BYTES("<![CDATA[")) && r->depth > 0) {
		cursor_take(&r->c, 9);
		r->text = take_until(&r->c, BYTES("]]>"));
		r->plain = true;
		check_text(r);
		return XML_TEXT;
	}
	return take_open(r);
}

static void skip_comments(struct xml_reader *r)
{
	while (cursor_ok(&r->c) && starts(&r->c, BYTES("<!--"))) {
		cursor_take(&r->c, 4);
		take_until(&r->c, BYTES("-->"));
	}
}

static enum xml_token take_token(struct xml_reader *r)
{
	if (r->in_tag)
		return next_in_tag(r);
	if (r->in_doctype)
		return next_in_doctype(r);
	skip_comments(r);
	r->offset = r->c.pos;
	if (cursor_left(&r->c) > 0)
		return cursor_peek(&r->c) == '<' ? take_markup(r) : take_text(r);
	if (r->depth > 0 || !r->has_root)
		cursor_fail(&r->c, "ends before its XML does");
	return XML_END;
}

enum xml_token xml_next(struct xml_reader *r)
{
	r->external = r->parameter = r->plain = false;
	r->text = BYTES("");
	enum xml_token token = cursor_ok(&r->c) ? take_token(r) : XML_ERROR;
	return cursor_ok(&r->c) ? token : XML_ERROR;
}

/* ---- names and references ---- */

struct bytes xml_local(struct bytes name)
{
	return bytes_after_last(name, ':');
}

bool xml_reference(struct bytes *text, unsigned char mark, struct bytes *name)
{
	for (;;) {
		size_t at = bytes_find_byte(*text, mark);
		if (at == text->len)
			return false;
		*text = bytes_from(*text, at + 1);
		size_t len = 0;
		while (len < text->len && (is_name_byte(text->at[len], false) || text->at[len] == '#'))
			len++;
		if (len == 0 || len == text->len || text->at[len] != ';')
			continue;
		*name = bytes_slice(*text, 0, len);
		*text = bytes_from(*text, len + 1);
		return true;
	}
}

static const struct {
	struct bytes name;
	char byte;
} builtins[] = {{BYTES("lt"), '<'}, {BYTES("gt"), '>'}, {BYTES("amp"), '&'}, {BYTES("quot"), '"'}, {BYTES("apos"), '\''}};

/* "#65" or "#x41" */
static bool read_character(struct bytes b, uint32_t *out)
{
	bool hex = bytes_start_with(b, BYTES("#x"));

	*out = 0;
	if (b.len < 2u + hex || b.at[0] != '#')
		return false;
	for (size_t i = 1u + hex; i < b.len; i++) {
		unsigned char c = b.at[i];
		uint32_t digit = c >= '0' && c <= '9' ? c - (uint32_t)'0' : hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20u) - 'a' + 10 : 99;
		if (digit == 99 || *out > 0x10FFFF)
			return false;
		*out = *out * (hex ? 16 : 10) + digit;
	}
	return *out <= 0x10FFFF;
}

bool xml_is_builtin(struct bytes reference)
{
	uint32_t code;

	for (size_t i = 0; i < COUNT_OF(builtins); i++)
		if (bytes_equal(reference, builtins[i].name))
			return true;
	return read_character(reference, &code);
}

static bool add_builtin(struct text *t, struct bytes reference)
{
	uint32_t code;

	for (size_t i = 0; i < COUNT_OF(builtins); i++)
		if (bytes_equal(reference, builtins[i].name)) {
			text_add_byte(t, builtins[i].byte);
			return true;
		}
	if (!read_character(reference, &code))
		return false;
	text_add_utf8(t, code);
	return true;
}

struct bytes xml_plain(struct arena *arena, struct bytes text)
{
	enum { LONGEST = 16 };
	struct text t;

	if (bytes_find_byte(text, '&') == text.len)
		return text;
	text_init(&t, arena);
	while (text.len > 0) {
		size_t at = bytes_find_byte(text, '&');
		text_add(&t, bytes_slice(text, 0, at));
		text = bytes_from(text, at);
		struct bytes near = bytes_slice(text, 0, LONGEST);
		size_t len = bytes_find_byte(near, ';');
		bool known = len < near.len && add_builtin(&t, bytes_slice(near, 1, len - 1));
		if (!known && text.len > 0)
			text_add_byte(&t, '&');
		text = bytes_from(text, known ? len + 1 : 1);
	}
	return text_bytes(&t);
}
