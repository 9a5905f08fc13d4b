#include "inspector/shown.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/visible.h"
#include "policy/language.h"
#include "syntax/json.h"

enum { COLUMNS = 79, TEXTS_MOST = 60, PART_MOST = 1200, FRAME_MOST = 2400, FOUND_MOST = 8, FOUND_AFTER_MOST = 24, EXCERPT = 24, EXCERPT_MOST = 80, NAME_MOST = 40, PLAIN_OPAQUE = 200, INDENT_MOST = 16 };

static const char margin[] = "  | ", carries_on[] = "  : ";

/* ---- JSON, laid out ---- */

struct layout {
	struct shown *shown;
	struct text *out;
	struct json_reader reader;
	const struct piece *next;   /* in the frame: that has not been passed; else NULL */
	unsigned number;            /* of the last text before it */
	bool after;                 /* a value stands before the next one */
};

static void add_string(struct layout *l, struct bytes text)
{
	struct bytes b = json_text(l->shown->arena, text, NULL);

	text_add_byte(l->out, '"');
	for (size_t i = 0; i < b.len; i++) {
		if (b.at[i] == '"' || b.at[i] == '\\')
			text_add_byte(l->out, '\\');
		if (b.at[i] == '\n' || b.at[i] == '\t')
			text_add_string(l->out, b.at[i] == '\n' ? "\\n" : "\\t");
		else
			text_add_byte(l->out, (char)b.at[i]);
	}
	text_add_byte(l->out, '"');
}

static void new_line(struct layout *l, unsigned depth)
{
	text_add_byte(l->out, '\n');
	text_add_spaces(l->out, 2 * (depth < INDENT_MOST ? depth : INDENT_MOST));
}

/* Members stand in lines of their own, elements one behind the other. */
static void begin_value(struct layout *l, enum json_token token)
{
	bool opens = token == JSON_OBJECT || token == JSON_ARRAY, closes = token == JSON_OBJECT_END || token == JSON_ARRAY_END;

	if (l->after && !closes)
		text_add_byte(l->out, ',');
	if (token == JSON_KEY || (token == JSON_OBJECT_END && l->after))
		new_line(l, l->reader.depth);
	else if (l->after && !closes)
		text_add_byte(l->out, ' ');
	l->after = !opens && token != JSON_KEY;
}

static void add_token(struct layout *l, enum json_token token)
{
	static const char *const words[] = {[JSON_OBJECT] = "{", [JSON_OBJECT_END] = "}", [JSON_ARRAY] = "[", [JSON_ARRAY_END] = "]", [JSON_TRUE] = "true", [JSON_FALSE] = "false", [JSON_NULL] = "null"};

	begin_value(l, token);
	if (token == JSON_KEY || token == JSON_STRING)
		add_string(l, l->reader.text);
	else if (token == JSON_NUMBER)
		text_add(l->out, l->reader.text);
	else
		text_add_string(l->out, words[token]);
	if (token == JSON_KEY)
		text_add_string(l->out, ": ");
}

static bool ends(enum json_token token)
{
	return token == JSON_END || token == JSON_ERROR || token == JSON_MORE;
}

/* False when it is no JSON. */
static bool lay_out(struct shown *s, struct bytes json, struct text *out)
{
	struct layout l = {.shown = s, .out = out};
	enum json_token token;

	json_begin(&l.reader, json);
	while (!ends(token = json_next(&l.reader)))
		add_token(&l, token);
	return token == JSON_END;
}

/* ---- texts, and what is found in them ---- */

struct found {
	unsigned find;
	uint64_t from, to;
};

struct finds {
	struct found at[FOUND_MOST];
	size_t count;
};

static void note_found(void *owner, unsigned find, uint64_t from, uint64_t to)
{
	struct finds *f = owner;

	if (f->count < FOUND_MOST)
		f->at[f->count] = (struct found){find, from, to};
	f->count++;
}

static struct finds look_for(struct finding *finding, struct bytes text)
{
	struct finds f = {.count = 0};

	finding_begin(finding);
	finding_add(finding, text, note_found, &f);
	finding_end(finding, note_found, &f);
	return f;
}

static bool is_inside_character(struct bytes b, uint64_t at)
{
	return at < b.len && (b.at[at] & 0xC0) == 0x80;
}

/* Whole characters, from there to there or a little less. */
static struct bytes whole_characters(struct bytes b, uint64_t from, uint64_t to)
{
	for (unsigned i = 0; i < 3 && is_inside_character(b, from); i++)
		from++;
	for (unsigned i = 0; i < 3 && to > from && is_inside_character(b, to); i++)
		to--;
	return bytes_slice(b, from, to > from ? to - from : 0);
}

static void add_finds(struct shown *s, struct bytes text, const struct finds *f, const char *where, struct text *out)
{
	for (size_t i = 0; i < f->count && i < FOUND_MOST; i++) {
		const struct found *x = &f->at[i];
		uint64_t from = x->from > EXCERPT ? x->from - EXCERPT : 0, to = x->to - x->from < EXCERPT_MOST ? x->to : x->from + EXCERPT_MOST;
		text_add_string(out, "  found ");
		visible_add(out, s->policy->finds[x->find].name);
		text_addf(out, " at %llu to %llu%s\n", (unsigned long long)x->from, (unsigned long long)x->to, where);
		visible_add_lines(out, whole_characters(text, from, to + EXCERPT), "  > ", carries_on, COLUMNS);
	}
	if (f->count > FOUND_MOST)
		text_addf(out, "  found %zu times more%s\n", f->count - FOUND_MOST, where);
}

/* By its beginning, unless all of it is to be shown. */
static void add_lines(struct shown *s, struct bytes lines, size_t most, struct text *out)
{
	struct bytes part = s->whole || lines.len <= most + most / 4 ? lines : whole_characters(lines, 0, most);

	visible_add_lines(out, part, margin, carries_on, COLUMNS);
	if (part.len == lines.len)
		return;
	text_addf(out, "  ... %zu bytes more\n", lines.len - part.len);
	s->left_out += lines.len - part.len;
}

static bool has_number(const struct piece *p)
{
	return !p->within && p->text.len > 0 && (p->kind == PIECE_TEXT || p->kind == PIECE_TOOL_CALL || p->kind == PIECE_TOOL_DEFINITION);
}

static void add_heading(const struct piece *p, unsigned number, struct text *out)
{
	static const char *const trust[] = {"anybody", "the model", "the user", "the operator", "the gateway"};
	bool call = p->kind == PIECE_TOOL_CALL, offer = p->kind == PIECE_TOOL_DEFINITION;

	text_addf(out, "%u  %s%s", number, call ? "call of a tool" : offer ? "offer of a tool" : channel_name(p->channel), p->name.len > 0 && (call || offer) ? " " : "");
	if (call || offer)
		visible_add(out, whole_characters(p->name, 0, NAME_MOST));
	text_addf(out, ", trusted as %s, byte %llu, %zu long%s\n", p->trust < COUNT_OF(trust) ? trust[p->trust] : "nobody", (unsigned long long)p->offset, p->text.len,
		  visible_runs_left(p->text) ? ", with letters from right to left" : "");
}

/* Strings of a call that is one JSON value: escapes are undone in them. */
static void add_finds_within(struct shown *s, const struct piece *call, struct finding *finding, struct text *out)
{
	char where[64];

	for (const struct piece *p = call->next; p && p->within; p = p->next) {
		struct finds f = look_for(finding, p->text);
		snprintf(where, sizeof where, " of the string at byte %llu", (unsigned long long)p->offset);
		add_finds(s, p->text, &f, where, out);
	}
}

/* Arguments are often JSON in a string: what it comes to is what is shown. */
static void add_text(struct shown *s, const struct piece *p, unsigned number, struct finding *finding, struct text *out)
{
	struct text laid_out;
	bool json = p->kind != PIECE_TEXT || p->channel == CHANNEL_ARGUMENTS;

	text_init(&laid_out, s->arena);
	add_heading(p, number, out);
	json = json && lay_out(s, p->text, &laid_out);
	add_lines(s, json ? text_bytes(&laid_out) : p->text, PART_MOST, out);
	struct finds f = look_for(finding, p->text);
	add_finds(s, p->text, &f, "", out);
	if (p->next && p->next->within)
		add_finds_within(s, p, finding, out);
	else if (json && f.count == 0) {
		f = look_for(finding, text_bytes(&laid_out));
		add_finds(s, text_bytes(&laid_out), &f, " as laid out", out);
	}
}

static void add_texts(struct shown *s, struct text *out)
{
	struct finding *finding = finding_create(s->arena, s->policy->finder);
	unsigned number = 0, found = 0;
	uint64_t more = 0;

	for (const struct piece *p = s->exchange->pieces; p; p = p->next) {
		if (!has_number(p))
			continue;
		if (s->whole || number < TEXTS_MOST) {
			add_text(s, p, ++number, finding, out);
			continue;
		}
		number++;
		more += p->text.len;
		struct finds f = look_for(finding, p->text);
		if (f.count == 0 || found++ >= FOUND_AFTER_MOST)
			continue;
		add_heading(p, number, out);
		add_finds(s, p->text, &f, "", out);
	}
	if (more > 0)
		text_addf(out, "... %u texts more, %llu bytes\n", number - TEXTS_MOST, (unsigned long long)more);
	s->left_out += more;
}

/* ---- the body around them ---- */

/* The numbered text that is this very value; `number`: which. */
static bool is_told(struct layout *l, enum json_token token, size_t *len, unsigned *number)
{
	const struct json_reader *r = &l->reader;
	struct bytes body = l->shown->exchange->body;

	for (; l->next && l->next->offset < r->offset; l->next = l->next->next)
		l->number += has_number(l->next);
	unsigned before = l->number;
	for (const struct piece *p = l->next; p && p->offset == r->offset; p = p->next) {
		before += has_number(p);
		*number = before;
		*len = p->text.len;
		if (!has_number(p))
			continue;
		if (token == JSON_STRING && bytes_equal(json_text(l->shown->arena, r->text, NULL), p->text))
			return true;
		if ((token == JSON_OBJECT || token == JSON_ARRAY) && bytes_equal(bytes_slice(body, p->offset, p->text.len), p->text))
			return true;
	}
	return false;
}

static bool is_opaque(const struct layout *l)
{
	for (const struct piece *p = l->next; p && p->offset == l->reader.offset; p = p->next)
		if (p->kind == PIECE_OPAQUE)
			return true;
	return false;
}

static void skip(struct layout *l)
{
	unsigned depth = l->reader.depth;

	while (l->reader.depth >= depth && !ends(json_next(&l->reader)))
		;
}

static bool is_value(enum json_token token)
{
	return token == JSON_STRING || token == JSON_OBJECT || token == JSON_ARRAY;
}

/* False when the body is no JSON. */
static bool lay_out_frame(struct layout *l)
{
	enum json_token token;
	unsigned number;
	size_t len;

	while (!ends(token = json_next(&l->reader))) {
		bool told = is_value(token) && is_told(l, token, &len, &number);
		if (!told && !(token == JSON_STRING && l->reader.text.len > PLAIN_OPAQUE && is_opaque(l))) {
			add_token(l, token);
			continue;
		}
		begin_value(l, JSON_STRING);
		if (told) {
			text_addf(l->out, "(text %u)", number);
			if (token != JSON_STRING)
				skip(l);
			continue;
		}
		struct digest d = digest_of(l->reader.text);
		text_addf(l->out, "(opaque, %zu bytes, SHA-256 ", l->reader.text.len);
		text_add_hex(l->out, digest_bytes(&d));
		text_add_byte(l->out, ')');
	}
	return token == JSON_END;
}

static bool is_in_order(const struct exchange *x)
{
	for (const struct piece *p = x->pieces; p && p->next; p = p->next)
		if (p->next->offset < p->offset)
			return false;
	return true;
}

static void add_frame(struct shown *s, struct text *out)
{
	struct layout l = {.shown = s, .next = is_in_order(s->exchange) ? s->exchange->pieces : NULL};
	struct text frame;

	text_init(&frame, s->arena);
	l.out = &frame;
	json_begin(&l.reader, s->exchange->body);
	bool json = lay_out_frame(&l);
	text_add_string(out, json ? "The body around the texts:\n" : "The body:\n");
	add_lines(s, json ? text_bytes(&frame) : s->exchange->body, FRAME_MOST, out);
}

void shown_write(struct shown *s, struct text *out)
{
	s->left_out = 0;
	add_texts(s, out);
	add_frame(s, out);
}
