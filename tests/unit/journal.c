#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "gateway/journal.h"

/* A journal of a worker and the recorder's view of the same file. */
struct both {
	struct journal worker, recorder;
};

static const unsigned char id[EXCHANGE_ID] = "exchange-number", salt[SALT] = "salt-of-sixteen";

static struct both create(void)
{
	char path[] = "/tmp/merlon-journal-XXXXXX";
	struct both b;

	close(mkstemp(path));
	unlink(path);
	int fd = journal_create(path);
	assert_true(fd >= 0);
	assert_true(journal_map(&b.worker, fd));
	assert_true(journal_map(&b.recorder, fd));
	close(fd);
	unlink(path);
	return b;
}

static void finish(struct both *b)
{
	journal_unmap(&b->worker);
	journal_unmap(&b->recorder);
}

static void test_begins_and_ends(void **state)
{
	static struct place place;
	struct both b = create();

	(void)state;
	int under_way = journal_begin(&b.worker, id, salt, BYTES("lost"));
	assert_true(under_way >= 0);
	assert_int_equal(journal_collect(&b.recorder), -1);
	assert_true(journal_read(&b.recorder, (unsigned)under_way, PLACE_UNDER_WAY, &place));
	assert_true(bytes_same((struct bytes){place.body, place.len}, "lost"));
	assert_true(journal_finish(&b.worker, under_way, id, salt, BYTES("answered")));
	assert_false(journal_read(&b.recorder, (unsigned)under_way, PLACE_UNDER_WAY, &place));
	int finished = journal_collect(&b.recorder);
	assert_true(finished >= 0 && finished != under_way);
	assert_int_equal(journal_collect(&b.recorder), -1);
	assert_true(journal_read(&b.recorder, (unsigned)finished, PLACE_FINISHED, &place));
	assert_true(bytes_same((struct bytes){place.body, place.len}, "answered"));
	assert_int_equal(place.before, under_way);
	journal_give_back(&b.recorder, (unsigned)finished);
	assert_false(journal_read(&b.recorder, (unsigned)finished, PLACE_FINISHED, &place));
	finish(&b);
}

/* All places can be taken, none more, and the ring goes round. */
static void test_is_full(void **state)
{
	struct both b = create();

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < JOURNAL_PLACES; i++)
			assert_true(journal_finish(&b.worker, -1, id, salt, BYTES("answered")));
		assert_int_equal(journal_begin(&b.worker, id, salt, BYTES("lost")), -1);
		assert_false(journal_finish(&b.worker, -1, id, salt, BYTES("answered")));
		for (unsigned i = 0; i < JOURNAL_PLACES; i++) {
			int number = journal_collect(&b.recorder);
			assert_true(number >= 0);
			journal_give_back(&b.recorder, (unsigned)number);
		}
		assert_int_equal(journal_collect(&b.recorder), -1);
	}
	finish(&b);
}

static void test_takes_no_long_body(void **state)
{
	static unsigned char body[JOURNAL_BODY_MOST + 1];
	struct both b = create();

	(void)state;
	assert_int_equal(journal_begin(&b.worker, id, salt, (struct bytes){body, sizeof body}), -1);
	assert_true(journal_begin(&b.worker, id, salt, (struct bytes){body, JOURNAL_BODY_MOST}) >= 0);
	finish(&b);
}

/* A worker that somebody else commands writes what it likes. */
static void test_trusts_no_worker(void **state)
{
	static struct place place;
	struct both b = create();

	(void)state;
	b.worker.file->finished[0] = UINT32_MAX;
	atomic_store(&b.worker.file->finished_count, 1);
	int number = journal_collect(&b.recorder);
	assert_true(number >= 0 && number < JOURNAL_PLACES);
	atomic_store(&b.worker.file->finished_count, UINT32_MAX / 2);
	for (unsigned i = 0; i < JOURNAL_PLACES; i++)
		assert_true(journal_collect(&b.recorder) >= 0);
	assert_int_equal(journal_collect(&b.recorder), -1);
	b.worker.file->places[5].len = UINT32_MAX;
	atomic_store(&b.worker.file->places[5].state, PLACE_FINISHED);
	assert_false(journal_read(&b.recorder, 5, PLACE_FINISHED, &place));
	journal_give_back(&b.recorder, UINT32_MAX);
	finish(&b);
}

static void test_is_no_journal(void **state)
{
	struct journal j;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_false(journal_map(&j, fd));
	assert_int_equal(journal_begin(&j, id, salt, BYTES("lost")), -1);
	assert_int_equal(journal_collect(&j), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins_and_ends), cmocka_unit_test(test_is_full), cmocka_unit_test(test_takes_no_long_body),
		cmocka_unit_test(test_trusts_no_worker), cmocka_unit_test(test_is_no_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
