#ifndef GATEWAY_ERRANDS_H
#define GATEWAY_ERRANDS_H

#include <sys/types.h>

#include "gateway/config.h"

/*
 * Processes that the supervisor sends out to ask the network, where it may not
 * wait itself: for the keys that issuers publish, and for where servers are
 * now. What they find they leave in memory that all share; then they end.
 */
struct errands {
	pid_t refresher, resolver;  /* 0: not under way */
	int64_t resolve_at_ms;      /* monotonic */
};

/* Sends out who is due. `in_child` is called in the new process first. */
void errands_run(struct errands *e, const struct config *config, void (*in_child)(void *), void *owner);
/* One of them may have come back. */
void errands_ended(struct errands *e, pid_t pid);

#endif
