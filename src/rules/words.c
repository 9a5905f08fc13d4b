#include "rules/words.h"

/* Blanks and line ends, and what else is no letter of anything; eight bytes at a time, as the lists are long. */
static size_t find_blank(struct bytes b)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (; i + sizeof(uint64_t) <= b.len; i += sizeof(uint64_t)) {
		uint64_t word = bytes_le(b.at + i, sizeof word);
		uint64_t found = (word - ones * (' ' + 1)) & ~word & tops;
		if (found)
			return i + (size_t)__builtin_ctzll(found) / 8;
	}
	while (i < b.len && b.at[i] > ' ')
		i++;
	return i;
}

struct bytes rules_word(struct bytes *list)
{
	size_t from = 0;

	while (from < list->len && list->at[from] <= ' ')
		from++;
	struct bytes rest = bytes_from(*list, from), word = bytes_slice(rest, 0, find_blank(rest));
	*list = bytes_from(rest, word.len);
	return word;
}
