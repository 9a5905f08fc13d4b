#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>

/* Sorts `count` items of `size` bytes in place; equal ones keep their order. Running out of memory ends the program. */
void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));

#endif
