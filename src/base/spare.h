#ifndef BASE_SPARE_H
#define BASE_SPARE_H

#include <stddef.h>

/*
 * Memory that comes and goes with every request: what is given back is kept
 * for who next wants as much, up to a bound.  Larger pieces go to malloc().
 * One thread of a process uses it.
 */
enum { SPARE_MOST = 8 << 10 };

/* Whatever it held before; running out of memory gives NULL. */
void *spare_take(size_t size);
/* As realloc(): what `size` bytes held, in a larger piece. */
void *spare_grow(void *at, size_t size, size_t larger);
/* `size`: as it was asked for; `at` may be NULL. */
void spare_give(void *at, size_t size);

#endif
