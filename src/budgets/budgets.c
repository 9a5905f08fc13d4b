#include "budgets/budgets.h"

#include <assert.h>
#include <stdlib.h>

#include "budgets/inside.h"

enum { ARENA = 64 << 20 };

struct loading {
	struct budgets *budgets;
	const struct yaml *section;
	struct yaml_error *error;
	bool done;
};

static void load(void *arg)
{
	struct loading *l = arg;

	l->done = section_read(l->budgets, l->section, l->error);
}

struct budgets *budgets_load(const struct yaml *section, unsigned workers, struct yaml_error *error)
{
	struct budgets *b = calloc(1, sizeof *b);
	struct loading l = {.budgets = b, .section = section, .error = error};

	if (!b || workers == 0 || workers > WORKERS_MOST)
		abort();
	*error = (struct yaml_error){.why = "is too large"};
	b->workers = workers;
	b->store = quota_store_here;
	arena_init(&b->arena, ARENA);
	if (!arena_run(&b->arena, load, &l) || !l.done) {
		arena_finish(&b->arena);
		free(b);
		return NULL;
	}
	*error = (struct yaml_error){0};
	b->board = board_create(workers);
	return b;
}

/* What neither knows is dropped: workers of the old one may still count what is not in the new one. */
void budgets_take_over(struct budgets *b, struct budgets *old)
{
	assert(b->workers == old->workers);
	board_destroy(b->board, b->workers);
	b->board = old->board;
	old->board = NULL;
	for (uint32_t at = 0; at < COUNTERS; at++) {
		board_lock(b->board);
		const struct counter *c = &b->board->counters[at];
		if (c->name[0] && c->live == 0 && !limit_named(b, bytes_of(c->name), c->window_ms) && !limit_named(old, bytes_of(c->name), c->window_ms))
			*board_change_counter(b->board, at) = (struct counter){0};
		board_keep(b->board);
	}
}

void budgets_use_store(struct budgets *b, const struct quota_store *store)
{
	b->store = *store;
}

void budgets_destroy(struct budgets *b)
{
	if (!b)
		return;
	if (b->board)
		board_destroy(b->board, b->workers);
	arena_finish(&b->arena);
	free(b);
}
