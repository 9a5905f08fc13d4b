#include "gateway/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = sizeof(struct journal_file), WINDOW_LEAST = 256 };

int journal_create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	/* Set aside now: writing to a mapped hole on a full disk would end the worker. */
	int failed = posix_fallocate(fd, 0, SIZE);
	if (!failed)
		return fd;
	close(fd);
	unlink(path);
	errno = failed;
	return -1;
}

bool journal_map(struct journal *j, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	void *at = size == SIZE ? mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

	*j = (struct journal){.file = at == MAP_FAILED ? NULL : at, .window = WINDOW_LEAST};
	return j->file != NULL;
}

void journal_unmap(struct journal *j)
{
	if (j->file)
		munmap(j->file, SIZE);
	j->file = NULL;
}

/* The places last given back are not looked at first: the search goes round. */
static int find_free(struct journal *j)
{
	for (; j->file && j->window <= JOURNAL_PLACES; j->window *= 2)
		for (unsigned i = 0; i < j->window; i++) {
			unsigned number = (j->next + i) % j->window;
			if (atomic_load_explicit(&j->file->places[number].state, memory_order_acquire) != PLACE_FREE)
				continue;
			j->next = (number + 1) % j->window;
			return (int)number;
		}
	j->window = JOURNAL_PLACES;
	return -1;
}

static int take(struct journal *j, enum place_state state, int before, const unsigned char *id, const unsigned char *salt, struct bytes body)
{
	int number = body.len > JOURNAL_BODY_MOST ? -1 : find_free(j);

	if (number < 0)
		return -1;
	struct place *p = &j->file->places[number];
	p->before = before;
	memcpy(p->id, id, EXCHANGE_ID);
	memcpy(p->salt, salt, SALT);
	memcpy(p->body, body.at, body.len);
	p->len = (uint32_t)body.len;
	atomic_store_explicit(&p->state, state, memory_order_release);
	return number;
}

int journal_begin(struct journal *j, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body)
{
	return take(j, PLACE_UNDER_WAY, -1, id, salt, body);
}

bool journal_finish(struct journal *j, int place, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body)
{
	int number = take(j, PLACE_FINISHED, place, id, salt, body);

	if (number < 0)
		return false;
	uint32_t count = atomic_load_explicit(&j->file->finished_count, memory_order_relaxed);
	j->file->finished[count % JOURNAL_PLACES] = (uint32_t)number;
	atomic_store(&j->file->finished_count, count + 1);
	if (place >= 0)
		journal_give_back(j, (unsigned)place);
	return true;
}

int journal_collect(struct journal *j)
{
	uint32_t count = j->file ? atomic_load(&j->file->finished_count) : j->collected;

	if (j->collected == count)
		return -1;
	/* More than there can be: whatever that is, it is not looked at for long. */
	if (count - j->collected > JOURNAL_PLACES)
		j->collected = count - JOURNAL_PLACES;
	return (int)(j->file->finished[j->collected++ % JOURNAL_PLACES] % JOURNAL_PLACES);
}

bool journal_read(const struct journal *j, unsigned place, enum place_state state, struct place *out)
{
	const struct place *p = &j->file->places[place];

	if (atomic_load_explicit(&p->state, memory_order_acquire) != state)
		return false;
	uint32_t len = p->len;
	if (len > JOURNAL_BODY_MOST)
		return false;
	memcpy(out, p, offsetof(struct place, body) + len);
	out->len = len;
	return true;
}

void journal_give_back(struct journal *j, unsigned place)
{
	if (!j->file || place >= JOURNAL_PLACES)
		return;
	memset(j->file->places[place].salt, 0, SALT);
	atomic_store_explicit(&j->file->places[place].state, PLACE_FREE, memory_order_release);
}
