#include "identity/withdrawn.h"

#include <stdlib.h>
#include <sys/mman.h>

struct withdrawn *withdrawn_create(void)
{
	/* Pages are there only once something is written to them. */
	void *at = mmap(NULL, sizeof(struct withdrawn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		abort();
	return at;
}

void withdrawn_destroy(struct withdrawn *w)
{
	munmap(w, sizeof *w);
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
