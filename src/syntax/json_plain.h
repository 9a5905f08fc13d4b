#ifndef SYNTAX_JSON_PLAIN_H
#define SYNTAX_JSON_PLAIN_H

#include "base/bytes.h"

/*
 * Bytes at the start of `b` that may stand in a JSON string as they are and
 * are ASCII: eight at a time, by the usual tricks with the top bit of each
 * byte.  The lowest bit that is set is right even where a borrow went further.
 */
static inline size_t json_plain_run(struct bytes b)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (; i + sizeof(uint64_t) <= b.len; i += sizeof(uint64_t)) {
		uint64_t word = bytes_le(b.at + i, sizeof word);
		uint64_t quotes = word ^ ones * '"', slashes = word ^ ones * '\\';
		uint64_t special = (quotes - ones) & ~quotes, escape = (slashes - ones) & ~slashes, control = (word - ones * 0x20) & ~word;
		uint64_t found = (special | escape | control | word) & tops;
		if (found)
			return i + (size_t)__builtin_ctzll(found) / 8;
	}
	while (i < b.len && b.at[i] >= 0x20 && b.at[i] < 0x80 && b.at[i] != '"' && b.at[i] != '\\')
		i++;
	return i;
}

#endif
