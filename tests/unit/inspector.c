#include "tests/unit/test.h"
#include "tests/unit/inspection.h"

#define OPEN "policy: test\nmodels: any\ntools: any\nhosts: any\n"
#define REDACTS OPEN \
	"finds:\n  - name: canary\n    texts: [\"heliotrope-7741\", \"caf\u00e9 \U0001F600 noir\"]\n" \
	"  - name: key\n    shapes: [\"sk-[A-Za-z0-9]{12,40}\"]\n" \
	"rules:\n  - name: secrets\n    finds: [canary, key]\n    measure: redact\n    placeholder: \"<gone>\"\n"

static void body_whole(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"say heliotrope-77\\u00341 \\n now\"}]}"));
	assert_int_equal(d.ruling.measure, MEASURE_REDACT);
	assert_true(d.ruling.edited);
	assert_bytes(text_bytes(&d.body), "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"say <gone> \\n now\"}]}");
	drive_answer(&d, BYTES("{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"sk-abcdefghijklmnop!\"},\"logprobs\":{\"content\":[{\"token\":\"sk\"}]},\"finish_reason\":\"stop\"}]}"));
	assert_bytes(text_bytes(&d.body), "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"<gone>!\"},\"logprobs\":null,\"finish_reason\":\"stop\"}]}");
}

static void whole_bodies_are_edited_in_place(void **state)
{
	(void)state;
	with_arena(body_whole);
}

static void body_untouched(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"heliotrope-7742 sk-short\"}]}"));
	assert_int_equal(d.ruling.measure, MEASURE_ALLOW);
	assert_false(d.ruling.edited);
	assert_int_equal(d.body.len, 0);
}

static void what_only_looks_alike_passes(void **state)
{
	(void)state;
	with_arena(body_untouched);
}

/* ---- streams cut anywhere ---- */

/* Units of a JSON string that are not to be cut: escapes count as one. */
struct cut_case {
	const char *units[48];
	const char *expected;
	bool honest;
};

static const struct cut_case cut_cases[] = {
	{{"a", "b", " ", "h", "e", "l", "i", "o", "t", "r", "o", "p", "e", "-", "7", "7", "4", "1", " ", "z"}, "ab <gone> z", false},
	{{"x", "h", "\\u0065", "l", "\\u0069", "o", "t", "r", "o", "p", "e", "-", "7", "7", "4", "\\u0031"}, "x<gone>", false},
	{{"c", "a", "f", "\\u00e9", " ", "\\ud83d\\ude00", " ", "n", "o", "i", "r", "."}, "<gone>.", false},
	{{"c", "a", "f", "\u00e9", " ", "\U0001F600", " ", "n", "o", "i", "r", "\\n"}, "<gone>\n", false},
	{{"s", "k", "-", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", " ", "s", "k", "-"}, "<gone> sk-", false},
	{{"h", "e", "l", "i", "o", "h", "e", "l", "i", "o", "t", "r", "o", "p", "e", "-", "7", "7", "4", "1"}, "helio<gone>", false},
	{{"h", "e", "l", "i", "o", "t", "r", "o", "p", "e", "-", "7", "7", "4", "\\u0032", "\\/", "\\ud83d\\ude00"}, "heliotrope-7742/\U0001F600", true},
	{{"s", "k", "-", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", " ", "x"}, "sk-abcdefghijk x", true},
};

static size_t units_of(const struct cut_case *c)
{
	size_t n = 0;

	while (c->units[n])
		n++;
	return n;
}

static struct bytes part_of(struct arena *arena, const struct cut_case *c, size_t from, size_t to)
{
	struct text t;

	text_init(&t, arena);
	for (size_t i = from; i < to; i++)
		text_add_string(&t, c->units[i]);
	return text_bytes(&t);
}

struct cutting {
	struct arena *arena;
	const struct cut_case *c;
	size_t first, second;
};

static void body_cut(void *arg)
{
	struct cutting *cut = arg;
	const struct cut_case *c = cut->c;
	struct driven d;

	drive(&d, cut->arena, "openai-chat", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
	drive_content(&d, 0, part_of(d.arena, c, 0, cut->first));
	drive_content(&d, 0, part_of(d.arena, c, cut->first, cut->second));
	drive_content(&d, 0, part_of(d.arena, c, cut->second, units_of(c)));
	drive_finish(&d, 0);
	drive_event(&d, BYTES("[DONE]"));
	drive_end(&d);
	assert_int_equal(inspection_held(d.inspection), 0);
	struct bytes said = driven_text(&d, 0, false);
	if (!bytes_same(said, c->expected))
		fail_msg("cut at %zu and %zu: %.*s", cut->first, cut->second, (int)said.len, (const char *)said.at);
	assert_int_equal(c->honest, bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
}

static void matches_are_found_wherever_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cut_cases); i++)
		for (size_t first = 0; first <= units_of(&cut_cases[i]); first++)
			for (size_t second = first; second <= units_of(&cut_cases[i]); second++) {
				struct arena arena;
				struct cutting cut = {&arena, &cut_cases[i], first, second};
				arena_init(&arena, 16 << 20);
				assert_true(arena_run(&arena, body_cut, &cut));
				arena_finish(&arena);
			}
}

/* ---- choices, calls, comments ---- */

static void body_interleaved(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"n\":2,\"stream\":true,\"messages\":[]}"));
	drive_content(&d, 0, BYTES("one helio"));
	drive_content(&d, 1, BYTES("two helio"));
	drive_event(&d, BYTES(""));
	drive_content(&d, 0, BYTES("trope-7741 end"));
	drive_content(&d, 1, BYTES("s end"));
	drive_finish(&d, 1);
	drive_finish(&d, 0);
	assert_int_equal(inspection_held(d.inspection), 0);
	assert_bytes(driven_text(&d, 0, false), "one <gone> end");
	assert_bytes(driven_text(&d, 1, false), "two helios end");
	assert_true(bytes_contain(text_bytes(&d.out), BYTES(": comment\n\n")));
}

static void choices_do_not_mix(void **state)
{
	(void)state;
	with_arena(body_interleaved);
}

#define CALL(name, arguments) BYTES("{\"tool_calls\":[{\"index\":0,\"function\":{" name "\"arguments\":\"" arguments "\"}}]}")

static void body_arguments(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_delta(&d, 0, CALL("\"name\":\"mail\",", "{\\\"text\\\":\\\"see heliotr"));
	drive_delta(&d, 0, CALL("", "ope-77"));
	drive_delta(&d, 0, CALL("", "41\\\"}"));
	drive_finish(&d, 0);
	assert_bytes(driven_text(&d, 0, true), "{\"text\":\"see <gone>\"}");
}

static void arguments_are_redacted_in_streams(void **state)
{
	(void)state;
	with_arena(body_arguments);
}

/* What a tool reads has its escapes undone twice; cut at every place that is none within an escape of the event. */
static void body_escaped_arguments(void *arg)
{
	static const char *const units[] = {
		"{", "\\\"", "t", "\\\"", ":", "\\\"", "a", "\\\\", "n", "h", "e", "l", "i", "o", "t", "\\\\", "u", "0", "0", "7", "2", "o", "p", "e", "-", "7", "7", "4",
		"\\\\", "u", "0", "0", "3", "1", " ", "c", "a", "f", "\\\\", "u", "0", "0", "e", "9", " ", "\\\\", "u", "d", "8", "3", "d", "\\\\", "u", "D", "E", "0", "0", " ", "n",
		"o", "i", "r", "\\\\", "\\\\", "\\\"", "}",
	};
	struct driven d;
	struct text parts[2], delta;

	for (size_t cut = 0; cut <= COUNT_OF(units); cut++) {
		drive(&d, arg, "openai-chat", REDACTS);
		drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
		for (size_t part = 0; part < 2; part++) {
			text_init(&parts[part], arg);
			text_init(&delta, arg);
			for (size_t i = part ? cut : 0; i < (part ? COUNT_OF(units) : cut); i++)
				text_add_string(&parts[part], units[i]);
			text_addf(&delta, "{\"tool_calls\":[{\"index\":0,\"function\":{%s\"arguments\":\"", part ? "" : "\"name\":\"mail\",");
			text_add(&delta, text_bytes(&parts[part]));
			text_add_string(&delta, "\"}}]}");
			drive_delta(&d, 0, text_bytes(&delta));
		}
		drive_finish(&d, 0);
		assert_int_equal(inspection_held(d.inspection), 0);
		assert_bytes(driven_text(&d, 0, true), "{\"t\":\"a\\n<gone> <gone>\\\\\"}");
	}
}

static void escapes_in_arguments_are_undone(void **state)
{
	(void)state;
	with_arena(body_escaped_arguments);
}

#define TYPED "policy: typed\nmodels: any\nhosts: [good.example]\ntools:\n  - names: [search]\n    arguments:\n" \
	"      query: {type: string, longest: 20, shape: \"[a-z ]{1,40}\", required: yes}\n      limit: {type: integer, least: 1, most: 10}\n" \
	"      deep: {type: boolean}\n      page: {type: address}\n      kind: {one-of: [news, docs]}\n  - plain\n"

static enum measure called(struct arena *arena, const char *name, const char *arguments)
{
	struct driven d;
	struct text body;

	drive(&d, arena, "openai-chat", TYPED);
	drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[]}"));
	text_init(&body, arena);
	text_addf(&body, "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"%s\",\"arguments\":", name);
	text_add_json(&body, bytes_of(arguments));
	text_add_string(&body, "}}]},\"finish_reason\":\"tool_calls\"}]}");
	drive_answer(&d, text_bytes(&body));
	return d.ruling.measure;
}

static void body_typed(void *arg)
{
	assert_int_equal(called(arg, "plain", "{\"any\":[1]}"), MEASURE_ALLOW);
	assert_int_equal(called(arg, "other", "{}"), MEASURE_DENY);
	static const char *const good[] = {
		"{\"query\":\"old maps\"}", "{\"query\":\"a\",\"limit\":10}", "{\"query\":\"a\",\"limit\":1,\"deep\":true,\"kind\":\"docs\"}",
		"{\"query\":\"a\",\"page\":\"https://good.example/x?y\"}", "{\"query\":\"a\",\"page\":\"https://u:p@GOOD.example.:8443\"}",
	};
	static const char *const bad[] = {
		"{}", "", "[]", "{\"query\":\"a\"", "{\"query\":1}", "{\"query\":\"A\"}", "{\"query\":\"\"}", "{\"query\":\"aaaaaaaaaaaaaaaaaaaaa\"}",
		"{\"query\":\"a\",\"limit\":0}", "{\"query\":\"a\",\"limit\":11}", "{\"query\":\"a\",\"limit\":1.5}", "{\"query\":\"a\",\"limit\":\"1\"}",
		"{\"query\":\"a\",\"limit\":1e1}", "{\"query\":\"a\",\"deep\":1}", "{\"query\":\"a\",\"kind\":\"code\"}", "{\"query\":\"a\",\"extra\":1}",
		"{\"query\":\"a\",\"query\":\"b\"}", "{\"query\":\"a\",\"page\":\"https://evil.example/\"}", "{\"query\":\"a\",\"page\":\"good.example\"}",
		"{\"query\":\"a\",\"page\":\"https://good.example@evil.example/\"}", "{\"query\":\"a\",\"page\":\"https://good.example\\\\@evil.example/\"}",
		"{\"query\":\"a\",\"page\":\"file://good.example/\"}",
	};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (called(arg, "search", good[i]) != MEASURE_ALLOW)
			fail_msg("denied: %s", good[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (called(arg, "search", bad[i]) != MEASURE_DENY)
			fail_msg("allowed: %s", bad[i]);
}

static void arguments_are_judged_by_type(void **state)
{
	(void)state;
	with_arena(body_typed);
}

#define LIMITED "policy: limited\nmodels: any\nhosts: any\ntools:\n  - names: [pay]\n    arguments: {asks: {type: number, least: 1, most: 20}}\n    other-arguments: allow\n"

static enum measure pays(struct arena *arena, const char *arguments)
{
	struct driven d;
	struct text body;

	drive(&d, arena, "openai-chat", LIMITED);
	drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[]}"));
	text_init(&body, arena);
	text_add_string(&body, "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"pay\",\"arguments\":");
	text_add_json(&body, bytes_of(arguments));
	text_add_string(&body, "}}]}}]}");
	drive_answer(&d, text_bytes(&body));
	return d.ruling.measure;
}

static void body_limited(void *arg)
{
	struct text number;

	assert_int_equal(pays(arg, "{\"asks\":2e1,\"to\":\"x\"}"), MEASURE_ALLOW);
	assert_int_equal(pays(arg, "{\"asks\":21}"), MEASURE_DENY);
	/* Read by who folds letters, the last of these counts. */
	assert_int_equal(pays(arg, "{\"asks\":2,\"Asks\":500}"), MEASURE_DENY);
	assert_int_equal(pays(arg, "{\"asks\":2,\"a\u017f\u212as\":500}"), MEASURE_DENY);
	/* So many digits that the exponent is past what is counted: it is 500. */
	text_init(&number, arg);
	text_add_string(&number, "{\"asks\":0.");
	for (unsigned i = 0; i < 100000; i++)
		text_add_byte(&number, '0');
	text_add_string(&number, "5e100003}");
	assert_int_equal(pays(arg, text_string(&number)), MEASURE_DENY);
}

static void limits_hold_however_a_number_or_a_key_is_written(void **state)
{
	(void)state;
	with_arena(body_limited);
}

static void body_held_call(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", TYPED);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_delta(&d, 0, CALL("\"name\":\"search\",", ""));
	drive_delta(&d, 0, CALL("", "{\\\"query\\\":"));
	drive_delta(&d, 0, CALL("", "\\\"maps\\\"}"));
	assert_int_equal(d.out.len, 0);
	drive_finish(&d, 0);
	assert_int_equal(d.ruling.measure, MEASURE_ALLOW);
	assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));

	drive(&d, arg, "openai-chat", TYPED);
	drive_delta(&d, 0, CALL("\"name\":\"search\",", "{\\\"query\\\":"));
	drive_delta(&d, 0, CALL("", "\\\"MAPS\\\"}"));
	drive_finish(&d, 0);
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	assert_int_equal(d.out.len, 0);

	drive(&d, arg, "openai-chat", TYPED);
	drive_delta(&d, 0, CALL("\"name\":\"drop_tables\",", ""));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	assert_bytes(d.ruling.rule, "tools");
	assert_int_equal(d.out.len, 0);
}

static void calls_wait_until_they_are_judged(void **state)
{
	(void)state;
	with_arena(body_held_call);
}

/* ---- how much is held ---- */

#define MAIL OPEN "finds:\n  - name: mail\n    shapes: [\"[a-z0-9.]{1,64}@[a-z0-9.]{1,100}\"]\nrules:\n  - {name: mail, finds: mail, measure: redact}\n"

static void body_bound(void *arg)
{
	struct driven d;
	size_t event = strlen("data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n");

	drive(&d, arg, "openai-chat", MAIL);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	for (unsigned i = 0; i < 2000; i++)
		drive_content(&d, 0, BYTES("a"));
	/* 64 letters may still be the beginning of an address; one event more is what has just come. */
	assert_true(d.most_held <= 64 * event);
	assert_true(d.most_held >= 60 * event);
	drive_finish(&d, 0);
	assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
}

/* Of one event, and with what frames it longer than all that may wait. */
static struct bytes long_text(void)
{
	static unsigned char letters[530 << 10];

	memset(letters, 'a', sizeof letters);
	return (struct bytes){letters, sizeof letters};
}

static void begin_long(struct driven *d, struct arena *arena)
{
	drive(d, arena, "openai-chat", MAIL);
	drive_request(d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_content(d, 0, long_text());
	assert_int_equal(d->out.len, 0);
}

static void body_long_event(void *arg)
{
	struct driven d;

	begin_long(&d, arg);
	drive_content(&d, 0, BYTES("!"));
	assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
}

static void body_long_wait(void *arg)
{
	struct driven d;

	begin_long(&d, arg);
	drive_content(&d, 0, BYTES("a"));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	assert_true(bytes_same(d.ruling.rule, "overload"));
}

static void no_more_is_held_than_may_become_a_match(void **state)
{
	(void)state;
	with_arena(body_bound);
}

static void one_event_is_as_long_as_it_is(void **state)
{
	(void)state;
	with_arena(body_long_event);
	with_arena(body_long_wait);
}

static void body_prompt(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_content(&d, 0, BYTES("nothing to wait for here"));
	assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
	assert_int_equal(inspection_held(d.inspection), 0);
}

static void plain_text_goes_on_at_once(void **state)
{
	(void)state;
	with_arena(body_prompt);
}

/* ---- the rest of the language ---- */

#define DISCLOSES OPEN "disclose: \"This text is written by a machine.\\n\"\n"

static void body_disclosure(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", DISCLOSES);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	assert_false(d.ruling.edited);
	drive_content(&d, 0, BYTES(""));
	drive_content(&d, 0, BYTES("Hel"));
	drive_content(&d, 0, BYTES("lo"));
	drive_finish(&d, 0);
	assert_bytes(driven_text(&d, 0, false), "This text is written by a machine.\nHello");

	drive(&d, arg, "openai-chat", DISCLOSES);
	drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[]}"));
	drive_answer(&d, BYTES("{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello\"}}]}"));
	assert_true(d.ruling.edited);
	assert_bytes(text_bytes(&d.body), "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"This text is written by a machine.\\nHello\"}}]}");

	drive(&d, arg, "openai-chat", DISCLOSES);
	drive_request(&d, BYTES("{\"model\":\"m\",\"n\":2,\"stream\":true,\"messages\":[]}"));
	drive_content(&d, 0, BYTES("a"));
	drive_content(&d, 1, BYTES("b"));
	drive_content(&d, 0, BYTES("c"));
	assert_bytes(driven_text(&d, 0, false), "This text is written by a machine.\nac");
	assert_bytes(driven_text(&d, 1, false), "This text is written by a machine.\nb");
}

/* A client that shows no refusals shows the text behind one. */
static void body_disclosure_aside(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", DISCLOSES);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_delta(&d, 0, BYTES("{\"refusal\":\" \"}"));
	drive_delta(&d, 0, BYTES("{\"refusal\":\".\"}"));
	drive_content(&d, 0, BYTES("I am "));
	drive_content(&d, 0, BYTES("human"));
	drive_finish(&d, 0);
	assert_bytes(driven_text(&d, 0, false), "This text is written by a machine.\nI am human");
	assert_true(bytes_contain(text_bytes(&d.out), BYTES("\"refusal\":\"This text is written by a machine.\\n \"")));
	assert_true(bytes_contain(text_bytes(&d.out), BYTES("\"refusal\":\".\"")));
}

static void disclosure_is_not_spent_on_what_is_not_shown(void **state)
{
	(void)state;
	with_arena(body_disclosure_aside);
}

static void disclosure_stands_first_in_every_choice(void **state)
{
	(void)state;
	with_arena(body_disclosure);
}

#define OBSERVES "mode: observe\n" REDACTS

static void body_observe(void *arg)
{
	struct driven d;
	struct text record;

	drive(&d, arg, "openai-chat", OBSERVES);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_content(&d, 0, BYTES("heliotrope-77"));
	assert_int_equal(inspection_held(d.inspection), 0);
	drive_content(&d, 0, BYTES("41"));
	drive_end(&d);
	assert_int_equal(d.ruling.measure, MEASURE_ALLOW);
	assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
	text_init(&record, arg);
	inspection_record(d.inspection, &(struct said){0}, &record);
	assert_true(json_is_canonical(text_bytes(&record)));
	assert_true(bytes_contain(text_bytes(&record), BYTES("\"decision\":\"redact\"")));
	assert_true(bytes_contain(text_bytes(&record), BYTES("\"done\":\"allow\"")));
	assert_false(bytes_contain(text_bytes(&record), BYTES("heliotrope")));
}

static void observing_changes_nothing_and_records_all(void **state)
{
	(void)state;
	with_arena(body_observe);
}

static struct facts facts_again(struct arena *arena, const struct facts *f, const struct said *said, const char *expected)
{
	struct text written;
	struct json_error error;

	text_init(&written, arena);
	facts_write(f, said, &written);
	assert_true(bytes_same(text_bytes(&written), expected));
	assert_true(json_is_canonical(text_bytes(&written)));
	const struct facts *again = facts_read(arena, json_parse(arena, text_bytes(&written), &error), said);
	assert_non_null(again);
	return *again;
}

static void assert_same_facts(const struct facts *a, const struct facts *b)
{
	assert_true(bytes_equal(a->caller, b->caller) && bytes_equal(a->team, b->team) && bytes_equal(a->upstream, b->upstream));
	assert_true(bytes_equal(a->dialect, b->dialect) && bytes_equal(a->model, b->model) && bytes_equal(a->answered, b->answered));
	assert_true(bytes_equal(a->route, b->route) && a->request == b->request && a->at_ms == b->at_ms);
}

/* Read beside the same record they are the same facts, whatever was left out. */
static void body_said(void *arena)
{
	const struct facts f = {.caller = BYTES("anna"), .upstream = BYTES("one"), .dialect = BYTES("d"), .model = BYTES("m"), .answered = BYTES("m-1"), .route = BYTES("r"), .request = EXAMINED_WHOLE, .at_ms = 5};
	const struct said nothing = {0}, other = {BYTES("bob"), BYTES("team"), BYTES("two"), BYTES("e"), BYTES("n"), BYTES("n-1"), EXAMINED_PARTLY};
	const struct said same = {.caller = f.caller, .upstream = f.upstream, .dialect = f.dialect, .model = f.model, .answered = f.answered, .request = f.request};
	const char whole[] = "{\"answered\":\"m-1\",\"at-ms\":5,\"caller\":\"anna\",\"dialect\":\"d\",\"model\":\"m\",\"request\":\"whole\",\"route\":\"r\",\"upstream\":\"one\"}";
	struct facts again = facts_again(arena, &f, &same, "{\"at-ms\":5,\"route\":\"r\"}");

	assert_same_facts(&f, &again);
	again = facts_again(arena, &f, &nothing, whole);
	assert_same_facts(&f, &again);
	again = facts_again(arena, &f, &other, "{\"answered\":\"m-1\",\"at-ms\":5,\"caller\":\"anna\",\"dialect\":\"d\",\"model\":\"m\",\"request\":\"whole\",\"route\":\"r\",\"team\":\"\",\"upstream\":\"one\"}");
	assert_same_facts(&f, &again);
}

static void what_the_record_says_anyway_is_not_said_twice(void **state)
{
	(void)state;
	with_arena(body_said);
}

/* ---- what stands in several places, and is shown as one ---- */

#define PARTS(first, second) "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"" first "\"},{\"type\":\"text\",\"text\":\"" second "\"}]}}]}"
#define HOSTS "policy: hosts\nmodels: any\ntools: any\nhosts: [good.example, \"*.good.example\"]\n"
#define HOSTS_REDACTED "policy: hosts\nmodels: any\ntools: any\nhosts: [good.example, {names: \"*\", measure: redact}]\n"

static enum measure said(struct arena *arena, const char *policy, const char *text)
{
	struct driven d;
	struct text part;
	size_t len = strlen(text);

	drive(&d, arena, "openai-chat", policy);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	for (size_t i = 0; i < len && d.ruling.measure < MEASURE_HOLD; i++) {
		text_init(&part, arena);
		text_add_json(&part, bytes_slice(bytes_of(text), i, 1));
		drive_content(&d, 0, bytes_slice(text_bytes(&part), 1, part.len - 2));
	}
	if (d.ruling.measure < MEASURE_HOLD) {
		drive_finish(&d, 0);
		if (d.ruling.measure < MEASURE_HOLD)
			assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
	}
	assert_false(bytes_contain(driven_text(&d, 0, false), BYTES("evil.example")));
	return d.ruling.measure;
}

static void body_hosts(void *arg)
{
	static const char *const good[] = {
		"see https://good.example, or (http://a.good.example/x).", "[x](https://good.example/a?b=c@d)", "![x](/local.png)", "std::string a://", "http: none",
		"**https://good.example**", "ws", "[x](#part)", "[x](page.md?a&b)", "mail a@b.example",
	};
	static const char *const bad[] = {
		"see https://evil.example.", "![x](https://evil.example/?q=1)", "![x](//evil.example/a)", "![x](https:evil.example)", "https://good.example@evil.example/",
		"https://good.example,@evil.example/", "HTTPS://EVIL.example", "https:\\\\evil.example", "https://good.example\\@evil.example", "![x](&#104;ttps://evil.example)",
		"![x](https&colon;//evil.example)", "![x](https\\://evil.example)", "http://2130706433/", "https://good.example.evil.example", "gopher://evil.example",
		"https://%65vil.example", "http://[::1]/", "https://good.example:80@evil.example/", "![x](< https://evil.example>)",
	};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (said(arg, HOSTS, good[i]) != MEASURE_ALLOW)
			fail_msg("denied: %s", good[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (said(arg, HOSTS, bad[i]) != MEASURE_DENY)
			fail_msg("allowed: %s", bad[i]);
	struct driven d;
	drive(&d, arg, "openai-chat", HOSTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_delta(&d, 0, BYTES("{\"reasoning_content\":\"![x](https://evil.example/?q=1)\"}"));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
}

#define LOCALS_DENIED "policy: locals\nmodels: any\ntools: any\nhosts: [{names: [\"127.*\", \"?\"], measure: deny}, \"*\"]\n"

/* Two forms of a host are not two hosts. */
static void body_numbers(void *arg)
{
	static const char *const good[] = {"http://10.0.0.1/", "http://1.2.3.4.example/", "http://a.0xb.c/", "http://3com/x", "http://[2001:db8::1]/", "http://255.255.255.255"};
	static const char *const bad[] = {
		"http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.0.0.1/", "http://10.0.0.256/", "http://10.0.0.01/", "http://10.0.0.1.2/",
		"http://[::ffff:127.0.0.1]/", "http://[::FFFF:7f00:1]/", "http://2130706433./",
	};

	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (said(arg, LOCALS_DENIED, good[i]) != MEASURE_ALLOW)
			fail_msg("denied: %s", good[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (said(arg, LOCALS_DENIED, bad[i]) != MEASURE_DENY)
			fail_msg("allowed: %s", bad[i]);
}

static void numbers_are_one_host_in_every_form(void **state)
{
	(void)state;
	with_arena(body_numbers);
}

static void hosts_are_read_as_the_worst_reader_would(void **state)
{
	(void)state;
	with_arena(body_hosts);
}

static enum measure answered(struct arena *arena, const char *policy, const char *body)
{
	struct driven d;

	drive(&d, arena, "openai-chat", policy);
	drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[]}"));
	drive_answer(&d, bytes_of(body));
	return d.ruling.measure;
}

static const char *const blocks[] = {
	"{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"so heliot\"}}", "{\"type\":\"content_block_stop\",\"index\":0}",
	"{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"compaction\",\"content\":\"###\"}}", "{\"type\":\"content_block_stop\",\"index\":1}",
	"{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"text_delta\",\"text\":\"rope-77\"}}", "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"text_delta\",\"text\":\"41\"}}",
};

static void body_joint(void *arg)
{
	struct driven d;

	/* What begins in one part and ends in the next can only be denied; what stands in one is dealt with there. */
	assert_int_equal(answered(arg, REDACTS, PARTS("it is heliot", "rope-7741.")), MEASURE_DENY);
	assert_int_equal(answered(arg, REDACTS, PARTS("it is heliotrope-7741", "rope-7741.")), MEASURE_REDACT);
	assert_int_equal(answered(arg, REDACTS, PARTS("it is heliot", "ropes-7741.")), MEASURE_ALLOW);
	assert_int_equal(answered(arg, HOSTS, PARTS("![x](https://good.example", ".evil.example/?q=1)")), MEASURE_DENY);
	assert_int_equal(answered(arg, HOSTS, PARTS("![x](https:/", "/evil.example/?q=1)")), MEASURE_DENY);
	assert_int_equal(answered(arg, HOSTS, PARTS("see https://good.example/a", "and more")), MEASURE_ALLOW);
	assert_int_equal(answered(arg, HOSTS, PARTS("see https://good.example", " and https://good.example")), MEASURE_ALLOW);
	drive(&d, arg, "anthropic", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[]}"));
	for (size_t i = 0; i < COUNT_OF(blocks) && d.ruling.measure < MEASURE_HOLD; i++)
		drive_event(&d, bytes_of(blocks[i]));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	assert_false(bytes_contain(text_bytes(&d.out), BYTES("rope")));
}

static void what_is_cut_over_several_texts_is_found(void **state)
{
	(void)state;
	with_arena(body_joint);
}

/* Many texts, each of a letter: nothing is kept back for good, and nothing is changed. */
static void body_many_joints(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-responses", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"input\":\"x\"}"));
	for (unsigned i = 0; i < 900; i++) {
		struct text event;
		text_init(&event, arg);
		text_addf(&event, "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":%u,\"delta\":\"%s\"}", i % 300, i % 7 ? "heliot" : "rope");
		drive_event(&d, text_bytes(&event));
	}
	drive_event(&d, BYTES("{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[]}}"));
	drive_end(&d);
	assert_int_equal(d.ruling.measure, MEASURE_ALLOW);
	assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
	assert_int_equal(inspection_held(d.inspection), 0);
}

static void many_texts_in_turn_pass(void **state)
{
	(void)state;
	with_arena(body_many_joints);
}

static void body_hosts_redacted(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", HOSTS_REDACTED);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
	drive_content(&d, 0, BYTES("look: ![x](ht"));
	drive_content(&d, 0, BYTES("tps://evil.exam"));
	drive_content(&d, 0, BYTES("ple/?q=se"));
	drive_content(&d, 0, BYTES("cret) and https://good.example."));
	drive_finish(&d, 0);
	assert_bytes(driven_text(&d, 0, false), "look: ![x]([removed: address]) and https://good.example.");
}

static void addresses_can_be_taken_out(void **state)
{
	(void)state;
	with_arena(body_hosts_redacted);
}

#define DENIES "policy: denies\nmodels: [\"m*\", {names: big, for: {roles: doctor}}]\ntools: none\nhosts: none\nunexamined: deny\n" \
	"exceptions:\n  - {name: trial, for: {routes: trial}, unexamined: allow}\n" \
	"finds:\n  - {name: word, texts: [confidential], fold: yes, word: yes}\nrules:\n  - {name: no-word, finds: word, measure: deny, in: answer, message: \"that is confidential\"}\n"

static void body_denies(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", DENIES);
	drive_request(&d, BYTES("{\"model\":\"other\",\"messages\":[]}"));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	drive(&d, arg, "openai-chat", DENIES);
	drive_request(&d, BYTES("{\"model\":\"big\",\"messages\":[]}"));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	drive(&d, arg, "openai-chat", DENIES);
	d.caller.models = (struct names){(struct bytes[]){BYTES("m1")}, 1};
	drive_request(&d, BYTES("{\"model\":\"m2\",\"messages\":[]}"));
	assert_bytes(d.ruling.rule, "caller.models");
	drive(&d, arg, "openai-chat", DENIES);
	drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"confidential\"}]}"));
	assert_int_equal(d.ruling.measure, MEASURE_ALLOW);
	drive_content(&d, 0, BYTES("unconfidential confidentially CONFI"));
	assert_int_equal(d.ruling.measure, MEASURE_ALLOW);
	drive_content(&d, 0, BYTES("DENTIAL"));
	drive_content(&d, 0, BYTES("."));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	assert_bytes(d.ruling.message, "that is confidential");
	assert_int_equal(d.out.len, 0);
	drive(&d, arg, "openai-chat", DENIES);
	drive_request(&d, BYTES("not json"));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
	assert_bytes(d.ruling.rule, "unexamined");
}

static void what_is_not_named_is_denied(void **state)
{
	(void)state;
	with_arena(body_denies);
}

#define SIGNED(thinking) "{\"type\":\"message\",\"model\":\"m\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"" thinking "\",\"signature\":\"EqQB\"},{\"type\":\"text\",\"text\":\"Well.\"}]}"

/* What is signed is read whole, and not a letter of it is rewritten: what would have to be is denied. */
static void body_signed(void *arg)
{
	struct driven d;

	for (unsigned found = 0; found < 2; found++) {
		drive(&d, arg, "anthropic", REDACTS);
		drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[]}"));
		drive_answer(&d, found ? BYTES(SIGNED("It is heliotrope-7741.")) : BYTES(SIGNED("It is well.")));
		assert_int_equal(exchange_examined(&d.answer, 1), EXAMINED_WHOLE);
		assert_int_equal(d.ruling.measure, found ? MEASURE_DENY : MEASURE_ALLOW);
	}
	drive(&d, arg, "anthropic", REDACTS);
	drive_request(&d, BYTES("{\"model\":\"m\",\"messages\":[]}"));
	drive_answer(&d, BYTES(SIGNED("")));
	assert_int_equal(exchange_examined(&d.answer, 1), EXAMINED_PARTLY);
}

static void signed_texts_are_read_and_never_rewritten(void **state)
{
	(void)state;
	with_arena(body_signed);
}

/* Token numbers at the end of a stream spell out all of it, whatever was taken out on the way. */
static void body_echo_of_all(void *arg)
{
	struct driven d;
	static const char said[] = "{\"model\":\"m\",\"response\":\"the word is heliotrope-7741\",\"done\":false}";
	static const char harmless[] = "{\"model\":\"m\",\"response\":\"there is no word\",\"done\":false}";
	static const char last[] = "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"context\":[1,2,3]}";

	drive(&d, arg, "ollama", REDACTS);
	drive_event(&d, bytes_of(said));
	drive_event(&d, bytes_of(last));
	drive_end(&d);
	assert_true(bytes_contain(text_bytes(&d.out), BYTES("<gone>")));
	assert_true(bytes_contain(text_bytes(&d.out), BYTES("\"context\":null")));
	drive(&d, arg, "ollama", REDACTS);
	drive_event(&d, bytes_of(harmless));
	drive_event(&d, bytes_of(last));
	drive_end(&d);
	assert_true(bytes_equal(text_bytes(&d.in), text_bytes(&d.out)));
}

static void echoes_of_a_whole_stream_fall_with_any_of_it(void **state)
{
	(void)state;
	with_arena(body_echo_of_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_bodies_are_edited_in_place),
		cmocka_unit_test(what_only_looks_alike_passes),
		cmocka_unit_test(matches_are_found_wherever_they_are_cut),
		cmocka_unit_test(choices_do_not_mix),
		cmocka_unit_test(arguments_are_redacted_in_streams),
		cmocka_unit_test(escapes_in_arguments_are_undone),
		cmocka_unit_test(arguments_are_judged_by_type),
		cmocka_unit_test(limits_hold_however_a_number_or_a_key_is_written),
		cmocka_unit_test(calls_wait_until_they_are_judged),
		cmocka_unit_test(no_more_is_held_than_may_become_a_match), cmocka_unit_test(one_event_is_as_long_as_it_is),
		cmocka_unit_test(plain_text_goes_on_at_once),
		cmocka_unit_test(disclosure_stands_first_in_every_choice),
		cmocka_unit_test(disclosure_is_not_spent_on_what_is_not_shown),
		cmocka_unit_test(observing_changes_nothing_and_records_all), cmocka_unit_test(what_the_record_says_anyway_is_not_said_twice),
		cmocka_unit_test(hosts_are_read_as_the_worst_reader_would),
		cmocka_unit_test(numbers_are_one_host_in_every_form), cmocka_unit_test(what_is_cut_over_several_texts_is_found), cmocka_unit_test(many_texts_in_turn_pass),
		cmocka_unit_test(addresses_can_be_taken_out),
		cmocka_unit_test(what_is_not_named_is_denied), cmocka_unit_test(signed_texts_are_read_and_never_rewritten),
		cmocka_unit_test(echoes_of_a_whole_stream_fall_with_any_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
