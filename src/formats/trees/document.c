#include "formats/trees/document.h"

#include <string.h>

#include "formats/trees/numbers.h"

static struct bytes without_space(struct bytes b)
{
	if (bytes_start_with(b, BYTES("\xef\xbb\xbf")))
		b = bytes_from(b, 3);
	while (b.len > 0 && (b.at[0] == ' ' || b.at[0] == '\n' || b.at[0] == '\r' || b.at[0] == '\t'))
		b = bytes_from(b, 1);
	return b;
}

static bool begins_binary(struct bytes in)
{
	return in.len > 1 && in.at[0] == '{' && in.at[1] && strchr("iUIlL$#N", in.at[1]);
}

bool document_begins(struct bytes in)
{
	struct bytes b = without_space(in);

	if (b.len == 0 || b.at[0] != '{')
		return false;
	return begins_binary(in) || bytes_start_with(without_space(bytes_from(b, 1)), BYTES("\""));
}

void document_begin(struct document *d, struct arena *arena, struct bytes in)
{
	*d = (struct document){.arena = arena, .binary = begins_binary(in)};
	if (d->binary) {
		ubjson_begin(&d->ubjson, in);
		return;
	}
	json_begin(&d->json, in);
	d->json.not_numbers = true;
	if (bytes_start_with(in, BYTES("\xef\xbb\xbf")))
		d->json.pos = 3;
}

void document_fail(struct document *d, const char *why)
{
	if (d->why)
		return;
	d->why = why;
	d->why_at = d->offset;
}

static void take_json(struct document *d)
{
	d->token = json_next(&d->json);
	d->offset = d->json.offset;
	d->whole = false;
	if (d->token == JSON_KEY || d->token == JSON_STRING)
		d->text = json_text(d->arena, d->json.text, NULL);
	else if (d->token == JSON_NUMBER)
		d->whole = numbers_parse(d->json.text, &d->integer);
	else if (d->token == JSON_ERROR)
		document_fail(d, d->json.why);
}

static void take_ubjson(struct document *d)
{
	d->token = ubjson_next(&d->ubjson);
	d->offset = d->ubjson.offset;
	d->text = d->ubjson.text;
	d->whole = d->token == JSON_NUMBER && d->ubjson.whole;
	d->integer = d->ubjson.integer;
	if (d->token == JSON_ERROR) {
		d->offset = d->ubjson.c.why_at;
		document_fail(d, d->ubjson.c.why);
	}
}

enum json_token document_next(struct document *d)
{
	if (d->why)
		return d->token = JSON_ERROR;
	if (d->binary)
		take_ubjson(d);
	else
		take_json(d);
	return d->token;
}

bool document_member(struct document *d, struct bytes *key)
{
	if (document_next(d) != JSON_KEY)
		return false;
	*key = d->text;
	return document_next(d) > JSON_ERROR;
}

bool document_item(struct document *d)
{
	enum json_token token = document_next(d);

	return token > JSON_ERROR && token != JSON_ARRAY_END;
}

/* An array of numbers that says so beforehand need not be read one by one. */
static void step_over_numbers(struct document *d)
{
	struct ubjson_level *top = d->binary && d->ubjson.depth > 0 ? &d->ubjson.open[d->ubjson.depth - 1] : NULL;
	unsigned width = top && !top->object && top->counted ? ubjson_width(top->type) : 0;

	if (d->token != JSON_ARRAY || width == 0)
		return;
	cursor_take(&d->ubjson.c, top->left * width);
	top->left = 0;
}

void document_skip(struct document *d, void (*each_text)(void *context, struct document *), void *context)
{
	unsigned depth = 0;

	for (;;) {
		step_over_numbers(d);
		if (d->token == JSON_OBJECT || d->token == JSON_ARRAY)
			depth++;
		else if (d->token == JSON_OBJECT_END || d->token == JSON_ARRAY_END)
			depth--;
		else if (d->token == JSON_STRING && each_text)
			each_text(context, d);
		if (d->token <= JSON_ERROR || depth == 0)
			return;
		document_next(d);
	}
}

bool document_number(const struct document *d, int64_t *out)
{
	*out = d->integer;
	return d->token == JSON_STRING ? numbers_parse(d->text, out) : d->token == JSON_NUMBER && d->whole;
}
