#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/text.h"

/*
 * Reads a whole file, at most `most` bytes; STATUS_LIMIT past that, STATUS_IO
 * with errno set.  STATUS_MALFORMED: it is a folder, a device, or a pipe that
 * might never say anything; it was not waited for.
 */
MUST_CHECK enum status file_read(const char *path, size_t most, struct text *out);
/* The same of what is open, whatever it is. */
MUST_CHECK enum status file_read_open(int fd, size_t most, struct text *out);
/* Why it was not read, in words, before anything else is done. */
const char *file_trouble(enum status status);
/* There is something of that name, and it is no regular file: for those who have it read by others. */
bool file_is_odd(const char *path);

/* Writes a file beside the old one and puts it in its place, so that nobody sees half of it; it stays with the old one's owner, where that can be. `mode` as for open. */
MUST_CHECK enum status file_write(const char *path, unsigned mode, struct bytes content);

/* Writes a file only if there is none of that name: of several that try, one succeeds, the others get EEXIST. */
MUST_CHECK enum status file_create(const char *path, unsigned mode, struct bytes content);

/* That a file was made in this folder outlasts a crash of the machine; false with errno set. */
bool file_keep_folder(const char *directory);

#endif
