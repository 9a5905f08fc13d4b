#include "identity/withdrawn.h"

#include "base/shared_memory.h"

struct withdrawn *withdrawn_create(void)
{
	return shared_memory_create(sizeof(struct withdrawn));
}

void withdrawn_destroy(struct withdrawn *w)
{
	shared_memory_destroy(w, sizeof *w);
}

void withdrawn_add(struct withdrawn *w, struct digest what)
{
	uint64_t count = atomic_load(&w->count);

	w->of[count % WITHDRAWN_MOST] = what;
	atomic_store(&w->count, count + 1);
}

bool withdrawn_holds(const struct withdrawn *w, uint64_t since, struct digest what)
{
	uint64_t count = atomic_load(&w->count);

	if (count - since > WITHDRAWN_MOST)
		return true;
	for (; since < count; since++)
		if (digest_equal(w->of[since % WITHDRAWN_MOST], what))
			return true;
	return false;
}
