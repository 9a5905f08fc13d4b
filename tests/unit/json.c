#include "tests/unit/test.h"

#include <stdio.h>

#include "syntax/json.h"

static const char *const good[] = {
	"{}", "[]", "null", " true ", "-0", "1e5", "-12.5E-3", "\"\"", "\"\\u00e9\\n\"", "[1,[2,[3]]]", "{\"a\":{\"b\":[{}]}}",
	"\"\\ud83d\\ude00\"", "[0]", "\"\x7f\"", "{\"a\":1,\"a\":2}",
};
static const char *const bad[] = {
	"", " ", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "01", "-", "1.", ".5", "1e", "+1", "tru", "nul", "\"", "\"\t\"",
	"\"\\x\"", "\"\\u12\"", "[1 2]", "{\"a\" 1}", "{\"a\"}", "[}", "{]", "1 2", "[]]", "{\"a\":1}x", "\"\xff\"", "NaN", "Infinity",
	"// x\n1", "[1,,2]", "{,}", "\xEF\xBB\xBF{}", "[1", "{\"a\":", "{\"a\":1", "\"\\",
};

static enum json_token run_to_end(struct json_reader *r, unsigned *tokens)
{
	enum json_token t;

	*tokens = 0;
	do {
		t = json_next(r);
		++*tokens;
	} while (t != JSON_END && t != JSON_ERROR && t != JSON_MORE);
	return t;
}

static void accepts_what_is_json(void **state)
{
	(void)state;
	struct json_reader r;
	unsigned tokens;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		json_begin(&r, bytes_of(good[i]));
		if (run_to_end(&r, &tokens) != JSON_END)
			fail_msg("refused: %s (%s)", good[i], r.why);
	}
}

static void refuses_what_is_not(void **state)
{
	(void)state;
	struct json_reader r;
	unsigned tokens;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		json_begin(&r, bytes_of(bad[i]));
		if (run_to_end(&r, &tokens) != JSON_ERROR)
			fail_msg("accepted: %s", bad[i]);
	}
}

/* Fed in two pieces, cut at every place, the tokens and their offsets are the same. */
static void pieces_make_no_difference(void **state)
{
	(void)state;
	struct bytes all = BYTES("{\"key\" : [12.5e3, \"te\\u00e9xt\", true,false , null, {\"x\":{}}], \"n\":-0}");

	for (size_t cut = 0; cut <= all.len; cut++) {
		struct json_reader whole, pieces;
		json_begin(&whole, all);
		json_begin_stream(&pieces);
		json_feed(&pieces, bytes_slice(all, 0, cut), false);
		for (;;) {
			enum json_token expected = json_next(&whole), got = json_next(&pieces);
			if (got == JSON_MORE) {
				struct bytes left = json_left(&pieces);
				json_feed(&pieces, bytes_from(all, (uint64_t)(left.at - all.at)), true);
				got = json_next(&pieces);
			}
			assert_int_equal(got, expected);
			if (got == JSON_END)
				break;
			assert_int_equal(pieces.offset, whole.offset);
			assert_int_equal(pieces.text.len, whole.text.len);
		}
	}
}

static void depth_is_limited(void **state)
{
	(void)state;
	struct text t;
	struct json_reader r;
	unsigned tokens;

	text_init(&t, NULL);
	for (int i = 0; i < JSON_DEPTH_MOST + 1; i++)
		text_add_byte(&t, '[');
	json_begin(&r, text_bytes(&t));
	assert_int_equal(run_to_end(&r, &tokens), JSON_ERROR);
	assert_string_equal(r.why, "has JSON nested too deep");
	text_finish(&t);
}

static void tree(void *arena)
{
	struct json_error error;
	uint64_t n;
	struct json *root = json_parse(arena, BYTES("{\"a\":\"x\\u00e9\",\"n\":7,\"l\":[1,2,3],\"a\":2}"), &error);

	assert_non_null(root);
	assert_true(error.duplicate);
	assert_bytes(error.duplicate_key, "a");
	assert_int_equal(error.duplicate_at, 33);
	assert_int_equal(json_member(root, "l")->count, 3);
	assert_true(json_u64(json_member(root, "n"), &n) && n == 7);
	assert_int_equal(json_member(root, "a")->kind, JSON_IS_NUMBER);     /* the last one counts */
	assert_null(json_parse(arena, BYTES("{\"a\":\"\\ud800\"}"), &error));
	assert_string_equal(error.why, "has a JSON string with half of a surrogate pair");
	assert_bytes(json_text(arena, BYTES("\\ud83d\\ude00\\/"), NULL), "\xF0\x9F\x98\x80/");
}

static void builds_a_tree(void **state)
{
	(void)state;
	with_arena(tree);
}

static void canonical_is_one_form(void **state)
{
	(void)state;
	assert_true(json_is_canonical(BYTES("{\"a\":1,\"b\":[1,\"x\"],\"c\":{}}")));
	assert_true(json_is_canonical(BYTES("{\"a\":\"\\n\\u001f\\\"\"}")));
	assert_true(json_is_canonical(BYTES("[]")));
	assert_false(json_is_canonical(BYTES("{\"b\":1,\"a\":1}")));
	assert_false(json_is_canonical(BYTES("{\"a\":1,\"a\":1}")));
	assert_false(json_is_canonical(BYTES("{\"a\": 1}")));
	assert_false(json_is_canonical(BYTES("{\"a\":1} ")));
	assert_false(json_is_canonical(BYTES("{\"a\":1.0}")));
	assert_false(json_is_canonical(BYTES("{\"a\":\"\\u0041\"}")));
	assert_false(json_is_canonical(BYTES("{\"a\":\"\\u000a\"}")));
	assert_false(json_is_canonical(BYTES("{\"a\":\"\\/\"}")));
	assert_false(json_is_canonical(BYTES("{\"a\":1,}")));
	assert_false(json_is_canonical(BYTES(" [1]")));
	assert_true(json_is_canonical(BYTES("{\"\":[true,false,null,-12,0,{}],\"a\":\"\\u0000 caf\xc3\xa9 \\\\\"}")));
	static const char *const others[] = {"-0", "01", "-01", "-", "1e2", "tru", "nullx", "[1 ]", "[,1]", "[1,,2]", "[1", "[1]]", "[}", "{]", "{\"a\"}", "{\"a\":}",
		"{a:1}", "{\"a\",1}", "{\"caf\xc3\xa9\":1}", "{\"\\n\":1}", "\"\\u001F\"", "\"\\u0020\"", "\"\\u00\"", "\"\\\"", "\"a\nb\"", "\"\xc3\"", "\"\xff\"", "\"", ""};
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(json_is_canonical(bytes_of(others[i])));
	assert_true(json_is_canonical(BYTES("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")));
	assert_false(json_is_canonical(BYTES("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")));
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	struct text t;

	text_init(&t, NULL);
	text_add_byte(&t, '{');
	text_add_member(&t, "a", BYTES("\"\\\n\x01\xC3\xA9\xFF"));
	text_add_member_number(&t, "b", UINT64_MAX);
	text_add_byte(&t, '}');
	assert_string_equal(text_string(&t), "{\"a\":\"\\\"\\\\\\n\\u0001\xC3\xA9\xEF\xBF\xBD\",\"b\":18446744073709551615}");
	assert_true(json_is_canonical(text_bytes(&t)));
	text_finish(&t);
}

/* As one byte has to be written between others of ASCII. */
static void escape(unsigned char byte, char out[8])
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";       /* a character, and its letter */
	const char *name = byte ? strchr(named, byte) : NULL;

	if (name && (name - named) % 2 == 0)
		snprintf(out, 8, "\\%c", name[1]);
	else if (byte < ' ')
		snprintf(out, 8, "\\u%04x", byte);
	else
		snprintf(out, 8, byte < 0x80 ? "%c" : "\xEF\xBF\xBD", byte);
}

/* `all` holds x everywhere but in that place. */
static void check_written(struct text *t, struct bytes all, size_t place)
{
	char expected[8];
	size_t len;
	struct json_reader r;

	escape(all.at[place], expected);
	len = strlen(expected);
	text_clear(t);
	text_add_json(t, all);
	assert_int_equal(t->len, all.len + 1 + len);
	assert_memory_equal(t->at + 1 + place, expected, len);
	for (size_t i = 1; i < t->len - 1; i++)
		assert_true(t->at[i] == 'x' || (i > place && i <= place + len));
	/* And what was written is read again. */
	json_begin(&r, text_bytes(t));
	assert_int_equal(json_next(&r), JSON_STRING);
	assert_int_equal(r.text.len, t->len - 2);
	assert_int_equal(r.escaped, expected[0] == '\\');
	/* Records are written so. */
	assert_true(json_is_canonical(text_bytes(t)));
}

/* One byte of any value in a text of any length that is looked at in one way or another, at any place. */
static void writes_every_byte(void **state)
{
	(void)state;
	unsigned char all[40];
	struct text t;

	text_init(&t, NULL);
	for (size_t len = 1; len <= sizeof all; len++)
		for (size_t place = 0; place < len; place++)
			for (unsigned byte = 0; byte < 256; byte++) {
				memset(all, 'x', sizeof all);
				all[place] = (unsigned char)byte;
				check_written(&t, (struct bytes){all, len}, place);
			}
	text_finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_what_is_json), cmocka_unit_test(refuses_what_is_not), cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(depth_is_limited), cmocka_unit_test(builds_a_tree), cmocka_unit_test(canonical_is_one_form),
		cmocka_unit_test(writes_what_it_reads), cmocka_unit_test(writes_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
