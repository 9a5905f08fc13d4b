#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "budgets/budgets.h"
#include "budgets/inside.h"

enum { MINUTE = 60000, DAY = 86400000 };
static const int64_t noon = 1799971200000ll + 12 * 3600000;

static struct budgets *load_with(const char *yaml, unsigned workers, struct yaml_error *error)
{
	struct arena arena;
	jmp_buf never;
	struct budgets *b = NULL;

	arena_init(&arena, 1 << 20);
	arena.exit = &never;
	const struct yaml *section = yaml_parse(&arena, bytes_of(yaml), error);
	if (section)
		b = budgets_load(section, workers, error);
	arena_finish(&arena);
	return b;
}

static struct budgets *load(const char *yaml)
{
	struct yaml_error error;
	struct budgets *b = load_with(yaml, 4, &error);

	if (!b)
		print_error("%u: %s\n", error.line, error.why);
	assert_non_null(b);
	return b;
}

static char why[160];
static unsigned retry_s;

static bool reserve_for(struct budgets *b, unsigned worker, const char *caller, const char *model, uint64_t tokens, int64_t now_ms, struct reservation *out)
{
	struct budget_request request = {.caller = bytes_of(caller), .route = BYTES("chat"), .model = bytes_of(model), .input_tokens = tokens / 2, .output_tokens = tokens - tokens / 2};

	why[0] = 0;
	return budgets_reserve(b, worker, &request, now_ms, out, why, &retry_s);
}

static bool reserve(struct budgets *b, uint64_t tokens, int64_t now_ms, struct reservation *out)
{
	return reserve_for(b, 0, "a", "m", tokens, now_ms, out);
}

/* The one counter of a gateway with one. */
static struct counter only(const struct budgets *b)
{
	struct counter copy[BUCKET_SLOTS], found = {0};
	size_t total = 0;

	for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
		size_t count = bucket_copy(b, bucket, copy);
		if (count)
			found = copy[0];
		total += count;
	}
	assert_int_equal(total, 1);
	return found;
}

static void tokens_are_reserved_then_settled(void **state)
{
	struct budgets *b = load("[{name: t, window: 1m, tokens: 100}]");
	struct reservation one, two, copy;

	(void)state;
	assert_true(reserve(b, 60, noon, &one));
	assert_false(reserve(b, 41, noon, &two));
	assert_string_equal(why, "\"t\" has not enough tokens left for the next 60 s");
	assert_int_equal(retry_s, 60);
	assert_int_equal(two.number, 0);
	copy = one;
	budgets_settle(b, &one, 10, 5, noon);
	assert_int_equal(only(b).used.tokens, 15);
	assert_int_equal(only(b).reserved.tokens, 0);
	/* Once: neither again, nor by a copy, nor by a made-up number. */
	budgets_settle(b, &one, 10, 5, noon);
	budgets_settle(b, &copy, 10, 5, noon);
	budgets_settle(b, &(struct reservation){UINT64_MAX}, 10, 5, noon);
	budgets_settle(b, &(struct reservation){1}, 10, 5, noon);
	assert_int_equal(only(b).used.tokens, 15);
	assert_int_equal(only(b).live, 0);
	/* More than was thought counts in full, and the next is refused. */
	assert_true(reserve(b, 85, noon, &one));
	budgets_settle(b, &one, 200, 0, noon);
	assert_int_equal(only(b).used.tokens, 215);
	assert_false(reserve(b, 0, noon, &one));
	budgets_destroy(b);
}

static void windows_have_edges(void **state)
{
	struct budgets *b = load("[{name: t, window: 1m, requests: 2, tokens: 100}]");
	struct reservation r, long_one;

	(void)state;
	assert_true(reserve(b, 90, noon, &r));
	budgets_settle(b, &r, 90, 0, noon);
	assert_false(reserve(b, 90, noon + MINUTE - 1, &r));
	assert_int_equal(retry_s, 1);
	/* What begins in one window and ends in the next counts there; until then it is reserved in both. */
	assert_true(reserve(b, 10, noon + MINUTE - 1, &long_one));
	assert_false(reserve(b, 0, noon + MINUTE - 1, &r));
	assert_non_null(strstr(why, "requests"));
	assert_false(reserve(b, 91, noon + MINUTE, &r));
	assert_true(reserve(b, 90, noon + MINUTE, &r));
	budgets_settle(b, &r, 90, 0, noon + MINUTE);
	budgets_settle(b, &long_one, 7, 0, noon + MINUTE);
	assert_int_equal(only(b).used.tokens, 97);
	assert_int_equal(only(b).reserved.tokens, 0);
	budgets_destroy(b);
}

static void the_clock_may_go_back(void **state)
{
	struct budgets *b = load("[{name: t, window: 1m, tokens: 100}]");
	struct reservation r;

	(void)state;
	assert_true(reserve(b, 100, noon, &r));
	budgets_settle(b, &r, 100, 0, noon);
	/* A little: the window before is not opened again, nor is this one afterwards. */
	assert_false(reserve(b, 1, noon - 1, &r));
	assert_false(reserve(b, 1, noon - 30 * MINUTE, &r));
	assert_false(reserve(b, 1, noon + 1, &r));
	/* By a day: it was wrong before; what was used stays used for the window that is now. */
	assert_false(reserve(b, 1, noon - DAY, &r));
	assert_int_equal(retry_s, 60);
	assert_true(reserve(b, 1, noon - DAY + MINUTE, &r));
	budgets_destroy(b);
}

static void everyone_has_their_own(void **state)
{
	struct budgets *b = load("[{name: each, for: {caller: \"*\"}, window: none, requests: 1}, {name: m, for: {model: big}, window: 1d, concurrent: 1}]");
	struct reservation r, big;

	(void)state;
	assert_true(reserve_for(b, 0, "a", "small", 1, noon, &r));
	assert_false(reserve_for(b, 0, "a", "small", 1, noon, &r));
	assert_string_equal(why, "\"each\" has not enough requests left, for good");
	assert_int_equal(retry_s, 0);
	assert_true(reserve_for(b, 1, "b", "big", 1, noon, &big));
	assert_false(reserve_for(b, 2, "c", "big", 1, noon, &r));
	assert_string_equal(why, "\"m\" allows no more than 1 exchanges at once");
	/* All or none: the request of "c" was not counted. */
	budgets_settle(b, &big, 1, 1, noon);
	assert_true(reserve_for(b, 2, "c", "big", 1, noon, &r));
	/* Nobody escapes by having no name. */
	assert_true(reserve_for(b, 2, "", "small", 1, noon, &r));
	assert_false(reserve_for(b, 2, "", "small", 1, noon, &r));
	budgets_destroy(b);
}

static void costs_are_whole_numbers(void **state)
{
	struct budgets *b = load("{currency: EUR, prices: {m: {input: 2.5, output: 10}, \"*\": {input: 0.15, output: 0.6}}, limits: [{name: c, window: 1d, cost: 0.01}]}");
	struct reservation r;

	(void)state;
	assert_int_equal(cost_of(1000000, 0, 2500000, 10000000), 2500000);
	assert_int_equal(cost_of(1, 0, 150000, 0), 1);
	assert_int_equal(cost_of(7, 7, 150000, 600000), 2 + 5);
	assert_int_equal(cost_of(0, 0, 1, 1), 0);
	assert_true(cost_of(UINT64_MAX, 0, 2000000, 0) == UINT64_MAX);
	assert_true(cost_of(UINT64_MAX, UINT64_MAX, 1000000, 1000000) == UINT64_MAX);
	/* 800 + 800 tokens at 2.5 and 10: exactly 0.01. */
	assert_true(reserve(b, 1600, noon, &r));
	assert_false(reserve_for(b, 0, "a", "other", 2, noon, &r));
	assert_non_null(strstr(why, "money"));
	budgets_destroy(b);
	b = load("{prices: {m: {input: 1, output: 1}}, limits: [{name: c, window: 1d, cost: 1}]}");
	assert_false(reserve_for(b, 0, "a", "other", 2, noon, &r));
	assert_string_equal(why, "\"c\" counts cost, and this model has no price");
	budgets_destroy(b);
}

static void nothing_overflows(void **state)
{
	struct budgets *b = load("[{name: t, window: 1d, tokens: 18446744073709551614}, {name: n, for: {caller: \"*\"}, window: 1d, concurrent: 100}]");
	struct reservation r, huge;

	(void)state;
	assert_false(reserve(b, UINT64_MAX, noon, &r));
	assert_true(reserve(b, UINT64_MAX - 1, noon, &huge));
	assert_false(reserve(b, 1, noon, &r));
	budgets_settle(b, &huge, UINT64_MAX, UINT64_MAX, noon);
	assert_false(reserve(b, 1, noon, &r));
	assert_false(reserve(b, 0, noon, &r));
	budgets_destroy(b);
	b = load("[{name: n, window: 1d, concurrent: 2}]");
	assert_true(reserve(b, UINT64_MAX, noon, &huge));
	assert_true(reserve(b, UINT64_MAX, noon, &r));
	budgets_settle(b, &huge, 1, 1, noon);
	budgets_settle(b, &r, 1, 1, noon);
	assert_int_equal(only(b).reserved.tokens, 0);
	budgets_destroy(b);
}

static void a_full_table_refuses(void **state)
{
	struct budgets *b = load("[{name: t, for: {model: \"*\"}, window: 1d, requests: 1}]");
	struct reservation r;
	char model[20];
	unsigned refused = 0, taken = 0;

	(void)state;
	for (unsigned i = 0; i < 2 * COUNTERS && !refused; i++) {
		snprintf(model, sizeof model, "model-%u", i);
		if (reserve_for(b, 0, "a", model, 1, noon, &r))
			taken++;
		else
			refused++;
		budgets_settle(b, &r, 1, 1, noon);
	}
	assert_int_equal(refused, 1);
	assert_non_null(strstr(why, "no room for another counter"));
	/* Two choices fill a table well before either bucket runs over. */
	assert_true(taken > COUNTERS / 2);
	assert_true(reserve_for(b, 0, "a", model, 1, noon + DAY, &r));
	budgets_destroy(b);
}

/* What is limited at once alone has left nothing behind when it is over, window or none. */
static void what_is_over_makes_room(void **state)
{
	struct budgets *b = load("[{name: t, for: {model: \"*\"}, concurrent: 1}]");
	struct reservation kept, again, r;
	char model[20];

	(void)state;
	assert_true(reserve_for(b, 0, "a", "kept", 1, noon, &kept));
	for (unsigned i = 0; i < 2 * COUNTERS; i++) {
		snprintf(model, sizeof model, "model-%u", i);
		assert_true(reserve_for(b, 0, "a", model, 1, noon, &r));
		budgets_settle(b, &r, 1, 1, noon);
	}
	assert_false(reserve_for(b, 0, "a", "kept", 1, noon, &again));
	budgets_settle(b, &kept, 1, 1, noon);
	assert_true(reserve_for(b, 0, "a", "kept", 1, noon, &again));
	budgets_destroy(b);
}

static void a_worker_holds_only_so_many(void **state)
{
	struct budgets *b = load("[{name: t, window: 1d, tokens: 1000000}]");
	struct reservation r;

	(void)state;
	for (unsigned i = 0; i < HELD_MOST; i++)
		assert_true(reserve(b, 1, noon, &r));
	assert_false(reserve(b, 1, noon, &r));
	assert_non_null(strstr(why, "no room for another reservation"));
	assert_true(reserve_for(b, 1, "a", "m", 1, noon, &r));
	budgets_worker_died(b, 0, noon);
	assert_int_equal(only(b).used.tokens, HELD_MOST);
	assert_int_equal(only(b).reserved.tokens, 1);
	assert_int_equal(only(b).live, 1);
	assert_true(reserve(b, 1, noon, &r));
	budgets_destroy(b);
}

/* ---- several processes ---- */

enum { PROCESSES = 4, ROUNDS = 5000, EACH = 7, LIMIT = 70000 };

static void work(struct budgets *b, unsigned worker, atomic_ullong *taken)
{
	struct reservation r;

	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!reserve_for(b, worker, "a", "m", EACH, noon, &r))
			continue;
		/* Half of what was reserved is used, every other time. */
		uint64_t used = i % 2 ? EACH : EACH / 2;
		atomic_fetch_add(taken, used);
		budgets_settle(b, &r, used, 0, noon);
	}
	_exit(0);
}

static void processes_never_exceed_a_limit(void **state)
{
	struct budgets *b = load("[{name: t, for: {caller: \"*\"}, window: 1d, tokens: 70000, concurrent: 3}]");
	atomic_ullong *taken = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(taken != MAP_FAILED);
	for (unsigned i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			work(b, i, taken);
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status;
		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_true(atomic_load(taken) <= LIMIT);
	/* Who is refused and how often depends on who waits for whom; what they left can be had, and no more. */
	for (struct reservation r; reserve_for(b, 0, "a", "m", EACH, noon, &r);) {
		atomic_fetch_add(taken, EACH);
		budgets_settle(b, &r, EACH, 0, noon);
	}
	assert_true(atomic_load(taken) <= LIMIT);
	assert_true(atomic_load(taken) > LIMIT - EACH);
	assert_true(only(b).used.tokens == atomic_load(taken));
	assert_int_equal(only(b).reserved.tokens, 0);
	assert_int_equal(only(b).live, 0);
	munmap(taken, 4096);
	budgets_destroy(b);
}

/* A worker killed anywhere, again and again: what it held is settled, nothing is left half done. */
static void a_killed_worker_leaves_nothing_behind(void **state)
{
	struct budgets *b = load("[{name: t, for: {caller: \"*\"}, window: 1d, tokens: 1000000000}, {name: n, for: {model: \"*\"}, window: 1d, concurrent: 64}]");
	atomic_ullong *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct counter copy[BUCKET_SLOTS];

	(void)state;
	for (unsigned round = 0; round < 150; round++) {
		pid_t pid = fork();
		if (pid == 0)
			for (;;) {
				struct reservation r;
				if (!reserve_for(b, 1, "a", "m", 2, noon, &r))
					_exit(1);
				budgets_settle(b, &r, 2, 0, noon);
				atomic_fetch_add(done, 1);
			}
		usleep(500 + round * 13);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		budgets_worker_died(b, 1, noon);
		uint64_t requests = 0;
		for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
			size_t count = bucket_copy(b, bucket, copy);
			for (size_t i = 0; i < count; i++) {
				assert_int_equal(copy[i].live, 0);
				assert_int_equal(copy[i].reserved.tokens, 0);
				assert_true(copy[i].used.tokens == 2 * copy[i].used.requests);
				assert_true(requests == 0 || copy[i].used.requests == requests);
				requests = copy[i].used.requests;
			}
		}
		/* At most one a round was reserved, or settled, without having been counted by its maker. */
		assert_true(requests >= atomic_load(done) && requests <= atomic_load(done) + round + 1);
	}
	assert_true(atomic_load(done) > 0);
	munmap(done, 4096);
	budgets_destroy(b);
}

static void die(void *self, const unsigned char key[16], int64_t window, const struct amounts *most, const struct amounts *wanted, struct amounts *granted)
{
	(void)key;
	(void)window;
	(void)wanted;
	*granted = *most;
	if (getpid() != *(pid_t *)self)
		raise(SIGKILL);
}

/* Killed with the lock in its hands, in the middle of a change. */
static void a_worker_killed_with_the_lock(void **state)
{
	struct budgets *b = load("[{name: first, window: 1d, requests: 5, concurrent: 5}, {name: second, for: {caller: \"*\"}, window: 1d, tokens: 100}]");
	pid_t self = getpid();
	struct quota_store store = {die, &self};
	struct reservation r;
	int status;

	(void)state;
	budgets_use_store(b, &store);
	assert_true(reserve_for(b, 0, "a", "m", 10, noon, &r));
	if (fork() == 0) {
		/* The quota is asked for when counters have been changed already. */
		reserve_for(b, 1, "b", "m", 10, noon, &r);
		_exit(0);
	}
	wait(&status);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(reserve_for(b, 0, "a", "m", 10, noon, &r));
	budgets_worker_died(b, 1, noon);
	for (unsigned i = 0; i < 3; i++)
		assert_true(reserve_for(b, 0, "a", "m", 10, noon, &r));
	assert_false(reserve_for(b, 0, "a", "m", 10, noon, &r));
	assert_non_null(strstr(why, "\"first\""));
	budgets_destroy(b);
}

/* ---- quotas from elsewhere ---- */

struct lender {
	uint64_t left;
};

/* What replicas would share: hands out ten at a time. */
static void lend(void *self, const unsigned char key[16], int64_t window, const struct amounts *most, const struct amounts *wanted, struct amounts *granted)
{
	struct lender *lender = self;
	uint64_t more = lender->left < 10 ? lender->left : 10;

	(void)key;
	(void)window;
	(void)most;
	(void)wanted;
	lender->left -= more;
	granted->tokens += more;
	granted->requests = granted->cost = UINT64_MAX;
}

static void replicas_share_what_is_leased(void **state)
{
	struct lender lender = {.left = 100};
	struct quota_store store = {lend, &lender};
	struct budgets *one = load("[{name: t, window: 1d, tokens: 100}]"), *two = load("[{name: t, window: 1d, tokens: 100}]");
	struct reservation r;
	unsigned taken = 0;

	(void)state;
	budgets_use_store(one, &store);
	budgets_use_store(two, &store);
	for (unsigned i = 0; i < 40; i++)
		taken += reserve(i % 3 ? one : two, 3, noon, &r) ? 3 : 0;
	assert_true(taken <= 100);
	assert_true(taken >= 96);
	budgets_destroy(one);
	budgets_destroy(two);
}

/* ---- restarts ---- */

static void a_restart_keeps_a_day(void **state)
{
	static const char yaml[] = "[{name: t, for: {caller: \"*\"}, window: 1d, tokens: 100}, {name: gone, window: 1d, tokens: 1000}]";
	char path[] = "/tmp/merlon-budgets-XXXXXX";
	struct budgets *b = load(yaml);
	struct reservation r;
	struct text content;

	(void)state;
	close(mkstemp(path));
	unlink(path);
	assert_true(budgets_restore(b, path, why));
	assert_true(reserve(b, 40, noon, &r));
	budgets_settle(b, &r, 40, 0, noon);
	assert_true(reserve(b, 30, noon, &r));
	assert_true(budgets_save(b, path, noon, why));
	budgets_destroy(b);
	/* What was under way counts as used. */
	b = load("[{name: t, for: {caller: \"*\"}, window: 1d, tokens: 100}, {name: gone, window: 1h, tokens: 1000}]");
	assert_true(budgets_restore(b, path, why));
	assert_false(reserve(b, 31, noon, &r));
	assert_true(reserve_for(b, 0, "somebody", "m", 31, noon, &r));
	assert_true(reserve(b, 30, noon, &r));
	assert_true(reserve(b, 100, noon + DAY, &r) == false);
	budgets_worker_died(b, 0, noon);
	assert_true(reserve(b, 100, noon + DAY, &r));
	budgets_destroy(b);
	/* Damaged, it is no empty one. */
	text_init(&content, NULL);
	assert_int_equal(file_read(path, 1 << 20, &content), STATUS_OK);
	for (size_t len = 0; len + 2 < content.len; len += 7) {
		assert_int_equal(file_write(path, 0600, bytes_slice(text_bytes(&content), 0, len)), STATUS_OK);
		b = load(yaml);
		assert_false(budgets_restore(b, path, why));
		budgets_destroy(b);
	}
	text_finish(&content);
	unlink(path);
}

/* As a worker of an earlier configuration sees it: its own limits, and the accounts of all. */
static struct budgets *reload(struct budgets *old, const char *yaml, struct budgets *worker)
{
	struct budgets *b = load(yaml);

	*worker = *old;
	budgets_take_over(b, old);
	return b;
}

static void a_reload_keeps_the_accounts(void **state)
{
	struct budgets *old = load("[{name: t, window: 1d, tokens: 100, concurrent: 2}]"), worker;
	struct reservation first, r;

	(void)state;
	assert_true(reserve(old, 60, noon, &first));
	struct budgets *b = reload(old, "[{name: t, window: 1d, tokens: 150, concurrent: 1}]", &worker);
	assert_false(reserve_for(b, 1, "a", "m", 1, noon, &r));
	assert_non_null(strstr(why, "no more than 1 exchanges"));
	budgets_settle(&worker, &first, 60, 0, noon);
	assert_false(reserve_for(b, 1, "a", "m", 91, noon, &r));
	assert_true(reserve_for(b, 1, "a", "m", 90, noon, &r));
	/* What was granted to one is not allowed to the other. */
	assert_false(reserve(&worker, 1, noon, &first));
	budgets_settle(b, &r, 30, 0, noon);
	assert_false(reserve(&worker, 11, noon, &first));
	assert_true(reserve(&worker, 10, noon, &first));
	budgets_worker_died(b, 0, noon);
	assert_true(only(b).used.tokens == 100 && only(b).reserved.tokens == 0 && only(b).live == 0);
	budgets_destroy(b);
	budgets_destroy(old);
}

/* What is limited now and was not before was not reserved; a budget of another window is another. */
static void a_reload_may_limit_something_else(void **state)
{
	struct budgets *old = load("[{name: t, window: 1d, requests: 2}, {name: gone, window: none, requests: 9}]"), *next, worker, later;
	struct reservation first, r;
	struct text out;

	(void)state;
	assert_true(reserve(old, 60, noon, &first));
	struct budgets *b = reload(old, "[{name: t, window: 1d, tokens: 100}]", &worker);
	assert_true(reserve_for(b, 1, "a", "m", 100, noon, &r));
	budgets_settle(&worker, &first, 60, 0, noon);
	budgets_settle(b, &r, 30, 0, noon);
	assert_false(reserve_for(b, 1, "a", "m", 11, noon, &r));
	assert_false(reserve(&worker, 1, noon, &r));
	text_init(&out, NULL);
	budgets_write_metrics(b, &out, noon);
	assert_null(strstr(text_string(&out), "gone"));
	assert_non_null(strstr(text_string(&out), "merlon_budget_counters 2\n"));
	next = reload(b, "[{name: t, window: 1h, tokens: 100}]", &later);
	assert_true(reserve_for(next, 2, "a", "m", 100, noon, &r));
	assert_true(reserve_for(&later, 1, "a", "m", 10, noon, &r));
	text_clear(&out);
	budgets_write_metrics(next, &out, noon);
	assert_non_null(strstr(text_string(&out), "unit=\"tokens\"} 100\n"));
	assert_non_null(strstr(text_string(&out), "merlon_budget_counters 2\n"));     /* nobody is left who knows the other */
	text_finish(&out);
	budgets_destroy(next);
	budgets_destroy(b);
	budgets_destroy(old);
}

static void metrics_are_told(void **state)
{
	struct budgets *b = load("[{name: 't\"', for: {caller: \"*\"}, window: 1d, tokens: 100, requests: 9}]");
	struct reservation r;
	struct text out;

	(void)state;
	assert_true(reserve_for(b, 0, "a\\\n", "m", 40, noon, &r));
	text_init(&out, NULL);
	budgets_write_metrics(b, &out, noon);
	assert_non_null(strstr(text_string(&out), "merlon_budget_reserved{budget=\"t\\\"\",subject=\"a\\\\?\",unit=\"tokens\"} 40\n"));
	assert_non_null(strstr(text_string(&out), "merlon_budget_limit{budget=\"t\\\"\",subject=\"a\\\\?\",unit=\"requests\"} 9\n"));
	assert_non_null(strstr(text_string(&out), "merlon_budget_counters 1\n"));
	text_finish(&out);
	budgets_destroy(b);
}

static void wrong_sections(void **state)
{
	static const struct {
		const char *yaml, *why;
	} bad[] = {
		{"x", "a map belongs"},
		{"{limit: []}", "only these can stand"},
		{"[{window: 1d, tokens: 1}]", "without a name"},
		{"[{name: a, tokens: 1}]", "no window"},
		{"[{name: a, window: 1w, tokens: 1}]", "no window"},
		{"[{name: a, window: 0d, tokens: 1}]", "no window"},
		{"[{name: a, window: 367d, tokens: 1}]", "no window"},
		{"[{name: a, window: 1d}]", "limits nothing"},
		{"[{name: a, window: 1d, tokens: -1}]", "a whole number"},
		{"[{name: a, window: 1d, tokens: 1e3}]", "a whole number"},
		{"[{name: a, window: 1d, cost: 1.}]", "an amount"},
		{"[{name: a, window: 1d, cost: 1.0000001}]", "an amount"},
		{"[{name: a, window: 1d, cost: 18446744073710}]", "an amount"},
		{"[{name: a, window: 1d, tokens: 1, for: {user: x}}]", "only these can stand"},
		{"[{name: a, window: 1d, tokens: 1, for: {team: \"\"}}]", "no name"},
		{"[{name: a, window: 1d, tokens: 1}, {name: a, window: 1h, tokens: 1}]", "twice"},
		{"{limits: [], prices: {m: {input: 1}}}", "an amount"},
		{"{limits: [], currency: euro}", "no currency"},
	};
	struct yaml_error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_null(load_with(bad[i].yaml, 1, &error));
		if (!strstr(error.why, bad[i].why))
			print_error("%s: %s\n", bad[i].yaml, error.why);
		assert_non_null(strstr(error.why, bad[i].why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_reserved_then_settled), cmocka_unit_test(windows_have_edges), cmocka_unit_test(the_clock_may_go_back),
		cmocka_unit_test(everyone_has_their_own), cmocka_unit_test(costs_are_whole_numbers), cmocka_unit_test(nothing_overflows),
		cmocka_unit_test(a_full_table_refuses), cmocka_unit_test(what_is_over_makes_room), cmocka_unit_test(a_worker_holds_only_so_many), cmocka_unit_test(processes_never_exceed_a_limit),
		cmocka_unit_test(a_killed_worker_leaves_nothing_behind), cmocka_unit_test(a_worker_killed_with_the_lock),
		cmocka_unit_test(replicas_share_what_is_leased), cmocka_unit_test(a_restart_keeps_a_day), cmocka_unit_test(a_reload_keeps_the_accounts), cmocka_unit_test(a_reload_may_limit_something_else),
		cmocka_unit_test(metrics_are_told),
		cmocka_unit_test(wrong_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
