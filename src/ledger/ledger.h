#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "ledger/note.h"
#include "ledger/store.h"
#include "types/record.h"

/*
 * The evidence ledger: records in the order they were accepted, hashed into
 * an RFC 6962 tree whose root is signed with every commit.
 *
 *   DIR/records.jsonl   the records, a line each
 *   DIR/ledger.sqlite   tiles, checkpoints
 *   DIR/ledger.key      the signing key (mode 0600)
 *   DIR/ledger.pub      the key that verifies
 *
 * Several processes may append to one ledger; their records get one order.
 */
struct ledger;

enum ledger_mode { LEDGER_READ, LEDGER_APPEND };

/* LEDGER_APPEND makes what is not there. NULL: `why` (of `room` bytes) tells, as a clause that completes "DIR ...". */
struct ledger *ledger_open(const char *directory, enum ledger_mode mode, char *why, size_t room);

/* Could it be opened so, by this user? Nothing is made or changed. False: `why` tells, likewise. */
bool ledger_can_append(const char *directory, char *why, size_t room);
/* The same of one file in it, which need not be there. */
bool ledger_can_use(const char *directory, const char *file, char *why, size_t room);

/* Commits what was appended, then closes. */
void ledger_close(struct ledger *l);

/*
 * Takes a record: `body` is a canonical JSON object.  It is on the disk once
 * ledger_commit() has returned true; that is done now and then by itself, so
 * that many records share one write.  False when a commit failed: the records
 * stay queued.
 */
bool ledger_append(struct ledger *l, enum record_kind kind, struct bytes body);
bool ledger_commit(struct ledger *l);

/* Why the last commit failed. */
const char *ledger_error(const struct ledger *l);

/* The numbers of this process's own records: first, and one past the last; equal when there are none. */
void ledger_span(const struct ledger *l, uint64_t *first, uint64_t *end);

struct store *ledger_store(struct ledger *l);
const struct note_verifier *ledger_verifier(const struct ledger *l);

/* The newest signed checkpoint; false when there is none. Valid until the store is used again. */
bool ledger_checkpoint(struct ledger *l, uint64_t *size, struct bytes *note);

#endif
