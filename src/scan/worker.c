#include "scan/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "scan/dispatch.h"
#include "scan/examine.h"
#include "scan/wire.h"

enum { SMALL = 64 << 10, HASH_STEP = 256 << 10 };

/* Large files are mapped: only the pages looked at are read. For the others mapping costs more than reading. */
struct opened {
	struct bytes content;
	void *map;
};

static unsigned char small_buffer[SMALL];

/* False when the system refuses. */
static bool read_small(int fd, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t n = pread(fd, small_buffer + *len, size - *len, (off_t)*len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		*len += (size_t)n;
	}
	return true;
}

/* NULL when the whole content is there; else why it is not. */
static const char *open_content(int fd, struct opened *out)
{
	struct stat s;

	*out = (struct opened){0};
	if (fstat(fd, &s) != 0)
		return "cannot be looked at";
	size_t size = (size_t)s.st_size;
	if (size <= SMALL) {
		/* Files that the system makes up say that they are empty. */
		bool read = read_small(fd, size > 0 ? size : 1, &out->content.len);
		out->content.at = small_buffer;
		if (!read || out->content.len < size)
			return "cannot be read to its end";
		return out->content.len == size ? NULL : "says that it is empty and is not";
	}
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return "cannot be mapped into memory";
	out->map = map;
	madvise(out->map, size, MADV_RANDOM);
	out->content = (struct bytes){out->map, size};
	return NULL;
}

/* Through a buffer, so that a large file is not kept in memory for its digest. */
static struct digest hash_file(int fd, struct bytes content)
{
	static unsigned char buffer[HASH_STEP];
	struct hasher h;
	ssize_t n;

	if (content.len <= SMALL)
		return digest_of(content);
	hasher_begin(&h);
	for (off_t at = 0; (n = pread(fd, buffer, sizeof buffer, at)) > 0; at += n)
		hasher_add(&h, (struct bytes){buffer, (size_t)n});
	return hasher_end(&h);
}

/* The one finding of a file that could not be opened: what was read of it is not judged. */
static void refuse(const struct source *source, const char *why, struct arena *results, struct examination *out)
{
	*out = (struct examination){0};
	findings_init(&out->findings, results, 1);
	findings_add(&out->findings, check_with_id("file.unexamined"), source, 0, bytes_of(why));
}

struct task {
	const struct worker_context *context;
	const struct source *source;
	int fd;
	const char *trouble;
	struct arena results;
	struct examination examination;
};

static void perform(void *arg)
{
	struct task *t = arg;

	if (t->trouble) {
		refuse(t->source, t->trouble, &t->results, &t->examination);
		return;
	}
	examine(t->source, t->context->rules, &examine_limits_default, &t->results, &t->examination);
	t->examination.hashed = !t->context->skip_digest;
	if (t->examination.hashed)
		t->examination.digest = hash_file(t->fd, t->source->content);
}

/* One examination at the end of the reply, its length before it; false when it does not fit any more. */
static bool answer(struct task *t, struct text *reply)
{
	static struct text wire;
	uint64_t len;

	arena_init(&t->results, examine_limits_default.memory);
	if (!arena_run(&t->results, perform, t))
		_exit(3);       /* no room for the results themselves: the parent says that it was not examined */
	text_clear(&wire);
	wire_write(&t->examination, &wire, SANDBOX_REPLY_MOST - 64);
	arena_finish(&t->results);
	len = wire.len;
	if (reply->len + sizeof len + wire.len > SANDBOX_REPLY_MOST - 16)
		return false;
	text_add(reply, (struct bytes){(const unsigned char *)&len, sizeof len});
	text_add(reply, text_bytes(&wire));
	return true;
}

static struct source source_of(struct bytes name, struct bytes content)
{
	static char string[SANDBOX_REQUEST_MOST + 1];

	if (name.len)
		memcpy(string, name.at, name.len);
	string[name.len] = 0;
	return (struct source){.name = string, .content = content};
}

static bool read_again(const struct mapped *file, uint64_t at, unsigned char *out, size_t len)
{
	ssize_t n;

	do
		n = pread(file->fd, out, len, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len;
}

static void answer_open(int fd, struct bytes name, struct text *reply, void *context)
{
	struct opened file;
	struct task t = {.context = context, .fd = fd, .trouble = open_content(fd, &file)};
	struct source source = source_of(name, file.content);
	struct mapped mapped = {.content = file.content, .fd = fd, .read = read_again};

	t.source = &source;
	source.mapped = file.map ? &mapped : NULL;
	answer(&t, reply);
	if (file.map)
		munmap(file.map, file.content.len);
}

void worker_examine(int fd, struct bytes request, struct text *reply, void *context)
{
	struct bytes name, content;

	if (fd >= 0) {
		answer_open(fd, request, reply, context);
		return;
	}
	while (request.len > 0 && dispatch_next_file(&request, &name, &content)) {
		struct source source = source_of(name, content);
		struct task t = {.context = context, .source = &source, .fd = -1};
		if (!answer(&t, reply))
			return;
	}
}
