/* POST /v1/chat/completions, and the routes around it that list or must stay shut. */
#include "dialects/reading.h"

static const struct dialect_route routes[] = {
	{"POST", "/v1/chat/completions", ROUTE_EXAMINE},
	{"GET", "/v1/models", ROUTE_LIST},
	{"GET", "/v1/models/**", ROUTE_LIST},
	{NULL, NULL, 0},
};

/* ---- request ---- */

struct role {
	const char *name;
	enum channel channel;
	unsigned trust;
};

/* A client chooses the role: what it says the model said is the client's word. */
static const struct role roles[] = {
	{"system", CHANNEL_SYSTEM, TRUST_OPERATOR}, {"developer", CHANNEL_SYSTEM, TRUST_OPERATOR}, {"user", CHANNEL_USER, TRUST_USER},
	{"assistant", CHANNEL_ASSISTANT, TRUST_USER}, {"tool", CHANNEL_TOOL, TRUST_ANYBODY}, {"function", CHANNEL_TOOL, TRUST_ANYBODY},
};

static struct role role_of(const struct json *message)
{
	struct bytes name = json_string(message, "role");

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (bytes_same(name, roles[i].name))
			return roles[i];
	return (struct role){"", CHANNEL_USER, TRUST_ANYBODY};
}

static void read_part(struct exchange *x, const struct json *part, struct role role)
{
	reading_text(x, json_member(part, "text"), role.channel, role.trust);
	reading_text(x, json_member(part, "refusal"), CHANNEL_ASSISTANT, role.trust);
	const struct json *image = json_member(part, "image_url");
	struct bytes url = json_string(image, "url");
	if (bytes_start_with(url, BYTES("data:")))
		reading_opaque(x, image, "an image");
	else
		reading_all(x, image, CHANNEL_DOCUMENT, TRUST_ANYBODY);
	if (url.len > 0 && !bytes_start_with(url, BYTES("data:")))
		reading_opaque(x, image, "an image at an address");
	reading_opaque(x, json_member(part, "input_audio"), "audio");
	const struct json *file = json_member(part, "file");
	reading_text(x, json_member(file, "filename"), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_opaque(x, file, "a file");
	reading_rest(x, part, "type text refusal image_url input_audio file", CHANNEL_META, TRUST_USER);
}

/* `choice`: of a stream, where calls come in parts; NULL elsewhere. */
static void read_calls(struct exchange *x, const struct json *message, const uint64_t *choice)
{
	json_each(json_member(message, "tool_calls"), it) {
		const struct json *function = json_member(it, "function"), *custom = json_member(it, "custom");
		struct piece *p = function ? reading_call(x, json_member(function, "name"), json_member(function, "arguments"))
			: custom ? reading_call(x, json_member(custom, "name"), json_member(custom, "input")) : NULL;
		if (choice)
			reading_carries_on(p, reading_thread(x, "%llu/tool/%llu", (unsigned long long)*choice, (unsigned long long)reading_number(it, "index")));
	}
	const struct json *old = json_member(message, "function_call");
	if (!old || old->kind != JSON_IS_OBJECT)
		return;
	struct piece *p = reading_call(x, json_member(old, "name"), json_member(old, "arguments"));
	if (choice)
		reading_carries_on(p, reading_thread(x, "%llu/function", (unsigned long long)*choice));
}

static void read_message(struct exchange *x, const struct json *message)
{
	struct role role = role_of(message);
	const struct json *content = json_member(message, "content");

	reading_text(x, content, role.channel, role.trust);
	if (content && content->kind == JSON_IS_ARRAY)
		json_each(content, it)
			read_part(x, it, role);
	reading_text(x, json_member(message, "refusal"), CHANNEL_ASSISTANT, role.trust);
	read_calls(x, message, NULL);
	reading_rest(x, message, "role content refusal tool_calls function_call tool_call_id", CHANNEL_META, TRUST_USER);
}

static void read_tools(struct exchange *x, const struct json *root)
{
	json_each(json_member(root, "tools"), it) {
		const struct json *function = json_member(it, "function"), *custom = json_member(it, "custom");
		const struct json *tool = function ? function : custom ? custom : it;
		reading_definition(x, function || custom ? json_string(tool, "name") : json_string(it, "type"), tool);
	}
	json_each(json_member(root, "functions"), it)
		reading_definition(x, json_string(it, "name"), it);
}

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body), *stream = json_member(root, "stream"), *messages = json_member(root, "messages");

	(void)heading;
	if (!root)
		return;
	x->model = json_string(root, "model");
	x->most_output = reading_number(root, json_member(root, "max_completion_tokens") ? "max_completion_tokens" : "max_tokens");
	x->choices = reading_number(root, "n");
	x->stream = stream && stream->kind == JSON_IS_BOOL && stream->truth;
	if (x->model.len == 0)
		exchange_fail(x, "names no model");
	if (!messages || messages->kind != JSON_IS_ARRAY)
		exchange_fail(x, "has no messages");
	json_each(messages, it)
		read_message(x, it);
	read_tools(x, root);
	reading_all(x, json_member(root, "response_format"), CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	reading_all(x, json_member(root, "prediction"), CHANNEL_ASSISTANT, TRUST_USER);
	reading_rest(x, root, "model stream messages tools functions response_format prediction", CHANNEL_META, TRUST_USER);
}

/* ---- answer ---- */

static void read_usage(struct exchange *x, const struct json *root)
{
	const struct json *usage = json_member(root, "usage");

	if (!usage || usage->kind != JSON_IS_OBJECT)
		return;
	x->usage = (struct usage){.known = true, .input = reading_number(usage, "prompt_tokens"), .output = reading_number(usage, "completion_tokens")};
}

/* Every text of an answer that a stream brings in parts. */
static const struct {
	const char *member;
	enum channel channel;
} texts[] = {{"content", CHANNEL_ASSISTANT}, {"refusal", CHANNEL_ASSISTANT}, {"reasoning_content", CHANNEL_REASONING}, {"reasoning", CHANNEL_REASONING}};

/* A message, or the part of one that a chunk of a stream brings. */
static void read_said(struct exchange *x, const struct json *said, const uint64_t *choice)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct piece *p = reading_text(x, json_member(said, texts[i].member), texts[i].channel, TRUST_MODEL);
		if (p && choice)
			p->thread = reading_thread(x, "%llu/%s", (unsigned long long)*choice, texts[i].member);
	}
	read_calls(x, said, choice);
	reading_opaque(x, json_member(said, "audio"), "audio");
	reading_rest(x, said, "role content refusal reasoning_content reasoning tool_calls function_call audio", CHANNEL_DOCUMENT, TRUST_ANYBODY);
}

/* A reason to finish ends every text of its choice: "0/" stands for all threads that begin so. */
static void read_choice(struct exchange *x, const struct json *choice, bool in_parts)
{
	uint64_t number = reading_number(choice, "index");
	struct bytes finish = json_string(choice, "finish_reason");

	read_said(x, json_member(choice, in_parts ? "delta" : "message"), in_parts ? &number : NULL);
	reading_echo(x, json_member(choice, "logprobs"));
	if (finish.len == 0)
		return;
	x->finish = finish;
	if (in_parts)
		reading_ends(x, CHANNEL_ASSISTANT, TRUST_MODEL, reading_thread(x, "%llu/", (unsigned long long)number));
}

static void read_chunk(struct exchange *x, const struct json *root, bool in_parts)
{
	json_each(json_member(root, "choices"), it)
		read_choice(x, it, in_parts);
	if (json_string(root, "model").len > 0)
		x->model = json_string(root, "model");
	read_usage(x, root);
	reading_all(x, json_member(root, "error"), CHANNEL_META, TRUST_ANYBODY);
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	read_chunk(x, root, false);
	x->ended = root != NULL;
}

static void read_event(struct exchange *x, struct bytes name, struct bytes data)
{
	(void)name;
	if (bytes_same(data, "[DONE]")) {
		x->ended = true;
		return;
	}
	read_chunk(x, reading_parse(x, data), true);
}

/* ---- refusals ---- */

static void write_refusal(struct text *out, const struct exchange *request, const char *code, const char *message)
{
	(void)request;
	text_add_string(out, "{\"error\":{");
	reading_add_string(out, "message", message);
	reading_add_string(out, "type", "merlon_refusal");
	reading_add_string(out, "code", code);
	text_add_string(out, ",\"param\":null}}");
}

/* An error object is what the official clients raise for; the finish reason is for those that only look there. */
static void write_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	text_add_string(out, "data: {\"id\":\"merlon\",\"object\":\"chat.completion.chunk\",\"created\":0");
	text_add_member(out, "model", so_far->model);
	text_add_string(out, ",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\ndata: ");
	write_refusal(out, so_far->asked, code, message);
	text_add_string(out, "\n\ndata: [DONE]\n\n");
}

const struct dialect dialect_openai_chat = {
	.name = "openai-chat",
	.title = "OpenAI chat completions",
	.spec = "OpenAI API description 2.3.0",
	.routes = routes,
	.framing = FRAMING_EVENTS,
	.repeatable = true,
	.request = read_request,
	.answer = read_answer,
	.event = read_event,
	.refusal = write_refusal,
	.stop = write_stop,
};
