#ifndef CODECS_SEVEN_ZIP_H
#define CODECS_SEVEN_ZIP_H

#include "codecs/unpack.h"

enum archive_kind { ARCHIVE_FILE, ARCHIVE_FOLDER, ARCHIVE_LINK, ARCHIVE_OTHER };

struct archive_member {
	enum archive_kind kind;
	struct bytes name, content;
};

struct archive_content {
	struct archive_member *members;
	size_t count;
	uint64_t unpacked;          /* bytes that came out */
	enum unpack_end end;        /* not UNPACK_WHOLE: what came before is there */
	bool encrypted;
};

/*
 * Everything in a 7z archive, by libarchive, which believes the sizes it reads:
 * only in a confined worker.  At most `most` bytes and `members` members.
 */
struct archive_content seven_zip_unpack(struct arena *arena, struct bytes in, size_t most, size_t members);

#endif
