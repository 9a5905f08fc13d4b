#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>

/*
 * The live path, end to end: a supervisor, a recorder that owns the ledger,
 * and a worker a core, each with its own listening socket on the same address.
 *
 *   SIGTERM, SIGINT   running exchanges end, then the gateway
 *   SIGUSR1           the kill switch: every exchange ends now, none begins
 *   DIR/halt          the same, for as long as a file of that name is there
 */
struct gateway_settings {
	const char *listen;         /* "127.0.0.1:8080", "[::1]:8080" */
	const char *upstream;       /* "http://127.0.0.1:11434", "https://api.example.org/base" */
	const char *upstream_key;   /* file with the key the upstream wants; or NULL */
	const char *ledger;
	unsigned workers;           /* 0: one a core */
};

/* Runs until it is told to end. Returns the status to end with. */
int gateway_run(const struct gateway_settings *);

#endif
