/* POST /v1/chat/completions, and the routes around it that list or must stay shut. */
#include "dialects/lists.h"
#include "dialects/openai.h"

static const struct dialect_route routes[] = {
	ROUTE("POST", "/v1/chat/completions", EXAMINE),
	ROUTE("GET", "/v1/models", LIST),
	ROUTE("GET", "/v1/models/**", MODEL),
	ROUTES_END
};

/* ---- calls of tools ---- */

static struct piece *read_called(struct exchange *x, const struct json *called, enum word arguments, struct words known)
{
	if (called && called->kind == JSON_IS_STRING)
		return reading_call(x, called, NULL);
	if (!called || called->kind != JSON_IS_OBJECT) {
		reading_all(x, called, CHANNEL_ARGUMENTS, TRUST_MODEL);
		return NULL;
	}
	struct piece *p = reading_call(x, reading_member(called, WORD_name), reading_member(called, arguments));
	reading_rest(x, called, known, CHANNEL_ARGUMENTS, TRUST_MODEL);
	return p;
}

/* `choice`: of a stream, where calls come in parts; NULL elsewhere. */
static void read_call(struct exchange *x, const struct json *call, const uint64_t *choice)
{
	struct piece *function = read_called(x, reading_member(call, WORD_function), WORD_arguments, KNOWN(name, arguments));
	struct piece *custom = read_called(x, reading_member(call, WORD_custom), WORD_input, KNOWN(name, input));

	if (!reading_member(call, WORD_function) && !reading_member(call, WORD_custom) && reading_member(call, WORD_name))
		function = read_called(x, call, WORD_arguments, KNOWN(index, name, arguments));
	else
		reading_rest(x, call, KNOWN(index, function, custom), CHANNEL_META, TRUST_MODEL);
	if (!choice)
		return;
	struct bytes thread = reading_thread_part(x, *choice, "tool", reading_amount(x, call, WORD_index));
	reading_carries_on(function, thread);
	reading_carries_on(custom, thread);
}

static void read_calls(struct exchange *x, const struct json *message, const uint64_t *choice)
{
	const struct json *calls = reading_member(message, WORD_tool_calls), *old = reading_member(message, WORD_function_call);

	if (calls && calls->kind != JSON_IS_ARRAY)
		reading_all(x, calls, CHANNEL_ARGUMENTS, TRUST_MODEL);
	else
		json_each(calls, it)
			read_call(x, it, choice);
	struct piece *p = read_called(x, old, WORD_arguments, KNOWN(name, arguments));
	if (p && choice)
		reading_carries_on(p, reading_thread(x, *choice, "function"));
}

/* ---- request ---- */

static void read_message(struct exchange *x, const struct json *message)
{
	struct role role = openai_role(x, message), refusing = {"", CHANNEL_ASSISTANT, role.trust};
	const struct json *audio = reading_member(message, WORD_audio);

	openai_content(x, reading_member(message, WORD_content), role, (struct place){0});
	openai_content(x, reading_member(message, WORD_refusal), refusing, (struct place){0});
	reading_deep(x, reading_member(message, WORD_reasoning_content), CHANNEL_REASONING, TRUST_USER);
	reading_deep(x, reading_member(message, WORD_reasoning), CHANNEL_REASONING, TRUST_USER);
	read_calls(x, message, NULL);
	reading_opaque(x, reading_member(audio, WORD_id), "audio of an earlier answer");
	if (audio)
		reading_rest(x, audio, KNOWN(id), CHANNEL_META, TRUST_USER);
	reading_rest(x, message, KNOWN(role, content, refusal, reasoning_content, reasoning, tool_calls, function_call, audio), CHANNEL_META, TRUST_USER);
}

static void offer_of_provider(struct exchange *x, const struct json *at, struct bytes name)
{
	struct piece *p = exchange_add(x, PIECE_TOOL_DEFINITION, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY, at->at, BYTES(""));

	p->name = name;
	p->provider = true;
}

/* What has a provider search, or run anything else, without a word in the list of tools: xAI, Qwen, OpenRouter. */
static void read_switches(struct exchange *x, const struct json *root)
{
	json_each(root, it) {
		if (!reading_is_set(it))
			continue;
		if (bytes_same(it->key, "search_parameters") || bytes_same(it->key, "enable_search"))
			offer_of_provider(x, it, BYTES("web_search"));
		if (bytes_same(it->key, "plugins") && it->kind == JSON_IS_ARRAY)
			json_each(it, plugin)
				offer_of_provider(x, plugin, reading_member_text(plugin, WORD_id));
	}
}

static void read_tools(struct exchange *x, const struct json *root)
{
	const struct json *search = reading_member(root, WORD_web_search_options), *functions = reading_member(root, WORD_functions);

	openai_tools(x, reading_member(root, WORD_tools));
	json_each(functions, it)
		reading_definition(x, reading_member_text(it, WORD_name), it);
	read_switches(x, root);
	if (!search || search->kind == JSON_IS_NULL)
		return;
	offer_of_provider(x, search, BYTES("web_search"));
	reading_deep(x, search, CHANNEL_META, TRUST_USER);
}

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body), *messages = reading_member(root, WORD_messages);

	(void)heading;
	if (!root)
		return;
	openai_head(x, root);
	uint64_t new_most = reading_limit(x, root, WORD_max_completion_tokens), old_most = reading_limit(x, root, WORD_max_tokens);
	x->most_output = new_most > old_most ? new_most : old_most;
	x->choices = openai_answers(x, root);
	if (!messages || messages->kind != JSON_IS_ARRAY)
		exchange_fail(x, "has no messages");
	json_each(messages, it)
		read_message(x, it);
	read_tools(x, root);
	const struct json *prediction = reading_member(root, WORD_prediction);
	openai_content(x, reading_member(prediction, WORD_content), (struct role){"", CHANNEL_ASSISTANT, TRUST_USER}, (struct place){0});
	if (prediction)
		reading_rest(x, prediction, KNOWN(content), CHANNEL_META, TRUST_USER);
	openai_rest(x, root, KNOWN(messages, tools, functions, prediction, web_search_options, max_tokens, max_completion_tokens, n));
	reading_sweep(x, root);
	reading_in_order(x);
}

/* ---- answer ---- */

/* Every text of an answer that a stream brings in parts. */
static const struct {
	enum word member;
	enum channel channel;
	bool aside;
} texts[] = {{WORD_content, CHANNEL_ASSISTANT, false}, {WORD_refusal, CHANNEL_ASSISTANT, true}, {WORD_reasoning_content, CHANNEL_REASONING, false}, {WORD_reasoning, CHANNEL_REASONING, false}};

static void read_audio(struct exchange *x, const struct json *audio, const uint64_t *choice)
{
	if (!audio || audio->kind != JSON_IS_OBJECT) {
		reading_opaque(x, audio, "audio");
		return;
	}
	reading_opaque(x, reading_member(audio, WORD_data), "audio");
	struct piece *p = reading_text(x, reading_member(audio, WORD_transcript), CHANNEL_ASSISTANT, TRUST_MODEL);
	if (p)
		p->aside = true;
	if (choice)
		reading_carries_on(p, reading_thread(x, *choice, "transcript"));
	reading_rest(x, audio, KNOWN(data, transcript), CHANNEL_META, TRUST_MODEL);
}

/* A message, or the part of one that a chunk of a stream brings. */
static void read_said(struct exchange *x, const struct json *said, const uint64_t *choice)
{
	static const struct words known = WORDS(content, refusal, reasoning_content, reasoning, tool_calls, function_call, audio, annotations);

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const struct json *value = reading_member(said, texts[i].member);
		struct piece *p = reading_text(x, value, texts[i].channel, TRUST_MODEL);
		if (p)
			p->aside = texts[i].aside;
		if (!p && choice)
			reading_value_in_parts(x, value, texts[i].channel, TRUST_MODEL, *choice, word_name(texts[i].member));
		else if (!p)
			reading_deep(x, value, texts[i].channel, TRUST_MODEL);
		else if (choice)
			reading_carries_on(p, reading_thread(x, *choice, word_name(texts[i].member)));
	}
	read_calls(x, said, choice);
	read_audio(x, reading_member(said, WORD_audio), choice);
	reading_deep(x, reading_member(said, WORD_annotations), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	if (choice)
		reading_rest_in_parts(x, said, known, CHANNEL_DOCUMENT, TRUST_ANYBODY, *choice);
	else
		reading_rest(x, said, known, CHANNEL_DOCUMENT, TRUST_ANYBODY);
}

static void read_choice(struct exchange *x, const struct json *choice, const uint64_t *number)
{
	read_said(x, reading_member(choice, WORD_delta), number);
	read_said(x, reading_member(choice, WORD_message), NULL);
	reading_rest(x, choice, KNOWN(delta, message, OPENAI_ECHOES), CHANNEL_META, TRUST_MODEL);
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	(void)heading;
	openai_choices_answer(x, body, read_choice);
}

static void read_event(struct exchange *x, struct bytes name, struct bytes data)
{
	(void)name;
	openai_choices_event(x, data, read_choice);
}

static void write_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	openai_chunks_stop(out, so_far, "chat.completion.chunk", "\"delta\":{}", code, message);
}

const struct dialect dialect_openai_chat = {
	.name = "openai-chat",
	.title = "OpenAI chat completions",
	.spec = "OpenAI API description 2.3.0",
	.routes = routes,
	.framing = FRAMING_EVENTS,
	.repeatable = true,
	.state_size = sizeof(struct openai_chunks),
	.request = read_request,
	.answer = read_answer,
	.event = read_event,
	.list = lists_filter,
	.refusal = openai_refusal,
	.stop = write_stop,
};
