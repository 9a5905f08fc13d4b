#ifndef LEDGER_STORE_H
#define LEDGER_STORE_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * Where the ledger lies: one SQLite database.  Knows tables and transactions,
 * nothing of trees or signatures.  After a false, store_error() tells.
 */
struct store;

/* `create`: make it when it is not there. NULL: `why` (of `room` bytes) tells. */
struct store *store_open(const char *path, bool create, char *why, size_t room);
void store_close(struct store *s);
const char *store_error(const struct store *s);

/* Between these two nobody else writes; what was written is on the disk when store_commit() returns true. */
bool store_begin(struct store *s);
bool store_commit(struct store *s);
void store_rollback(struct store *s);

/* A view that does not change while others write, until store_rollback(). */
bool store_begin_reading(struct store *s);

bool store_size(struct store *s, uint64_t *records);

bool store_put_record(struct store *s, uint64_t number, struct bytes body);
bool store_put_tile(struct store *s, unsigned level, uint64_t number, struct bytes hashes);
bool store_put_checkpoint(struct store *s, uint64_t size, struct bytes note);

/* The bytes are valid until the next call with the same store. False too when there is none. */
bool store_get_record(struct store *s, uint64_t number, struct bytes *body);
bool store_get_tile(struct store *s, unsigned level, uint64_t number, struct bytes *hashes);
/* The newest checkpoint of at most `size` records. */
bool store_get_checkpoint(struct store *s, uint64_t size, uint64_t *its_size, struct bytes *note);

/* Rows in order from `from` on; the callback's false ends the walk. False when the store cannot be read. */
typedef bool store_row(void *context, uint64_t number, struct bytes content);
bool store_each_record(struct store *s, uint64_t from, store_row *row, void *context);
bool store_each_checkpoint(struct store *s, uint64_t from, store_row *row, void *context);

#endif
