#ifndef CODECS_UNPACK_H
#define CODECS_UNPACK_H

#include "base/arena.h"
#include "types/packing.h"

enum unpack_end {
	UNPACK_WHOLE,
	UNPACK_CORRUPT,     /* what came before the damage is there */
	UNPACK_LIMIT,       /* more than `most` bytes came out; the first `most` are there */
	UNPACK_UNKNOWN,     /* no decoder for this packing; nothing is there */
};

struct unpacked {
	struct bytes content;
	size_t used;        /* bytes of the input taken */
	enum unpack_end end;
};

/*
 * Unpacks into the arena, measuring what comes out instead of believing what
 * is claimed: `claimed` (0: unknown) only saves time when it is true.
 * Concatenated gzip, bzip2, xz, zstd and lz4 members come out as one, as their readers do it.
 */
struct unpacked unpack(struct arena *arena, enum packing packing, struct bytes in, uint64_t claimed, size_t most);

uint32_t checksum_crc32(struct bytes b);

#endif
