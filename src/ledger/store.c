#include "ledger/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/records.h"

enum { BUSY_MS = 60000 };

enum statement { BEGIN_WRITING, BEGIN_READING, COMMIT, ROLLBACK, PUT_TILE, PUT_CHECKPOINT, GET_TILE, GET_CHECKPOINT, NEXT_CHECKPOINT, STATEMENT_COUNT };

static const char *const sql[STATEMENT_COUNT] = {
	[BEGIN_WRITING] = "BEGIN IMMEDIATE",
	[BEGIN_READING] = "BEGIN",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT_TILE] = "INSERT OR REPLACE INTO tile (level, number, hashes) VALUES (?1, ?2, ?3)",
	[PUT_CHECKPOINT] = "INSERT OR REPLACE INTO checkpoint (size, end, note) VALUES (?1, ?2, ?3)",
	[GET_TILE] = "SELECT hashes FROM tile WHERE level = ?1 AND number = ?2",
	[GET_CHECKPOINT] = "SELECT size, end, note FROM checkpoint WHERE size <= ?1 ORDER BY size DESC LIMIT 1",
	[NEXT_CHECKPOINT] = "SELECT size, end, note FROM checkpoint WHERE size >= ?1 ORDER BY size LIMIT 1",
};

static const char schema[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"CREATE TABLE IF NOT EXISTS tile (level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY (level, number)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, end INTEGER NOT NULL, note BLOB NOT NULL);";

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct records records;
	uint64_t end;               /* of the records that are committed, in bytes; known between store_begin() and store_commit() */
	char why[80];               /* the file of records failed last; empty: the database did */
};

const char *store_error(const struct store *s)
{
	return s->why[0] ? s->why : sqlite3_errmsg(s->db);
}

static void close_database(struct store *s)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	close_database(s);
	records_close(&s->records);
	free(s);
}

static bool prepare(struct store *s)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) != SQLITE_OK)
			return false;
	return true;
}

/* Before, records lay in the database: what would be read would be a ledger without any. */
static bool is_of_now(struct store *s)
{
	sqlite3_stmt *st = NULL;
	bool before = sqlite3_prepare_v2(s->db, "SELECT 1 FROM record", -1, &st, NULL) == SQLITE_OK;

	sqlite3_finalize(st);
	return !before;
}

/* Nobody can write here, and with no log beside it the database holds all there is. */
static bool is_unchanging(const char *directory)
{
	char log[4096];
	struct stat about;

	snprintf(log, sizeof log, "%s/ledger.sqlite-wal", directory);
	return access(directory, W_OK) != 0 && (stat(log, &about) != 0 || about.st_size == 0);
}

/* As for somebody who only verifies: even to read, SQLite wants to write beside it, unless it is told that nobody does. */
static bool open_unchanging(struct store *s, const char *path)
{
	struct text uri;

	close_database(s);
	text_init(&uri, NULL);
	text_add_string(&uri, "file:");
	for (const char *c = path; *c; c++)
		text_addf(&uri, strchr("?#%", *c) ? "%%%02x" : "%c", *c);
	text_add_string(&uri, "?immutable=1");
	bool good = sqlite3_open_v2(text_string(&uri), &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL) == SQLITE_OK;
	text_finish(&uri);
	return good && prepare(s);
}

struct store *store_open(const char *directory, bool create, char *why, size_t room)
{
	struct store *s = calloc(1, sizeof *s);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);    /* one thread has it */
	char path[4096];

	if (!s)
		abort();
	snprintf(path, sizeof path, "%s/ledger.sqlite", directory);
	/* First, so that the folder, which is synchronized for the database's log, has it in it. */
	if (!records_open(&s->records, directory, create)) {
		snprintf(why, room, "records.jsonl: %m");
		store_close(s);
		return NULL;
	}
	bool good = sqlite3_open_v2(path, &s->db, flags, NULL) == SQLITE_OK, of_now = !good || is_of_now(s);
	if (good && of_now) {
		sqlite3_busy_timeout(s->db, BUSY_MS);
		good = (!create || sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK) && prepare(s);
	}
	if (!good && !create && is_unchanging(directory))
		good = open_unchanging(s, path);
	if (good && of_now)
		return s;
	snprintf(why, room, "%s", !of_now ? "it is of an earlier form, with its records in the database; the program that made it reads it" : s->db ? sqlite3_errmsg(s->db) : "out of memory");
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

/* Size and end of the newest checkpoint of at most `most` records; 0 where there is none. */
static bool bounds(struct store *s, uint64_t most, uint64_t *size, uint64_t *end)
{
	sqlite3_stmt *st = bind(s, GET_CHECKPOINT, most > INT64_MAX ? INT64_MAX : (int64_t)most, 0);
	int step = sqlite3_step(st);

	*size = step == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	*end = step == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
	sqlite3_reset(st);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

bool store_size(struct store *s, uint64_t *records)
{
	uint64_t end;

	return bounds(s, UINT64_MAX, records, &end);
}

bool store_begin(struct store *s)
{
	uint64_t size;

	s->why[0] = 0;
	return run(s, BEGIN_WRITING) && bounds(s, UINT64_MAX, &size, &s->end);
}

bool store_begin_reading(struct store *s)
{
	return run(s, BEGIN_READING);
}

/* One that still stands on a row keeps the database's log from being begun anew. */
static void reset_all(struct store *s)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_reset(s->statements[i]);
}

/* The records first: what the database says of them has to be there. */
bool store_commit(struct store *s)
{
	if (records_write(&s->records, s->end)) {
		reset_all(s);
		return run(s, COMMIT);
	}
	snprintf(s->why, sizeof s->why, "records.jsonl: %s", errno == ENODATA ? "some of what was committed is missing" : errno == ENOENT ? "it was removed" : strerror(errno));
	return false;
}

void store_rollback(struct store *s)
{
	records_drop(&s->records);
	reset_all(s);
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

static bool put(sqlite3_stmt *st, int at, struct bytes content)
{
	sqlite3_bind_blob64(st, at, content.len ? (const void *)content.at : "", content.len, SQLITE_STATIC);
	bool good = sqlite3_step(st) == SQLITE_DONE;
	sqlite3_reset(st);
	return good;
}

void store_put_record(struct store *s, struct bytes record)
{
	records_add(&s->records, record);
}

bool store_put_tile(struct store *s, unsigned level, uint64_t number, struct bytes hashes)
{
	return put(bind(s, PUT_TILE, level, (int64_t)number), 3, hashes);
}

bool store_put_checkpoint(struct store *s, uint64_t size, struct bytes note)
{
	return put(bind(s, PUT_CHECKPOINT, (int64_t)size, (int64_t)(s->end + s->records.added.len)), 3, note);
}

bool store_get_tile(struct store *s, unsigned level, uint64_t number, struct bytes *hashes)
{
	sqlite3_stmt *st = bind(s, GET_TILE, level, (int64_t)number);
	bool found = row_of(st);

	*hashes = found ? column(st, 0) : BYTES("");
	return found;
}

static struct stored_checkpoint checkpoint_of(sqlite3_stmt *st)
{
	return (struct stored_checkpoint){.size = (uint64_t)sqlite3_column_int64(st, 0), .end = (uint64_t)sqlite3_column_int64(st, 1), .note = column(st, 2)};
}

bool store_get_checkpoint(struct store *s, uint64_t size, struct stored_checkpoint *out)
{
	sqlite3_stmt *st = bind(s, GET_CHECKPOINT, size > INT64_MAX ? INT64_MAX : (int64_t)size, 0);
	bool found = row_of(st);

	*out = found ? checkpoint_of(st) : (struct stored_checkpoint){0};
	return found;
}

bool store_next_checkpoint(struct store *s, uint64_t from, struct stored_checkpoint *out)
{
	sqlite3_stmt *st = bind(s, NEXT_CHECKPOINT, (int64_t)from, 0);
	bool found = row_of(st);

	*out = found ? checkpoint_of(st) : (struct stored_checkpoint){0};
	return found;
}

/* ---- records ---- */

struct walk {
	uint64_t from;
	record_line *line;
	void *context;
};

static bool pass_over(void *context, uint64_t number, struct bytes record)
{
	struct walk *w = context;

	return number < w->from || w->line(w->context, number, record);
}

/* From the last checkpoint before: there it is known where a line begins. */
bool store_each_record(struct store *s, uint64_t from, record_line *line, void *context)
{
	struct walk w = {from, line, context};
	uint64_t first, begin, size, end;

	s->why[0] = 0;
	if (!bounds(s, from, &first, &begin) || !bounds(s, UINT64_MAX, &size, &end))
		return false;
	if (records_each(&s->records, begin, end, first, pass_over, &w))
		return true;
	snprintf(s->why, sizeof s->why, "records.jsonl: %m");
	return false;
}

struct find {
	struct text *out;
	bool found;
};

static bool take_one(void *context, uint64_t number, struct bytes record)
{
	struct find *f = context;

	(void)number;
	text_add(f->out, record);
	f->found = true;
	return false;
}

bool store_get_record(struct store *s, uint64_t number, struct text *out)
{
	struct find f = {.out = out};

	return store_each_record(s, number, take_one, &f) && f.found;
}

uint64_t store_beyond(struct store *s)
{
	uint64_t records, end, size = records_size(&s->records);

	return bounds(s, UINT64_MAX, &records, &end) && size > end ? size - end : 0;
}
