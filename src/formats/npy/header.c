#include "formats/npy/header.h"

#include "types/dtype.h"

enum { DEPTH_MOST = 32 };

static void skip_space(struct cursor *c)
{
	for (int b = cursor_peek(c); b == ' ' || b == '\n' || b == '\t' || b == '\r'; b = cursor_peek(c))
		cursor_take(c, 1);
}

static bool take_if(struct cursor *c, char byte)
{
	skip_space(c);
	if (cursor_peek(c) != (unsigned char)byte)
		return false;
	cursor_take(c, 1);
	return true;
}

static void expect(struct cursor *c, char byte)
{
	if (!take_if(c, byte))
		cursor_fail(c, "has an array header that is no Python literal");
}

/* 'text' or "text"; escapes have no business here. */
static struct bytes read_text(struct cursor *c)
{
	skip_space(c);
	int quote = cursor_peek(c);
	if (quote != '\'' && quote != '"') {
		cursor_fail(c, "has an array header without a string where one belongs");
		return BYTES("");
	}
	cursor_take(c, 1);
	struct bytes text = cursor_until(c, (unsigned char)quote);
	if (bytes_find_byte(text, '\\') < text.len)
		cursor_fail(c, "has an array header with an escaped string");
	return text;
}

/* Digits, and the L that Python 2 put behind them. */
static uint64_t read_number(struct cursor *c)
{
	uint64_t value = 0;
	size_t digits = 0;

	skip_space(c);
	for (int b = cursor_peek(c); b >= '0' && b <= '9'; b = cursor_peek(c), digits++) {
		cursor_take(c, 1);
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, (uint64_t)(b - '0'), &value))
			cursor_fail(c, "has an array header with a number past 64 bits");
	}
	if (digits == 0)
		cursor_fail(c, "has an array header without a number where one belongs");
	take_if(c, 'L');
	return value;
}

/* (3, 4) or (3,) or () or 3: the product. */
static uint64_t read_shape(struct cursor *c)
{
	uint64_t product = 1;

	if (!take_if(c, '('))
		return read_number(c);
	while (cursor_ok(c) && !take_if(c, ')')) {
		if (__builtin_mul_overflow(product, read_number(c), &product))
			cursor_fail(c, "has an array of a shape that overflows");
		if (!take_if(c, ',')) {
			expect(c, ')');
			break;
		}
	}
	return product;
}

static uint64_t read_descr(struct cursor *c, struct npy_header *h, unsigned depth);

/* The name of a field: 'name', or ('title', 'name'). */
static void read_field_name(struct cursor *c)
{
	if (!take_if(c, '(')) {
		read_text(c);
		return;
	}
	read_text(c);
	expect(c, ',');
	read_text(c);
	expect(c, ')');
}

/* ('name', descr) or ('name', descr, shape) */
static uint64_t read_field(struct cursor *c, struct npy_header *h, unsigned depth)
{
	uint64_t size, count = 1;

	expect(c, '(');
	read_field_name(c);
	expect(c, ',');
	size = read_descr(c, h, depth + 1);
	if (!take_if(c, ',')) {
		expect(c, ')');
	} else if (!take_if(c, ')')) {
		count = read_shape(c);
		expect(c, ')');
	}
	if (__builtin_mul_overflow(size, count, &size))
		cursor_fail(c, "has an array of records too large for memory");
	return size;
}

static uint64_t read_fields(struct cursor *c, struct npy_header *h, unsigned depth)
{
	uint64_t size = 0;

	while (cursor_ok(c) && !take_if(c, ']')) {
		if (__builtin_add_overflow(size, read_field(c, h, depth), &size))
			cursor_fail(c, "has an array of records too large for memory");
		if (!take_if(c, ',')) {
			expect(c, ']');
			break;
		}
	}
	return size;
}

/* (descr, shape): an element that is an array itself. */
static uint64_t read_subarray(struct cursor *c, struct npy_header *h, unsigned depth)
{
	uint64_t size = read_descr(c, h, depth + 1);

	expect(c, ',');
	if (__builtin_mul_overflow(size, read_shape(c), &size))
		cursor_fail(c, "has an array of records too large for memory");
	expect(c, ')');
	return size;
}

/* '<f4', a list of fields, or (descr, shape): bytes an element takes. */
static uint64_t read_descr(struct cursor *c, struct npy_header *h, unsigned depth)
{
	struct dtype dtype = {0};

	if (depth > DEPTH_MOST)
		cursor_fail(c, "has an array of records nested too deep");
	if (!cursor_ok(c))
		return 0;
	if (take_if(c, '['))
		return read_fields(c, h, depth);
	if (take_if(c, '('))
		return read_subarray(c, h, depth);
	struct bytes name = read_text(c);
	if (cursor_ok(c) && !dtype_parse(name, &dtype))
		cursor_fail(c, "has an array of an element type that does not exist");
	h->objects |= dtype.objects;
	return dtype.size;
}

static bool take_word(struct cursor *c, struct bytes word)
{
	skip_space(c);
	if (!bytes_start_with(bytes_from(c->all, c->pos), word))
		return false;
	cursor_take(c, word.len);
	return true;
}

static void read_item(struct cursor *c, struct npy_header *h)
{
	struct bytes key = read_text(c);

	expect(c, ':');
	if (bytes_same(key, "descr") && !h->has_descr) {
		h->has_descr = true;
		h->item = read_descr(c, h, 0);
	} else if (bytes_same(key, "fortran_order") && !h->has_order) {
		h->has_order = take_word(c, BYTES("True")) || take_word(c, BYTES("False"));
	} else if (bytes_same(key, "shape") && !h->has_shape) {
		h->has_shape = true;
		h->items = read_shape(c);
	} else {
		cursor_fail(c, "has an array header with a key that is unknown or stands twice");
	}
}

void npy_read_header(struct cursor *c, struct npy_header *h)
{
	*h = (struct npy_header){.items = 1};
	expect(c, '{');
	while (cursor_ok(c) && !take_if(c, '}')) {
		read_item(c, h);
		if (!take_if(c, ',')) {
			expect(c, '}');
			break;
		}
	}
	skip_space(c);
	if (cursor_ok(c) && cursor_left(c) > 0)
		cursor_fail(c, "has an array header with something behind it");
	if (cursor_ok(c) && !(h->has_descr && h->has_order && h->has_shape))
		cursor_fail(c, "has an array header without descr, fortran_order or shape");
}
