/* The API of Ollama: chat, generate and embeddings, one JSON object a line. */
#include "dialects/lists.h"

static const struct dialect_route routes[] = {
	ROUTE("POST", "/api/chat", EXAMINE),
	ROUTE("POST", "/api/generate", EXAMINE),
	ROUTE("POST", "/api/embed", EXAMINE),
	ROUTE("POST", "/api/embeddings", EXAMINE),
	ROUTE("GET", "/api/tags", LIST),
	ROUTE("GET", "/api/ps", LIST),
	ROUTE("GET", "/api/version", TELL),
	ROUTE("", "/api/show", DENY),          /* tells templates and system prompts */
	ROUTE("", "/api/**", DENY),            /* pulls, pushes, makes and deletes models */
	ROUTES_END
};

/* ---- request ---- */

static const struct role {
	const char *name;
	enum channel channel;
	unsigned trust;
} roles[] = {
	{"system", CHANNEL_SYSTEM, TRUST_OPERATOR}, {"user", CHANNEL_USER, TRUST_USER},
	{"assistant", CHANNEL_ASSISTANT, TRUST_USER}, {"tool", CHANNEL_TOOL, TRUST_ANYBODY},
};

/* Ollama takes roles in letters of any case. */
static struct role role_of(const struct json *message)
{
	struct bytes name = reading_member_text(message, WORD_role);

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (bytes_equal_folded(name, bytes_of(roles[i].name)))
			return roles[i];
	return (struct role){"", CHANNEL_USER, TRUST_ANYBODY};
}

static void read_images(struct exchange *x, const struct json *images)
{
	if (images && images->kind == JSON_IS_ARRAY)
		json_each(images, it)
			reading_opaque(x, it, "an image");
	else
		reading_opaque(x, images, "an image");
}

static void read_calls(struct exchange *x, const struct json *calls, unsigned trust)
{
	json_each(calls, it) {
		const struct json *inner = reading_member(it, WORD_function), *function = inner || !reading_member(it, WORD_name) ? inner : it;
		reading_spelling(x, it, KNOWN(function));
		reading_spelling(x, function, KNOWN(name, arguments));
		if (function)
			reading_within(x, reading_call_of_value(x, trust, reading_member(function, WORD_name), reading_member(function, WORD_arguments)));
		reading_rest(x, function, KNOWN(name, arguments), CHANNEL_META, trust);
		if (function != it)
			reading_rest(x, it, KNOWN(id, type, function), CHANNEL_META, trust);
		if (reading_member(it, WORD_id))
			reading_label(x, reading_member(it, WORD_id), trust);
	}
}

static void read_message(struct exchange *x, const struct json *message)
{
	struct role role = role_of(message);

	reading_spelling(x, message, KNOWN(role, content, thinking, images, tool_calls, tool_name, tool_call_id));
	if (!reading_label(x, reading_member(message, WORD_role), TRUST_USER))
		exchange_fail(x, "has a message in a role that is no word, which templates write out as it stands");
	if (reading_member(message, WORD_tool_call_id))
		reading_label(x, reading_member(message, WORD_tool_call_id), TRUST_USER);
	reading_all(x, reading_member(message, WORD_content), role.channel, role.trust);
	reading_text(x, reading_member(message, WORD_thinking), CHANNEL_REASONING, role.trust);
	read_images(x, reading_member(message, WORD_images));
	read_calls(x, reading_member(message, WORD_tool_calls), role.trust);
	reading_rest(x, message, KNOWN(role, content, thinking, images, tool_calls, tool_call_id), CHANNEL_META, TRUST_USER);
}

static void read_tool(struct exchange *x, const struct json *tool)
{
	const struct json *function = reading_member(tool, WORD_function);

	reading_spelling(x, tool, KNOWN(type, function));
	reading_spelling(x, function, KNOWN(name, description, parameters));
	reading_offer(x, function ? reading_member_text(function, WORD_name) : reading_member_text(tool, WORD_type), function ? function : tool, KNOWN(name, description))->provider = !function;
	if (function)
		reading_rest(x, tool, KNOWN(type, function), CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
}

/* What goes round the template of the model, and with it round the roles that texts are judged by. */
static void refuse_detours(struct exchange *x, const struct json *root)
{
	if (reading_is_set(reading_member(root, WORD_raw)))
		exchange_fail(x, "asks for a raw prompt, where nothing keeps instructions and data apart");
	if (reading_is_set(reading_member(root, WORD_template)))
		exchange_fail(x, "brings a template of its own, which may give any text any role");
	if (reading_is_set(reading_member(root, WORD_context)))
		exchange_fail(x, "goes on from a context of token numbers, which nobody here can read");
}

static bool is_route(const struct exchange *x, const char *path)
{
	return x->route && bytes_same(x->route->path, path);
}

static const struct words words = WORDS(model, stream, messages, tools, prompt, system, suffix, input, images, format, options, raw, template, context, keep_alive, think);

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body), *stream = reading_member(root, WORD_stream), *messages = reading_member(root, WORD_messages);

	(void)heading;
	if (!root)
		return;
	reading_spelling(x, root, words);
	refuse_detours(x, root);
	x->model = reading_member_text(root, WORD_model);
	x->most_output = reading_limit(x, reading_member(root, WORD_options), WORD_num_predict);
	x->stream = (is_route(x, "/api/chat") || is_route(x, "/api/generate")) && !(stream && stream->kind == JSON_IS_BOOL && !stream->truth);
	if (x->model.len == 0)
		exchange_fail(x, "names no model");
	if (messages && messages->kind != JSON_IS_ARRAY && messages->kind != JSON_IS_NULL)
		exchange_fail(x, "has no list of messages");
	reading_all(x, reading_member(root, WORD_system), CHANNEL_SYSTEM, TRUST_OPERATOR);
	json_each(messages, it)
		read_message(x, it);
	reading_all(x, reading_member(root, WORD_prompt), CHANNEL_USER, TRUST_USER);
	reading_all(x, reading_member(root, WORD_suffix), CHANNEL_USER, TRUST_USER);
	reading_all(x, reading_member(root, WORD_input), CHANNEL_USER, TRUST_USER);
	read_images(x, reading_member(root, WORD_images));
	json_each(reading_member(root, WORD_tools), it)
		read_tool(x, it);
	reading_all(x, reading_member(root, WORD_format), CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	reading_rest(x, root, KNOWN(model, stream, messages, tools, prompt, system, suffix, input, images, format), CHANNEL_META, TRUST_USER);
	reading_sweep(x, root);
	reading_in_order(x);
}

/* ---- answer ---- */

/* Texts of a line; a line of a stream brings the next part of each. */
static const struct {
	enum word member;
	enum channel channel;
} texts[] = {{WORD_content, CHANNEL_ASSISTANT}, {WORD_response, CHANNEL_ASSISTANT}, {WORD_thinking, CHANNEL_REASONING}};

/* A line and the message in it may have members of one name: no client takes them for one text. */
enum holder { IN_LINE, IN_MESSAGE };

static void read_texts(struct exchange *x, const struct json *holder, bool in_parts, enum holder which)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct piece *p = reading_text(x, reading_member(holder, texts[i].member), texts[i].channel, TRUST_MODEL);
		if (in_parts)
			reading_carries_on(p, reading_thread_part(x, 0, word_name(texts[i].member), which));
	}
}

static void read_said(struct exchange *x, const struct json *message, bool in_parts)
{
	static const struct words known = WORDS(role, content, thinking, images, tool_calls);

	read_texts(x, message, in_parts, IN_MESSAGE);
	read_images(x, reading_member(message, WORD_images));
	read_calls(x, reading_member(message, WORD_tool_calls), TRUST_MODEL);
	if (in_parts)
		reading_rest_in_parts(x, message, known, CHANNEL_DOCUMENT, TRUST_ANYBODY, 0);
	else
		reading_rest(x, message, known, CHANNEL_DOCUMENT, TRUST_ANYBODY);
}

/* A prompt that was in the cache is not counted: then its bytes are. */
static void read_usage(struct exchange *x, const struct json *root)
{
	struct usage u = {0};
	bool prompt = json_u64(reading_member(root, WORD_prompt_eval_count), &u.input);

	u.known = json_u64(reading_member(root, WORD_eval_count), &u.output) || prompt;
	if (u.known)
		x->usage = u;
	if (u.known && !prompt && x->asked)
		x->usage.input = x->asked->text_bytes / 4;
}

static void read_error(struct exchange *x, const struct json *error)
{
	if (!error || error->kind == JSON_IS_NULL)
		return;
	reading_all(x, error, CHANNEL_META, TRUST_ANYBODY);
	x->finish = BYTES("error");
	x->ended = true;
}

/* The last line of /api/generate tells the whole conversation once more, in token numbers. */
static void read_context(struct exchange *x, const struct json *context, bool in_parts)
{
	bool numbers = context && context->kind == JSON_IS_ARRAY;

	if (!context || context->kind == JSON_IS_NULL)
		return;
	json_each(context, it)
		numbers &= it->kind == JSON_IS_NUMBER;
	if (!numbers) {
		reading_all(x, context, CHANNEL_META, TRUST_MODEL);
		return;
	}
	struct piece *p = exchange_add(x, PIECE_ECHO, CHANNEL_META, TRUST_MODEL, context->at, BYTES(""));
	if (in_parts)
		p->thread = BYTES("0/");
}

static void read_object(struct exchange *x, const struct json *root, bool in_parts)
{
	const struct json *done = reading_member(root, WORD_done);

	if (reading_member_text(root, WORD_model).len > 0)
		x->model = reading_member_text(root, WORD_model);
	read_texts(x, root, in_parts, IN_LINE);
	read_said(x, reading_member(root, WORD_message), in_parts);
	read_calls(x, reading_member(root, WORD_tool_calls), TRUST_MODEL);
	read_images(x, reading_member(root, WORD_image));
	reading_echo(x, reading_member(root, WORD_logprobs));
	read_context(x, reading_member(root, WORD_context), in_parts);
	reading_rest(x, root, KNOWN(model, created_at, message, content, response, thinking, tool_calls, image, logprobs, context, done, done_reason, error), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	read_error(x, reading_member(root, WORD_error));
	reading_sweep(x, root);
	reading_in_order(x);
	if (!done || done->kind != JSON_IS_BOOL || !done->truth)
		return;
	if (reading_member_text(root, WORD_done_reason).len > 0)
		x->finish = reading_member_text(root, WORD_done_reason);
	x->ended = true;
	if (in_parts)
		reading_ends(x, CHANNEL_ASSISTANT, TRUST_MODEL, BYTES("0/"));
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	if (!root)
		return;
	read_object(x, root, false);
	read_usage(x, root);
	x->ended = true;
}

static void read_line(struct exchange *x, struct bytes name, struct bytes data)
{
	const struct json *root = reading_parse(x, data);

	(void)name;
	if (!root)
		return;
	read_object(x, root, true);
	read_usage(x, root);
}

/* ---- refusals ---- */

static void write_refusal(struct text *out, const struct exchange *request, const char *code, const char *message)
{
	(void)request;
	text_add_byte(out, '{');
	reading_add_string(out, "error", message);
	reading_add_string(out, "code", code);
	text_add_byte(out, '}');
}

/* The official clients raise for "error" before they look at anything else; for others the line is a last one. */
static void write_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	text_add_byte(out, '{');
	text_add_member(out, "model", so_far->model.len > 0 || !so_far->asked ? so_far->model : so_far->asked->model);
	text_add_string(out, ",\"created_at\":\"1970-01-01T00:00:00Z\"");
	text_add_string(out, is_route(so_far, "/api/generate") ? ",\"response\":\"\"" : ",\"message\":{\"role\":\"assistant\",\"content\":\"\"}");
	text_add_string(out, ",\"done\":true");
	reading_add_string(out, "done_reason", reading_is_denied(code) ? "refusal" : "error");
	reading_add_string(out, "error", message);
	reading_add_string(out, "code", code);
	text_add_string(out, "}\n");
}

const struct dialect dialect_ollama = {
	.name = "ollama",
	.title = "Ollama",
	.spec = "Ollama API description (docs/api.md)",
	.routes = routes,
	.framing = FRAMING_LINES,
	.request = read_request,
	.answer = read_answer,
	.event = read_line,
	.list = lists_filter,
	.refusal = write_refusal,
	.stop = write_stop,
};
