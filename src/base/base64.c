#include "base/base64.h"

/* `last`: the two signs that end the alphabet. */
static int value_of(unsigned char c, const char last[2])
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

static bool read_digits(struct arena *arena, struct bytes in, const char last[2], struct bytes *out)
{
	unsigned char *to = arena_alloc_raw(arena, in.len / 4 * 3 + 3);
	unsigned held = 0, bits = 0;
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		int value = value_of(in.at[i], last);
		if (value < 0)
			return false;
		held = held << 6 | (unsigned)value;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		to[len++] = (unsigned char)(held >> bits);
		held &= (1u << bits) - 1;
	}
	*out = (struct bytes){to, len};
	return bits < 6 && held == 0;
}

bool base64_read(struct arena *arena, struct bytes in, struct bytes *out)
{
	size_t padding = bytes_end_with(in, BYTES("==")) ? 2 : bytes_end_with(in, BYTES("=")) ? 1 : 0;

	return in.len % 4 == 0 && read_digits(arena, bytes_slice(in, 0, in.len - padding), "+/", out);
}

bool base64url_read(struct arena *arena, struct bytes in, struct bytes *out)
{
	return read_digits(arena, in, "-_", out);
}
