#include "gateway/window.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KEPT = 256 << 10 };

static bool moves(struct window *w, int from, int to)
{
	return atomic_compare_exchange_strong(&w->state, &from, to);
}

/* The pages that are whole text are given back. */
static void give_pages_back(struct window *w)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)w->text + page - 1) / page * page, to = (uintptr_t)(w->text + WINDOW_MOST) / page * page;

	madvise((void *)from, to - from, MADV_REMOVE);
}

/* Whose turn it is to write wipes it, then lets others in. */
static void wipe(struct window *w)
{
	struct bytes text = window_text(w);

	explicit_bzero(w->salt, sizeof w->salt);
	explicit_bzero(w->text, text.len);
	if (text.len > KEPT)
		give_pages_back(w);
	w->len = 0;
	atomic_store(&w->painter, 0);
	atomic_store(&w->state, WINDOW_FREE);
}

bool window_ask(struct window *w, struct bytes id, bool whole)
{
	int nobody = 0;

	if (id.len != WINDOW_ID || !atomic_compare_exchange_strong(&w->asker, &nobody, (int)getpid()))
		return false;
	if (atomic_load(&w->state) != WINDOW_FREE) {
		atomic_store(&w->asker, 0);
		return false;
	}
	memcpy(w->id, id.at, WINDOW_ID);
	w->id[WINDOW_ID] = 0;
	w->whole = whole;
	atomic_store(&w->state, WINDOW_ASKED);
	return true;
}

bool window_is_ready(struct window *w, bool *gone)
{
	int state = atomic_load(&w->state);

	*gone = state == WINDOW_FREE;
	return state == WINDOW_READY;
}

void window_clear(struct window *w)
{
	if (!moves(w, WINDOW_PAINTED, WINDOW_LEFT) && (moves(w, WINDOW_ASKED, WINDOW_PAINTED) || moves(w, WINDOW_READY, WINDOW_PAINTED))) {
		atomic_store(&w->painter, (int)getpid());
		wipe(w);
	}
	atomic_store(&w->asker, 0);
}

bool window_asks_for(const struct window *w, const char *id)
{
	return atomic_load(&w->state) == WINDOW_ASKED && strcmp(w->id, id) == 0;
}

bool window_take(struct window *w, const char *id)
{
	if (!moves(w, WINDOW_ASKED, WINDOW_PAINTED))
		return false;
	atomic_store(&w->painter, (int)getpid());
	if (strcmp(w->id, id) == 0)
		return true;
	window_give(w);         /* another was asked for meanwhile: empty, it is none */
	return false;
}

void window_give(struct window *w)
{
	if (!moves(w, WINDOW_PAINTED, WINDOW_READY))
		wipe(w);
}

void window_process_died(struct window *w, pid_t pid)
{
	int state = atomic_load(&w->state);

	if (atomic_load(&w->painter) == pid && (state == WINDOW_PAINTED || state == WINDOW_LEFT)) {
		w->len = WINDOW_MOST;   /* nobody knows how far it came */
		wipe(w);
	}
	if (atomic_load(&w->asker) == pid)
		window_clear(w);
}
