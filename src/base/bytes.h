#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A borrowed view of memory. Never freed, never NUL-terminated; `at` may be NULL when `len` is 0. */
struct bytes {
	const unsigned char *at;
	size_t len;
};

#define BYTES(literal) ((struct bytes){(const unsigned char *)(literal), sizeof(literal) - 1})

static inline struct bytes bytes_of(const char *string)
{
	return (struct bytes){(const unsigned char *)string, strlen(string)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || (a.at[0] == b.at[0] && memcmp(a.at, b.at, a.len) == 0));
}

static inline bool bytes_same(struct bytes a, const char *string)
{
	return bytes_equal(a, bytes_of(string));
}

/* `width` bytes, at most 8, as a little-endian number. */
static inline uint64_t bytes_le(const unsigned char *at, size_t width)
{
	uint64_t number = 0;

	memcpy(&number, at, width);
	return le64toh(number);
}

/* The first eight bytes as such a number; those that are not there are 0. */
static inline uint64_t bytes_word(struct bytes b)
{
	if (b.len >= 8)
		return bytes_le(b.at, 8);
	if (b.len >= 4)
		return bytes_le(b.at, 4) | bytes_le(b.at + b.len - 4, 4) << 8 * (b.len - 4);
	return b.len == 0 ? 0 : b.at[0] | (uint64_t)b.at[b.len / 2] << 8 * (b.len / 2) | (uint64_t)b.at[b.len - 1] << 8 * (b.len - 1);
}

/* As memcpy(), which short texts are not worth calling for. */
static inline void bytes_copy(void *to, struct bytes b)
{
	unsigned char *out = to;

	if (b.len > 16) {
		memcpy(out, b.at, b.len);
	} else if (b.len >= 8) {
		memcpy(out, b.at, 8);
		memcpy(out + b.len - 8, b.at + b.len - 8, 8);
	} else if (b.len >= 4) {
		memcpy(out, b.at, 4);
		memcpy(out + b.len - 4, b.at + b.len - 4, 4);
	} else if (b.len > 0) {
		out[0] = b.at[0];
		out[b.len / 2] = b.at[b.len / 2];
		out[b.len - 1] = b.at[b.len - 1];
	}
}

static inline unsigned char bytes_fold(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

/* Negative, zero or positive, by unsigned bytes; a prefix sorts first. */
int bytes_compare(struct bytes a, struct bytes b);
/* So many bytes of both, with ASCII letters of either case alike. */
bool bytes_alike(const unsigned char *a, const unsigned char *b, size_t len);

/* The next byte, or a letter that Go's readers of JSON fold to it: two beyond ASCII, ſ and the sign of Kelvin. */
struct bytes bytes_take_letter(struct bytes *b);
/* Equal to such a reader. */
bool bytes_equal_loosely(struct bytes a, struct bytes b);

/* As bytes_equal, with ASCII letters of either case alike. */
static inline bool bytes_equal_folded(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || ((a.at[0] | 0x20) == (b.at[0] | 0x20) && bytes_alike(a.at, b.at, a.len)));
}

static inline bool bytes_start_with(struct bytes b, struct bytes prefix)
{
	return b.len >= prefix.len && (prefix.len == 0 || (b.at[0] == prefix.at[0] && memcmp(b.at, prefix.at, prefix.len) == 0));
}

bool bytes_end_with(struct bytes b, struct bytes suffix);
bool bytes_contain(struct bytes b, struct bytes needle);

/* Offset of the first (last) `needle`, or b.len when there is none. */
size_t bytes_find(struct bytes b, struct bytes needle);
size_t bytes_find_last(struct bytes b, struct bytes needle);
size_t bytes_find_byte(struct bytes b, unsigned char byte);

/* The part from `from`, at most `len` long; what lies outside `b` is left out. */
static inline struct bytes bytes_slice(struct bytes b, uint64_t from, uint64_t len)
{
	if (from >= b.len)
		return (struct bytes){b.len ? b.at + b.len : b.at, 0};
	size_t left = b.len - (size_t)from;
	return (struct bytes){b.at + from, len < left ? (size_t)len : left};
}

static inline struct bytes bytes_from(struct bytes b, uint64_t from)
{
	return bytes_slice(b, from, UINT64_MAX);
}

/* What stands after the last `byte`, or all of it. */
struct bytes bytes_after_last(struct bytes b, unsigned char byte);

/* The character at the start of `b`, which is not empty: its length in bytes, 0 when that is no UTF-8; `code` may be NULL. */
size_t bytes_character(struct bytes b, uint32_t *code);

/* True when every byte is valid UTF-8 in its shortest form, surrogates refused. */
bool bytes_are_utf8(struct bytes b);

/* A name as programs spell it: letters, digits and underscores, parts joined by dots. */
bool bytes_are_dotted_name(struct bytes b);

/* For tables inside one process, never for anything that is kept or an attacker may gain from. */
uint64_t bytes_hash(struct bytes b);

/*
 * Reads an unsigned decimal of at most 20 digits that fills all of `b`;
 * false on anything else, a leading zero and a value past 2^64-1 included.
 */
bool bytes_to_u64(struct bytes b, uint64_t *out);

#endif
