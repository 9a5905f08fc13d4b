#include "base/sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A merge sort.  The C library's qsort() asks the system how much memory there is, which a worker may not. */

struct run {
	unsigned char *at, *end;
};

struct sorting {
	size_t count, size;
	int (*compare)(const void *, const void *);
};

/* The smaller of the two first items; of equal ones that of the left. */
static unsigned char *take(const struct sorting *s, struct run *left, struct run *right)
{
	struct run *from = left->at == left->end || (right->at < right->end && s->compare(left->at, right->at) > 0) ? right : left;
	unsigned char *item = from->at;

	from->at += s->size;
	return item;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Runs of `len` items, sorted each, become half as many in `out`. */
static void merge_runs(const struct sorting *s, unsigned char *in, unsigned char *out, size_t len)
{
	for (size_t from = 0; from < s->count; from += 2 * len) {
		size_t middle = least(from + len, s->count), end = least(from + 2 * len, s->count);
		struct run left = {in + from * s->size, in + middle * s->size}, right = {in + middle * s->size, in + end * s->size};
		for (size_t i = from; i < end; i++)
			memcpy(out + i * s->size, take(s, &left, &right), s->size);
	}
}

/* Directories mostly stand in the order of their files. */
static bool is_sorted(const struct sorting *s, const unsigned char *items)
{
	size_t i = 1;

	while (i < s->count && s->compare(items + (i - 1) * s->size, items + i * s->size) <= 0)
		i++;
	return i >= s->count;
}

void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	struct sorting s = {count, size, compare};
	unsigned char *in = items;

	if (is_sorted(&s, in))
		return;
	unsigned char *room = malloc(count * size), *out = room;
	if (!room)
		abort();
	for (size_t len = 1; len < count; len *= 2) {
		unsigned char *swap = in;
		merge_runs(&s, in, out, len);
		in = out;
		out = swap;
	}
	if (in == room)
		memcpy(items, room, count * size);
	free(room);
}
