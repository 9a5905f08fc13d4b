#ifndef GATEWAY_SHARED_H
#define GATEWAY_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

/* One page that all processes of a gateway see: what stops them, and what they count. */

enum counter {
	COUNT_CONNECTIONS, COUNT_REQUESTS, COUNT_ANSWERED, COUNT_REFUSED, COUNT_FAILED, COUNT_LEFT, COUNT_STREAMS, COUNT_EVENTS,
	COUNT_BYTES_IN, COUNT_BYTES_OUT, COUNT_TOKENS_IN, COUNT_TOKENS_OUT, COUNT_NOT_EXAMINED, COUNT_RECORDS, COUNTER_COUNT
};

struct shared {
	atomic_int halted;          /* the kill switch: nothing may be answered */
	atomic_int ledger_lost;     /* evidence cannot be kept */
	atomic_int leaving;         /* no new connections; running exchanges may end */
	atomic_uint generation;     /* of the configuration: workers of an older one end as their callers do */
	atomic_ullong counters[COUNTER_COUNT];
};

struct shared *shared_create(void);

static inline void shared_count(struct shared *s, enum counter counter, uint64_t more)
{
	atomic_fetch_add_explicit(&s->counters[counter], more, memory_order_relaxed);
}

#endif
