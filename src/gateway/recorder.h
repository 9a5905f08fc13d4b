#ifndef GATEWAY_RECORDER_H
#define GATEWAY_RECORDER_H

#include "gateway/loop.h"
#include "gateway/shared.h"
#include "types/record.h"
#include "base/text.h"

/*
 * The process that keeps the evidence of a gateway.  Workers hand their
 * records over before the last byte of an answer goes out; it commits them in
 * groups.  Of an exchange whose worker dies it writes what it was told when
 * the exchange began.
 */

enum { EXCHANGE_ID = 16, SALT = 16 };

/* ---- the process ---- */

/* Runs until every one of `sockets` (one a worker, taken over) is closed. Returns the status to end with. */
int recorder_run(const char *directory, const int *sockets, unsigned count, int ready_fd, struct shared *shared);

/* ---- a worker's end ---- */

struct recorder {
	struct loop *loop;
	struct watch watch;
	struct shared *shared;
	struct text queue;          /* what the socket did not take yet: length and message, again and again */
	size_t sent;
};

void recorder_open(struct recorder *, struct loop *, int fd, struct shared *);
void recorder_close(struct recorder *);

/* May another exchange begin? Not while records pile up, and not when they cannot be kept. */
bool recorder_has_room(const struct recorder *);

/* `unfinished` is the body of the record if nothing more is heard of the exchange. */
void recorder_begin(struct recorder *, const unsigned char id[EXCHANGE_ID], struct bytes unfinished);
/* The salt is kept beside the ledger, not in it, so that it can be erased. */
void recorder_end(struct recorder *, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body);
/* Something that happened to the gateway itself. */
void recorder_note(struct recorder *, struct bytes body);

#endif
