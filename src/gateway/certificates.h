#ifndef GATEWAY_CERTIFICATES_H
#define GATEWAY_CERTIFICATES_H

#include "gateway/config.h"

/*
 * How long the certificates last that callers and servers are shown.  A
 * listener with one that has expired does not start; while it runs, callers
 * turn away.  One that is shown to servers is theirs to judge.
 */

/* In the log: those that end within 30 days, or have. */
void certificates_warn(const struct config *config);
/* Seconds that are left, by the number of the listener and the name of the upstream. */
void certificates_write_metrics(const struct config *config, struct text *out);

#endif
