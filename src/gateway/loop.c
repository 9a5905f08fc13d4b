#include "gateway/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/time.h"

enum { EVENTS_A_TURN = 256 };

struct loop {
	int epoll;
	int64_t now;
	bool stopped;
	struct timer **heap;        /* from 1; the earliest first */
	unsigned count, room;
	struct epoll_event turn[EVENTS_A_TURN];         /* the events of this turn, and how far it has come */
	int turn_count, turn_at;
	struct chore *chores;
	void **garbage;
	size_t garbage_count, garbage_room;
};

struct loop *loop_create(void)
{
	struct loop *l = calloc(1, sizeof *l);

	if (!l || (l->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		abort();
	l->now = time_monotonic_ms();
	return l;
}

static void free_garbage(struct loop *l)
{
	for (size_t i = 0; i < l->garbage_count; i++)
		free(l->garbage[i]);
	l->garbage_count = 0;
}

void loop_free_later(struct loop *l, void *at)
{
	if (l->garbage_count == l->garbage_room) {
		l->garbage_room = l->garbage_room ? l->garbage_room * 2 : 64;
		l->garbage = realloc(l->garbage, l->garbage_room * sizeof(void *));
		if (!l->garbage)
			abort();
	}
	l->garbage[l->garbage_count++] = at;
}

void loop_destroy(struct loop *l)
{
	if (!l)
		return;
	free_garbage(l);
	free(l->garbage);
	close(l->epoll);
	free(l->heap);
	free(l);
}

void loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = w};

	if (w->events == events || w->fd < 0)
		return;
	int operation = w->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
	if (epoll_ctl(l->epoll, operation, w->fd, &e) != 0)
		abort();
	w->events = events;
}

/* What is still to be told of it in this turn is not told any more. */
void loop_forget(struct loop *l, struct watch *w)
{
	loop_watch(l, w, 0);
	for (int i = l->turn_at; i < l->turn_count; i++)
		if (l->turn[i].data.ptr == w)
			l->turn[i].data.ptr = NULL;
}

/* ---- times ---- */

static void place(struct loop *l, struct timer *t, unsigned at)
{
	l->heap[at] = t;
	t->place = at;
}

static void sift_up(struct loop *l, struct timer *t, unsigned at)
{
	for (; at > 1 && l->heap[at / 2]->looked_at_ms > t->looked_at_ms; at /= 2)
		place(l, l->heap[at / 2], at);
	place(l, t, at);
}

static void sift_down(struct loop *l, struct timer *t, unsigned at)
{
	for (unsigned child; (child = at * 2) <= l->count; at = child) {
		if (child < l->count && l->heap[child + 1]->looked_at_ms < l->heap[child]->looked_at_ms)
			child++;
		if (l->heap[child]->looked_at_ms >= t->looked_at_ms)
			break;
		place(l, l->heap[child], at);
	}
	place(l, t, at);
}

static void add_timer(struct loop *l, struct timer *t)
{
	if (l->count + 2 > l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->heap = realloc(l->heap, l->room * sizeof(struct timer *));
		if (!l->heap)
			abort();
	}
	t->looked_at_ms = t->at_ms;
	sift_up(l, t, ++l->count);
}

void timer_set(struct loop *l, struct timer *t, int64_t after_ms)
{
	t->at_ms = l->now + after_ms;
	/* Put off, as at every event of a stream: it keeps its place, and is put off when it is looked at. */
	if (t->place != 0 && t->at_ms >= t->looked_at_ms)
		return;
	timer_cancel(l, t);
	add_timer(l, t);
}

void timer_cancel(struct loop *l, struct timer *t)
{
	unsigned at = t->place;

	if (at == 0)
		return;
	struct timer *last = l->heap[l->count--];
	t->place = 0;
	if (last == t)
		return;
	if (at > 1 && l->heap[at / 2]->looked_at_ms > last->looked_at_ms)
		sift_up(l, last, at);
	else
		sift_down(l, last, at);
}

static void run_timers(struct loop *l)
{
	while (l->count > 0 && l->heap[1]->looked_at_ms <= l->now) {
		struct timer *t = l->heap[1];
		timer_cancel(l, t);
		if (t->at_ms <= l->now)
			t->due(t);
		else
			add_timer(l, t);
	}
}

/* ---- chores ---- */

void chore_set(struct loop *l, struct chore *c)
{
	if (c->place)
		return;
	c->next = l->chores;
	c->place = &l->chores;
	if (c->next)
		c->next->place = &c->next;
	l->chores = c;
}

void chore_cancel(struct chore *c)
{
	if (!c->place)
		return;
	*c->place = c->next;
	if (c->next)
		c->next->place = c->place;
	c->place = NULL;
}

static void run_chores(struct loop *l)
{
	while (l->chores) {
		struct chore *c = l->chores;
		chore_cancel(c);
		c->run(c);
	}
}

/* ---- turns ---- */

int64_t loop_now(const struct loop *l)
{
	return l->now;
}

static int patience(const struct loop *l)
{
	int64_t left = l->count > 0 ? l->heap[1]->looked_at_ms - time_monotonic_ms() : 60000;

	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

void loop_run(struct loop *l)
{
	while (!l->stopped) {
		int n = epoll_wait(l->epoll, l->turn, EVENTS_A_TURN, patience(l));
		if (n < 0 && errno != EINTR)
			abort();
		l->now = time_monotonic_ms();
		l->turn_count = n;
		for (l->turn_at = 0; l->turn_at < l->turn_count;) {
			struct epoll_event e = l->turn[l->turn_at++];
			struct watch *w = e.data.ptr;
			if (w)
				w->ready(w, e.events);
		}
		l->turn_count = 0;
		run_timers(l);
		run_chores(l);
		free_garbage(l);
	}
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}
