#ifndef BUDGETS_INSIDE_H
#define BUDGETS_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "budgets/budgets.h"

/* What the files of this folder share. */

enum {
	LIMITS_MOST = 32,
	WORKERS_MOST = 256,
	HELD_MOST = 4096,               /* reservations of a worker */
	BUCKETS = 4096, BUCKET_SLOTS = 8, COUNTERS = BUCKETS * BUCKET_SLOTS,
	BUDGET_NAME_MOST = 64,
	SUBJECT_MOST = 96,
	JOURNAL_MOST = LIMITS_MOST, JOURNAL_HELD = 1 << 16,
	RESERVES_TOKENS = 1 << 24, RESERVES_COST = 1 << 25,
};

enum subject_kind { SUBJECT_OF_CALLER, SUBJECT_OF_TEAM, SUBJECT_OF_ROUTE, SUBJECT_OF_MODEL, SUBJECT_KINDS };

/* One entry of the section: what may be used. */
struct limit {
	char name[BUDGET_NAME_MOST + 1];
	struct {
		bool given, each;           /* each: every one has a counter of its own */
		struct bytes name;
	} of[SUBJECT_KINDS];
	int64_t window_ms;              /* 0: for good */
	struct amounts most;            /* UINT64_MAX: as much as there is */
	uint64_t concurrent;
};

/* Of a million tokens, in millionths of the currency. */
struct price {
	struct bytes model;             /* empty: of all that are not listed */
	uint64_t input, output;
	struct price *next;
};

/* ---- shared by all processes, locked but for `latest_ms` ---- */

/*
 * What was used of a limit.  How much may be is not said here: workers of
 * several configurations share it, and each keeps to its own.
 */
struct counter {
	unsigned char key[16];
	char name[BUDGET_NAME_MOST + 1];        /* the limit's; empty: free */
	uint32_t live;                  /* exchanges under way */
	bool at_once;                   /* nothing else of it is limited */
	int64_t window_ms, window;
	struct amounts used, reserved, granted;
	char subject[SUBJECT_MOST];     /* for people: cut off, and empty when there is none */
};

struct held {
	bool live;
	uint32_t generation;            /* so that an old number is not taken for a new one */
	uint32_t count;
	uint32_t counters[LIMITS_MOST]; /* with RESERVES_* */
	uint64_t input, output;         /* as reserved */
	uint64_t tokens, cost;
	uint64_t input_price, output_price;
};

/* What changed things looked like before: a process that dies while it holds the lock has changed nothing. */
struct journal {
	atomic_uint state;              /* how many counters, and JOURNAL_HELD: one store of 0 makes all of it count */
	uint32_t counter_at[JOURNAL_MOST];
	struct counter counter_was[JOURNAL_MOST];
	uint32_t held_at;
	struct held held_was;
};

struct board {
	pthread_mutex_t lock;
	struct journal journal;
	int64_t latest_ms;
	unsigned char salt[32];
	uint64_t refused_full;          /* for want of room, not of budget */
	uint32_t next_held[WORKERS_MOST];
	struct counter counters[COUNTERS];
	struct held held[];             /* HELD_MOST of each worker */
};

struct budgets {
	struct arena arena;
	struct limit *limits;
	size_t limit_count;
	struct price *prices;
	char currency[8];
	unsigned workers;
	struct board *board;
	struct quota_store store;
	struct hasher hasher;
};

/* ---- board.c ---- */

struct board *board_create(unsigned workers);
void board_destroy(struct board *board, unsigned workers);
/* Locks, and puts right what a process that died here left half done. */
void board_lock(struct board *board);
/* What was changed since the lock stays, and unlocks. */
void board_keep(struct board *board);
struct counter *board_change_counter(struct board *board, uint32_t at);
struct held *board_change_held(struct board *board, uint32_t at);
/* The time, which does not go back by little; see docs/IDENTITY.md. */
int64_t board_time(struct board *board, int64_t now_ms);
/* The counter of that key and limit, changed already if it had to be made; COUNTERS when there is no room. */
uint32_t board_find(struct board *board, const unsigned char key[16], const struct limit *limit, int64_t now_ms);

/* ---- reserve.c ---- */

/* Into the window of `now_ms`: what was used in an earlier one is used no more. */
void counter_roll(struct counter *c, int64_t now_ms);

static inline int64_t window_at(int64_t window_ms, int64_t now_ms)
{
	return window_ms ? now_ms / window_ms : 0;
}

static inline uint64_t add_up(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* In millionths of the currency, rounded up; UINT64_MAX when it is beyond counting. */
uint64_t cost_of(uint64_t input_tokens, uint64_t output_tokens, uint64_t input_price, uint64_t output_price);

/* ---- state.c ---- */

/* NULL when there is none, or it has another window. */
const struct limit *limit_named(const struct budgets *b, struct bytes name, int64_t window_ms);
/* Of one bucket, a copy made while it was locked; how many of `out` are in use. */
size_t bucket_copy(const struct budgets *b, uint32_t bucket, struct counter out[BUCKET_SLOTS]);

/* ---- section.c ---- */

bool section_read(struct budgets *b, const struct yaml *section, struct yaml_error *error);

#endif
