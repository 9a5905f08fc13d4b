#ifndef GATEWAY_LOOP_H
#define GATEWAY_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* Waits for descriptors and for times, one thread; epoll. */

struct watch {
	int fd;                     /* -1: not watched */
	uint32_t events;            /* asked for */
	void (*ready)(struct watch *, uint32_t events);
	void *owner;
};

struct timer {
	int64_t at_ms;              /* monotonic */
	int64_t looked_at_ms;       /* where it stands in the heap: no later */
	void (*due)(struct timer *);
	void *owner;
	unsigned place;             /* in the heap, from 1; 0: not set */
};

/* Something to be done at the end of the turn, before the loop waits. */
struct chore {
	void (*run)(struct chore *);
	void *owner;
	struct chore *next, **place;        /* place NULL: not to be done */
};

struct loop;

struct loop *loop_create(void);
void loop_destroy(struct loop *);

/* Events of EPOLLIN and EPOLLOUT, level-triggered; 0 stops watching without closing. */
void loop_watch(struct loop *, struct watch *, uint32_t events);
void loop_forget(struct loop *, struct watch *);

void timer_set(struct loop *, struct timer *, int64_t after_ms);
void timer_cancel(struct loop *, struct timer *);

/* Once a turn, however often it is asked for. */
void chore_set(struct loop *, struct chore *);
void chore_cancel(struct chore *);

/* Frees it when nobody further down the stack can be using it: at the end of the turn. */
void loop_free_later(struct loop *, void *);

/* The time of this turn, monotonic. */
int64_t loop_now(const struct loop *);

void loop_run(struct loop *);
void loop_stop(struct loop *);

#endif
