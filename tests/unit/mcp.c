#include "tests/unit/test.h"
#include "tests/unit/inspection.h"

/* What a policy makes of MCP: arguments judged as a whole and rewritten in their parts, and what is said twice rewritten twice. */

#define REDACTS "policy: test\nmodels: any\ntools: any\nhosts: any\n" \
	"finds:\n  - name: canary\n    texts: [\"heliotrope-7741\"]\n" \
	"rules:\n  - name: secrets\n    finds: [canary]\n    measure: redact\n    placeholder: \"<gone>\"\n"
#define CALL(arguments) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"send\",\"arguments\":" arguments "}}"

static bool no_entry(const struct heading *heading, size_t index, struct bytes *name, struct bytes *value)
{
	(void)heading;
	(void)index;
	(void)name;
	(void)value;
	return false;
}

static void ask(struct driven *d, struct arena *arena, struct bytes body)
{
	struct heading heading = {.method = BYTES("POST"), .path = BYTES("/mcp"), .field = no_field, .entry = no_entry};

	drive(d, arena, "mcp", REDACTS);
	exchange_init(&d->request, arena, d->dialect);
	d->dialect->request(&d->request, &heading, body);
	assert_null(d->request.why);
	d->ruling = inspection_request(d->inspection, &d->request, &d->body);
	d->answer.asked = &d->request;
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
