#include "gateway/addresses.h"

#include <netdb.h>
#include <string.h>

#include "base/shared_memory.h"

static struct addrinfo *look_up(const char *host, const char *port, int flags, int *failed)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *found = NULL;

	*failed = getaddrinfo(host, port, &hints, &found);
	return *failed ? NULL : found;
}

const char *addresses_find(struct addresses *out, const char *host, const char *port)
{
	int failed;
	struct addrinfo *found = look_up(host, port, AI_ADDRCONFIG, &failed);

	if (!found)
		return gai_strerror(failed);
	*out = (struct addresses){0};
	for (const struct addrinfo *a = found; a && out->count < ADDRESSES_MOST; a = a->ai_next) {
		struct address *to = &out->list[out->count];
		if (a->ai_addrlen > sizeof to->at)
			continue;
		memcpy(&to->at, a->ai_addr, a->ai_addrlen);
		to->len = a->ai_addrlen;
		out->count++;
	}
	freeaddrinfo(found);
	return out->count > 0 ? NULL : "has no address that can be used";
}

bool addresses_are_given(const char *host)
{
	int failed;
	struct addrinfo *found = look_up(host, NULL, AI_NUMERICHOST, &failed);

	if (found)
		freeaddrinfo(found);
	return found != NULL;
}

static bool holds(const struct addresses *all, const struct address *one)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].len == one->len && memcmp(&all->list[i].at, &one->at, one->len) == 0)
			return true;
	return false;
}

bool addresses_equal(const struct addresses *a, const struct addresses *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = holds(a, &b->list[i]) && holds(b, &a->list[i]);
	return same;
}

struct published *published_create(const struct addresses *first)
{
	struct published *p = shared_memory_create(sizeof *p);

	p->now = *first;
	return p;
}

void published_destroy(struct published *p)
{
	shared_memory_destroy(p, sizeof *p);
}

void published_set(struct published *p, const struct addresses *now)
{
	unsigned odd = atomic_load(&p->generation) | 1;         /* a writer may have died on the way */

	atomic_store(&p->generation, odd);
	atomic_thread_fence(memory_order_release);
	p->now = *now;
	atomic_store(&p->generation, odd + 1);
}

bool published_take(struct published *p, unsigned *generation, struct addresses *out)
{
	unsigned before = atomic_load(&p->generation);
	struct addresses taken;

	if (before == *generation || before & 1)
		return false;
	taken = p->now;
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load(&p->generation) != before || taken.count > ADDRESSES_MOST)
		return false;
	*generation = before;
	*out = taken;
	return true;
}
