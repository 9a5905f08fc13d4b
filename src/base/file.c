#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status file_read_open(int fd, size_t most, struct text *out)
{
	enum { STEP = 64 << 10 };

	for (;;) {
		ssize_t n = read(fd, text_reserve(out, STEP), STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? STATUS_OK : STATUS_IO;
		out->len += (size_t)n;
		if (out->len > most)
			return STATUS_LIMIT;
	}
}

enum status file_read(const char *path, size_t most, struct text *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat about;

	if (fd < 0)
		return errno == ENXIO ? STATUS_MALFORMED : STATUS_IO;   /* a socket, or a device without its driver */
	enum status status = fstat(fd, &about) != 0 ? STATUS_IO : S_ISREG(about.st_mode) ? file_read_open(fd, most, out) : STATUS_MALFORMED;
	int why = errno;
	close(fd);
	errno = why;
	return status;
}

const char *file_trouble(enum status status)
{
	return status == STATUS_MALFORMED ? "it is no regular file" : status == STATUS_LIMIT ? "it is larger than such a file may be" : strerror(errno);
}

bool file_is_odd(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

static enum status write_all(int fd, struct bytes b)
{
	while (b.len > 0) {
		ssize_t n = write(fd, b.at, b.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return STATUS_IO;
		b = bytes_from(b, (size_t)n);
	}
	return fsync(fd) == 0 || errno == EINVAL ? STATUS_OK : STATUS_IO;
}

/* A complete file under a name of its own, to be moved into place. */
static enum status write_fresh(const char *path, unsigned mode, struct bytes content, char *fresh, size_t room)
{
	int len = snprintf(fresh, room, "%s.%ld.new", path, (long)getpid());

	if (len < 0 || (size_t)len >= room) {
		errno = ENAMETOOLONG;
		return STATUS_IO;
	}
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return STATUS_IO;
	/* Who had to read the old one has to read this one: it stays with them, where root writes it. */
	struct stat old;
	bool others = stat(path, &old) == 0 && (old.st_uid != geteuid() || old.st_gid != getegid());
	if (others && fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM) {
		int why = errno;
		close(fd);
		errno = why;
		return STATUS_IO;
	}
	enum status status = write_all(fd, content);
	return close(fd) == 0 ? status : STATUS_IO;
}

static enum status put_in_place(const char *path, unsigned mode, struct bytes content, int (*move)(const char *, const char *))
{
	char fresh[4096];
	enum status status = write_fresh(path, mode, content, fresh, sizeof fresh);

	if (status == STATUS_OK && move(fresh, path) != 0)
		status = STATUS_IO;
	int why = errno;
	unlink(fresh);      /* already gone when it was renamed */
	errno = why;
	return status;
}

enum status file_write(const char *path, unsigned mode, struct bytes content)
{
	return put_in_place(path, mode, content, rename);
}

enum status file_create(const char *path, unsigned mode, struct bytes content)
{
	return put_in_place(path, mode, content, link);
}

bool file_keep_folder(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool kept = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
	int why = errno;

	if (fd >= 0)
		close(fd);
	errno = why;
	return kept;
}
