#ifndef GATEWAY_PINS_H
#define GATEWAY_PINS_H

#include <stdatomic.h>

#include "types/exchange.h"

/*
 * Which argument a header of a tool's call means, as the lists of tools that
 * went through have it: one memory for all workers, so that it does not matter
 * who served the list.  Kept are keyed hashes alone, so many for each upstream;
 * once they are taken, further tools go by what a request shows by itself.
 * Where lists differ - with time, or from caller to caller - what any of them
 * said counts.
 */
enum { PIN_UPSTREAMS = 32, PINS_MOST = 4096 };

struct pins {
	unsigned char secret[32];
	atomic_ullong at[PIN_UPSTREAMS][PINS_MOST];
};

void pins_begin(struct pins *pins);

/* `path`: of the endpoint behind that upstream. */
void pins_learn(struct pins *pins, struct bytes upstream, struct bytes path, const struct claim *of_answer);

enum pinned { PINNED_UNKNOWN, PINNED_AGREES, PINNED_DIFFERS };

/* Does each header mean an argument that says the same? Unknown where no list told of the tool. */
enum pinned pins_judge(struct pins *pins, struct bytes upstream, struct bytes path, const struct claim *of_request);

#endif
