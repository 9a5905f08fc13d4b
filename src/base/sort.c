#include "base/sort.h"

#include <stdbool.h>

/* Heap sort: in place, and never slower than n log n.  The C library's qsort() asks the system how much memory there is, which a worker may not. */

struct heap {
	unsigned char *items;
	size_t size;
	int (*compare)(const void *, const void *);
};

static void swap(const struct heap *h, size_t i, size_t j)
{
	unsigned char *a = h->items + i * h->size, *b = h->items + j * h->size;

	for (size_t k = 0; k < h->size; k++) {
		unsigned char byte = a[k];
		a[k] = b[k];
		b[k] = byte;
	}
}

static bool is_less(const struct heap *h, size_t i, size_t j)
{
	return h->compare(h->items + i * h->size, h->items + j * h->size) < 0;
}

/* Item `i` goes down until it is no less than what hangs below it. */
static void sink(const struct heap *h, size_t i, size_t count)
{
	for (size_t child = 2 * i + 1; child < count; child = 2 * i + 1) {
		if (child + 1 < count && is_less(h, child, child + 1))
			child++;
		if (!is_less(h, i, child))
			return;
		swap(h, i, child);
		i = child;
	}
}

void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	struct heap h = {items, size, compare};

	for (size_t i = count / 2; i > 0; i--)
		sink(&h, i - 1, count);
	for (size_t last = count; last > 1; last--) {
		swap(&h, 0, last - 1);
		sink(&h, 0, last - 1);
	}
}
