#include "ledger/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_AT_ONCE = 256 << 10 };

bool records_open(struct records *r, const char *directory, bool append)
{
	char path[4096];

	*r = (struct records){.fd = -1};
	text_init(&r->added, NULL);
	text_init(&r->read, NULL);
	snprintf(path, sizeof path, "%s/records.jsonl", directory);
	r->fd = open(path, (append ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW, 0644);
	return r->fd >= 0;
}

void records_close(struct records *r)
{
	if (r->fd >= 0)
		close(r->fd);
	text_finish(&r->added);
	text_finish(&r->read);
}

/* ---- writing ---- */

void records_add(struct records *r, struct bytes record)
{
	text_add(&r->added, record);
	text_add_byte(&r->added, '\n');
}

void records_drop(struct records *r)
{
	text_clear(&r->added);
}

/* The file is where it was, and as long as what was committed. */
static bool stands(struct records *r, uint64_t end)
{
	struct stat s;

	if (fstat(r->fd, &s) != 0)
		return false;
	errno = s.st_nlink == 0 ? ENOENT : ENODATA;
	if (s.st_nlink == 0 || (uint64_t)s.st_size < end)
		return false;
	return (uint64_t)s.st_size == end || ftruncate(r->fd, (off_t)end) == 0;
}

static bool write_all(int fd, struct bytes left, uint64_t at)
{
	while (left.len > 0) {
		ssize_t n = pwrite(fd, left.at, left.len, (off_t)at);
		if (n < 0 && errno != EINTR)
			return false;
		left = bytes_from(left, n > 0 ? (size_t)n : 0);
		at += n > 0 ? (uint64_t)n : 0;
	}
	return true;
}

bool records_write(struct records *r, uint64_t end)
{
	if (!stands(r, end) || !write_all(r->fd, text_bytes(&r->added), end) || fdatasync(r->fd) != 0)
		return false;
	text_clear(&r->added);
	return true;
}

/* ---- reading ---- */

/* More of the file behind what is left of it in memory: how much, 0 at the end, less with errno set. */
static ssize_t read_more(struct records *r, uint64_t at, uint64_t end)
{
	uint64_t left = at < end ? end - at : 0;
	size_t most = left < READ_AT_ONCE ? (size_t)left : READ_AT_ONCE;
	ssize_t n = most > 0 ? pread(r->fd, text_reserve(&r->read, most), most, (off_t)at) : 0;

	r->read.len += n > 0 ? (size_t)n : 0;
	return n;
}

/* The first line, without its end; none when more has to be read for it. One that is too long to be a record is cut, for whoever looks at it. */
static bool next_line(struct bytes left, bool last, struct bytes *line, size_t *taken)
{
	const unsigned char *end = left.len > 0 ? memchr(left.at, '\n', left.len) : NULL;

	*line = bytes_slice(left, 0, end ? (size_t)(end - left.at) : left.len);
	*taken = line->len + (end != NULL);
	return end || (left.len > 0 && (last || left.len > RECORD_MOST));
}

/* Lines of what was read; what is left is the beginning of one. True when the callback wants no more. */
static bool walk_read(struct records *r, bool last, uint64_t *number, record_line *line, void *context)
{
	struct bytes left = text_bytes(&r->read), record;
	bool enough = false;

	for (size_t taken; !enough && next_line(left, last, &record, &taken); left = bytes_from(left, taken))
		enough = !line(context, (*number)++, record);
	if (left.len > 0)
		memmove(r->read.at, left.at, left.len);
	r->read.len = left.len;
	return enough;
}

bool records_each(struct records *r, uint64_t from, uint64_t end, uint64_t number, record_line *line, void *context)
{
	text_clear(&r->read);
	for (uint64_t at = from;;) {
		ssize_t n = read_more(r, at, end);
		if (n < 0 || walk_read(r, n == 0, &number, line, context) || n == 0)
			return n >= 0;
		at += (uint64_t)n;
	}
}

uint64_t records_size(const struct records *r)
{
	struct stat s;

	return fstat(r->fd, &s) == 0 ? (uint64_t)s.st_size : 0;
}
