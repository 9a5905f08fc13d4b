#include "codecs/encoding.h"

static unsigned base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)c - 'A';
	if (c >= 'a' && c <= 'z')
		return (unsigned)c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : 99;
}

bool decode_base64(struct arena *arena, struct bytes text, struct bytes *out)
{
	for (unsigned padding = 0; padding < 2 && text.len > 0 && text.at[text.len - 1] == '='; padding++)
		text.len--;
	unsigned char *at = arena_alloc_raw(arena, text.len / 4 * 3 + 3);
	unsigned group = 0, bits = 0;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = base64_digit(text.at[i]);
		if (digit > 63)
			return false;
		group = group << 6 | digit;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			at[len++] = (unsigned char)(group >> bits);
		}
	}
	*out = (struct bytes){at, len};
	return text.len % 4 != 1;
}

static unsigned hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)c - 'a' + 10 : 99;
}

bool decode_hex(struct arena *arena, struct bytes text, struct bytes *out)
{
	unsigned char *at = arena_alloc_raw(arena, text.len / 2);

	for (size_t i = 0; i + 1 < text.len; i += 2) {
		unsigned high = hex_digit(text.at[i]), low = hex_digit(text.at[i + 1]);
		if (high > 15 || low > 15)
			return false;
		at[i / 2] = (unsigned char)(high << 4 | low);
	}
	*out = (struct bytes){at, text.len / 2};
	return text.len % 2 == 0;
}
