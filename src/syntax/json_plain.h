#ifndef SYNTAX_JSON_PLAIN_H
#define SYNTAX_JSON_PLAIN_H

#include "base/sixteen.h"

/* Bytes at the start of `b` that may stand in a JSON string as they are and are ASCII: all others are negative, or less than a blank. */
static inline size_t json_plain_run(struct bytes b)
{
	size_t i = 0;

	for (; i + sizeof(sixteen) <= b.len; i += sizeof(sixteen)) {
		sixteen here = sixteen_from(b.at + i);
		size_t first = sixteen_first((here == '"') | (here == '\\') | (here < ' '));
		if (first < sizeof(sixteen))
			return i + first;
	}
	while (i < b.len && b.at[i] >= 0x20 && b.at[i] < 0x80 && b.at[i] != '"' && b.at[i] != '\\')
		i++;
	return i;
}

#endif
