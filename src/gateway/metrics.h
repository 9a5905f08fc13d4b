#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include "gateway/config.h"
#include "gateway/holds.h"
#include "gateway/shared.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * What a gateway counts, in the text format of Prometheus (0.0.4): all of it
 * lies in memory that its processes share, so each can say it.
 */
void metrics_write(const struct config *config, struct shared *shared, struct holds *holds, struct text *out);

/* name="value", as it stands in braces behind a metric. */
void metrics_add_label(struct text *out, const char *name, struct bytes value);

/* Is it fit to serve? `why` says why not. */
bool gateway_is_ready(struct shared *shared, const char **why);

#endif
