#ifndef GATEWAY_SHARED_H
#define GATEWAY_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

#include "gateway/mcp_sessions.h"
#include "gateway/pins.h"

/* What all processes of a gateway see: what stops them, what they count, and what they have learned. */

enum counter {
	COUNT_CONNECTIONS, COUNT_REQUESTS, COUNT_ANSWERED, COUNT_REFUSED, COUNT_FAILED, COUNT_LEFT, COUNT_STREAMS, COUNT_EVENTS,
	COUNT_BYTES_IN, COUNT_BYTES_OUT, COUNT_TOKENS_IN, COUNT_TOKENS_OUT, COUNT_NOT_EXAMINED, COUNT_NOTHING, COUNT_RECORDS,
	COUNT_HELD, COUNT_APPROVED, COUNT_NOT_APPROVED, COUNTER_COUNT
};

enum { BUCKETS = 14 };

/* How long something took: bucket i counts what took at most 10 ms * 2^i, the last one the rest. */
struct histogram {
	atomic_ullong buckets[BUCKETS + 1], sum_ms;
};

struct shared {
	atomic_int halted;          /* the kill switch: nothing may be answered */
	atomic_int halt_asked;      /* by the steward; as good as the signal or the file */
	atomic_uint halts;          /* so often it was */
	atomic_int reload_asked;
	atomic_int ledger_lost;     /* evidence cannot be kept */
	atomic_int recorder_sleeps; /* until somebody sends it something */
	atomic_int signer_lost;     /* nobody can sign handshakes of TLS */
	atomic_int leaving;         /* no new connections; running exchanges may end */
	atomic_uint generation;     /* of the configuration: workers of an older one end as their callers do */
	atomic_uint stewards;       /* the newest; one with an earlier number ends */
	atomic_uint gaps;           /* in the confinement of workers; see sandbox/confine.h */
	atomic_uint workers;        /* that serve the newest configuration */
	atomic_ullong counters[COUNTER_COUNT];
	struct histogram whole, first;      /* an exchange; to the head of the model's answer */
	struct pins pins;
	unsigned char mcp_sessions[MCP_SESSIONS_KEY];
};

struct shared *shared_create(void);

static inline void shared_count(struct shared *s, enum counter counter, uint64_t more)
{
	atomic_fetch_add_explicit(&s->counters[counter], more, memory_order_relaxed);
}

static inline void shared_measure(struct histogram *h, int64_t ms)
{
	unsigned i = 0;

	while (i < BUCKETS && ms > INT64_C(10) << i)
		i++;
	atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_ms, ms > 0 ? (uint64_t)ms : 0, memory_order_relaxed);
}

#endif
