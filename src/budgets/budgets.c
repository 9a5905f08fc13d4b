#include "budgets/budgets.h"

#include <stdlib.h>
#include <string.h>

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

static bool is_same(const struct limit *a, const struct limit *b)
{
	for (unsigned k = 0; k < SUBJECT_KINDS; k++)
		if (a->of[k].given != b->of[k].given || a->of[k].each != b->of[k].each || !bytes_equal(a->of[k].name, b->of[k].name))
			return false;
	return strcmp(a->name, b->name) == 0 && a->window_ms == b->window_ms && a->concurrent == b->concurrent && memcmp(&a->most, &b->most, sizeof a->most) == 0;
}

bool budgets_take_over(struct budgets *b, struct budgets *old)
{
	if (b->workers != old->workers || b->limit_count != old->limit_count)
		return false;
	for (size_t i = 0; i < b->limit_count; i++)
		if (!is_same(&b->limits[i], &old->limits[i]))
			return false;
	board_destroy(b->board, b->workers);
	b->board = old->board;
	old->board = NULL;
	return true;
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
