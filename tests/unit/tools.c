#include "tests/unit/test.h"
#include "tests/unit/inspection.h"

/* Tools as a policy knows them: whose they are, and what they are called. */

/* A function may be called what the provider calls its own: the kind tells them apart, offered and called. */
static void body_provider(void *arg)
{
	static const struct {
		const char *dialect, *body;
		enum measure measure;
	} cases[] = {
		{"openai-chat", "{\"model\":\"m\",\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"web_search\"}}]}", MEASURE_ALLOW},
		{"openai-chat", "{\"model\":\"m\",\"messages\":[],\"tools\":[{\"type\":\"web_search\"}]}", MEASURE_DENY},
		{"openai-chat", "{\"model\":\"m\",\"messages\":[],\"tools\":[{\"type\":\"web_search\",\"function\":{\"name\":\"mine\"}}]}", MEASURE_DENY},
		{"openai-chat", "{\"model\":\"m\",\"messages\":[],\"web_search_options\":{}}", MEASURE_DENY},
		{"openai-responses", "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"shell\"}]}", MEASURE_ALLOW},
		{"openai-responses", "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"shell\"}]}", MEASURE_DENY},
		{"openai-responses", "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"local_shell\"}]}", MEASURE_ALLOW},
		{"openai-responses", "{\"model\":\"m\",\"input\":[{\"type\":\"function_call\",\"name\":\"mcp\",\"arguments\":\"{}\"}]}", MEASURE_ALLOW},
		{"openai-responses", "{\"model\":\"m\",\"input\":[{\"type\":\"mcp_call\",\"name\":\"mine\",\"arguments\":\"{}\"}]}", MEASURE_DENY},
		{"anthropic", "{\"model\":\"m\",\"messages\":[],\"tools\":[{\"name\":\"computer\",\"input_schema\":{}}]}", MEASURE_ALLOW},
		{"anthropic", "{\"model\":\"m\",\"messages\":[],\"tools\":[{\"type\":\"computer_20250124\",\"name\":\"computer\"}]}", MEASURE_DENY},
		{"anthropic", "{\"model\":\"m\",\"messages\":[],\"tools\":[{\"type\":\"bash_20250124\",\"name\":\"bash\"}]}", MEASURE_ALLOW},
		{"anthropic", "{\"model\":\"m\",\"messages\":[],\"mcp_servers\":[{\"type\":\"url\",\"url\":\"https://example.com/mcp\",\"name\":\"x\"}]}", MEASURE_DENY},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct driven d;
		drive(&d, arg, cases[i].dialect, NULL);
		drive_request(&d, bytes_of(cases[i].body));
		if (d.ruling.measure != cases[i].measure)
			print_error("%s\n", cases[i].body);
		assert_int_equal(d.ruling.measure, cases[i].measure);
	}
}

static void tools_of_the_provider_are_known_by_their_kind(void **state)
{
	(void)state;
	with_arena(body_provider);
}

/* A name that comes in parts is one name to readers that join them: "pay" and "ment" may be called, "payment" may not. */
static void body_names_in_parts(void *arg)
{
	static const struct {
		const char *first, *second;
		enum measure measure;
	} cases[] = {
		{"pay", "pay", MEASURE_ALLOW}, {"pay", "", MEASURE_ALLOW}, {"ment", "pay", MEASURE_DENY}, {"pay", "ment", MEASURE_DENY}, {"pay", "other", MEASURE_DENY}, {"look", "up", MEASURE_ALLOW},
	};
	struct text delta;

	text_init(&delta, arg);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct driven d;
		drive(&d, arg, "openai-chat", "policy: test\nmodels: any\nhosts: any\ntools: [pay, ment, look, up, lookup]\n");
		drive_request(&d, BYTES("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
		for (unsigned part = 0; part < 2; part++) {
			text_clear(&delta);
			text_addf(&delta, "{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"%s\",\"arguments\":\"\"}}]}", part ? cases[i].second : cases[i].first);
			drive_delta(&d, 0, text_bytes(&delta));
		}
		assert_int_equal(d.ruling.measure, cases[i].measure);
	}
}

static void names_in_parts_are_judged_joined(void **state)
{
	(void)state;
	with_arena(body_names_in_parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tools_of_the_provider_are_known_by_their_kind),
		cmocka_unit_test(names_in_parts_are_judged_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
