#ifndef GATEWAY_ACCOUNT_H
#define GATEWAY_ACCOUNT_H

#include <stdint.h>

/* What one of many holds, in bytes, of a sum that all together may not pass (`memory` in the configuration). */
struct account {
	uint64_t *sum;              /* NULL: it is not counted */
	uint64_t holds;
};

static inline void account_set(struct account *a, uint64_t bytes)
{
	if (a->sum)
		*a->sum += bytes - a->holds;
	a->holds = bytes;
}

#endif
