#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/recorder.h"
#include "ledger/ledger.h"

static char folder[] = "/tmp/merlon-recorder-XXXXXX";

struct running {
	struct shared *shared;
	pid_t pid;
	int supervisor;
};

static struct running begin(void)
{
	struct running r = {.shared = shared_create()};
	int pair[2], ready[2];
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe(ready), 0);
	r.pid = fork();
	if (r.pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		close(pair[1]);
		_exit(recorder_run(folder, pair[0], ready[1], r.shared));
	}
	close(pair[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	r.supervisor = pair[1];
	return r;
}

static void end(const struct running *r)
{
	int status;

	close(r->supervisor);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_int_equal(status, 0);
}

/* As a full disk: nothing more can be written, or all again. */
static void let_write(const struct running *r, bool may)
{
	struct rlimit limit;

	assert_int_equal(prlimit(r->pid, RLIMIT_FSIZE, NULL, &limit), 0);
	limit.rlim_cur = may ? limit.rlim_max : 0;
	assert_int_equal(prlimit(r->pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void wait_until_lost(const struct running *r, int lost)
{
	for (unsigned i = 0; i < 2000 && atomic_load(&r->shared->ledger_lost) != lost; i++)
		usleep(10000);
	assert_int_equal(atomic_load(&r->shared->ledger_lost), lost);
}

/* A worker. */
static void join(struct recorder *worker, struct loop *loop, const struct running *r, uint64_t number)
{
	int pair[2], journal = recorder_create_journal(folder, number);

	assert_true(journal >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	assert_true(recorder_introduce(r->supervisor, pair[0], number));
	close(pair[0]);
	assert_true(recorder_open(worker, loop, pair[1], journal, r->shared));
}

/* It dies, and that is seen. */
static void die(struct recorder *worker)
{
	char byte;
	int left = dup(worker->watch.fd);

	fcntl(left, F_SETFL, 0);
	shutdown(left, SHUT_WR);
	assert_int_equal(read(left, &byte, 1), 0);
	close(left);
	recorder_close(worker);
}

static const unsigned char salt[SALT] = "salt-of-sixteen";

static int begin_exchange(struct recorder *worker, unsigned char number)
{
	return recorder_begin(worker, (unsigned char[EXCHANGE_ID]){number}, salt, BYTES("{}"));
}

static void end_exchange(struct recorder *worker, int place, unsigned char number)
{
	char body[80];

	snprintf(body, sizeof body, "{\"caller\":\"a\",\"id\":\"%02x%030d\"}", number, 0);
	recorder_end(worker, place, (unsigned char[EXCHANGE_ID]){number}, salt, bytes_of(body));
}

static bool count(void *context, uint64_t number, struct bytes record)
{
	(void)number;
	*(unsigned *)context += bytes_contain(record, BYTES("\"caller\":\"a\""));
	return true;
}

static unsigned count_records(void)
{
	unsigned found = 0;
	char why[160];
	struct ledger *l = ledger_open(folder, LEDGER_READ, why, sizeof why);

	assert_non_null(l);
	assert_true(store_each_record(ledger_store(l), 0, count, &found));
	ledger_close(l);
	return found;
}

/* Its records wait for a full disk, and the next one gets its number: what is given back then is not that one's. */
static void a_worker_that_dies_while_the_disk_is_full(void **state)
{
	struct loop *loop = loop_create();
	struct recorder first, second;
	int places[2];
	char path[80];

	(void)state;
	assert_non_null(mkdtemp(folder));
	struct running r = begin();
	join(&first, loop, &r, 1);
	places[0] = begin_exchange(&first, 1);
	let_write(&r, false);
	end_exchange(&first, places[0], 1);
	wait_until_lost(&r, 1);
	die(&first);
	join(&second, loop, &r, 2);
	for (unsigned char i = 0; i < 2; i++)
		places[i] = begin_exchange(&second, 2 + i);
	let_write(&r, true);
	wait_until_lost(&r, 0);
	for (unsigned char i = 0; i < 2; i++)
		assert_int_equal(atomic_load(&second.journal.file->places[places[i]].state), PLACE_UNDER_WAY);
	for (unsigned char i = 0; i < 2; i++)
		end_exchange(&second, places[i], 2 + i);
	die(&second);
	end(&r);
	/* Its journal stays, and tells the next one nothing that is not on record. */
	snprintf(path, sizeof path, "%s/under-way.%016x", folder, 1);
	assert_int_equal(access(path, F_OK), 0);
	r = begin();
	end(&r);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(count_records(), 3);
	loop_destroy(loop);
	snprintf(path, sizeof path, "rm -r %s", folder);
	assert_int_equal(system(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_worker_that_dies_while_the_disk_is_full)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
