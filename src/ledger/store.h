#ifndef LEDGER_STORE_H
#define LEDGER_STORE_H

#include "base/status.h"
#include "ledger/records.h"

/*
 * Where the ledger lies: the records in a file of lines, and a SQLite database
 * of tiles and checkpoints, which says how far the file counts.  Knows tables
 * and transactions, nothing of trees or signatures.  After a false,
 * store_error() tells.
 */
struct store;

/* `create`: make it when it is not there, and append to it. NULL: `why` (of `room` bytes) tells. */
struct store *store_open(const char *directory, bool create, char *why, size_t room);
void store_close(struct store *s);
const char *store_error(const struct store *s);

/* Between these two nobody else writes; what was written is on the disk when store_commit() returns true. */
bool store_begin(struct store *s);
bool store_commit(struct store *s);
void store_rollback(struct store *s);

/* A view that does not change while others write, until store_rollback(). */
bool store_begin_reading(struct store *s);

bool store_size(struct store *s, uint64_t *records);

/* Records and then their checkpoint: what comes after the newest checkpoint does not count. */
void store_put_record(struct store *s, struct bytes record);
bool store_put_tile(struct store *s, unsigned level, uint64_t number, struct bytes hashes);
bool store_put_checkpoint(struct store *s, uint64_t size, struct bytes note);

struct stored_checkpoint {
	uint64_t size;              /* records it was signed over */
	uint64_t end;               /* bytes of those, with the ends of their lines; nobody signs that */
	struct bytes note;
};

/* The bytes are valid until the next call with the same store. False too when there is none. */
bool store_get_tile(struct store *s, unsigned level, uint64_t number, struct bytes *hashes);
/* The newest of at most `size` records, and the first of at least `from`. */
bool store_get_checkpoint(struct store *s, uint64_t size, struct stored_checkpoint *out);
bool store_next_checkpoint(struct store *s, uint64_t from, struct stored_checkpoint *out);

/* Records in order from `from` on, without the ends of their lines; the callback's false ends the walk. False when the store cannot be read. */
bool store_each_record(struct store *s, uint64_t from, record_line *line, void *context);
bool store_get_record(struct store *s, uint64_t number, struct text *out);

/* Bytes behind the last record: of a write that is under way, or that nobody finished. */
uint64_t store_beyond(struct store *s);

#endif
