#include "identity/base64url.h"

static int value_of(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_read(struct arena *arena, struct bytes in, struct bytes *out)
{
	unsigned char *to = arena_alloc_raw(arena, in.len / 4 * 3 + 3);
	unsigned held = 0, bits = 0;
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		int value = value_of(in.at[i]);
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
