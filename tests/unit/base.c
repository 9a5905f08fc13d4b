#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/lookup3.h"
#include "base/sort.h"
#include "base/time.h"

static void bytes_find_what_is_there(void **state)
{
	(void)state;
	struct bytes b = BYTES("abcabc");

	assert_int_equal(bytes_find(b, BYTES("ca")), 2);
	assert_int_equal(bytes_find(b, BYTES("cb")), 6);
	assert_int_equal(bytes_find(b, BYTES("")), 0);
	assert_int_equal(bytes_find_last(b, BYTES("abc")), 3);
	assert_int_equal(bytes_find_last(b, BYTES("abcabcabc")), 6);
	assert_int_equal(bytes_find_byte(b, 'c'), 2);
	assert_bytes(bytes_after_last(BYTES("a/b/c.d"), '/'), "c.d");
	assert_bytes(bytes_slice(b, 4, 100), "bc");
	assert_bytes(bytes_slice(b, 100, 1), "");
	assert_true(bytes_end_with(b, BYTES("bc")));
	assert_true(bytes_equal_folded(BYTES("Data.PKL"), BYTES("data.pkl")));
	assert_true(bytes_compare(BYTES("a"), BYTES("ab")) < 0);
}

/* Of every length, and nothing beside it. */
static void copies_are_whole(void **state)
{
	(void)state;
	unsigned char from[40], to[42];

	for (unsigned char i = 0; i < sizeof from; i++)
		from[i] = (unsigned char)(i + 1);
	for (size_t len = 0; len <= sizeof from; len++) {
		struct bytes b = {from, len};
		uint64_t word = 0;
		memset(to, 0xEE, sizeof to);
		bytes_copy(to + 1, b);
		assert_memory_equal(to + 1, from, len);
		assert_int_equal(to[0], 0xEE);
		assert_int_equal(to[len + 1], 0xEE);
		for (size_t i = 0; i < len && i < 8; i++)
			word |= (uint64_t)from[i] << 8 * i;
		assert_int_equal(bytes_word(b), word);
	}
}

/* All pairs, in each of the places where they are looked at in another way. */
static void letters_are_alike(void **state)
{
	(void)state;
	unsigned char a[11] = "abcdefghijk", b[11] = "ABCDEFGHIJK";

	for (size_t place = 0; place < sizeof a; place++) {
		unsigned char kept[] = {a[place], b[place]};
		for (unsigned x = 0; x < 256; x++) {
			for (unsigned y = 0; y < 256; y++) {
				a[place] = (unsigned char)x;
				b[place] = (unsigned char)y;
				assert_int_equal(bytes_equal_folded((struct bytes){a, sizeof a}, (struct bytes){b, sizeof b}), bytes_fold(a[place]) == bytes_fold(b[place]));
			}
		}
		a[place] = kept[0];
		b[place] = kept[1];
	}
	assert_false(bytes_equal_folded(BYTES("ab"), BYTES("abc")));
}

/* The first is from the author's own test of lookup3 ("hashlittle" of a text, start value 0). */
static void lookup3_is_the_published_one(void **state)
{
	(void)state;
	assert_int_equal(lookup3(BYTES("Four score and seven years ago")), 0x17770551);
	assert_int_equal(lookup3(BYTES("")), 0xdeadbeef);
}

struct card {
	int number, place;
};

static int compare_cards(const void *x, const void *y)
{
	return ((const struct card *)x)->number - ((const struct card *)y)->number;
}

static void sorting_keeps_the_order_of_equals(void **state)
{
	(void)state;
	struct card cards[1000];

	for (int i = 0; i < 1000; i++)
		cards[i] = (struct card){i * 7919 % 31, i};
	sort(cards, 1000, sizeof *cards, compare_cards);
	for (int i = 1; i < 1000; i++) {
		assert_true(cards[i - 1].number <= cards[i].number);
		assert_true(cards[i - 1].number < cards[i].number || cards[i - 1].place < cards[i].place);
	}
	sort(cards, 0, sizeof *cards, compare_cards);
}

static void utf8_is_strict(void **state)
{
	(void)state;
	assert_true(bytes_are_utf8(BYTES("ok \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80")));
	assert_false(bytes_are_utf8(BYTES("\xC0\xAF")));            /* overlong */
	assert_false(bytes_are_utf8(BYTES("\xE0\x80\xAF")));        /* overlong */
	assert_false(bytes_are_utf8(BYTES("\xED\xA0\x80")));        /* a surrogate */
	assert_false(bytes_are_utf8(BYTES("\xF4\x90\x80\x80")));    /* past U+10FFFF */
	assert_false(bytes_are_utf8(BYTES("\xE2\x82")));            /* cut */
	assert_false(bytes_are_utf8(BYTES("abcdefgh\xFF")));
}

static void numbers_are_whole(void **state)
{
	(void)state;
	uint64_t v;

	assert_true(bytes_to_u64(BYTES("18446744073709551615"), &v));
	assert_true(v == UINT64_MAX);
	assert_false(bytes_to_u64(BYTES("18446744073709551616"), &v));
	assert_false(bytes_to_u64(BYTES("007"), &v));
	assert_false(bytes_to_u64(BYTES("-1"), &v));
	assert_false(bytes_to_u64(BYTES(""), &v));
	assert_true(bytes_to_u64(BYTES("0"), &v));
}

static void dotted_names(void **state)
{
	(void)state;
	assert_true(bytes_are_dotted_name(BYTES("torch._utils")));
	assert_false(bytes_are_dotted_name(BYTES("a b")));
	assert_false(bytes_are_dotted_name(BYTES("a..b")));
	assert_false(bytes_are_dotted_name(BYTES("a.")));
	assert_false(bytes_are_dotted_name(BYTES("1a")));
}

static void cursor_keeps_the_first_failure(void **state)
{
	(void)state;
	struct cursor c = cursor_over(BYTES("\x01\x02\x03\x04\x05"));

	assert_int_equal(cursor_u32le(&c), 0x04030201);
	assert_int_equal(cursor_u16be(&c), 0);
	assert_false(cursor_ok(&c));
	assert_string_equal(c.why, "ends in the middle of a value");
	cursor_fail(&c, "another");
	assert_string_equal(c.why, "ends in the middle of a value");
	assert_int_equal(cursor_u8(&c), 0);     /* though a byte is left */
	assert_int_equal(c.why_at, 4);
}

static void cursor_does_not_wrap(void **state)
{
	(void)state;
	struct cursor c = cursor_over(BYTES("abc"));

	cursor_take(&c, UINT64_MAX);
	assert_false(cursor_ok(&c));
	c = cursor_over(BYTES("abc"));
	cursor_seek(&c, UINT64_MAX);
	assert_false(cursor_ok(&c));
	c = cursor_over(BYTES("line\nrest"));
	assert_bytes(cursor_until(&c, '\n'), "line");
	assert_bytes(cursor_rest(&c), "rest");
	assert_int_equal(cursor_peek(&c), -1);
}

struct spending {
	struct arena *arena;
	bool inner_failed;
	size_t used;
};

static void spend_inside(void *arg)
{
	struct spending *s = arg;

	for (;;)
		arena_alloc(s->arena, 1, 100);
}

static void spend(void *arg)
{
	struct spending *s = arg;
	struct arena_mark mark;

	arena_alloc(s->arena, 1, 100);
	mark = arena_mark(s->arena);
	s->inner_failed = !arena_run(s->arena, spend_inside, s);
	arena_rewind(s->arena, mark);
	s->used = s->arena->used;
	arena_alloc(s->arena, 1, 100);
}

static void arena_runs_nest(void **state)
{
	(void)state;
	struct arena a;
	struct spending s = {.arena = &a};

	arena_init(&a, 10000);
	assert_true(arena_run(&a, spend, &s));
	assert_true(s.inner_failed);
	assert_int_equal(s.used, 100);
	assert_false(arena_run(&a, spend_inside, &s));
	arena_finish(&a);
}

static void overflow(void *arg)
{
	arena_alloc(arg, SIZE_MAX / 2, 4);
}

static void arena_sees_overflow(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	assert_false(arena_run(&a, overflow, &a));
	arena_finish(&a);
}

static void go_back(void *arg)
{
	struct arena *a = arg;
	struct arena_mark fresh = arena_mark(a);

	assert_non_null(arena_alloc_raw(a, 0));
	unsigned char *first = arena_alloc_raw(a, 5);
	memset(first, 'x', 5);
	struct arena_mark mark = arena_mark(a);
	size_t used = a->used;
	for (size_t len = 0; len < 9000; len += 7) {
		unsigned char *at = arena_alloc(a, 1, len);
		assert_non_null(at);
		assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(at[i], 0);
		memset(at, 'y', len);
	}
	arena_rewind(a, mark);
	assert_int_equal(a->used, used);
	memset(arena_alloc_raw(a, 100), 'z', 100);
	assert_memory_equal(first, "xxxxx", 5);
	arena_rewind(a, fresh);
	assert_int_equal(a->used, 0);
}

static void arena_goes_back(void **state)
{
	(void)state;
	with_arena(go_back);
}

static void printable_text_deceives_nobody(void **state)
{
	(void)state;
	struct text t;

	text_init(&t, NULL);
	text_add_printable(&t, BYTES("a\x1b[31m\xE2\x80\xAE\xC3\xA9\xFF\n"), 100);
	assert_string_equal(text_string(&t), "a\\x1b[31m\\xe2\\x80\\xae\xC3\xA9\\xff\\n");
	text_clear(&t);
	text_add_printable(&t, BYTES("abcdef"), 3);
	assert_string_equal(text_string(&t), "abc...");
	text_finish(&t);
}

static void base64_and_hex(void **state)
{
	(void)state;
	struct text t;

	text_init(&t, NULL);
	text_add_base64(&t, BYTES("f"));
	text_add_base64(&t, BYTES("fo"));
	text_add_base64(&t, BYTES("foo"));
	text_add_hex(&t, BYTES("\x0f\xa0"));
	assert_string_equal(text_string(&t), "Zg==Zm8=Zm9v0fa0");     /* RFC 4648, section 10 */
	text_clear(&t);
	/* Sixteen at a time, and one by one. */
	for (unsigned i = 0; i < 256; i++) {
		unsigned char all[19];
		char digits[3];
		memset(all, (int)i, sizeof all);
		snprintf(digits, sizeof digits, "%02x", i);
		text_add_hex(&t, (struct bytes){all, sizeof all});
		assert_int_equal(t.len, 2 * sizeof all);
		for (size_t k = 0; k < sizeof all; k++)
			assert_memory_equal(t.at + 2 * k, digits, 2);
		text_clear(&t);
	}
	text_finish(&t);
}

static void lines_are_wrapped(void **state)
{
	(void)state;
	struct text t;

	text_init(&t, NULL);
	text_add_wrapped(&t, BYTES("one two three four"), 0, 2, 9);
	assert_string_equal(text_string(&t), "one two\n  three\n  four");
	text_finish(&t);
}

static void time_there_and_back(void **state)
{
	(void)state;
	struct text t;
	int64_t at;

	assert_true(time_parse(BYTES("2026-11-21T10:00:00.250Z"), &at));
	text_init(&t, NULL);
	text_add_time(&t, at);
	assert_string_equal(text_string(&t), "2026-11-21T10:00:00.250Z");
	text_finish(&t);
	assert_true(time_parse(BYTES("1970-01-02"), &at));
	assert_int_equal(at, 86400000);
	assert_true(time_parse(BYTES("2028-02-29T23:59:60Z"), &at));
	assert_false(time_parse(BYTES("2026-13-01"), &at));
	assert_false(time_parse(BYTES("2026-02-29"), &at));
	assert_false(time_parse(BYTES("2026-06-31T10:00:00Z"), &at));
	assert_false(time_parse(BYTES("2026-11-21T10:00"), &at));
	assert_false(time_parse(BYTES("2026-11-21T10:00:00+01:00"), &at));
}

static void durations_in_their_largest_unit(void **state)
{
	(void)state;
	static const int64_t given[] = {0, 1, 700, 1000, 1500, 90000, 120000, 3600000, 5400000, 86400000, 2592000000};
	struct text t;

	text_init(&t, NULL);
	for (size_t i = 0; i < COUNT_OF(given); i++) {
		text_add_duration(&t, given[i]);
		text_add_byte(&t, ' ');
	}
	assert_string_equal(text_string(&t), "0d 1ms 700ms 1s 1500ms 90s 2m 1h 90m 1d 30d ");
	text_finish(&t);
}

/* Somebody who named a pipe by mistake does not wait for it. */
static void files_are_regular(void **state)
{
	(void)state;
	char folder[] = "/tmp/merlon-file-XXXXXX", path[64], pipe[64], link[64];
	const char *const odd[] = {pipe, folder, "/dev/null", "/dev/zero"};
	struct text t;

	text_init(&t, NULL);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(pipe, sizeof pipe, "%s/pipe", folder);
	snprintf(link, sizeof link, "%s/link", folder);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(symlink("file", link), 0);
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		assert_int_equal(file_read(odd[i], 100, &t), STATUS_MALFORMED);
		assert_true(file_is_odd(odd[i]));
	}
	assert_string_equal(file_trouble(STATUS_MALFORMED), "it is no regular file");
	assert_int_equal(file_read(path, 100, &t), STATUS_IO);
	assert_string_equal(file_trouble(STATUS_IO), "No such file or directory");
	assert_false(file_is_odd(path));
	assert_int_equal(file_write(path, 0600, BYTES("seven..")), STATUS_OK);
	assert_int_equal(file_read(path, 6, &t), STATUS_LIMIT);
	text_clear(&t);
	assert_int_equal(file_read(link, 7, &t), STATUS_OK);
	assert_bytes(text_bytes(&t), "seven..");
	assert_false(file_is_odd(link));
	text_finish(&t);
	unlink(link);
	unlink(pipe);
	unlink(path);
	rmdir(folder);
}

static void sha256_as_published(void **state)
{
	(void)state;
	struct text t;
	struct digest d = digest_of(BYTES("abc"));     /* FIPS 180-4, appendix B.1 */

	text_init(&t, NULL);
	text_add_hex(&t, digest_bytes(&d));
	assert_string_equal(text_string(&t), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	text_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_find_what_is_there), cmocka_unit_test(copies_are_whole), cmocka_unit_test(letters_are_alike), cmocka_unit_test(lookup3_is_the_published_one),
		cmocka_unit_test(sorting_keeps_the_order_of_equals), cmocka_unit_test(utf8_is_strict), cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(dotted_names), cmocka_unit_test(cursor_keeps_the_first_failure), cmocka_unit_test(cursor_does_not_wrap),
		cmocka_unit_test(arena_runs_nest), cmocka_unit_test(arena_sees_overflow), cmocka_unit_test(arena_goes_back), cmocka_unit_test(printable_text_deceives_nobody),
		cmocka_unit_test(base64_and_hex), cmocka_unit_test(lines_are_wrapped), cmocka_unit_test(time_there_and_back),
		cmocka_unit_test(durations_in_their_largest_unit),
		cmocka_unit_test(files_are_regular), cmocka_unit_test(sha256_as_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
