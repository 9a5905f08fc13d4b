#ifndef GATEWAY_HEALTH_H
#define GATEWAY_HEALTH_H

#include <stdatomic.h>

#include "gateway/config.h"

/* How servers of models do: what workers found out about them, for the log and for metrics. */

/* Of one server, in memory that all processes share. */
struct health {
	atomic_ullong failures;         /* since the configuration was read */
	atomic_llong shut_until_ms;     /* monotonic: so long the worker that said so last leaves it alone; 0: it works */
};

struct health *health_create(void);
void health_destroy(struct health *health);

/* Says what has changed since it was called last. */
void health_tell(struct config *config);
void health_write_metrics(const struct config *config, struct text *out);

#endif
