#ifndef BUDGETS_STORE_H
#define BUDGETS_STORE_H

#include <stdint.h>

struct amounts {
	uint64_t requests, tokens, cost;        /* cost in millionths of the currency */
};

/*
 * Where quotas come from.  A gateway uses up what it has been granted of a
 * counter in a window and asks for more when that is not enough; what is
 * granted is never asked back within the window, so whatever happens to a
 * gateway, all of them together stay within the limit.
 *
 * One machine grants itself everything at once.  Replicas that share a limit
 * lease parts of it from a store they share: that store is another
 * implementation of this interface.  `lease` is called with the counters
 * locked, so it must not wait: it hands out what was fetched before.
 */
struct quota_store {
	/*
	 * `granted` comes with what there is already and may grow, to `most` at most. `wanted` is what would do.
	 * `key` is the counter's; equal at all that share the store.
	 */
	void (*lease)(void *self, const unsigned char key[16], int64_t window, const struct amounts *most, const struct amounts *wanted, struct amounts *granted);
	void *self;
};

extern const struct quota_store quota_store_here;

#endif
