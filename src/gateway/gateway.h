#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "gateway/config.h"

/*
 * The live path, end to end: a supervisor, a recorder that owns the ledger,
 * and a worker a core, each with its own listening socket on the same address.
 *
 *   SIGTERM, SIGINT   running exchanges end, then the gateway
 *   SIGHUP            the configuration is read again; who is under way ends under the old one
 *   SIGUSR1           the kill switch: every exchange ends now, none begins
 *   DIR/halt          the same, for as long as a file of that name is there
 *   DIR/control       a socket for operators; see gateway/steward.h
 *
 * Takes the configuration.  Runs until it is told to end; returns the status to end with.
 */
int gateway_run(struct config *config);

#endif
