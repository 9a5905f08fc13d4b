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

/*
 * Runs until `supervisor` (taken over) and the sockets of all workers are
 * closed; those come over it, see recorder_introduce(). A byte to `ready_fd`
 * when the ledger is open. Returns the status to end with.
 */
int recorder_run(const char *directory, int supervisor, int ready_fd, struct shared *shared);

/* The supervisor's: a new worker, whose records come over `socket`. */
bool recorder_introduce(int supervisor, int socket);

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
