#ifndef GATEWAY_SIGNER_H
#define GATEWAY_SIGNER_H

#include <sys/types.h>

#include "gateway/config.h"
#include "gateway/shared.h"

/*
 * The process that alone holds the private keys, those of listeners and those
 * of the certificates that upstreams are shown: confined, its memory locked
 * and closed to debuggers.  Workers ask it for the signature of
 * a handshake, each over a channel of its own; it signs what a handshake of
 * TLS has signed, and decrypts nothing.
 *
 * A configuration has its own signer, which ends when the supervisor lets go
 * of it and the last worker of that configuration has gone: those who came in
 * under an old certificate are served to the end.
 */

struct signer {
	pid_t pid;                  /* 0: none is needed, or it ended */
	int control;
};

/* ---- the supervisor's ---- */

/* Is there a listener or an upstream with a key? */
bool signer_is_needed(const struct config *config);

/*
 * Starts it; `ends` are the signer's ends of channels to workers that run already.
 * False when a key cannot be read or does not fit its certificate: then it was said.
 */
bool signer_start(struct signer *s, const struct config *config, const int *ends, size_t count);
/* Its end of the channel to a new worker; the supervisor keeps it open too, so that another signer can take over. */
bool signer_introduce(const struct signer *s, int end);
void signer_let_go(struct signer *s);
/* Can the keys be read, and do they fit? */
bool signer_check(const struct config *config);

/* ---- a worker's ---- */

/* Gives every listener and upstream of the configuration a key that asks the signer; those have begun. False when one cannot be used. */
bool signer_use(const struct config *config, int channel, const struct shared *shared);

#endif
