#ifndef GATEWAY_SOCKETS_H
#define GATEWAY_SOCKETS_H

#include "gateway/config.h"

/* One address that callers come to; a socket a worker, so that the kernel deals callers out. */
struct sockets {
	char *address;
	unsigned count;
	int fds[WORKERS_MOST];      /* -1: none */
	bool wanted;
	struct sockets *next;
};

/*
 * Binds those of the configuration that are not there yet.  Addresses that
 * stay keep their sockets: who waits there to be let in is not lost. False
 * when one cannot be had: then it was said.
 */
bool sockets_open(struct sockets **all, const struct config *c, unsigned workers);
bool sockets_listen(const struct sockets *all);
struct sockets *sockets_of(struct sockets *all, const char *address);

/* Closes addresses that the configuration does not name any more; or all. */
void sockets_close_others(struct sockets **all, const struct config *c);
void sockets_close(struct sockets **all);

/* Does only this machine come to it? */
bool address_is_local(const char *address);

#endif
