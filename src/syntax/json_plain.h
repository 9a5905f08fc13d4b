#ifndef SYNTAX_JSON_PLAIN_H
#define SYNTAX_JSON_PLAIN_H

#include "base/sixteen.h"

/* In each of these eight: its highest bit where what stands there is one that json_plain_run() ends at, or comes after one. */
static inline uint64_t json_not_plain(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x80 * ones;
	uint64_t quote = word ^ '"' * ones, escape = word ^ '\\' * ones;
	uint64_t less = (word - ' ' * ones) | (quote - ones) | (escape - ones);      /* each of them borrows where there is one */

	return (word | (word + ones) | less) & tops;
}

/*
 * Bytes at the start of `b` that stand for themselves in a JSON string: blanks and what can be seen of ASCII, but for quotes and
 * backslashes. Bytes beyond ASCII are negative, and less than a blank.
 */
static inline size_t json_plain_run(struct bytes b)
{
	size_t i = 0;

	for (; i + sizeof(sixteen) <= b.len; i += sizeof(sixteen)) {
		sixteen here = sixteen_from(b.at + i);
		size_t first = sixteen_first((here == '"') | (here == '\\') | (here < ' ') | (here == 0x7F));
		if (first < sizeof(sixteen))
			return i + first;
	}
	for (; i < b.len; i += sizeof(uint64_t)) {
		uint64_t hits = json_not_plain(bytes_word(bytes_from(b, i)));
		if (hits == 0)
			continue;
		size_t first = i + (size_t)__builtin_ctzll(hits) / 8;
		return first < b.len ? first : b.len;
	}
	return b.len;
}

#endif
