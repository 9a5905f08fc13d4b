#include "ledger/salts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { LINE = EXCHANGE_ID + SALT, LINES_AT_ONCE = 4096 };

/* Closes it, unless it is good; errno stays what it was. */
static int good_or_closed(int fd, bool good)
{
	int why = errno;

	if (fd >= 0 && !good) {
		close(fd);
		fd = -1;
	}
	errno = why;
	return fd;
}

/* A pipe or a device would be waited for, or read for ever. */
static bool is_regular(int fd)
{
	struct stat about;

	if (fstat(fd, &about) != 0)
		return false;
	errno = ENOTSUP;
	return S_ISREG(about.st_mode);
}

static int open_file(const char *directory, int flags)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/salts", directory);
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	return good_or_closed(fd, fd >= 0 && is_regular(fd));
}

/* A line that was cut, as by a power failure, is of a record that was never kept: behind it no other would be found. */
static bool end_whole(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return size >= 0 && (size % LINE == 0 || ftruncate(fd, size - size % LINE) == 0);
}

int salts_open(const char *directory)
{
	int fd = open_file(directory, O_WRONLY | O_CREAT | O_APPEND);

	return good_or_closed(fd, fd >= 0 && end_whole(fd) && file_keep_folder(directory));
}

void salts_add(struct text *lines, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT])
{
	text_add(lines, (struct bytes){id, EXCHANGE_ID});
	text_add(lines, (struct bytes){salt, SALT});
}

bool salts_write(int fd, struct text *lines)
{
	size_t sent = 0;

	while (sent < lines->len) {
		ssize_t n = write(fd, lines->at + sent, lines->len - sent);
		if (n < 0 && errno != EINTR)
			break;
		sent += n > 0 ? (size_t)n : 0;
	}
	struct bytes left = bytes_from(text_bytes(lines), sent);
	if (left.len > 0)
		memmove(lines->at, left.at, left.len);
	lines->len = left.len;
	return left.len == 0 && fdatasync(fd) == 0;
}

int salts_open_to_erase(const char *directory)
{
	int fd = open_file(directory, O_RDWR);

	return good_or_closed(fd, fd >= 0 && flock(fd, LOCK_EX) == 0);
}

bool salts_erase(int fd, bool (*is_meant)(void *, const unsigned char id[EXCHANGE_ID]), void *context)
{
	static const unsigned char nothing[SALT];
	static unsigned char lines[LINES_AT_ONCE][LINE];
	bool good = true;
	ssize_t n = 0;

	for (off_t at = 0; good && (n = pread(fd, lines, sizeof lines, at)) >= LINE; at += n - n % LINE)
		for (ssize_t i = 0; good && i < n / LINE; i++)
			if (is_meant(context, lines[i]))
				good = pwrite(fd, nothing, SALT, at + i * LINE + EXCHANGE_ID) == SALT;
	good = good && n >= 0 && fdatasync(fd) == 0;
	explicit_bzero(lines, sizeof lines);
	return good;
}
