#include "gateway/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = JOURNAL_PLACES * sizeof(struct place) };

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

	*j = (struct journal){.places = at == MAP_FAILED ? NULL : at};
	return j->places != NULL;
}

void journal_unmap(struct journal *j)
{
	if (j->places)
		munmap(j->places, SIZE);
	j->places = NULL;
}

/* The places last given back are not looked at first: the search goes round. */
int journal_take(struct journal *j, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body)
{
	if (!j->places || body.len > JOURNAL_BODY_MOST)
		return -1;
	for (unsigned i = 0; i < JOURNAL_PLACES; i++) {
		unsigned number = (j->next + i) % JOURNAL_PLACES;
		struct place *p = &j->places[number];
		if (atomic_load_explicit(&p->used, memory_order_acquire))
			continue;
		memcpy(p->id, id, EXCHANGE_ID);
		memcpy(p->salt, salt, SALT);
		memcpy(p->body, body.at, body.len);
		p->len = (uint32_t)body.len;
		atomic_store_explicit(&p->used, 1, memory_order_release);
		j->next = (number + 1) % JOURNAL_PLACES;
		return (int)number;
	}
	return -1;
}

void journal_give_back(struct journal *j, unsigned place)
{
	if (j->places && place < JOURNAL_PLACES)
		atomic_store_explicit(&j->places[place].used, 0, memory_order_release);
}
