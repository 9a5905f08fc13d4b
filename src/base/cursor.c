#include "base/cursor.h"

struct cursor cursor_over(struct bytes b)
{
	return (struct cursor){.all = b};
}

bool cursor_ok(const struct cursor *c)
{
	return c->why == NULL;
}

size_t cursor_left(const struct cursor *c)
{
	return c->all.len - c->pos;
}

void cursor_fail(struct cursor *c, const char *why)
{
	if (!cursor_ok(c))
		return;
	c->why = why;
	c->why_at = c->pos;
}

void cursor_seek(struct cursor *c, uint64_t pos)
{
	if (!cursor_ok(c))
		return;
	if (pos > c->all.len)
		cursor_fail(c, "points past its own end");
	else
		c->pos = (size_t)pos;
}

struct bytes cursor_take(struct cursor *c, uint64_t len)
{
	if (!cursor_ok(c))
		return BYTES("");
	if (len > cursor_left(c)) {
		cursor_fail(c, "ends in the middle of a value");
		return BYTES("");
	}
	struct bytes b = bytes_slice(c->all, c->pos, len);
	c->pos += b.len;
	return b;
}

struct bytes cursor_rest(struct cursor *c)
{
	return cursor_take(c, cursor_left(c));
}

struct bytes cursor_until(struct cursor *c, unsigned char stop)
{
	if (!cursor_ok(c))
		return BYTES("");
	struct bytes left = bytes_from(c->all, c->pos);
	size_t len = bytes_find_byte(left, stop);
	if (len == left.len) {
		cursor_fail(c, "ends in the middle of a line");
		return BYTES("");
	}
	c->pos += len + 1;
	return bytes_slice(left, 0, len);
}

int cursor_peek(const struct cursor *c)
{
	return cursor_ok(c) && cursor_left(c) > 0 ? c->all.at[c->pos] : -1;
}

static uint64_t take_le(struct cursor *c, unsigned width)
{
	struct bytes b = cursor_take(c, width);
	uint64_t v = 0;

	for (size_t i = b.len; i > 0; i--)
		v = v << 8 | b.at[i - 1];
	return v;
}

static uint64_t take_be(struct cursor *c, unsigned width)
{
	struct bytes b = cursor_take(c, width);
	uint64_t v = 0;

	for (size_t i = 0; i < b.len; i++)
		v = v << 8 | b.at[i];
	return v;
}

uint8_t cursor_u8(struct cursor *c) { return (uint8_t)take_le(c, 1); }
uint16_t cursor_u16le(struct cursor *c) { return (uint16_t)take_le(c, 2); }
uint32_t cursor_u32le(struct cursor *c) { return (uint32_t)take_le(c, 4); }
uint64_t cursor_u64le(struct cursor *c) { return take_le(c, 8); }
uint16_t cursor_u16be(struct cursor *c) { return (uint16_t)take_be(c, 2); }
uint32_t cursor_u32be(struct cursor *c) { return (uint32_t)take_be(c, 4); }
uint64_t cursor_u64be(struct cursor *c) { return take_be(c, 8); }
