#include <assert.h>
#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/shared_memory.h"
#include "budgets/inside.h"

enum { STEP_BACK_MS = 60 * 60 * 1000 };

static size_t size_for(unsigned workers)
{
	return sizeof(struct board) + (size_t)workers * HELD_MOST * sizeof(struct held);
}

struct board *board_create(unsigned workers)
{
	pthread_mutexattr_t kind;
	struct board *board = shared_memory_create(size_for(workers));

	if (RAND_bytes(board->salt, sizeof board->salt) != 1)
		abort();
	pthread_mutexattr_init(&kind);
	pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&board->lock, &kind);
	pthread_mutexattr_destroy(&kind);
	return board;
}

void board_destroy(struct board *board, unsigned workers)
{
	shared_memory_destroy(board, size_for(workers));
}

/* ---- all or nothing ---- */

/* May itself be cut off anywhere and begun again. */
static void put_back(struct board *board)
{
	struct journal *j = &board->journal;
	unsigned state = atomic_load(&j->state);

	for (unsigned i = state & (JOURNAL_HELD - 1); i > 0; i--)
		board->counters[j->counter_at[i - 1]] = j->counter_was[i - 1];
	if (state & JOURNAL_HELD)
		board->held[j->held_at] = j->held_was;
	atomic_store(&j->state, 0);
}

void board_lock(struct board *board)
{
	int status = pthread_mutex_lock(&board->lock);

	if (status == EOWNERDEAD) {
		put_back(board);
		status = pthread_mutex_consistent(&board->lock);
	}
	if (status != 0)
		abort();
}

void board_keep(struct board *board)
{
	atomic_store(&board->journal.state, 0);
	pthread_mutex_unlock(&board->lock);
}

static bool is_changed(const struct board *board, uint32_t at)
{
	const struct journal *j = &board->journal;
	unsigned count = atomic_load(&j->state) & (JOURNAL_HELD - 1);

	for (unsigned i = 0; i < count; i++)
		if (j->counter_at[i] == at)
			return true;
	return false;
}

struct counter *board_change_counter(struct board *board, uint32_t at)
{
	struct journal *j = &board->journal;
	unsigned state = atomic_load(&j->state), count = state & (JOURNAL_HELD - 1);

	if (is_changed(board, at))
		return &board->counters[at];
	assert(count < JOURNAL_MOST);
	j->counter_at[count] = at;
	j->counter_was[count] = board->counters[at];
	atomic_store(&j->state, state + 1);
	return &board->counters[at];
}

struct held *board_change_held(struct board *board, uint32_t at)
{
	struct journal *j = &board->journal;
	unsigned state = atomic_load(&j->state);

	assert(!(state & JOURNAL_HELD));
	j->held_at = at;
	j->held_was = board->held[at];
	atomic_store(&j->state, state | JOURNAL_HELD);
	return &board->held[at];
}

/* ---- time and place ---- */

/*
 * A clock that is set back by little would open a window a second time: it
 * stands still instead until time has come up again.  Set back by much, it was
 * wrong before, and is believed now; counters keep what was used.
 */
int64_t board_time(struct board *board, int64_t now_ms)
{
	if (now_ms >= board->latest_ms || board->latest_ms - now_ms > STEP_BACK_MS)
		board->latest_ms = now_ms;
	return board->latest_ms;
}

/* Nothing is known of it that counts any more. */
static bool is_over(const struct counter *c, int64_t now_ms)
{
	if (c->live > 0)
		return false;
	return c->at_once || window_at(c->window_ms, now_ms) > c->window || (c->used.requests == 0 && c->used.tokens == 0 && c->used.cost == 0);
}

/* Of a bucket: how many places may be taken, and one of them. A place of this very change is none, though nothing is counted there yet. */
static unsigned find_room(const struct board *board, uint32_t bucket, int64_t now_ms, uint32_t *room)
{
	unsigned free = 0;

	for (uint32_t at = bucket * BUCKET_SLOTS; at < (bucket + 1) * BUCKET_SLOTS; at++) {
		const struct counter *c = &board->counters[at];
		if (is_changed(board, at) || (c->name[0] && !is_over(c, now_ms)))
			continue;
		*room = at;
		free++;
	}
	return free;
}

/*
 * A key may lie in one of two buckets, and goes into the emptier one; keys are
 * salted digests, so nobody can aim at one.  A place is taken anew when what
 * it counted is over.
 */
uint32_t board_find(struct board *board, const unsigned char key[16], const struct limit *limit, int64_t now_ms)
{
	uint32_t halves[2], room[2] = {COUNTERS, COUNTERS};

	memcpy(halves, key, sizeof halves);
	for (unsigned i = 0; i < 2 * BUCKET_SLOTS; i++) {
		uint32_t at = halves[i / BUCKET_SLOTS] % BUCKETS * BUCKET_SLOTS + i % BUCKET_SLOTS;
		const struct counter *c = &board->counters[at];
		if (c->name[0] && c->window_ms == limit->window_ms && memcmp(c->key, key, sizeof c->key) == 0)
			return at;
	}
	unsigned first = find_room(board, halves[0] % BUCKETS, now_ms, &room[0]), second = find_room(board, halves[1] % BUCKETS, now_ms, &room[1]);
	uint32_t at = room[second > first];
	if (at < COUNTERS) {
		struct counter *c = board_change_counter(board, at);
		*c = (struct counter){.window_ms = limit->window_ms, .window = window_at(limit->window_ms, now_ms)};
		memcpy(c->key, key, sizeof c->key);
		memcpy(c->name, limit->name, sizeof c->name);
	}
	return at;
}
