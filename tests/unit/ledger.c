#include "tests/unit/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/tiles.h"
#include "ledger/verify.h"

enum { LEAVES = 70 };

static struct digest leaves[LEAVES];

static void make_leaves(void)
{
	for (unsigned char i = 0; i < LEAVES; i++)
		leaves[i] = merkle_leaf((struct bytes){&i, 1});
}

/* The definition of RFC 6962, section 2.1, word for word. */
static struct digest brute(unsigned from, unsigned to)
{
	unsigned split = 1;

	if (from == to)
		return merkle_empty();
	if (to - from == 1)
		return leaves[from];
	while (split * 2 < to - from)
		split *= 2;
	return merkle_node(brute(from, from + split), brute(from + split, to));
}

static bool ask(void *context, unsigned level, uint64_t index, struct digest *out)
{
	(void)context;
	*out = brute((unsigned)(index << level), (unsigned)((index + 1) << level));
	return true;
}

static void roots_are_those_of_the_rfc(void **state)
{
	(void)state;
	static struct tile_edge e;

	make_leaves();
	for (unsigned n = 0; n < LEAVES; n++) {
		struct digest root = brute(0, n), range;
		assert_true(digest_equal(tiles_root(&e), root));
		assert_true(merkle_range(ask, NULL, 0, n, &range) && digest_equal(range, root));
		assert_true(tiles_add(&e, leaves[n], tiles_write, NULL));   /* none becomes full */
	}
}

static void inclusion_of_every_leaf(void **state)
{
	(void)state;
	struct merkle_proof p;

	make_leaves();
	for (unsigned n = 1; n < LEAVES; n++) {
		struct digest root = brute(0, n);
		for (unsigned i = 0; i < n; i++) {
			assert_true(merkle_prove_inclusion(ask, NULL, i, n, &p));
			assert_true(merkle_verify_inclusion(leaves[i], i, n, &p, root));
			assert_false(merkle_verify_inclusion(leaves[i], (i + 1) % n, n, &p, root) && n > 1);
			if (p.count == 0)
				continue;
			p.hashes[0].sha256[0] ^= 1;
			assert_false(merkle_verify_inclusion(leaves[i], i, n, &p, root));
			p.hashes[0].sha256[0] ^= 1;
			p.count--;
			assert_false(merkle_verify_inclusion(leaves[i], i, n, &p, root));
		}
	}
	assert_false(merkle_prove_inclusion(ask, NULL, 5, 5, &p));
}

static void consistency_of_every_pair(void **state)
{
	(void)state;
	struct merkle_proof p;

	make_leaves();
	for (unsigned n = 1; n < LEAVES; n++) {
		for (unsigned m = 0; m <= n; m++) {
			assert_true(merkle_prove_consistency(ask, NULL, m, n, &p));
			assert_true(merkle_verify_consistency(m, n, &p, brute(0, m), brute(0, n)));
			if (m == 0)
				continue;
			struct digest other = brute(0, m);
			other.sha256[5] ^= 1;
			assert_false(merkle_verify_consistency(m, n, &p, other, brute(0, n)));
			assert_false(m < n && merkle_verify_consistency(m, n, &p, brute(0, m), other));
		}
	}
}

/* golang.org/x/mod/sumdb/note, package documentation and tests: the key of PeterNeumann. */
static const char peter[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char signed_note[] =
	"If you think cryptography is the answer to your problem,\n"
	"then you don't know what your problem is.\n"
	"\n"
	"\xE2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static void a_published_note_verifies(void **state)
{
	(void)state;
	struct note_verifier v;
	struct text t;
	int64_t time_s;

	assert_true(note_read_verifier(bytes_of(peter), &v));
	assert_int_equal(note_verify(&v, bytes_of(signed_note), &time_s), NOTE_GOOD);
	text_init(&t, NULL);
	note_write_verifier(&v, &t);
	assert_string_equal(text_string(&t), peter);
	text_clear(&t);
	text_add_string(&t, signed_note);
	t.at[3] ^= 1;
	assert_int_equal(note_verify(&v, text_bytes(&t), &time_s), NOTE_BAD);
	text_finish(&t);
}

/* The example of the C2SP specification: the id is the hash of name, type and key. */
static void a_published_key_id_fits(void **state)
{
	(void)state;
	struct note_verifier v;

	assert_true(note_read_verifier(BYTES("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &v));
	assert_false(note_read_verifier(BYTES("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &v));
	assert_false(note_read_verifier(BYTES("two words+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &v));
}

static void own_keys_sign_and_come_back(void **state)
{
	(void)state;
	struct note_signer s, again;
	struct text key, note;
	int64_t time_s;

	assert_true(note_make_key("merlon/test", &s));
	assert_false(note_make_key("with blank", &again));
	text_init(&key, NULL);
	text_init(&note, NULL);
	note_write_signer(&s, &key);
	assert_true(note_read_signer(text_bytes(&key), &again));
	text_add_string(&note, "some\ntext\n");
	note_sign(&again, &note);
	assert_int_equal(note_verify(&s.verifier, text_bytes(&note), &time_s), NOTE_GOOD);
	assert_bytes(note_text(text_bytes(&note)), "some\ntext\n");
	/* a second signer's line does not disturb the first */
	assert_true(note_make_key("merlon/other", &again));
	assert_int_equal(note_verify(&again.verifier, text_bytes(&note), &time_s), NOTE_UNKNOWN_KEY);
	note_forget(&s);
	note_forget(&again);
	text_finish(&key);
	text_finish(&note);
}

static void checkpoints_there_and_back(void **state)
{
	(void)state;
	struct checkpoint c = {.origin = BYTES("merlon/x"), .size = 12, .root = digest_of(BYTES("x"))}, back;
	struct text t;

	text_init(&t, NULL);
	checkpoint_write(&c, &t);
	assert_true(checkpoint_read(text_bytes(&t), &back));
	assert_int_equal(back.size, 12);
	assert_true(digest_equal(back.root, c.root));
	assert_false(checkpoint_read(BYTES("merlon/x\n012\nAAAA\n"), &back));
	assert_false(checkpoint_read(BYTES("merlon/x\n12\n"), &back));
	text_finish(&t);
}

static void forget(const char *directory)
{
	char path[64];

	for (const char *name = "records.jsonl\0ledger.sqlite\0ledger.sqlite-wal\0ledger.sqlite-shm\0ledger.key\0ledger.pub\0"; *name; name += strlen(name) + 1) {
		snprintf(path, sizeof path, "%s/%s", directory, name);
		remove(path);
	}
	assert_int_equal(remove(directory), 0);
}

/* ---- a ledger whose tree has three levels of tiles ---- */

enum { DEEP_RECORDS = 256 * 256 + 300 };

static void make_deep_ledger(const char *directory)
{
	char why[200];
	struct ledger *l = ledger_open(directory, LEDGER_APPEND, why, sizeof why);

	assert_non_null(l);
	for (unsigned i = 0; i < DEEP_RECORDS; i++)
		assert_true(ledger_append(l, RECORD_COVERAGE, BYTES("{}")));
	assert_true(ledger_commit(l));
	ledger_close(l);
}

static void change(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct ledger_fault fault_of(const char *directory)
{
	char why[200];
	struct ledger_outcome out;
	struct ledger *l = ledger_open(directory, LEDGER_READ, why, sizeof why);

	assert_non_null(l);
	assert_true(ledger_verify(l, BYTES(""), NULL, 0, &out));
	ledger_close(l);
	return out.fault;
}

/* Proofs come from these tiles: a bad one is found though no checkpoint's root is made of it. */
static void every_tile_is_held_against_the_records(void **state)
{
	(void)state;
	char directory[] = "/tmp/merlon-ledger-XXXXXX", path[64];
	struct ledger_fault f;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/ledger.sqlite", directory);
	make_deep_ledger(directory);
	assert_false(fault_of(directory).found);
	change(path, "CREATE TABLE kept AS SELECT * FROM tile");
	change(path, "UPDATE tile SET hashes = substr(hashes, 1, 32) || zeroblob(32) || substr(hashes, 65) WHERE level = 1 AND number = 0");
	f = fault_of(directory);
	assert_true(f.found && f.number == 256);
	change(path, "INSERT OR REPLACE INTO tile SELECT * FROM kept; UPDATE tile SET hashes = zeroblob(32) WHERE level = 2");
	f = fault_of(directory);
	assert_true(f.found && f.number == 0);
	change(path, "INSERT OR REPLACE INTO tile SELECT * FROM kept; DELETE FROM tile WHERE level = 1 AND number = 1");
	f = fault_of(directory);
	assert_true(f.found && f.number == 65536);
	forget(directory);
}

/* ---- the file of lines ---- */

static struct ledger *append_one(const char *directory, bool good)
{
	char why[200];
	struct ledger *l = ledger_open(directory, LEDGER_APPEND, why, sizeof why);

	assert_non_null(l);
	assert_true(ledger_append(l, RECORD_COVERAGE, BYTES("{}")));
	assert_int_equal(ledger_commit(l), good);
	return l;
}

static int take_busy(void *busy, int columns, char **values, char **names)
{
	(void)columns;
	(void)names;
	*(bool *)busy = strcmp(values[0], "0") != 0;
	return 0;
}

/* Else it grows as long as the process lives. */
static void nobody_holds_the_log_of_the_database(void **state)
{
	(void)state;
	char directory[] = "/tmp/merlon-ledger-XXXXXX", path[64];
	sqlite3 *db;

	assert_non_null(mkdtemp(directory));
	ledger_close(append_one(directory, true));
	struct ledger *again = append_one(directory, true);      /* with an edge that it had to read */
	bool busy = true;
	snprintf(path, sizeof path, "%s/ledger.sqlite", directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", take_busy, &busy, NULL), SQLITE_OK);
	assert_false(busy);
	sqlite3_close(db);
	ledger_close(again);
	forget(directory);
}

static void records_path(char path[64], const char *directory)
{
	snprintf(path, 64, "%s/records.jsonl", directory);
}

static void takes_no_records(bool removed, const char *why)
{
	char directory[] = "/tmp/merlon-ledger-XXXXXX", path[64];

	assert_non_null(mkdtemp(directory));
	records_path(path, directory);
	struct ledger *l = append_one(directory, true);
	assert_int_equal(removed ? remove(path) : truncate(path, 5), 0);
	assert_true(ledger_append(l, RECORD_COVERAGE, BYTES("{}")));
	assert_false(ledger_commit(l));
	assert_non_null(strstr(ledger_error(l), why));
	ledger_close(l);
	forget(directory);
}

/* Nothing is added to a file that is not the one it was. */
static void a_file_that_was_cut_or_removed_takes_no_records(void **state)
{
	(void)state;
	takes_no_records(false, "missing");
	takes_no_records(true, "removed");
}

/* What a writer that was killed left behind is no record, and no part of the next. */
static void what_was_not_finished_is_cut_off(void **state)
{
	(void)state;
	char directory[] = "/tmp/merlon-ledger-XXXXXX", path[64];
	struct text file;

	assert_non_null(mkdtemp(directory));
	records_path(path, directory);
	struct ledger *l = append_one(directory, true);
	FILE *f = fopen(path, "a");
	fputs("{\"at\":\"2026-01-01T00:00:00.000Z\",\"body\":{\"much\":\"more than a whole record would take, without an end\"", f);
	fclose(f);
	assert_true(ledger_append(l, RECORD_COVERAGE, BYTES("{}")));
	assert_true(ledger_commit(l));
	ledger_close(l);
	text_init(&file, NULL);
	assert_int_equal(file_read(path, 4096, &file), STATUS_OK);
	assert_true(bytes_end_with(text_bytes(&file), BYTES(",\"kind\":\"coverage\",\"number\":1}\n")));
	assert_false(bytes_contain(text_bytes(&file), BYTES("much")));
	assert_false(fault_of(directory).found);
	text_finish(&file);
	forget(directory);
}

/* ---- lines ---- */

struct lines {
	struct text seen;
	uint64_t count, stop_at;
};

static bool see_line(void *context, uint64_t number, struct bytes record)
{
	struct lines *l = context;

	assert_int_equal(number, 7 + l->count);
	l->count++;
	text_add_number(&l->seen, record.len);
	text_add_byte(&l->seen, ' ');
	return l->count != l->stop_at;
}

static void walk_lines(struct records *r, uint64_t end, uint64_t stop_at, const char *expected)
{
	struct lines l = {.stop_at = stop_at};

	text_init(&l.seen, NULL);
	assert_true(records_each(r, 0, end, 7, see_line, &l));
	assert_string_equal(text_string(&l.seen), expected);
	text_finish(&l.seen);
}

/* However long they are, and wherever what is read at once ends. */
static void lines_are_read_as_they_were_written(void **state)
{
	(void)state;
	char directory[] = "/tmp/merlon-ledger-XXXXXX", path[64];
	static unsigned char long_line[RECORD_MOST];
	struct records r;

	assert_non_null(mkdtemp(directory));
	memset(long_line, 'a', sizeof long_line);
	assert_true(records_open(&r, directory, true));
	walk_lines(&r, 0, 0, "");
	for (unsigned i = 0; i < 9; i++)
		records_add(&r, (struct bytes){long_line, RECORD_MOST - i});
	records_add(&r, BYTES(""));
	records_add(&r, BYTES("x"));
	assert_true(records_write(&r, 0));
	uint64_t end = records_size(&r);
	assert_int_equal(end, 9 * 65536 - 36 + 1 + 2);
	walk_lines(&r, end, 0, "65535 65534 65533 65532 65531 65530 65529 65528 65527 0 1 ");
	walk_lines(&r, end, 3, "65535 65534 65533 ");
	walk_lines(&r, end - 1, 0, "65535 65534 65533 65532 65531 65530 65529 65528 65527 0 1 ");
	walk_lines(&r, 65536, 0, "65535 ");
	walk_lines(&r, 100, 0, "100 ");
	walk_lines(&r, end + 100, 0, "65535 65534 65533 65532 65531 65530 65529 65528 65527 0 1 ");
	records_add(&r, BYTES("never written"));
	records_drop(&r);
	assert_true(records_write(&r, 100));
	walk_lines(&r, records_size(&r), 0, "100 ");
	records_close(&r);
	/* one line that no record could be: given in pieces, never collected */
	records_path(path, directory);
	FILE *f = fopen(path, "w");
	for (unsigned i = 0; i < 16; i++)
		fwrite(long_line, 1, sizeof long_line, f);
	fclose(f);
	assert_true(records_open(&r, directory, false));
	struct lines l = {0};
	text_init(&l.seen, NULL);
	assert_true(records_each(&r, 0, records_size(&r), 7, see_line, &l));
	assert_true(l.count > 1 && r.read.room < 2 << 20);
	text_finish(&l.seen);
	records_close(&r);
	forget(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_of_the_rfc), cmocka_unit_test(inclusion_of_every_leaf), cmocka_unit_test(consistency_of_every_pair),
		cmocka_unit_test(a_published_note_verifies), cmocka_unit_test(a_published_key_id_fits), cmocka_unit_test(own_keys_sign_and_come_back),
		cmocka_unit_test(checkpoints_there_and_back), cmocka_unit_test(every_tile_is_held_against_the_records),
		cmocka_unit_test(nobody_holds_the_log_of_the_database), cmocka_unit_test(a_file_that_was_cut_or_removed_takes_no_records),
		cmocka_unit_test(what_was_not_finished_is_cut_off), cmocka_unit_test(lines_are_read_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
