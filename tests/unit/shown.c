#include "tests/unit/test.h"
#include "tests/unit/inspection.h"

#include "base/visible.h"
#include "inspector/shown.h"

/* What a person is shown who is to decide about an exchange. */

#define POLICY "policy: test\nmodels: any\ntools: any\nhosts: any\nfinds:\n  - name: canary\n    texts: [heliotrope]\n"

static struct bytes seen_with(struct arena *arena, struct bytes b, bool lines)
{
	struct text t;

	text_init(&t, arena);
	if (lines)
		visible_add_lines(&t, b, "| ", ": ", 12);
	else
		visible_add(&t, b);
	return text_bytes(&t);
}

static void nothing_hides(void *arg)
{
	assert_bytes(seen_with(arg, BYTES("plain \u00e9 \u4e2d"), false), "plain \u00e9 \u4e2d");
	assert_bytes(seen_with(arg, BYTES("\x1b[2J\x07"), false), "\u27e8U+001B\u27e9[2J\u27e8U+0007\u27e9");
	assert_bytes(seen_with(arg, BYTES("a\u202Eb\u200Bc\uFEFF\u2066\u00AD"), false), "a\u27e8U+202E\u27e9b\u27e8U+200B\u27e9c\u27e8U+FEFF\u27e9\u27e8U+2066\u27e9\u27e8U+00AD\u27e9");
	assert_bytes(seen_with(arg, BYTES("\U000E0041\U000F0000"), false), "\u27e8U+E0041\u27e9\u27e8U+F0000\u27e9");
	assert_bytes(seen_with(arg, BYTES("\xC2\x9B" "31m\xFF\xC2"), false), "\u27e8U+009B\u27e9" "31m\u27e8byte FF\u27e9\u27e8byte C2\u27e9");
	assert_bytes(seen_with(arg, BYTES("\u27e8U+202E\u27e9"), false), "\u27e8U+27E8\u27e9U+202E\u27e9");
	assert_bytes(seen_with(arg, BYTES("e\u0301\u0302\u0303\u0304"), false), "e\u0301\u0302\u27e8U+0303\u27e9\u27e8U+0304\u27e9");
	/* A long line does not reach the margin, where it could pass for something else. */
	assert_bytes(seen_with(arg, BYTES("0123456789abcdef\nx\r\n"), true), "| 0123456789\n: abcdef\n| x\u27e8U+000D\u27e9\n");
	assert_bytes(seen_with(arg, BYTES("\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d"), true), "| \u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\n: \u4e2d\n");
	assert_bytes(seen_with(arg, BYTES(""), true), "| \n");
	assert_true(visible_runs_left(BYTES("a \u05D0")));
	assert_false(visible_runs_left(BYTES("a \u00e9")));
	assert_true(visible_is_clean(BYTES("a\n\u00e9 \u27e8")));
	assert_false(visible_is_clean(BYTES("a\x1b[0m")));
	assert_false(visible_is_clean(BYTES("a\u202E")));
	assert_false(visible_is_clean(BYTES("a\xC2")));
	/* Every byte and pair of bytes. */
	for (unsigned i = 0; i < 65536; i++) {
		unsigned char two[2] = {(unsigned char)(i >> 8), (unsigned char)i};
		struct text t;
		text_init(&t, arg);
		visible_add_lines(&t, (struct bytes){two, 2}, "", "", 79);
		assert_true(visible_is_clean(text_bytes(&t)));
	}
}

static bool no_entry(const struct heading *heading, size_t index, struct bytes *name, struct bytes *value)
{
	(void)heading, (void)index, (void)name, (void)value;
	return false;
}

static struct bytes shown_of(struct driven *d, bool whole, uint64_t *left_out)
{
	struct shown s = {.arena = d->arena, .exchange = &d->request, .policy = d->policy, .whole = whole};
	struct text out;

	text_init(&out, d->arena);
	shown_write(&s, &out);
	assert_true(visible_is_clean(text_bytes(&out)));
	if (left_out)
		*left_out = s.left_out;
	return text_bytes(&out);
}

static struct bytes shown_request(struct driven *d, const char *dialect, struct bytes body, bool whole, uint64_t *left_out)
{
	struct heading heading = {.method = BYTES("POST"), .path = bytes_of(strcmp(dialect, "mcp") == 0 ? "/mcp" : "/v1/chat/completions"), .field = no_field, .entry = no_entry};
	struct arena *arena = d->arena;
	drive(d, arena, dialect, POLICY);
	exchange_init(&d->request, arena, d->dialect);
	d->dialect->request(&d->request, &heading, body);
	if (d->request.why)
		fail_msg("%s", d->request.why);
	return shown_of(d, whole, left_out);
}

static void a_chat_is_shown(void *arg)
{
	struct driven d = {.arena = arg};
	uint64_t left = 1;

	struct bytes out = shown_request(&d, "openai-chat", BYTES("{\"model\":\"m\",\"max_tokens\":40,\"messages\":[{\"role\":\"user\",\"content\":\"say \\u001b[2J\\nheliotrope\"}]}"), true, &left);
	assert_int_equal(left, 0);
	assert_bytes(out,
		"1  user, trusted as the user, byte 66, 19 long\n"
		"  | say \u27e8U+001B\u27e9[2J\n"
		"  | heliotrope\n"
		"  found canary at 9 to 19\n"
		"  > say \u27e8U+001B\u27e9[2J\n"
		"  > heliotrope\n"
		"The body around the texts:\n"
		"  | {\n"
		"  |   \"model\": \"m\",\n"
		"  |   \"max_tokens\": 40,\n"
		"  |   \"messages\": [{\n"
		"  |       \"role\": \"user\",\n"
		"  |       \"content\": (text 1)\n"
		"  |     }]\n"
		"  | }\n");
}

static void a_call_is_shown(void *arg)
{
	struct driven d = {.arena = arg};
	struct bytes out = shown_request(&d, "mcp", BYTES("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"pay\",\"arguments\":{\"amount\":500,\"to\":\"h\\u0065liotrope\",\"a\":[1,2,{}]}}}"), true, NULL);

	assert_true(bytes_contain(out, BYTES("1  call of a tool pay, trusted as the model")));
	assert_true(bytes_contain(out, BYTES("  | {\n  |   \"amount\": 500,\n  |   \"to\": \"heliotrope\",\n  |   \"a\": [1, 2, {}]\n  | }\n")));
	assert_true(bytes_contain(out, BYTES("found canary at 0 to 10 of the string at byte")));
	assert_true(bytes_contain(out, BYTES("\"arguments\": (text 1)")));
}

static void a_long_one_is_cut_and_says_so(void *arg)
{
	struct driven d = {.arena = arg};
	struct text body;
	uint64_t left = 0;

	text_init(&body, arg);
	text_add_string(&body, "{\"model\":\"m\",\"messages\":[");
	for (unsigned i = 0; i < 70; i++) {
		text_addf(&body, "%s{\"role\":\"user\",\"content\":\"%s", i ? "," : "", i == 69 ? "heliotrope" : "");
		for (unsigned k = 0; k < 2000 && i % 2; k++)
			text_add_string(&body, "y");
		text_add_string(&body, i == 3 ? "heliotrope\"}" : "x\"}");
	}
	text_add_string(&body, "]}");
	struct bytes out = shown_request(&d, "openai-chat", text_bytes(&body), false, &left);
	assert_true(left > 30 * 800);
	assert_true(bytes_contain(out, BYTES("  ... 810 bytes more\n")));
	assert_true(bytes_contain(out, BYTES("found canary at 2000 to 2010\n  > yyy")));
	assert_true(bytes_contain(out, BYTES("70  user, trusted")));
	assert_true(bytes_contain(out, BYTES("... 10 texts more, ")));
	assert_true(out.len < 100000);
	out = shown_request(&d, "openai-chat", text_bytes(&body), true, &left);
	assert_int_equal(left, 0);
	assert_true(bytes_contain(out, BYTES("(text 70)")));
	assert_false(bytes_contain(out, BYTES("more\n")));
}

static void what_nobody_can_read_is_named(void *arg)
{
	struct driven d = {.arena = arg};
	struct text body;

	text_init(&body, arg);
	text_add_string(&body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,");
	for (unsigned i = 0; i < 1000; i++)
		text_add_string(&body, "AAAA");
	text_add_string(&body, "\"}},{\"type\":\"text\",\"text\":\"look\"}]}]}");
	struct bytes out = shown_request(&d, "openai-chat", text_bytes(&body), true, NULL);
	assert_true(bytes_contain(out, BYTES("(opaque, 4022 bytes, SHA-256 ")));
	assert_true(bytes_contain(out, BYTES("  | look\n")));
	assert_false(bytes_contain(out, BYTES("AAAA")));
}

/* Whatever comes, what is shown of it is fit for a terminal. */
static void whatever_comes_is_clean(void *arg)
{
	static const char body[] = "{\"model\":\"m\",\"n\":[1,{}],\"messages\":[{\"role\":\"user\",\"content\":\"h\\u0065liotrope \\u001b \u202e\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
				   "\"function\":{\"name\":\"pay\",\"arguments\":\"{\\\"a\\\":[1,\\\"x\\\"]}\"}}]}]}";
	struct heading heading = {.method = BYTES("POST"), .path = BYTES("/v1/chat/completions"), .field = no_field, .entry = no_entry};
	unsigned char changed[sizeof body - 1];
	struct driven d = {.arena = arg};

	drive(&d, arg, "openai-chat", POLICY);
	for (size_t i = 0; i < 8 * sizeof changed; i++) {
		struct arena_mark mark = arena_mark(arg);
		memcpy(changed, body, sizeof changed);
		changed[i / 8] ^= (unsigned char)(1 << i % 8);
		exchange_init(&d.request, arg, d.dialect);
		d.request.body = (struct bytes){changed, sizeof changed};
		d.dialect->request(&d.request, &heading, d.request.body);
		shown_of(&d, i % 2, NULL);
		arena_rewind(arg, mark);
	}
}

static void in_arena(void **state)
{
	void (*const bodies[])(void *) = {nothing_hides, a_chat_is_shown, a_call_is_shown, a_long_one_is_cut_and_says_so, what_nobody_can_read_is_named, whatever_comes_is_clean};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		with_arena(bodies[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(in_arena)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
