#ifndef BASE_SHARED_MEMORY_H
#define BASE_SHARED_MEMORY_H

#include <stddef.h>

/* Zeros that this process and all it forks see alike; pages are there only once something is written to them. Ends the program where there are none. */
void *shared_memory_create(size_t size);
/* In this process alone; `at` may be NULL. */
void shared_memory_destroy(void *at, size_t size);

#endif
