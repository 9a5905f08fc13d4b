#include "scan/dispatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/text.h"

enum {
	FLIGHTS = 256,
	FILES = 64,                     /* in one message ... */
	TOGETHER_MOST = 64 << 10,       /* ... and their bytes */
	SMALL = 16 << 10,
	NAME_MOST = 4 << 10,            /* of a longer path the worker gets the end */
};

struct file {
	const char *path;
	size_t content_at, content_len; /* in the flight's request */
};

/* One message, until its answer is there: several small files, or one with a descriptor. */
struct flight {
	bool used;
	size_t count;
	struct file files[FILES];
	struct text request;
	int fd;
	struct stat stat;
};

/* A file that was in a message whose worker ended. */
struct again {
	struct file file;
	struct bytes content;
	struct again *next;
};

struct dispatch {
	struct sandbox *sandbox;
	dispatch_done *done;
	void *context;
	struct flight flights[FLIGHTS];
	size_t flown;                   /* so many of them were ever used, the first ones */
	size_t under_way;
	struct flight *filling;         /* being filled, not given yet */
	struct again *again;
};

struct dispatch *dispatch_create(struct sandbox *sandbox, dispatch_done *done, void *context)
{
	struct dispatch *d = calloc(1, sizeof *d);      /* texts without memory are all zeros: flights that never leave cost none */

	if (!d)
		abort();
	d->sandbox = sandbox;
	d->done = done;
	d->context = context;
	return d;
}

void dispatch_destroy(struct dispatch *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->flown; i++)
		text_finish(&d->flights[i].request);
	free(d);
}

/* ---- a message of several files: for each its name and its content, their lengths before them ---- */

static void add_part(struct text *t, struct bytes b)
{
	uint64_t len = b.len;

	text_add(t, (struct bytes){(const unsigned char *)&len, sizeof len});
	text_add(t, b);
}

static struct bytes name_of(const char *path)
{
	struct bytes name = bytes_of(path);

	return name.len > NAME_MOST ? bytes_from(name, name.len - NAME_MOST) : name;
}

static void add_file(struct flight *f, const char *path, struct bytes content)
{
	add_part(&f->request, name_of(path));
	add_part(&f->request, content);
	f->files[f->count++] = (struct file){path, f->request.len - content.len, content.len};
}

static struct bytes content_of(const struct flight *f, const struct file *file)
{
	return bytes_slice(text_bytes(&f->request), file->content_at, file->content_len);
}

static struct bytes take_part(struct cursor *c)
{
	return cursor_take(c, cursor_u64le(c));
}

bool dispatch_next_file(struct bytes *request, struct bytes *name, struct bytes *content)
{
	struct cursor c = cursor_over(*request);

	*name = take_part(&c);
	*content = take_part(&c);
	*request = bytes_from(*request, c.pos);
	return cursor_ok(&c);
}

/* ---- answers ---- */

static void answer_file(struct dispatch *d, const struct flight *f, const struct file *file, struct bytes wire, const char *cause)
{
	struct answer a = {.path = file->path, .size = file->content_len, .wire = wire, .cause = cause, .fd = f->fd};

	if (f->fd >= 0) {
		a.size = (uint64_t)f->stat.st_size;
		a.changed = input_changed(f->fd, &f->stat);
	} else {
		a.content = content_of(f, file);
	}
	d->done(&a, d->context);
}

static void try_again(struct dispatch *d, const struct flight *f, const struct file *file)
{
	struct again *a = malloc(sizeof *a + file->content_len);

	if (!a)
		abort();
	*a = (struct again){.file = *file, .content = {(unsigned char *)(a + 1), file->content_len}, .next = d->again};
	if (file->content_len)
		memcpy(a + 1, content_of(f, file).at, file->content_len);
	d->again = a;
}

/* As many examinations as fitted the worker's message come in the order of the files. */
static void take_answers(struct dispatch *d, const struct flight *f, struct bytes reply)
{
	struct cursor c = cursor_over(reply);

	for (size_t i = 0; i < f->count; i++) {
		struct bytes wire = take_part(&c);
		if (cursor_ok(&c))
			answer_file(d, f, &f->files[i], wire, NULL);
		else if (f->count > 1)
			try_again(d, f, &f->files[i]);
		else
			answer_file(d, f, &f->files[i], BYTES(""), "the worker gave no answer that makes sense");
	}
}

static void finish_flight(struct dispatch *d, const struct sandbox_result *r)
{
	struct flight *f = &d->flights[r->ticket];

	if (r->end == SANDBOX_REPLIED)
		take_answers(d, f, r->reply);
	else if (f->count == 1)
		answer_file(d, f, &f->files[0], BYTES(""), r->cause);
	else
		for (size_t i = 0; i < f->count; i++)
			try_again(d, f, &f->files[i]);
	if (f->fd >= 0)
		close(f->fd);
	f->used = false;
	d->under_way--;
}

static void wait_for_one(struct dispatch *d)
{
	struct sandbox_result r = sandbox_wait(d->sandbox, -1);

	if (r.end != SANDBOX_NOTHING)
		finish_flight(d, &r);
}

/* ---- giving ---- */

static struct flight *begin_flight(struct dispatch *d, int fd)
{
	struct flight *f = d->flights;

	while (d->under_way + (d->filling != NULL) == FLIGHTS)
		wait_for_one(d);
	while (f->used)
		f++;
	if (f == d->flights + d->flown)
		d->flown++;
	f->used = true;
	f->count = 0;
	f->fd = fd;
	text_clear(&f->request);
	return f;
}

static void send_flight(struct dispatch *d, struct flight *f)
{
	while (!sandbox_submit(d->sandbox, (uint64_t)(f - d->flights), f->fd, text_bytes(&f->request)))
		wait_for_one(d);
	d->under_way++;
}

static void send_filling(struct dispatch *d)
{
	struct flight *f = d->filling;

	d->filling = NULL;
	if (f)
		send_flight(d, f);
}

static void give_again(struct dispatch *d)
{
	while (d->again) {
		struct again *a = d->again;
		d->again = a->next;
		struct flight *f = begin_flight(d, -1);
		add_file(f, a->file.path, a->content);
		free(a);
		send_flight(d, f);
	}
}

static void give_open(struct dispatch *d, const struct input *input, const char *path)
{
	struct flight *f = begin_flight(d, input->fd);

	f->stat = input->stat;
	f->files[f->count++] = (struct file){.path = path};
	text_add(&f->request, name_of(path));
	send_flight(d, f);
}

/* True when it was read whole: exactly as long as it says it is. */
static bool read_small(const struct input *input, unsigned char *buffer, size_t *len)
{
	ssize_t n;

	if (input->stat.st_size > SMALL)
		return false;
	do
		n = pread(input->fd, buffer, SMALL + 1, 0);
	while (n < 0 && errno == EINTR);
	*len = (size_t)n;
	return n >= 0 && n == input->stat.st_size;
}

static void give_small(struct dispatch *d, const char *path, struct bytes content)
{
	if (!d->filling)
		d->filling = begin_flight(d, -1);
	add_file(d->filling, path, content);
	if (d->filling->count == FILES || d->filling->request.len >= TOGETHER_MOST)
		send_filling(d);
}

void dispatch_give(struct dispatch *d, const struct input *input, const char *path)
{
	static unsigned char buffer[SMALL + 1];
	size_t len;

	give_again(d);
	if (!read_small(input, buffer, &len)) {
		give_open(d, input, path);
		return;
	}
	close(input->fd);
	give_small(d, path, (struct bytes){buffer, len});
}

void dispatch_finish(struct dispatch *d)
{
	send_filling(d);
	while (d->under_way > 0 || d->again) {
		give_again(d);
		wait_for_one(d);
	}
}
