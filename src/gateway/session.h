#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include "gateway/keys.h"
#include "gateway/recorder.h"
#include "gateway/upstream.h"

/* What the sessions of one worker have in common. */
struct door {
	struct loop *loop;
	struct shared *shared;
	struct recorder recorder;
	struct upstream *upstream;
	const struct keys *keys;
	struct session *sessions;
	unsigned session_count;
};

/* One client connection: request after request, one at a time. Takes the descriptor and `ssl`. */
void session_open(struct door *, int fd, SSL *ssl);

/* Ends every exchange under way: its record says `why`. */
void sessions_halt(struct door *, const char *why);
/* Ends the connections that wait for a request; the others end after their answer. */
void sessions_leave(struct door *);

#endif
