#include "syntax/ubjson.h"

void ubjson_begin(struct ubjson_reader *r, struct bytes all)
{
	*r = (struct ubjson_reader){.c = cursor_over(all)};
}

static struct ubjson_level *top_of(struct ubjson_reader *r)
{
	return r->depth > 0 ? &r->open[r->depth - 1] : NULL;
}

unsigned ubjson_width(unsigned char type)
{
	switch (type) {
	case 'i': case 'U': return 1;
	case 'I': return 2;
	case 'l': case 'd': return 4;
	case 'L': case 'D': return 8;
	default: return 0;
	}
}

static int64_t take_integer(struct ubjson_reader *r, unsigned char type)
{
	switch (type) {
	case 'i': return (int8_t)cursor_u8(&r->c);
	case 'U': return cursor_u8(&r->c);
	case 'I': return (int16_t)cursor_u16be(&r->c);
	case 'l': return (int32_t)cursor_u32be(&r->c);
	case 'L': return (int64_t)cursor_u64be(&r->c);
	default:
		cursor_fail(&r->c, "has a length in UBJSON that is no whole number");
		return 0;
	}
}

static uint64_t take_count(struct ubjson_reader *r)
{
	int64_t n = take_integer(r, cursor_u8(&r->c));

	if (cursor_ok(&r->c) && (n < 0 || (uint64_t)n > cursor_left(&r->c)))
		cursor_fail(&r->c, "has UBJSON that promises more than fits in it");
	return cursor_ok(&r->c) ? (uint64_t)n : 0;
}

static void after_value(struct ubjson_reader *r)
{
	struct ubjson_level *top = top_of(r);

	r->value_due = false;
	r->done = r->depth == 0;
	if (top && top->counted)
		top->left--;
}

static bool is_type(unsigned char c)
{
	return ubjson_width(c) > 0 || c == 'Z' || c == 'T' || c == 'F' || c == 'C' || c == 'S' || c == 'H' || c == '{' || c == '[';
}

static enum json_token open_level(struct ubjson_reader *r, bool object)
{
	struct ubjson_level level = {.object = object};

	if (r->depth == UBJSON_DEPTH_MOST) {
		cursor_fail(&r->c, "has UBJSON nested too deep");
		return JSON_ERROR;
	}
	if (cursor_peek(&r->c) == '$') {
		cursor_u8(&r->c);
		level.type = cursor_u8(&r->c);
		if (cursor_ok(&r->c) && (!is_type(level.type) || cursor_peek(&r->c) != '#'))
			cursor_fail(&r->c, "has UBJSON values of one type, but of no type there is, or without their number");
	}
	if (cursor_peek(&r->c) == '#') {
		cursor_u8(&r->c);
		level.counted = true;
		level.left = take_count(r);
	}
	/* Whole arrays of numbers at once: one that is cut short is told here. */
	if (level.left > 0 && !object && ubjson_width(level.type) > 0 && level.left > cursor_left(&r->c) / ubjson_width(level.type))
		cursor_fail(&r->c, "has UBJSON that promises more than fits in it");
	r->value_due = false;
	r->open[r->depth++] = level;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token close_level(struct ubjson_reader *r)
{
	bool object = r->open[--r->depth].object;

	after_value(r);
	return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_token take_scalar(struct ubjson_reader *r, unsigned char type)
{
	enum json_token token = type == 'T' ? JSON_TRUE : type == 'F' ? JSON_FALSE : type == 'Z' ? JSON_NULL : JSON_NUMBER;

	r->whole = false;
	if (type == 'S' || type == 'H') {
		r->text = cursor_take(&r->c, take_count(r));
		token = type == 'S' ? JSON_STRING : JSON_NUMBER;
	} else if (type == 'C') {
		r->text = cursor_take(&r->c, 1);
		token = JSON_STRING;
	} else if (type == 'd' || type == 'D') {
		cursor_take(&r->c, ubjson_width(type));
	} else if (ubjson_width(type) > 0) {
		r->integer = take_integer(r, type);
		r->whole = true;
	} else if (token == JSON_NUMBER) {
		cursor_fail(&r->c, "has a value in UBJSON of a type that does not exist");
	}
	after_value(r);
	return token;
}

static enum json_token take_value(struct ubjson_reader *r, unsigned char type)
{
	if (type == '{' || type == '[')
		return open_level(r, type == '{');
	return take_scalar(r, type);
}

static enum json_token next_inside(struct ubjson_reader *r, const struct ubjson_level *top)
{
	if (!r->value_due && top->counted && top->left == 0)
		return close_level(r);
	while (top->type == 0 && cursor_peek(&r->c) == 'N')
		cursor_u8(&r->c);
	r->offset = r->c.pos;
	if (!r->value_due && !top->counted && cursor_peek(&r->c) == (top->object ? '}' : ']')) {
		cursor_u8(&r->c);
		return close_level(r);
	}
	if (top->object && !r->value_due) {
		r->text = cursor_take(&r->c, take_count(r));
		r->value_due = true;
		return JSON_KEY;
	}
	return take_value(r, top->type ? top->type : cursor_u8(&r->c));
}

static enum json_token next(struct ubjson_reader *r)
{
	const struct ubjson_level *top = top_of(r);

	r->offset = r->c.pos;
	if (top)
		return next_inside(r, top);
	if (!r->done)
		return take_value(r, cursor_u8(&r->c));
	if (cursor_left(&r->c) == 0)
		return JSON_END;
	cursor_fail(&r->c, "goes on after its UBJSON");
	return JSON_ERROR;
}

enum json_token ubjson_next(struct ubjson_reader *r)
{
	enum json_token token = cursor_ok(&r->c) ? next(r) : JSON_ERROR;

	return cursor_ok(&r->c) ? token : JSON_ERROR;
}
