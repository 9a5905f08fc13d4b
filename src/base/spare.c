#include "base/spare.h"

#include <stdlib.h>
#include <string.h>

/* Under a sanitizer nothing is kept, and nothing longer than asked for, so that it sees who uses what is not his. */
#ifdef __SANITIZE_ADDRESS__
enum { KEPT_MOST = 0, LARGEST = 0 };
#else
enum { KEPT_MOST = 64, LARGEST = SPARE_MOST };
#endif

/* Of 128 bytes, and of twice as many as the list before. */
enum { SHORTEST = 128, LISTS = 7 };

_Static_assert(SHORTEST << (LISTS - 1) == SPARE_MOST, "the last list is of the largest pieces");

struct piece {
	struct piece *next;
};

static struct list {
	struct piece *first;
	unsigned count;
} lists[LISTS];

/* Of those that are kept. */
static size_t list_of(size_t size)
{
	return size <= SHORTEST ? 0 : (size_t)(__builtin_clzl(SHORTEST - 1) - __builtin_clzl(size - 1));
}

void *spare_take(size_t size)
{
	if (size > LARGEST)
		return malloc(size);
	size_t number = list_of(size);
	struct list *list = &lists[number];
	struct piece *p = list->first;
	if (!p)
		return malloc((size_t)SHORTEST << number);
	list->first = p->next;
	list->count--;
	return p;
}

void spare_give(void *at, size_t size)
{
	struct list *list = &lists[size > LARGEST ? 0 : list_of(size)];
	struct piece *p = at;

	if (!p || size > LARGEST || list->count == KEPT_MOST) {
		free(at);
		return;
	}
	p->next = list->first;
	list->first = p;
	list->count++;
}

void *spare_grow(void *at, size_t size, size_t larger)
{
	if (size > LARGEST)
		return realloc(at, larger);
	void *more = spare_take(larger);
	if (!more)
		return NULL;
	if (size > 0)
		memcpy(more, at, size);
	spare_give(at, size);
	return more;
}
