/* POST /v1/responses: items in, items out, and a stream of events that says everything up to five times. */
#include "dialects/openai_responses/items.h"

/* What was answered before, or in the background, is not told again: nobody judged it under this policy. */
static const struct dialect_route routes[] = {
	ROUTE("POST", "/v1/responses", EXAMINE),
	ROUTE("GET", "/v1/responses/*", DENY),
	ROUTES_END
};

/* ---- what ending a stream needs ---- */

enum { OPEN_MOST = 8, ID_MOST = 128 };

struct open_item {
	bool open, part_open;
	uint64_t index, part;
	char id[ID_MOST];
	size_t id_len;
};

struct state {
	bool created;
	uint64_t next;              /* sequence number */
	uint64_t created_at;
	char id[ID_MOST];
	size_t id_len;
	struct open_item messages[OPEN_MOST];
	/* The tool that each call that is open names. */
	struct open_call {
		uint64_t index;
		char name[ID_MOST];
		size_t name_len;
	} calls[OPEN_MOST];
	size_t call_next;
};

static size_t keep(char *at, struct bytes b)
{
	if (b.len > ID_MOST)
		return 0;
	memcpy(at, b.at ? b.at : (const unsigned char *)"", b.len);
	return b.len;
}

static struct bytes kept(const char *at, size_t len)
{
	return (struct bytes){(const unsigned char *)at, len};
}

static struct open_item *item_at(struct state *s, uint64_t index)
{
	for (size_t i = 0; i < OPEN_MOST; i++)
		if (s->messages[i].open && s->messages[i].index == index)
			return &s->messages[i];
	return NULL;
}

/* The place for a call: its own, or the oldest. */
static struct open_call *call_at(struct state *s, uint64_t index)
{
	for (size_t i = 0; i < OPEN_MOST; i++)
		if (s->calls[i].index == index && s->calls[i].name_len > 0)
			return &s->calls[i];
	return &s->calls[s->call_next++ % OPEN_MOST];
}

static void open_item(struct state *s, uint64_t index, const struct json *item)
{
	if (!bytes_same(reading_member_text(item, WORD_type), "message")) {
		struct open_call *c = call_at(s, index);
		c->index = index;
		c->name_len = keep(c->name, responses_tool(item));
		return;
	}
	for (size_t i = 0; i < OPEN_MOST; i++) {
		struct open_item *o = &s->messages[i];
		if (o->open)
			continue;
		*o = (struct open_item){.open = true, .index = index};
		o->id_len = keep(o->id, reading_member_text(item, WORD_id));
		return;
	}
}

static struct bytes called_at(const struct state *s, uint64_t index)
{
	for (size_t i = 0; s && i < OPEN_MOST; i++)
		if (s->calls[i].index == index && s->calls[i].name_len > 0)
			return kept(s->calls[i].name, s->calls[i].name_len);
	return BYTES("");
}

static void see_event(struct state *s, struct bytes type, const struct json *root)
{
	uint64_t index = reading_number(root, WORD_output_index), part = reading_number(root, WORD_content_index);
	const struct json *response = reading_member(root, WORD_response);

	if (reading_member(root, WORD_sequence_number))
		s->next = reading_number(root, WORD_sequence_number) + 1;
	if (response && s->id_len == 0) {
		s->id_len = keep(s->id, reading_member_text(response, WORD_id));
		s->created_at = reading_number(response, WORD_created_at);
	}
	s->created |= bytes_same(type, "response.created");
	if (bytes_same(type, "response.output_item.added"))
		open_item(s, index, reading_member(root, WORD_item));
	struct open_item *o = item_at(s, index);
	if (!o)
		return;
	if (bytes_same(type, "response.output_item.done"))
		o->open = false;
	if (bytes_same(type, "response.content_part.added")) {
		o->part_open = true;
		o->part = part;
	}
	if (bytes_same(type, "response.content_part.done") && o->part == part)
		o->part_open = false;
}

/* ---- request ---- */

static void read_items(struct exchange *x, const struct json *items, bool answered)
{
	if (items && items->kind == JSON_IS_ARRAY)
		json_each(items, it)
			responses_item(x, it, answered, (struct place){0});
	else
		reading_all(x, items, answered ? CHANNEL_ASSISTANT : CHANNEL_USER, answered ? TRUST_MODEL : TRUST_USER);
}

/* Instructions of a response may be items, as its input may. */
static void read_instructions(struct exchange *x, const struct json *instructions)
{
	if (instructions && instructions->kind == JSON_IS_ARRAY)
		read_items(x, instructions, false);
	else
		reading_all(x, instructions, CHANNEL_SYSTEM, TRUST_OPERATOR);
}

static void read_text_settings(struct exchange *x, const struct json *text)
{
	reading_all(x, reading_member(text, WORD_format), CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	if (text)
		reading_rest(x, text, KNOWN(format), CHANNEL_META, TRUST_USER);
}

/* A template kept elsewhere, and what is put into it. */
static void read_prompt(struct exchange *x, const struct json *prompt)
{
	const struct json *variables = reading_member(prompt, WORD_variables);
	struct role user = {"", CHANNEL_USER, TRUST_USER};

	if (!prompt || prompt->kind != JSON_IS_OBJECT) {
		reading_all(x, prompt, CHANNEL_META, TRUST_USER);
		return;
	}
	reading_opaque(x, reading_member(prompt, WORD_id), "a prompt kept elsewhere");
	json_each(variables, it) {
		reading_key(x, it, CHANNEL_META, TRUST_USER);
		openai_part(x, it, user, (struct place){0});
	}
	reading_rest(x, prompt, variables && variables->kind == JSON_IS_OBJECT ? KNOWN(id, variables) : KNOWN(id), CHANNEL_META, TRUST_USER);
}

static void read_conversation(struct exchange *x, const struct json *conversation)
{
	bool named = conversation && conversation->kind == JSON_IS_OBJECT;

	reading_opaque(x, named ? reading_member(conversation, WORD_id) : conversation, "a conversation kept elsewhere");
	if (named)
		reading_rest(x, conversation, KNOWN(id), CHANNEL_META, TRUST_USER);
}

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body), *input = reading_member(root, WORD_input);

	(void)heading;
	if (!root)
		return;
	openai_head(x, root);
	x->most_output = reading_limit(x, root, WORD_max_output_tokens);
	if (input && input->kind == JSON_IS_OBJECT)
		exchange_fail(x, "has an input that is neither text nor a list");
	read_instructions(x, reading_member(root, WORD_instructions));
	read_items(x, input, false);
	read_prompt(x, reading_member(root, WORD_prompt));
	reading_opaque(x, reading_member(root, WORD_previous_response_id), "an answer kept elsewhere");
	read_conversation(x, reading_member(root, WORD_conversation));
	openai_tools(x, reading_member(root, WORD_tools));
	read_text_settings(x, reading_member(root, WORD_text));
	openai_rest(x, root, KNOWN(max_output_tokens, instructions, input, prompt, previous_response_id, conversation, tools, text));
	reading_sweep(x, root);
	reading_in_order(x);
}

/* ---- answer ---- */

/* What a response repeats of its request is read like it. */
static void read_response(struct exchange *x, const struct json *response)
{
	struct bytes reason = reading_member_text(reading_member(response, WORD_incomplete_details), WORD_reason), status = reading_member_text(response, WORD_status);

	if (!response || response->kind != JSON_IS_OBJECT) {
		reading_all(x, response, CHANNEL_META, TRUST_ANYBODY);
		return;
	}
	if (reading_member_text(response, WORD_model).len > 0)
		x->model = reading_member_text(response, WORD_model);
	if (status.len > 0)
		x->finish = reason.len > 0 ? reason : status;
	openai_usage(x, reading_member(response, WORD_usage));
	read_items(x, reading_member(response, WORD_output), true);
	read_instructions(x, reading_member(response, WORD_instructions));
	openai_tools(x, reading_member(response, WORD_tools));
	read_text_settings(x, reading_member(response, WORD_text));
	reading_rest(x, response, KNOWN(usage, output, instructions, tools, text), CHANNEL_META, TRUST_ANYBODY);
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	read_response(x, root);
	reading_sweep(x, root);
	reading_in_order(x);
	x->ended = root != NULL;
}

/* ---- events ---- */

/* Texts that come in parts: EVENT.delta brings one in `delta`, EVENT.done the whole in `member`. */
static const struct said {
	const char *event;
	enum word member;
	bool call, provider;
	enum channel channel;
	const char *thread;
	enum word counted_by;       /* "INDEX/thread", or "INDEX/thread/COUNT" */
} texts[] = {
	{"response.output_text", WORD_text, false, false, CHANNEL_ASSISTANT, "text", WORD_content_index},
	{"response.refusal", WORD_refusal, false, false, CHANNEL_ASSISTANT, "refusal", WORD_content_index},
	{"response.reasoning_text", WORD_text, false, false, CHANNEL_REASONING, "text", WORD_content_index},
	{"response.reasoning", WORD_text, false, false, CHANNEL_REASONING, "text", WORD_content_index},
	{"response.reasoning_summary_text", WORD_text, false, false, CHANNEL_REASONING, "summary", WORD_summary_index},
	{"response.reasoning_summary", WORD_text, false, false, CHANNEL_REASONING, "summary", WORD_summary_index},
	{"response.function_call_arguments", WORD_arguments, true, false, CHANNEL_ARGUMENTS, "call", WORD_NONE},
	{"response.mcp_call_arguments", WORD_arguments, true, true, CHANNEL_ARGUMENTS, "call", WORD_NONE},
	{"response.custom_tool_call_input", WORD_input, true, false, CHANNEL_ARGUMENTS, "call", WORD_NONE},
	{"response.code_interpreter_call_code", WORD_code, true, true, CHANNEL_ARGUMENTS, "call", WORD_NONE},
	{"response.shell_call_command", WORD_command, true, true, CHANNEL_ARGUMENTS, "call", WORD_command_index},
	{"response.audio.transcript", WORD_transcript, false, false, CHANNEL_ASSISTANT, "transcript", WORD_NONE},
};

static const struct said *said_by(struct bytes type, struct bytes *step)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		size_t len = strlen(texts[i].event);
		*step = bytes_from(type, len);
		if (bytes_start_with(type, bytes_of(texts[i].event)) && (bytes_same(*step, ".delta") || bytes_same(*step, ".done") || bytes_same(*step, ".added")))
			return &texts[i];
	}
	*step = BYTES("");
	return NULL;
}

static struct bytes thread_of(struct exchange *x, const struct said *said, const struct json *root)
{
	uint64_t index = reading_amount(x, root, WORD_output_index), part = said->counted_by != WORD_NONE ? reading_amount(x, root, said->counted_by) : 0;

	if (said->counted_by != WORD_NONE)
		return reading_thread_part(x, index, said->thread, part);
	return reading_thread(x, index, said->thread);
}

static struct piece *read_said_value(struct exchange *x, const struct said *said, const struct json *value)
{
	if (said->call)
		return reading_call(x, NULL, value);
	struct piece *p = reading_text(x, value, said->channel, TRUST_MODEL);
	if (!p)
		reading_all(x, value, said->channel, TRUST_MODEL);
	else
		p->aside = said->member != WORD_text;
	return p;
}

/* Adds the member that was read to `known`. */
static void read_said(struct exchange *x, const struct said *said, struct bytes step, const struct json *root, struct words *known)
{
	const struct state *s = x->state;
	struct bytes thread = thread_of(x, said, root);
	enum word member = bytes_same(step, ".delta") ? WORD_delta : said->member;
	const struct json *value = reading_member(root, member);

	words_add(known, member);
	if (bytes_same(step, ".done"))
		reading_ends(x, said->channel, TRUST_MODEL, thread);
	if (!value)
		return;
	struct piece *p = read_said_value(x, said, value);
	if (!p)
		return;
	if (said->call) {
		struct bytes name = reading_member_text(root, WORD_name);
		p->provider = said->provider;
		p->name = name.len > 0 ? name : called_at(s, reading_number(root, WORD_output_index));
		words_add(known, WORD_name);
	}
	p->repeats = bytes_same(step, ".done");
	if (!p->repeats)
		p->thread = thread;
}

/* What a shell prints comes in two texts for each command. */
static void read_shell_output(struct exchange *x, const struct json *root, bool done)
{
	static const enum word names[] = {WORD_std_out, WORD_std_err};
	const struct json *delta = reading_member(root, WORD_delta);
	uint64_t index = reading_amount(x, root, WORD_output_index), command = reading_amount(x, root, WORD_command_index);

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct bytes thread = reading_thread_part(x, index, word_name(names[i]), command);
		reading_carries_on(reading_text(x, reading_member(delta, names[i]), CHANNEL_TOOL, TRUST_ANYBODY), thread);
		if (done)
			reading_ends(x, CHANNEL_TOOL, TRUST_ANYBODY, thread);
	}
	if (delta)
		reading_rest(x, delta, KNOWN(std_out, std_err), CHANNEL_TOOL, TRUST_ANYBODY);
}

/* From `first` on, what a thread brought before; with `all`, also what only the whole brings. */
static void mark_repeats(struct piece *first, bool all)
{
	for (struct piece *p = first; p; p = p->next) {
		bool threaded = p->channel == CHANNEL_ASSISTANT || p->channel == CHANNEL_REASONING || p->channel == CHANNEL_ARGUMENTS;
		bool text = p->kind != PIECE_OPAQUE && p->kind != PIECE_ECHO && p->thread.len == 0 && !p->ends;
		p->repeats = text && (all || threaded);
	}
}

/* An item or part that is added begins its texts; one that is done ends them, and says all of them again. */
static void read_whole(struct exchange *x, const struct json *root, bool item, bool done)
{
	struct place place = {.parts = !done, .index = reading_amount(x, root, WORD_output_index)};
	const struct json *part = reading_member(root, WORD_part);
	bool summary = bytes_same(reading_member_text(part, WORD_type), "summary_text");
	struct piece **from = x->last;

	if (!item)
		place.part = reading_amount(x, root, summary ? WORD_summary_index : WORD_content_index);
	if (done && item)
		reading_ends(x, CHANNEL_ASSISTANT, TRUST_MODEL, reading_thread(x, place.index, ""));
	if (item)
		responses_item(x, reading_member(root, WORD_item), true, place);
	else
		responses_part(x, part, place);
	if (done)
		mark_repeats(*from, false);
}

static void read_lifecycle(struct exchange *x, struct bytes type, const struct json *response)
{
	struct piece **from = x->last;
	bool ends = bytes_same(type, "response.completed") || bytes_same(type, "response.failed") || bytes_same(type, "response.incomplete");

	read_response(x, response);
	mark_repeats(*from, true);
	x->ended |= ends;
}

/* The members that some event of a known kind has, beside the text it is about. */
static void read_members(struct exchange *x, struct bytes type, const struct json *root)
{
	bool done = bytes_end_with(type, BYTES(".done"));

	if (reading_member(root, WORD_response))
		read_lifecycle(x, type, reading_member(root, WORD_response));
	if (reading_member(root, WORD_item))
		read_whole(x, root, true, done);
	if (reading_member(root, WORD_part))
		read_whole(x, root, false, done);
	reading_deep(x, reading_member(root, WORD_annotation), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_opaque(x, reading_member(root, WORD_partial_image_b64), "a part of an image");
	openai_echoes(x, root);
}

static void read_event(struct exchange *x, struct bytes name, struct bytes data)
{
	const struct json *root = reading_parse(x, data);
	struct bytes type = reading_member_text(root, WORD_type), step;
	struct words known = KNOWN(sequence_number, response, item, part, annotation, partial_image_b64, OPENAI_ECHOES);

	if (!root)
		return;
	if (name.len > 0 && !bytes_equal(name, type))
		exchange_fail(x, "calls an event by two names");
	if (x->state)
		see_event(x->state, type, root);
	read_members(x, type, root);
	const struct said *said = said_by(type, &step);
	bool shell = bytes_start_with(type, BYTES("response.shell_call_output_content."));
	if (said)
		read_said(x, said, step, root, &known);
	if (shell)
		read_shell_output(x, root, bytes_same(bytes_from(type, 35), "done"));
	if (bytes_same(type, "response.audio.delta"))
		reading_opaque(x, reading_member(root, WORD_delta), "audio");
	else if (reading_member(root, WORD_delta) && !said && !shell)
		reading_opaque(x, reading_member(root, WORD_delta), "an event of an unknown kind");
	if (shell || bytes_same(type, "response.audio.delta"))
		words_add(&known, WORD_delta);
	if (bytes_same(type, "error")) {
		x->finish = BYTES("error");
		x->ended = true;
	}
	reading_rest(x, root, known, shell ? CHANNEL_TOOL : CHANNEL_META, TRUST_ANYBODY);
	reading_sweep(x, root);
}

/* ---- the end of a stream that must not go on ---- */

static void add_event(struct text *out, const char *type, uint64_t number)
{
	text_addf(out, "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%llu", type, type, (unsigned long long)number);
}

static void add_response(struct text *out, const struct exchange *so_far, const struct state *s, const char *status)
{
	text_add_string(out, ",\"response\":{");
	text_add_member(out, "id", s->id_len > 0 ? kept(s->id, s->id_len) : BYTES("merlon"));
	reading_add_string(out, "object", "response");
	text_add_member_number(out, "created_at", s->created_at);
	reading_add_string(out, "status", status);
	text_add_member(out, "model", so_far->model);
	text_add_string(out, ",\"output\":[],\"parallel_tool_calls\":true,\"tool_choice\":\"auto\",\"tools\":[],\"metadata\":{},\"usage\":null");
}

/* Its text is left empty: what of it went out is not known here, and what did not must not. */
static void close_message(struct text *out, const struct open_item *o, uint64_t *next)
{
	if (o->part_open) {
		add_event(out, "response.content_part.done", (*next)++);
		text_add_member(out, "item_id", kept(o->id, o->id_len));
		text_add_member_number(out, "output_index", o->index);
		text_add_member_number(out, "content_index", o->part);
		text_add_string(out, ",\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}}\n\n");
	}
	add_event(out, "response.output_item.done", (*next)++);
	text_add_member_number(out, "output_index", o->index);
	text_add_string(out, ",\"item\":{");
	text_add_member(out, "id", kept(o->id, o->id_len));
	text_add_string(out, ",\"type\":\"message\",\"role\":\"assistant\",\"status\":\"incomplete\",\"content\":[]}}\n\n");
}

/*
 * What was denied leaves a response that a filter of content cut short; what
 * went wrong, one that failed, with nothing in it done.  Calls of tools that
 * are open stay open: clients run those that are done.
 */
static void write_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	static const struct state nothing;
	const struct state *s = so_far->state ? so_far->state : &nothing;
	bool denied = reading_is_denied(code);
	uint64_t next = s->next;

	if (!s->created) {
		add_event(out, "response.created", next++);
		add_response(out, so_far, s, "in_progress");
		text_add_string(out, ",\"error\":null,\"incomplete_details\":null}}\n\n");
	}
	for (size_t i = 0; denied && i < OPEN_MOST; i++)
		if (s->messages[i].open)
			close_message(out, &s->messages[i], &next);
	add_event(out, denied ? "response.incomplete" : "response.failed", next);
	add_response(out, so_far, s, denied ? "incomplete" : "failed");
	text_add_string(out, ",\"error\":{");
	reading_add_string(out, "code", code);
	reading_add_string(out, "message", message);
	text_add_string(out, denied ? "},\"incomplete_details\":{\"reason\":\"content_filter\"}}}\n\n" : "},\"incomplete_details\":null}}\n\n");
}

const struct dialect dialect_openai_responses = {
	.name = "openai-responses",
	.title = "OpenAI responses",
	.spec = "OpenAI API description 2.3.0",
	.routes = routes,
	.framing = FRAMING_EVENTS,
	.state_size = sizeof(struct state),
	.request = read_request,
	.answer = read_answer,
	.event = read_event,
	.refusal = openai_refusal,
	.stop = write_stop,
};
