#include "scan/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "scan/examine.h"
#include "scan/wire.h"

enum { SMALL = 64 << 10, HASH_STEP = 256 << 10 };

/* Small files are read: mapping costs more. Large ones are mapped: only the pages looked at are read. */
struct opened {
	struct bytes content;
	void *map;
};

static unsigned char small_buffer[SMALL];

static size_t read_small(int fd, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = pread(fd, small_buffer + len, size - len, (off_t)len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

static bool open_content(int fd, struct opened *out)
{
	struct stat s;

	*out = (struct opened){0};
	if (fstat(fd, &s) != 0)
		return false;
	size_t size = (size_t)s.st_size;
	if (size <= SMALL) {
		out->content = (struct bytes){small_buffer, read_small(fd, size)};
		return out->content.len == size;
	}
	out->map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (out->map == MAP_FAILED)
		return false;
	madvise(out->map, size, MADV_RANDOM);
	out->content = (struct bytes){out->map, size};
	return true;
}

/* Through a buffer, so that a large file is not kept in memory for its digest. */
static struct digest hash_file(int fd, struct bytes content)
{
	static unsigned char buffer[HASH_STEP];
	static struct hasher h;
	ssize_t n;

	if (content.len <= SMALL)
		return digest_of(content);
	if (!h.context)
		hasher_init(&h);
	hasher_begin(&h);
	for (off_t at = 0; (n = pread(fd, buffer, sizeof buffer, at)) > 0; at += n)
		hasher_add(&h, (struct bytes){buffer, (size_t)n});
	return hasher_end(&h);
}

void worker_examine(int fd, struct bytes request, struct text *reply, void *context)
{
	const struct worker_context *c = context;
	struct arena results;
	struct examination e;
	struct opened file;
	char *name = malloc(request.len + 1);

	if (!name || !open_content(fd, &file))
		_exit(3);       /* the parent says that it was not examined */
	for (size_t i = 0; i < request.len; i++)
		name[i] = (char)request.at[i];
	name[request.len] = 0;
	struct source source = {.name = name, .content = file.content};
	arena_init(&results, examine_limits_default.memory);
	examine(&source, c->rules, &examine_limits_default, &results, &e);
	e.hashed = !c->skip_digest;
	if (e.hashed)
		e.digest = hash_file(fd, file.content);
	wire_write(&e, reply, SANDBOX_REPLY_MOST - 64);
	arena_finish(&results);
	if (file.map)
		munmap(file.map, file.content.len);
	free(name);
}
