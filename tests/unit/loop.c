/* Times of the gateway's loop: none early, none lost, whatever is put off, brought forward or cancelled in between. */
#include "tests/unit/test.h"

#include "gateway/loop.h"

enum { TIMERS = 300, MOVES = 3000, SPAN_MS = 40, LAST_MS = SPAN_MS + 20 };

struct run {
	struct loop *loop;
	struct timer timers[TIMERS], last;
	int64_t expected[TIMERS];   /* when each is due; 0: never again */
	unsigned times;
};

static void due(struct timer *t)
{
	struct run *r = t->owner;
	size_t number = (size_t)(t - r->timers);

	assert_true(r->expected[number] != 0);
	assert_true(loop_now(r->loop) >= r->expected[number]);
	r->expected[number] = 0;
}

static void end(struct timer *t)
{
	struct run *r = t->owner;

	loop_stop(r->loop);
}

static void move(struct run *r, unsigned seed)
{
	size_t number = seed % TIMERS;
	int64_t after_ms = seed / TIMERS % SPAN_MS;

	if (seed % 5 == 0) {
		timer_cancel(r->loop, &r->timers[number]);
		r->expected[number] = 0;
	} else {
		timer_set(r->loop, &r->timers[number], after_ms);
		r->expected[number] = loop_now(r->loop) + after_ms;
	}
}

static void every_time_comes_once(void **state)
{
	static struct run r;

	(void)state;
	r = (struct run){.loop = loop_create()};
	for (size_t i = 0; i < TIMERS; i++)
		r.timers[i] = (struct timer){.due = due, .owner = &r};
	r.last = (struct timer){.due = end, .owner = &r};
	srand(1);
	for (unsigned i = 0; i < MOVES; i++)
		move(&r, (unsigned)rand());
	timer_set(r.loop, &r.last, LAST_MS);
	loop_run(r.loop);
	for (size_t i = 0; i < TIMERS; i++)
		assert_int_equal(r.expected[i], 0);
	loop_destroy(r.loop);
}

static void begin_again(struct timer *t)
{
	struct run *r = t->owner;

	assert_true(loop_now(r->loop) >= r->expected[0]);
	if (++r->times == 3) {
		loop_stop(r->loop);
		return;
	}
	r->expected[0] = loop_now(r->loop) + 2;
	timer_set(r->loop, t, 2);
}

/* One that is set again by what it calls. */
static void a_time_may_come_again(void **state)
{
	static struct run r;

	(void)state;
	r = (struct run){.loop = loop_create()};
	r.timers[0] = (struct timer){.due = begin_again, .owner = &r};
	timer_set(r.loop, &r.timers[0], 50);
	timer_set(r.loop, &r.timers[0], 1);
	timer_set(r.loop, &r.timers[0], 3);
	r.expected[0] = loop_now(r.loop) + 3;
	loop_run(r.loop);
	assert_int_equal(r.times, 3);
	loop_destroy(r.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_time_comes_once), cmocka_unit_test(a_time_may_come_again)};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
