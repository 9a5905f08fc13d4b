#ifndef BASE_SIXTEEN_H
#define BASE_SIXTEEN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/bytes.h"

/* Sixteen bytes that are looked at together: a comparison gives 0xFF where it is true, and 0. */
typedef signed char sixteen __attribute__((vector_size(16)));

static inline sixteen sixteen_from(const unsigned char *at)
{
	sixteen all;

	memcpy(&all, at, sizeof all);
	return all;
}

/* Where the first of these stands that is not 0; 16 when none is. */
static inline size_t sixteen_first(sixteen hits)
{
#ifdef __SSE2__
	unsigned all = (unsigned)_mm_movemask_epi8((__m128i)hits);

	return all ? (size_t)__builtin_ctz(all) : 16;
#else
	unsigned char all[sizeof hits];

	memcpy(all, &hits, sizeof all);
	uint64_t low = bytes_le(all, 8), high = bytes_le(all + 8, 8);
	return low ? (size_t)__builtin_ctzll(low) / 8 : high ? 8 + (size_t)__builtin_ctzll(high) / 8 : 16;
#endif
}

#endif
