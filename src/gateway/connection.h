#ifndef GATEWAY_CONNECTION_H
#define GATEWAY_CONNECTION_H

#include <openssl/types.h>

#include "base/text.h"
#include "gateway/account.h"
#include "gateway/loop.h"

/*
 * One TCP connection, with TLS or without: bytes out are queued and written as
 * the socket takes them, bytes in are handed over as they come.
 */
struct connection {
	struct watch watch;
	struct loop *loop;
	struct chore writing;       /* what was queued in this turn goes out at its end */
	SSL *ssl;                   /* NULL without TLS */
	bool connecting, shaking, paused, closing, ended;
	bool wants_write, wants_read;   /* of TLS: the other direction first */
	bool secret;                /* what was sent is wiped */
	struct text out;
	size_t sent;                /* of `out` */
	struct account account;     /* of a long `out`, which waits for the other side */
	uint64_t bytes_in, bytes_out;
	struct timer patience;      /* while the other side takes nothing; then while it lingers */
	bool lingering;
	size_t lingered;

	void *owner;
	/* Takes all of it; may close the connection. */
	void (*input)(struct connection *, struct bytes);
	/* It stands, TLS included; or NULL. */
	void (*made)(struct connection *);
	/* All that was queued is with the kernel. */
	void (*drained)(struct connection *);
	/* The other side is gone, or something failed; `why` completes "the connection ...". Called once, and never by connection_close(). */
	void (*gone)(struct connection *, const char *why);
};

/* Takes the descriptor, which must be non-blocking. `ssl` is taken too; its handshake may be over. */
void connection_open(struct connection *, struct loop *, int fd, SSL *ssl, bool connecting);
void connection_close(struct connection *);
/* Lets go of the socket, which is returned, and of `ssl`, which the caller has seen: both are somebody else's now. */
int connection_hand_over(struct connection *);
bool connection_is_open(const struct connection *);

void connection_send(struct connection *, struct bytes);
/* What is to be sent, to be written behind what is there already; NULL where nothing is sent any more. */
struct text *connection_out(struct connection *);
size_t connection_queued(const struct connection *);
/* Closes when what is queued is sent, and the other side has had time to read it. */
void connection_finish(struct connection *);

/* While paused nothing is read, so that the sender slows down. */
void connection_pause(struct connection *, bool paused);
/* What came so far is acknowledged now: an other side that writes in small pieces may wait for that before the next one. */
void connection_acknowledge(struct connection *);

#endif
