#include "ledger/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUSY_MS = 60000 };

enum statement {
	BEGIN_WRITING, BEGIN_READING, COMMIT, ROLLBACK, GET_SIZE, PUT_RECORD, PUT_TILE, PUT_CHECKPOINT,
	GET_RECORD, GET_TILE, GET_CHECKPOINT, EACH_RECORD, EACH_CHECKPOINT, STATEMENT_COUNT
};

static const char *const sql[STATEMENT_COUNT] = {
	[BEGIN_WRITING] = "BEGIN IMMEDIATE",
	[BEGIN_READING] = "BEGIN",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[GET_SIZE] = "SELECT coalesce(max(number) + 1, 0) FROM record",
	[PUT_RECORD] = "INSERT INTO record (number, body) VALUES (?1, ?2)",
	[PUT_TILE] = "INSERT OR REPLACE INTO tile (level, number, hashes) VALUES (?1, ?2, ?3)",
	[PUT_CHECKPOINT] = "INSERT OR REPLACE INTO checkpoint (size, note) VALUES (?1, ?2)",
	[GET_RECORD] = "SELECT body FROM record WHERE number = ?1",
	[GET_TILE] = "SELECT hashes FROM tile WHERE level = ?1 AND number = ?2",
	[GET_CHECKPOINT] = "SELECT size, note FROM checkpoint WHERE size <= ?1 ORDER BY size DESC LIMIT 1",
	[EACH_RECORD] = "SELECT number, body FROM record WHERE number >= ?1 ORDER BY number",
	[EACH_CHECKPOINT] = "SELECT size, note FROM checkpoint WHERE size >= ?1 ORDER BY size",
};

static const char schema[] =
	"PRAGMA page_size = 16384;"     /* fourteen usual records of an exchange, with little waste; half as many pages cost a tenth less */
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA wal_autocheckpoint = 1000;"
	"CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, body BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS tile (level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (level, number)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, note BLOB NOT NULL);";

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
};

const char *store_error(const struct store *s)
{
	return sqlite3_errmsg(s->db);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s);
}

static bool prepare(struct store *s)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) != SQLITE_OK)
			return false;
	return true;
}

struct store *store_open(const char *path, bool create, char *why, size_t room)
{
	struct store *s = calloc(1, sizeof *s);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);    /* one thread has it */

	if (!s)
		abort();
	bool good = sqlite3_open_v2(path, &s->db, flags, NULL) == SQLITE_OK;
	if (good) {
		sqlite3_busy_timeout(s->db, BUSY_MS);
		good = sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK && prepare(s);
	}
	if (good)
		return s;
	snprintf(why, room, "%s", s->db ? sqlite3_errmsg(s->db) : "out of memory");
	store_close(s);
	return NULL;
}

/* ---- statements ---- */

static sqlite3_stmt *bind(struct store *s, enum statement which, int64_t first, int64_t second)
{
	sqlite3_stmt *st = s->statements[which];

	sqlite3_reset(st);
	if (sqlite3_bind_parameter_count(st) >= 1)
		sqlite3_bind_int64(st, 1, first);
	if (sqlite3_bind_parameter_count(st) >= 2)
		sqlite3_bind_int64(st, 2, second);
	return st;
}

static bool run(struct store *s, enum statement which)
{
	sqlite3_stmt *st = bind(s, which, 0, 0);
	bool good = sqlite3_step(st) == SQLITE_DONE;

	sqlite3_reset(st);
	return good;
}

bool store_begin(struct store *s)
{
	return run(s, BEGIN_WRITING);
}

bool store_begin_reading(struct store *s)
{
	return run(s, BEGIN_READING);
}

bool store_commit(struct store *s)
{
	return run(s, COMMIT);
}

void store_rollback(struct store *s)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_reset(s->statements[i]);
	if (!sqlite3_get_autocommit(s->db))
		run(s, ROLLBACK);
}

/* A statement that returns at most one row; the row stays valid until it runs again. */
static bool row_of(sqlite3_stmt *st)
{
	return sqlite3_step(st) == SQLITE_ROW;
}

static struct bytes column(sqlite3_stmt *st, int at)
{
	const void *blob = sqlite3_column_blob(st, at);

	return (struct bytes){blob, (size_t)sqlite3_column_bytes(st, at)};
}

bool store_size(struct store *s, uint64_t *records)
{
	sqlite3_stmt *st = bind(s, GET_SIZE, 0, 0);
	bool good = row_of(st);

	*records = good ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return good;
}

static bool put(sqlite3_stmt *st, int at, struct bytes content)
{
	sqlite3_bind_blob64(st, at, content.len ? (const void *)content.at : "", content.len, SQLITE_STATIC);
	bool good = sqlite3_step(st) == SQLITE_DONE;
	sqlite3_reset(st);
	return good;
}

bool store_put_record(struct store *s, uint64_t number, struct bytes body)
{
	sqlite3_stmt *st = s->statements[PUT_RECORD];

	sqlite3_bind_int64(st, 1, (int64_t)number);
	return put(st, 2, body);
}

bool store_put_tile(struct store *s, unsigned level, uint64_t number, struct bytes hashes)
{
	return put(bind(s, PUT_TILE, level, (int64_t)number), 3, hashes);
}

bool store_put_checkpoint(struct store *s, uint64_t size, struct bytes note)
{
	sqlite3_stmt *st = s->statements[PUT_CHECKPOINT];

	sqlite3_bind_int64(st, 1, (int64_t)size);
	return put(st, 2, note);
}

bool store_get_record(struct store *s, uint64_t number, struct bytes *body)
{
	sqlite3_stmt *st = bind(s, GET_RECORD, (int64_t)number, 0);
	bool found = row_of(st);

	*body = found ? column(st, 0) : BYTES("");
	return found;
}

bool store_get_tile(struct store *s, unsigned level, uint64_t number, struct bytes *hashes)
{
	sqlite3_stmt *st = bind(s, GET_TILE, level, (int64_t)number);
	bool found = row_of(st);

	*hashes = found ? column(st, 0) : BYTES("");
	return found;
}

bool store_get_checkpoint(struct store *s, uint64_t size, uint64_t *its_size, struct bytes *note)
{
	sqlite3_stmt *st = bind(s, GET_CHECKPOINT, size > INT64_MAX ? INT64_MAX : (int64_t)size, 0);
	bool found = row_of(st);

	*its_size = found ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	*note = found ? column(st, 1) : BYTES("");
	return found;
}

static bool each(struct store *s, enum statement which, uint64_t from, store_row *row, void *context)
{
	sqlite3_stmt *st = bind(s, which, (int64_t)from, 0);
	int step;

	while ((step = sqlite3_step(st)) == SQLITE_ROW)
		if (!row(context, (uint64_t)sqlite3_column_int64(st, 0), column(st, 1)))
			break;
	sqlite3_reset(st);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

bool store_each_record(struct store *s, uint64_t from, store_row *row, void *context)
{
	return each(s, EACH_RECORD, from, row, context);
}

bool store_each_checkpoint(struct store *s, uint64_t from, store_row *row, void *context)
{
	return each(s, EACH_CHECKPOINT, from, row, context);
}
