#include "tests/unit/test.h"

#include "dialects/words.h"
#include "types/dialect.h"

static struct bytes no_field(const struct heading *heading, const char *name)
{
	(void)heading;
	(void)name;
	return BYTES("");
}

static const struct heading heading = {.method = BYTES("POST"), .field = no_field};

/* How a body fares as a request of a dialect. */
static struct exchange asked(struct arena *arena, const char *dialect, struct bytes body)
{
	struct exchange x;

	exchange_init(&x, arena, dialect_named(bytes_of(dialect)));
	assert_non_null(x.dialect);
	x.dialect->request(&x, &heading, body);
	return x;
}

static struct bytes nested(struct arena *arena, unsigned depth)
{
	struct text t;

	text_init(&t, arena);
	text_add_string(&t, "{\"model\":\"m\",\"input\":\"x\",\"deep\":");
	for (unsigned i = 0; i < depth; i++)
		text_add_byte(&t, '[');
	for (unsigned i = 0; i < depth; i++)
		text_add_byte(&t, ']');
	text_add_byte(&t, '}');
	return text_bytes(&t);
}

static void refuse_all(void *arena)
{
	static const char *const bodies[] = {
		"", "[]", "{", "{\"model\":\"m\",\"input\":\"x\"} x", "\xEF\xBB\xBF{\"model\":\"m\",\"input\":\"x\"}", "{\"model\":\"m\",\"input\":NaN}",
		"{\"model\":\"m\",\"input\":\"x\",\"input\":\"y\"}", "{\"model\":\"m\",\"input\":\"x\",\"a\":[{\"b\":{\"c\":1,\"\\u0063\":2}}]}",
		"{\"model\":\"m\",\"input\":\"x\\u0000y\"}", "{\"model\":\"m\",\"input\":\"x\",\"a\\u0000\":1}", "{\"model\":\"m\",\"input\":\"\\ud800\"}", "{\"model\":\"m\",\"input\":\"\xFF\"}",
		"{\"model\":\"m\",\"input\":\"x\",\"Input\":\"y\"}", "{\"model\":\"m\",\"input\":\"x\",\"chat_template\":\"y\"}", "{\"model\":\"m\",\"input\":\"x\",\"to\xE2\x84\xAA" "ens\":[1],\"to\xC5\xBF\":1,\"in\xC5\xBFut\":1,\"\xC5\xBFtream\":true}",
		"{\"model\":\"m\",\"input\":\"x\",\"stream\":\"true\"}", "{\"model\":\"m\",\"input\":\"x\",\"stream\":1}", "{\"model\":\"\",\"input\":\"x\"}", "{\"input\":\"x\"}",
	};
	static const char *const names[] = {"openai-responses", "openai-embeddings", "vllm"};

	for (size_t n = 0; n < COUNT_OF(names); n++)
		for (size_t i = 0; i < COUNT_OF(bodies); i++)
			if (!asked(arena, names[n], bytes_of(bodies[i])).why)
				fail_msg("%s takes %s", names[n], bodies[i]);
}

static void refuses_what_readers_take_differently(void **state)
{
	(void)state;
	with_arena(refuse_all);
}

static void nest(void *arena)
{
	assert_null(asked(arena, "openai-embeddings", nested(arena, 62)).why);
	assert_non_null(asked(arena, "openai-embeddings", nested(arena, 64)).why);
	assert_non_null(asked(arena, "openai-embeddings", nested(arena, 100000)).why);
}

static void depth_is_limited(void **state)
{
	(void)state;
	with_arena(nest);
}

static void count(void *arena)
{
	struct exchange x = asked(arena, "openai-responses", BYTES("{\"model\":\"m\",\"input\":\"x\",\"max_output_tokens\":18446744073709551615}"));
	assert_null(x.why);
	assert_true(x.most_output == UINT64_MAX);
	assert_non_null(asked(arena, "openai-responses", BYTES("{\"model\":\"m\",\"input\":\"x\",\"max_output_tokens\":18446744073709551616}")).why);
	assert_non_null(asked(arena, "openai-responses", BYTES("{\"model\":\"m\",\"input\":\"x\",\"max_output_tokens\":1e6}")).why);
	assert_non_null(asked(arena, "openai-responses", BYTES("{\"model\":\"m\",\"input\":\"x\",\"max_output_tokens\":\"9\"}")).why);
	x = asked(arena, "openai-completions", BYTES("{\"model\":\"m\",\"prompt\":[\"a\",\"b\",\"c\"],\"n\":9223372036854775808}"));
	assert_true(x.choices == UINT64_MAX);
	x = asked(arena, "openai-completions", BYTES("{\"model\":\"m\",\"prompt\":[\"a\",\"b\",\"c\"],\"best_of\":4}"));
	assert_true(x.choices == 12);
}

static void amounts_do_not_overflow(void **state)
{
	(void)state;
	with_arena(count);
}

/* More choices, items and longer names than the state of a stream has room for. */
static void stop_late(void *arena)
{
	static const char *const names[] = {"openai-chat", "openai-completions", "openai-responses"};
	struct text long_name, data, out;

	text_init(&long_name, arena);
	text_init(&data, arena);
	text_init(&out, arena);
	for (unsigned i = 0; i < 1000; i++)
		text_add_byte(&long_name, 'n');
	for (size_t n = 0; n < COUNT_OF(names); n++) {
		const struct dialect *d = dialect_named(bytes_of(names[n]));
		void *state = arena_alloc(arena, 1, d->state_size);
		struct exchange x;
		for (unsigned i = 0; i < 200; i++) {
			text_clear(&data);
			text_addf(&data, "{\"type\":\"response.output_item.added\",\"id\":\"%s\",\"sequence_number\":18446744073709551615,\"output_index\":%u,", text_string(&long_name), i);
			text_addf(&data, "\"item\":{\"type\":\"%s\",\"id\":\"%s\"},", i % 2 ? "message" : "function_call", text_string(&long_name));
			text_addf(&data, "\"choices\":[{\"index\":%u,\"finish_reason\":null}]}", i);
			exchange_init(&x, arena, d);
			x.state = state;
			d->event(&x, BYTES(""), text_bytes(&data));
			assert_null(x.why);
		}
		text_clear(&out);
		d->stop(&out, &x, "denied", "It is \"denied\".");
		assert_true(bytes_contain(text_bytes(&out), BYTES("It is \\\"denied\\\".")));
		assert_true(bytes_contain(text_bytes(&out), BYTES("content_filter")));
		assert_true(out.len < 64 << 10);
	}
}

static void streams_stop_whatever_came_before(void **state)
{
	(void)state;
	with_arena(stop_late);
}

/* In the order of their lengths, which word_in_other_case() halves: a word out of its place would not be found, nor some of its neighbours. */
static void words_stand_in_order(void **state)
{
	(void)state;
	for (enum word i = WORD_NONE + 1; i < WORD_COUNT; i++) {
		struct bytes word = bytes_of(word_name(i)), before = bytes_of(word_name(i - 1));
		assert_true(before.len < word.len || (before.len == word.len && memcmp(before.at, word.at, word.len) < 0));
		assert_true(word.len < 64);
		assert_int_equal(word_of(word), i);
		/* Also: no two words differ by the case of their letters alone. */
		assert_int_equal(word_in_other_case(word), i);
	}
	assert_int_equal(word_of(BYTES("")), WORD_NONE);
	assert_int_equal(word_of(BYTES("heliotrope")), WORD_NONE);
	assert_int_equal(word_of(BYTES("type2")), WORD_NONE);
	assert_int_equal(word_of(BYTES("typ")), WORD_NONE);
	assert_int_equal(word_of(BYTES("additionalPropertieS")), WORD_NONE);
	assert_int_equal(word_in_other_case(BYTES("additionalPropertieS")), WORD_additionalProperties);
	assert_int_equal(word_in_other_case(BYTES("to\xE2\x84\xAA" "enS")), WORD_tokens);
	assert_int_equal(word_in_other_case(BYTES("\xC5\xBFtream")), WORD_stream);
	assert_int_equal(word_in_other_case(BYTES("\xC5tream")), WORD_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_readers_take_differently), cmocka_unit_test(depth_is_limited), cmocka_unit_test(amounts_do_not_overflow),
		cmocka_unit_test(streams_stop_whatever_came_before), cmocka_unit_test(words_stand_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
