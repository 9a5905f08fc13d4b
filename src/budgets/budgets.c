#include "budgets/budgets.h"

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

void budgets_use_store(struct budgets *b, const struct quota_store *store)
{
	b->store = *store;
}

void budgets_destroy(struct budgets *b)
{
	if (!b)
		return;
	board_destroy(b->board, b->workers);
	arena_finish(&b->arena);
	free(b);
}
