#include "base/lookup3.h"

static uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* Up to four bytes, little-endian; what is missing counts as zero. */
static uint32_t take_word(struct bytes b, size_t from)
{
	uint32_t word = 0;

	for (size_t i = 0; i < 4 && from + i < b.len; i++)
		word |= (uint32_t)b.at[from + i] << 8 * i;
	return word;
}

static void mix(uint32_t w[3])
{
	static const unsigned char by[] = {4, 6, 8, 16, 19, 4};

	for (unsigned i = 0; i < 6; i++) {
		uint32_t *a = &w[i % 3], *b = &w[(i + 1) % 3], *c = &w[(i + 2) % 3];
		*a = (*a - *c) ^ rotate(*c, by[i]);
		*c += *b;
	}
}

static void finish(uint32_t w[3])
{
	static const unsigned char by[] = {14, 11, 25, 16, 4, 14, 24};

	for (unsigned i = 0; i < 7; i++) {
		uint32_t *c = &w[(2 + i) % 3], *b = &w[(1 + i) % 3];
		*c = (*c ^ *b) - rotate(*b, by[i]);
	}
}

uint32_t lookup3(struct bytes b)
{
	uint32_t start = 0xdeadbeef + (uint32_t)b.len;
	uint32_t w[3] = {start, start, start};

	if (b.len == 0)
		return w[2];
	while (b.len > 12) {
		for (unsigned i = 0; i < 3; i++)
			w[i] += take_word(b, 4 * i);
		mix(w);
		b = bytes_from(b, 12);
	}
	for (unsigned i = 0; i < 3; i++)
		w[i] += take_word(b, 4 * i);
	finish(w);
	return w[2];
}
