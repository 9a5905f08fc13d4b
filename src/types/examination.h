#ifndef TYPES_EXAMINATION_H
#define TYPES_EXAMINATION_H

#include "base/hash.h"
#include "types/check.h"
#include "types/format.h"

enum { FORMATS_PER_ITEM = 8 };

/* What came out of examining one file, before anybody judges it. */
struct examination {
	bool hashed;
	struct digest digest;       /* of the whole file, when hashed */
	uint64_t size, bytes_read;  /* bytes_read: looked at to come to the findings, hashing apart */
	uint64_t members;           /* files inside it, at any depth */
	const struct format *formats[FORMATS_PER_ITEM];
	size_t format_count;
	struct findings findings;
};

#endif
