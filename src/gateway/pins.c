#include "gateway/pins.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "base/hash.h"

void pins_begin(struct pins *pins)
{
	if (RAND_bytes(pins->secret, sizeof pins->secret) != 1)
		abort();
}

/* Each part with its length before it: no two claims come to the same bytes. */
static void add(struct hasher *h, struct bytes b)
{
	uint64_t len = b.len;

	hasher_add(h, (struct bytes){(const unsigned char *)&len, sizeof len});
	hasher_add(h, b);
}

/* Never 0, which is an empty place. */
static uint64_t hash_of(const struct pins *pins, struct bytes upstream, struct bytes path, const struct claim *c)
{
	struct hasher h;

	hasher_begin(&h);
	hasher_add(&h, (struct bytes){pins->secret, sizeof pins->secret});
	add(&h, upstream);
	add(&h, path);
	add(&h, c->tool);
	add(&h, c->header);
	add(&h, c->path);
	struct digest d = hasher_end(&h);
	uint64_t hash = bytes_le(d.sha256, 8);
	return hash ? hash : 1;
}

static atomic_ullong *list_of(struct pins *pins, struct bytes upstream)
{
	return pins->at[bytes_hash(upstream) % PIN_UPSTREAMS];
}

/* Places are only ever filled, so a search ends at the first that is empty. */
static bool is_known(struct pins *pins, struct bytes upstream, struct bytes path, const struct claim *c)
{
	const atomic_ullong *list = list_of(pins, upstream);
	uint64_t hash = hash_of(pins, upstream, path, c), found;

	for (size_t i = 0; i < PINS_MOST && (found = atomic_load(&list[(hash + i) % PINS_MOST])); i++)
		if (found == hash)
			return true;
	return false;
}

/* False when there is no place left. */
static bool keep(struct pins *pins, struct bytes upstream, struct bytes path, const struct claim *c)
{
	atomic_ullong *list = list_of(pins, upstream);
	uint64_t hash = hash_of(pins, upstream, path, c);

	for (size_t i = 0; i < PINS_MOST; i++) {
		unsigned long long nothing = 0;
		atomic_ullong *place = &list[(hash + i) % PINS_MOST];
		if (atomic_compare_exchange_strong(place, &nothing, hash) || nothing == hash)
			return true;
	}
	return false;
}

/* Of each tool the claim that it is known comes last: who sees it finds the others. */
void pins_learn(struct pins *pins, struct bytes upstream, struct bytes path, const struct claim *claims)
{
	bool whole = true;          /* of a tool: all is kept */

	for (const struct claim *c = claims; c; c = c->next) {
		whole = whole && keep(pins, upstream, path, c);
		whole |= c->header.len == 0;
	}
}

enum pinned pins_judge(struct pins *pins, struct bytes upstream, struct bytes path, const struct claim *claims)
{
	bool agrees = false, known = false;

	/* Those of one header stand together, the one without an argument last. */
	for (const struct claim *c = claims; c; c = c->next) {
		agrees |= c->path.len > 0 && is_known(pins, upstream, path, c);
		if (c->path.len > 0)
			continue;
		if (!agrees && is_known(pins, upstream, path, &(struct claim){.tool = c->tool}))
			return PINNED_DIFFERS;
		known |= agrees;
		agrees = false;
	}
	return known ? PINNED_AGREES : PINNED_UNKNOWN;
}
