#ifndef GATEWAY_RECORDER_H
#define GATEWAY_RECORDER_H

#include "gateway/journal.h"
#include "gateway/loop.h"
#include "gateway/shared.h"
#include "types/record.h"
#include "base/text.h"

/*
 * The process that keeps the evidence of a gateway.  Workers put their records
 * into their journals before the last byte of an answer goes out, and wake it
 * if it sleeps; it commits them in groups.  What is too long for a journal, and
 * what happens to the gateway itself, comes over sockets.  Of a worker that
 * died, or a gateway that was killed, it writes what the journals hold.
 *
 *   DIR/salts           the salt of each exchange, which can be erased
 *   DIR/under-way.*     journals, one a worker
 */

/* ---- the process ---- */

/*
 * Runs until `supervisor` (taken over) and the sockets of all workers are
 * closed; those come over it, see recorder_introduce(). A byte to `ready_fd`
 * when the ledger is open. Returns the status to end with.
 */
int recorder_run(const char *directory, int supervisor, int ready_fd, struct shared *shared);

/* Before there is one: could it keep evidence there? Makes nothing; says why not, and who does already, which is well where that one only is to reload. */
bool recorder_check(const char *directory);

/* The supervisor's: a new worker, whose records come over `socket`, and whose journal is DIR/under-way.NUMBER; 0: one without. */
bool recorder_introduce(int supervisor, int socket, uint64_t number);
/* Makes that journal. -1 with errno set. */
int recorder_create_journal(const char *directory, uint64_t number);
/* Of a worker that never came to be. */
void recorder_remove_journal(const char *directory, uint64_t number);

/* ---- a worker's end ---- */

struct recorder {
	struct loop *loop;
	struct watch watch;
	struct shared *shared;
	struct journal journal;
	struct text queue;          /* what the socket did not take yet: length and message, again and again */
	size_t sent;
};

/* `journal`: the descriptor of the worker's, taken; -1 for who has no exchanges. False when it cannot be used. */
bool recorder_open(struct recorder *, struct loop *, int fd, int journal, struct shared *);
void recorder_close(struct recorder *);

/* May another exchange begin? Not while records pile up, and not when they cannot be kept. */
bool recorder_has_room(const struct recorder *);

/*
 * An exchange begins; `unfinished` is the body of its record if nothing more
 * is heard of it.  The number of its place in the journal, or -1: then it must
 * not begin.
 */
int recorder_begin(struct recorder *, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes unfinished);
/* `place`: -1 when it had not begun. The salt is kept beside the ledger, not in it, so that it can be erased. */
void recorder_end(struct recorder *, int place, const unsigned char id[EXCHANGE_ID], const unsigned char salt[SALT], struct bytes body);
/* Something that happened to the gateway itself. */
void recorder_note(struct recorder *, struct bytes body);
/* What a person decided about an exchange that waits. */
void recorder_approval(struct recorder *, struct bytes body);

#endif
