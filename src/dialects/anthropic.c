/* POST /v1/messages, and the routes around it that count, or must stay shut. */
#include "dialects/anthropic/blocks.h"
#include "dialects/lists.h"

static const struct dialect_route routes[] = {
	ROUTE("POST", "/v1/messages", EXAMINE),
	ROUTE_WITH("anthropic-version", "GET", "/v1/models", LIST),
	ROUTE_WITH("anthropic-version", "GET", "/v1/models/**", MODEL),
	ROUTE("POST", "/v1/messages/count_tokens", EXAMINE),
	ROUTE("", "/v1/messages/**", DENY),            /* batches: run later, their answers are fetched from elsewhere */
	ROUTE("", "/v1/files/**", DENY),
	ROUTE("", "/v1/skills/**", DENY),
	ROUTES_END
};

/* ---- request ---- */

/* A client chooses the role: what it says the model said is the client's word, a last turn of the model's above all. */
static void read_message(struct exchange *x, const struct json *message)
{
	struct place place = {.x = x, .channel = CHANNEL_USER, .trust = TRUST_USER};
	struct bytes role = reading_member_text(message, WORD_role);

	if (bytes_same(role, "assistant"))
		place.channel = CHANNEL_ASSISTANT;
	else if (bytes_same(role, "system"))
		place = (struct place){.x = x, .channel = CHANNEL_SYSTEM, .trust = TRUST_OPERATOR};
	else if (!bytes_same(role, "user"))
		place.trust = TRUST_ANYBODY;
	reading_spelling(x, message, KNOWN(role, content));
	reading_label(x, reading_member(message, WORD_role), TRUST_USER);
	blocks_read(&place, reading_member(message, WORD_content));
	reading_rest(x, message, KNOWN(role, content), CHANNEL_META, TRUST_USER);
}

static void read_messages(struct exchange *x, const struct json *value)
{
	if (value->kind != JSON_IS_ARRAY)
		exchange_fail(x, "has no list of messages");
	json_each(value, it)
		read_message(x, it);
}

static void read_system(struct exchange *x, const struct json *value)
{
	blocks_read(&(struct place){.x = x, .channel = CHANNEL_SYSTEM, .trust = TRUST_OPERATOR}, value);
}

static void read_tools(struct exchange *x, const struct json *value)
{
	json_each(value, it)
		blocks_read_tool(x, it);
}

/* The model calls such a server past this gateway, with credentials from the body. */
static void read_servers(struct exchange *x, const struct json *value)
{
	json_each(value, it)
		reading_offer(x, BYTES("mcp_server"), it, KNOWN(type))->provider = true;
}

static void read_format(struct exchange *x, const struct json *value)
{
	reading_all(x, value, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
}

static void read_kept(struct exchange *x, const struct json *value)
{
	reading_opaque(x, value, "something kept by the server");
	reading_all(x, value, CHANNEL_META, TRUST_USER);
}

static void read_stream(struct exchange *x, const struct json *value)
{
	x->stream = value->kind == JSON_IS_BOOL && value->truth;
}

static void read_model(struct exchange *x, const struct json *value)
{
	x->model = value->kind == JSON_IS_STRING ? value->text : BYTES("");
}

static const struct member {
	const char *key;
	void (*read)(struct exchange *, const struct json *);
} members[] = {
	{"model", read_model}, {"stream", read_stream}, {"system", read_system}, {"messages", read_messages}, {"tools", read_tools},
	{"mcp_servers", read_servers}, {"output_config", read_format}, {"output_format", read_format},
	{"container", read_kept}, {"thread", read_kept},
};

static void read_member(struct exchange *x, const struct json *member)
{
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (bytes_same(member->key, members[i].key)) {
			members[i].read(x, member);
			return;
		}
	reading_key(x, member, CHANNEL_META, TRUST_USER);
	reading_all(x, member, CHANNEL_META, TRUST_USER);
}

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	if (!root)
		return;
	reading_spelling(x, root, KNOWN(model, stream, system, messages, tools, mcp_servers, output_config, output_format, container, thread, fallbacks, max_tokens));
	reading_detours(x, root);
	json_each(root, it)
		read_member(x, it);
	reading_sweep(x, root);
	reading_in_order(x);
	x->most_output = reading_limit(x, root, WORD_max_tokens);
	if (x->model.len == 0)
		exchange_fail(x, "names no model");
	if (!reading_member(root, WORD_messages))
		exchange_fail(x, "has no list of messages");
}

/* ---- answer ---- */

enum { BLOCKS_MOST = 1024 };

/* Of a stream. Plain bytes: who holds events back may keep copies. */
struct progress {
	bool begun;
	uint64_t input, written, cached;    /* tokens: not cached, written to the cache, read from it */
	unsigned char texts[BLOCKS_MOST / 8], calls[BLOCKS_MOST / 8];   /* blocks that are open */
	unsigned char thought[BLOCKS_MOST / 8];         /* that said their thinking */
};

static void mark(unsigned char *set, uint64_t number, bool on)
{
	if (number >= BLOCKS_MOST)
		return;
	unsigned char bit = (unsigned char)(1u << number % 8);
	set[number / 8] = (unsigned char)(on ? set[number / 8] | bit : set[number / 8] & ~bit);
}

static bool is_marked(const unsigned char *set, uint64_t number)
{
	return set[number / 8] >> number % 8 & 1;
}

static uint64_t add_up(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static bool take_number(const struct json *object, enum word name, uint64_t *out)
{
	uint64_t n;
	bool taken = json_u64(reading_member(object, name), &n);

	if (taken)
		*out = n;
	return taken;
}

/* Every report counts from the beginning, and leaves out what did not change. */
static void read_usage(struct exchange *x, const struct json *usage)
{
	struct progress *p = x->state;

	if (!usage || usage->kind != JSON_IS_OBJECT)
		return;
	x->usage.known |= take_number(usage, WORD_input_tokens, &p->input);
	take_number(usage, WORD_cache_creation_input_tokens, &p->written);
	take_number(usage, WORD_cache_read_input_tokens, &p->cached);
	x->usage.known |= take_number(usage, WORD_output_tokens, &x->usage.output);
	x->usage.input = add_up(p->input, add_up(p->written, p->cached));
}

static void read_stop(struct exchange *x, const struct json *holder)
{
	if (reading_member_text(holder, WORD_stop_reason).len > 0)
		x->finish = reading_member_text(holder, WORD_stop_reason);
	reading_opaque(x, reading_member(holder, WORD_container), "something kept by the server");
	reading_rest(x, holder, KNOWN(id, type, role, content, model, stop_reason, usage, container, input_tokens), CHANNEL_META, TRUST_MODEL);
}

static void read_head(struct exchange *x, const struct json *message)
{
	reading_spelling(x, message, KNOWN(type, role, model, content, usage));
	if (reading_member_text(message, WORD_model).len > 0)
		x->model = reading_member_text(message, WORD_model);
	blocks_read(&(struct place){.x = x, .channel = CHANNEL_ASSISTANT, .trust = TRUST_MODEL}, reading_member(message, WORD_content));
	read_usage(x, reading_member(message, WORD_usage));
	read_stop(x, message);
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	if (!root)
		return;
	read_head(x, root);
	reading_sweep(x, root);
	reading_in_order(x);
	if (bytes_same(reading_member_text(root, WORD_type), "error"))
		x->finish = BYTES("error");
	if (reading_member(root, WORD_input_tokens))
		x->usage = (struct usage){.known = true};       /* counting tokens uses none */
	x->ended = true;
}

/* ---- events ---- */

static void read_message_start(struct exchange *x, const struct json *root)
{
	((struct progress *)x->state)->begun = true;
	read_head(x, reading_member(root, WORD_message));
}

static void read_block_start(struct exchange *x, const struct json *root)
{
	uint64_t number = reading_number(root, WORD_index);
	const struct json *block = reading_member(root, WORD_content_block);

	if (reading_member(block, WORD_input))
		mark(((struct progress *)x->state)->calls, number, true);
	mark(((struct progress *)x->state)->thought, number, reading_member_text(block, WORD_thinking).len > 0);
	blocks_read(&(struct place){.x = x, .channel = CHANNEL_ASSISTANT, .trust = TRUST_MODEL, .number = &number}, block);
}

static void read_block_delta(struct exchange *x, const struct json *root)
{
	uint64_t number = reading_number(root, WORD_index);
	const struct json *delta = reading_member(root, WORD_delta);
	struct progress *p = x->state;

	if (number >= BLOCKS_MOST || !is_marked(p->calls, number))
		mark(p->texts, number, true);
	if (reading_member_text(delta, WORD_thinking).len > 0)
		mark(p->thought, number, true);
	bool thought = number < BLOCKS_MOST && is_marked(p->thought, number);
	blocks_read_delta(&(struct place){.x = x, .channel = CHANNEL_ASSISTANT, .trust = TRUST_MODEL, .number = &number, .thought = thought}, delta);
}

static void read_block_stop(struct exchange *x, const struct json *root)
{
	uint64_t number = reading_number(root, WORD_index);
	struct progress *p = x->state;

	mark(p->texts, number, false);
	mark(p->calls, number, false);
	reading_ends(x, CHANNEL_ASSISTANT, TRUST_MODEL, reading_thread(x, number, ""));
}

static void read_message_delta(struct exchange *x, const struct json *root)
{
	read_stop(x, reading_member(root, WORD_delta));
	read_usage(x, reading_member(root, WORD_usage));
}

static void read_message_stop(struct exchange *x, const struct json *root)
{
	(void)root;
	x->ended = true;
}

static void read_ping(struct exchange *x, const struct json *root)
{
	(void)x;
	(void)root;
}

/* After it comes nothing, and a client waits for nothing. */
static void read_error(struct exchange *x, const struct json *root)
{
	reading_all(x, reading_member(root, WORD_error), CHANNEL_META, TRUST_ANYBODY);
	x->finish = BYTES("error");
	x->ended = true;
}

static const struct event {
	const char *name;
	void (*read)(struct exchange *, const struct json *);
	struct words known;         /* what is read of it; the rest is examined too */
} events[] = {
	{"message_start", read_message_start, WORDS(type, message)},
	{"content_block_start", read_block_start, WORDS(type, index, content_block)},
	{"content_block_delta", read_block_delta, WORDS(type, index, delta)},
	{"content_block_stop", read_block_stop, WORDS(type, index)},
	{"message_delta", read_message_delta, WORDS(type, delta, usage)},
	{"message_stop", read_message_stop, WORDS(type)},
	{"ping", read_ping, WORDS(type)},
	{"error", read_error, WORDS(type, error, request_id)},
};

/* Some clients go by the event's name, some by its type: where the two differ, nobody knows what is read. */
static void read_event(struct exchange *x, struct bytes name, struct bytes data)
{
	const struct json *root = reading_parse(x, data);
	struct bytes type = reading_member_text(root, WORD_type);

	reading_spelling(x, root, KNOWN(type, index, message, content_block, delta, usage, error));
	for (size_t i = 0; root && i < COUNT_OF(events); i++)
		if (bytes_same(type, events[i].name) && (name.len == 0 || bytes_equal(name, type))) {
			events[i].read(x, root);
			reading_rest(x, root, events[i].known, CHANNEL_META, TRUST_ANYBODY);
			reading_sweep(x, root);
			reading_in_order(x);
			return;
		}
	reading_all(x, root, CHANNEL_DOCUMENT, TRUST_ANYBODY);
	x->partly = true;
}

/* ---- refusals ---- */

/* The word of this API that is nearest to a code of the gateway's. */
static const char *error_type(const struct exchange *request, const char *code)
{
	static const struct {
		const char *code, *type;
	} types[] = {
		{"invalid_api_key", "authentication_error"}, {"unknown_route", "not_found_error"}, {"unknown_model", "not_found_error"},
		{"too_long", "request_too_large"}, {"encoded", "invalid_request_error"}, {"upstream_timeout", "timeout_error"},
		{"halted", "api_error"}, {"no_evidence", "api_error"},
	};

	if (strcmp(code, "not_examined") == 0)
		return request && request->why ? "invalid_request_error" : "api_error";
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(code, types[i].code) == 0)
			return types[i].type;
	return bytes_start_with(bytes_of(code), BYTES("upstream")) ? "api_error" : "permission_error";
}

static void write_refusal(struct text *out, const struct exchange *request, const char *code, const char *message)
{
	text_add_string(out, "{\"type\":\"error\",\"error\":{");
	reading_add_string(out, "type", error_type(request, code));
	reading_add_string(out, "message", message);
	reading_add_string(out, "code", code);
	text_add_string(out, "}}");
}

static void write_start(struct text *out, const struct exchange *x)
{
	text_add_string(out, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_merlon\",\"type\":\"message\",\"role\":\"assistant\"");
	text_add_member(out, "model", x->model.len > 0 || !x->asked ? x->model : x->asked->model);
	text_add_string(out, ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}}\n\n");
}

static bool has_open_call(const struct progress *p)
{
	for (uint64_t i = 0; i < BLOCKS_MOST; i++)
		if (is_marked(p->calls, i))
			return true;
	return false;
}

/*
 * What was forbidden ends as a refusal, which is an answer; what went wrong
 * ends with an error.  So does a call that was cut short: it must not be taken
 * for whole, and some agents run every call of a message that ended.
 */
static void write_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	const struct progress *p = so_far->state;

	if (has_open_call(p) || strcmp(error_type(NULL, code), "permission_error") != 0) {
		text_add_string(out, "event: error\ndata: ");
		write_refusal(out, NULL, code, message);
		text_add_string(out, "\n\n");
		return;
	}
	if (!p->begun)
		write_start(out, so_far);
	for (uint64_t i = 0; i < BLOCKS_MOST; i++)
		if (is_marked(p->texts, i))
			text_addf(out, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":%llu}\n\n", (unsigned long long)i);
	text_add_string(out, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\",\"stop_sequence\":null,"
			"\"stop_details\":{\"type\":\"refusal\",\"category\":null");
	reading_add_string(out, "explanation", message);
	reading_add_string(out, "code", code);
	text_addf(out, "}},\"usage\":{\"output_tokens\":%llu}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", (unsigned long long)so_far->usage.output);
}

const struct dialect dialect_anthropic = {
	.name = "anthropic",
	.title = "Anthropic messages",
	.spec = "anthropic-version 2023-06-01",
	.routes = routes,
	.framing = FRAMING_EVENTS,
	.state_size = sizeof(struct progress),
	.request = read_request,
	.answer = read_answer,
	.event = read_event,
	.list = lists_filter,
	.refusal = write_refusal,
	.stop = write_stop,
};
