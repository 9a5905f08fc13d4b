#include "gateway/shared.h"

#include "base/shared_memory.h"

struct shared *shared_create(void)
{
	struct shared *s = shared_memory_create(sizeof *s);

	pins_begin(&s->pins);
	return s;
}
