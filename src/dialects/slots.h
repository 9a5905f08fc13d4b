#ifndef DIALECTS_SLOTS_H
#define DIALECTS_SLOTS_H

#include "dialects/words.h"

/*
 * The words as a hash table, made while the program is built (tools/words.c):
 * a word stands in the slot of its beginning, or in the first free one behind it.
 */

#define WORD_SLOTS ((size_t)1024)
_Static_assert((size_t)WORD_COUNT < WORD_SLOTS, "no free slot, at which a search ends");

struct word_slot {
	uint64_t begins;            /* its bytes_word(): with the length mostly all that has to be looked at */
	uint16_t len, word;         /* 0, WORD_NONE: free */
};

extern const struct word_slot word_slots[WORD_SLOTS];

/* Where to look first. */
static inline size_t word_first_slot(uint64_t begins, size_t len)
{
	return (size_t)((begins + len) * UINT64_C(0x9E3779B97F4A7C15) >> 54) % WORD_SLOTS;
}

#endif
