#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include "gateway/door.h"

/* What a worker is given when it is forked. */
struct worker_start {
	struct config *config;
	struct shared *shared;
	struct holds *board;
	const int *listeners;       /* one for each listener of the configuration, in its order */
	int recorder, journal;
	int signer;                 /* -1 without TLS */
	unsigned generation, number;
};

/* Serves callers until it is told to leave and the last has gone. Returns the status to end with. */
int worker_run(const struct worker_start *start);

#endif
