#include "identity/refresh.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "base/shared_memory.h"
#include "identity/fetch.h"
#include "identity/inside.h"

enum { FETCH_MS = 5000, EVERY_MS = 15 * 60 * 1000, AGAIN_MS = 30 * 1000, WANTED_MS = 60 * 1000 };

/* One writer; readers look at `generation` before and after: odd, or changed, means not now. */
struct shared_keys {
	atomic_uint generation;
	atomic_bool wanted;
	atomic_llong tried_ms, due_ms;
	size_t len;
	unsigned char bytes[KEY_SET_BYTES_MOST];
};

struct shared_keys *shared_keys_create(void)
{
	return shared_memory_create(sizeof(struct shared_keys));
}

void shared_keys_destroy(struct shared_keys *shared)
{
	shared_memory_destroy(shared, sizeof *shared);
}

bool shared_keys_due(struct shared_keys *shared, int64_t now_ms)
{
	int64_t tried = atomic_load(&shared->tried_ms);

	/* A clock that was set back must not put off the next look. */
	if (now_ms >= atomic_load(&shared->due_ms) || now_ms < tried)
		return true;
	return atomic_load(&shared->wanted) && now_ms >= tried + WANTED_MS;
}

void shared_keys_want(struct shared_keys *shared)
{
	if (!atomic_load_explicit(&shared->wanted, memory_order_relaxed))
		atomic_store(&shared->wanted, true);
}

static void publish(struct shared_keys *shared, struct bytes json)
{
	unsigned odd = atomic_load(&shared->generation) | 1;    /* a writer may have died on the way */

	atomic_store(&shared->generation, odd);
	atomic_thread_fence(memory_order_release);
	shared->len = json.len;
	memcpy(shared->bytes, json.at, json.len);
	atomic_store(&shared->generation, odd + 1);
}

void issuer_refresh(struct issuer *issuer, int64_t now_ms)
{
	struct fetch fetch = {.url = issuer->url, .authority = issuer->authority, .most = KEY_SET_BYTES_MOST, .timeout_ms = FETCH_MS};
	struct text json;
	char fetch_why[160];
	const char *why = fetch_why;

	atomic_store(&issuer->shared->tried_ms, now_ms);
	atomic_store(&issuer->shared->due_ms, now_ms + AGAIN_MS);
	text_init(&json, NULL);
	struct key_set *set = fetch_run(&fetch, &json, fetch_why) ? key_set_read(text_bytes(&json), &why) : NULL;
	if (set) {
		publish(issuer->shared, text_bytes(&json));
		atomic_store(&issuer->shared->wanted, false);
		atomic_store(&issuer->shared->due_ms, now_ms + EVERY_MS);
	} else {
		log_warning("%s: %s; %s", issuer->url, why, issuer->keys ? "the keys fetched before stay in use" : "no token of this issuer is accepted");
	}
	key_set_destroy(set);
	text_finish(&json);
}

static bool copy(const struct shared_keys *shared, unsigned generation, struct text *out)
{
	size_t len = shared->len;

	if (len > KEY_SET_BYTES_MOST)
		return false;
	text_add(out, (struct bytes){shared->bytes, len});
	atomic_thread_fence(memory_order_acquire);
	return atomic_load(&shared->generation) == generation;
}

void issuer_take_up(struct issuer *issuer)
{
	unsigned generation = atomic_load(&issuer->shared->generation);
	struct text json;
	const char *why;

	if (generation == issuer->generation || generation & 1)
		return;
	text_init(&json, NULL);
	struct key_set *set = copy(issuer->shared, generation, &json) ? key_set_read(text_bytes(&json), &why) : NULL;
	if (set) {
		key_set_destroy(issuer->keys);
		issuer->keys = set;
		issuer->generation = generation;
	}
	text_finish(&json);
}
