#include "base/shared_memory.h"

#include <stdlib.h>
#include <sys/mman.h>

void *shared_memory_create(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		abort();
	return at;
}

void shared_memory_destroy(void *at, size_t size)
{
	if (at)
		munmap(at, size);
}
