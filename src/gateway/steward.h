#ifndef GATEWAY_STEWARD_H
#define GATEWAY_STEWARD_H

#include "gateway/decisions.h"

/*
 * The process that operators talk to, over a socket of the file system that
 * only the gateway's own user may open (HTTP/1.1):
 *
 *   GET  /healthz /readyz /metrics
 *   GET  /holds            what waits for a person
 *   POST /shows            what waits, in its words, for one who says who they are
 *   POST /decisions        what one says to it; both in the form of gateway/approval.h
 *   POST /halt /go-on      the kill switch
 *   POST /reload           as SIGHUP
 *
 * Only that user and root are answered. It serves as long as the others do,
 * and touches nothing but the memory they share.
 */
struct steward_start {
	int listener, recorder;
	unsigned number;            /* it ends when there is a later one, once it has answered who asked */
	const char *halt;           /* the file that halts */
	struct shared *shared;
	struct holds *holds;
	const struct config *config;
};

/* A listening socket at `path` (mode 0600), in place of one that nobody serves; -1 with errno set. */
int steward_listen(const char *path);

/* Runs until it is killed, or another is to take its place. */
int steward_run(const struct steward_start *start);

#endif
