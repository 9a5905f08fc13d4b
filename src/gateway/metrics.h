#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include "base/text.h"
#include "gateway/shared.h"

/*
 * What a gateway counts, in the text format of Prometheus (0.0.4).  Names are
 * bounded: no key, caller, address or text ever becomes a label.
 */
void metrics_write(struct shared *shared, struct text *out);

/* name="value", as it stands in braces behind a metric. */
void metrics_add_label(struct text *out, const char *name, struct bytes value);

/* Is it fit to serve? `why` says why not. */
bool gateway_is_ready(struct shared *shared, const char **why);

#endif
