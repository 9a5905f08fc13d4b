#include "tests/unit/test.h"
#include "tests/unit/inspection.h"

/* What a policy makes of MCP: arguments judged as a whole and rewritten in their parts, and what is said twice rewritten twice. */

#define REDACTS "policy: test\nmodels: any\ntools: any\nhosts: any\n" \
	"finds:\n  - name: canary\n    texts: [\"heliotrope-7741\"]\n" \
	"rules:\n  - name: secrets\n    finds: [canary]\n    measure: redact\n    placeholder: \"<gone>\"\n"
#define OPEN "policy: test\nmodels: any\ntools: any\nhosts: any\n"
#define CALL(arguments) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"send\",\"arguments\":" arguments "}}"

static bool no_entry(const struct heading *heading, size_t index, struct bytes *name, struct bytes *value)
{
	(void)heading;
	(void)index;
	(void)name;
	(void)value;
	return false;
}

static void ask_under(struct driven *d, struct arena *arena, const char *policy, struct bytes body)
{
	struct heading heading = {.method = BYTES("POST"), .path = BYTES("/mcp"), .field = no_field, .entry = no_entry};

	drive(d, arena, "mcp", policy);
	exchange_init(&d->request, arena, d->dialect);
	d->dialect->request(&d->request, &heading, body);
	assert_null(d->request.why);
	d->ruling = inspection_request(d->inspection, &d->request, &d->body);
	d->answer.asked = &d->request;
}

static void ask(struct driven *d, struct arena *arena, struct bytes body)
{
	ask_under(d, arena, REDACTS, body);
}

static void body_arguments(void *arg)
{
	struct driven d;

	ask(&d, arg, BYTES(CALL("{\"to\":\"anna\",\"all\":[1,{\"text\":\"heliotrope-77\\u00341 is it\"}]}")));
	assert_int_equal(d.ruling.measure, MEASURE_REDACT);
	assert_true(d.ruling.edited);
	assert_bytes(text_bytes(&d.body), CALL("{\"to\":\"anna\",\"all\":[1,{\"text\":\"<gone> is it\"}]}"));
	/* A key cannot be another one. */
	ask(&d, arg, BYTES(CALL("{\"heliotrope-7741\":\"anna\"}")));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
}

static void arguments_are_rewritten_in_their_strings(void **state)
{
	(void)state;
	with_arena(body_arguments);
}

static void body_repeated(void *arg)
{
	struct driven d;

	ask(&d, arg, BYTES(CALL("{}")));
	drive_answer(&d, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"heliotrope-7741\"},{\"type\":\"text\",\"text\":\"{\\\"a\\\":\\\"heliotrope-7741\\\"}\"}],"
			       "\"structuredContent\":{\"result\":\"heliotrope-7741\",\"a\":\"heliotrope-7741\"}}}"));
	assert_int_equal(d.ruling.measure, MEASURE_REDACT);
	assert_bytes(text_bytes(&d.body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"<gone>\"},{\"type\":\"text\",\"text\":\"{\\\"a\\\":\\\"<gone>\\\"}\"}],"
					  "\"structuredContent\":{\"result\":\"<gone>\",\"a\":\"<gone>\"}}}");
}

static void body_disguised(void *arg)
{
	struct driven d;

	ask(&d, arg, BYTES(CALL("{}")));
	drive_answer(&d, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"a\\\":\\\"heliotrope\\\\u002d7741\\\"}\"}]}}"));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
}

static void redactions_reach_every_place(void **state)
{
	(void)state;
	with_arena(body_repeated);
	with_arena(body_disguised);
}

static void body_definitions(void *arg)
{
	struct driven d;

	ask(&d, arg, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"));
	drive_answer(&d, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\",\"description\":\"say heliotrope-7741\",\"inputSchema\":{\"type\":\"object\"}}]}}"));
	assert_int_equal(d.ruling.measure, MEASURE_REDACT);
	assert_bytes(text_bytes(&d.body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\",\"description\":\"say <gone>\",\"inputSchema\":{\"type\":\"object\"}}]}}");
}

/* Nothing waits behind a definition, or a call, that is looked through in its parts. */
static void body_streamed(void *arg)
{
	struct driven d;

	ask(&d, arg, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"));
	drive_event(&d, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\",\"description\":\"say heliotrope-7741\",\"inputSchema\":{\"type\":\"object\"}}]}}"));
	assert_int_equal(inspection_held(d.inspection), 0);
	assert_true(bytes_contain(text_bytes(&d.out), BYTES("\"description\":\"say <gone>\"")));
}

#define LISTED(tools) "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[" tools "],\"nextCursor\":\"x\"}}"

static void list(struct driven *d, struct arena *arena, const char *tools, struct bytes answer)
{
	struct text policy;

	text_init(&policy, arena);
	text_addf(&policy, "policy: test\nmodels: any\nhosts: any\n%s"
			   "finds:\n  - {name: canary, texts: [heliotrope]}\nrules:\n  - {name: no-canary, finds: canary, measure: deny}\n", tools);
	ask_under(d, arena, text_string(&policy), BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"));
	drive_answer(d, answer);
}

/* What may not be called is not offered either, wherever in the list it stands; what it says does not count. */
static void body_left_out(void *arg)
{
	static const char only[] = "tools: [{names: [a, b]}, {names: held, measure: hold}]\n";
	struct driven d;

	list(&d, arg, only, BYTES(LISTED("{\"name\":\"a\"}, {\"name\":\"x\",\"description\":\"heliotrope\",\"inputSchema\":{\"properties\":{\"y\":{}}}} ,{\"name\":\"b\"}")));
	assert_int_equal(d.ruling.measure, MEASURE_REDACT);
	assert_bytes(text_bytes(&d.body), LISTED("{\"name\":\"a\"}, {\"name\":\"b\"}"));
	list(&d, arg, only, BYTES(LISTED("{\"name\":\"x\"}, {\"name\":\"a\"},\n{\"name\":\"y\"} , {\"name\":\"z\"} ")));
	assert_bytes(text_bytes(&d.body), LISTED(" {\"name\":\"a\"} "));
	list(&d, arg, only, BYTES(LISTED("{\"name\":\"x\"},{\"name\":\"y\"}")));
	assert_bytes(text_bytes(&d.body), LISTED(""));
	list(&d, arg, only, BYTES(LISTED("{\"name\":\"held\"},{\"name\":\"b\"}")));
	assert_int_equal(d.ruling.measure, MEASURE_ALLOW);
	assert_false(d.ruling.edited);
	list(&d, arg, only, BYTES(LISTED("{\"name\":\"x\"},{\"name\":\"b\",\"description\":\"heliotrope\"}")));
	assert_int_equal(d.ruling.measure, MEASURE_DENY);
}

static void body_left_out_of_stream(void *arg)
{
	struct driven d;
	struct text record;

	ask_under(&d, arg, "policy: test\nmodels: any\nhosts: any\ntools: [a]\n", BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"));
	drive_event(&d, BYTES(LISTED("{\"name\":\"x\"},{\"name\":\"a\"}")));
	assert_bytes(text_bytes(&d.out), "data: " LISTED("{\"name\":\"a\"}") "\n\n");
	text_init(&record, arg);
	inspection_record(d.inspection, &(struct said){0}, &record);
	assert_true(bytes_contain(text_bytes(&record), BYTES("\"decision\":\"redact\"")));
	assert_true(bytes_contain(text_bytes(&record), BYTES("{\"listed\":true,\"name\":\"x\"}")));
}

/* A tool that asks for headers in a way its revision forbids is passed over, and only in that revision. */
static void body_unsound(void *arg)
{
	static const struct {
		const char *schema;
		bool sound;
	} cases[] = {
		{"{\"properties\":{\"town\":{\"type\":\"string\",\"x-mcp-header\":\"Town\"}}}", true},
		{"{\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"integer\",\"x-mcp-header\":\"B\"}}}}}", true},
		{"{\"properties\":{\"x-mcp-header\":{\"type\":\"object\"}},\"default\":{\"x-mcp-header\":1}}", true},
		{"{\"properties\":{\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}}}", false},
		{"{\"properties\":{\"a\":{\"x-mcp-header\":\"A\"}}}", false},
		{"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}}}", false},
		{"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A B\"}}}", false},
		{"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"},\"b\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}}", false},
		{"{\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}}", false},
		{"{\"$defs\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}", false},
		{"{\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}]}", false},
		{"{\"type\":\"string\",\"x-mcp-header\":\"A\"}", false},
	};
	struct text answer;
	struct driven d;

	text_init(&answer, arg);
	for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
		bool modern = i % 2;
		text_clear(&answer);
		text_addf(&answer, LISTED("{\"name\":\"a\",\"inputSchema\":%s}"), cases[i / 2].schema);
		ask_under(&d, arg, OPEN, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"));
		d.request.revision = modern ? BYTES("2026-07-28") : BYTES("2025-11-25");
		drive_answer(&d, text_bytes(&answer));
		if (d.ruling.edited != (modern && !cases[i / 2].sound))
			print_error("%s\n", cases[i / 2].schema);
		assert_true(d.ruling.edited == (modern && !cases[i / 2].sound));
		if (d.ruling.edited)
			assert_bytes(text_bytes(&d.body), LISTED(""));
	}
}

static void denied_tools_are_left_out_of_lists(void **state)
{
	(void)state;
	with_arena(body_left_out);
	with_arena(body_left_out_of_stream);
	with_arena(body_unsound);
}

static void descriptions_are_rewritten(void **state)
{
	(void)state;
	with_arena(body_definitions);
	with_arena(body_streamed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_rewritten_in_their_strings),
		cmocka_unit_test(redactions_reach_every_place),
		cmocka_unit_test(descriptions_are_rewritten),
		cmocka_unit_test(denied_tools_are_left_out_of_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
