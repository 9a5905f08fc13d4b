#include "dialects/mcp/said.h"
#include "dialects/mcp/schema.h"

#include <string.h>

enum {
	REPEATING_MOST = 16,        /* parts that structured content is compared with: past that, a text that stands twice counts as two */
	DIGITS_OF_SOMEBODY = 9,     /* numbers this long are of an account, a card, a telephone */
};

/* ---- any JSON ---- */

static void read_number(struct exchange *x, const struct json *value, struct voice v)
{
	if (value->text.len >= DIGITS_OF_SOMEBODY && bytes_find_byte(value->text, '.') == value->text.len)
		exchange_add(x, PIECE_TEXT, v.channel, v.trust, value->at, value->text)->fixed = true;
}

/* A model reads keys and numbers too; other names would be another answer, so they stay as they are or do not pass. */
static void read_any(struct exchange *x, const struct json *value, struct voice v)
{
	if (!value)
		return;
	static const struct words addresses = WORDS(src, url, uri);

	v.follows |= bytes_same(value->key, "icons");
	reading_key(x, value, v.channel, v.trust);
	struct piece *p = reading_text(x, value, v.channel, v.trust);
	if (p)
		p->leads = v.follows && words_have(&addresses, value->mark);
	if (value->kind == JSON_IS_NUMBER)
		read_number(x, value, v);
	if (value->kind == JSON_IS_ARRAY || value->kind == JSON_IS_OBJECT)
		json_each(value, it)
			read_any(x, it, v);
}

/* ---- tools ---- */

/* The call has its arguments as written, for rules about them as a whole; what follows is looked through, and rewritten. */
static void read_call(struct exchange *x, const struct json *name, const struct json *arguments, unsigned trust)
{
	if (!name || name->kind != JSON_IS_STRING || !mcp_is_tool_name(name->text))
		mcp_fail(x, "-32602", "calls a tool by a name that no tool may have");
	if (arguments && arguments->kind != JSON_IS_OBJECT)
		mcp_fail(x, "-32602", "calls a tool with arguments that are no object");
	struct piece *call = reading_call_of_value(x, trust, name, arguments);
	reading_within(x, call);
}

static void read_definition(struct exchange *x, const struct json *tool, struct voice v)
{
	struct piece *p = exchange_add(x, PIECE_TOOL_DEFINITION, v.channel, v.trust, tool->at, reading_member_text(tool, WORD_description));

	p->name = reading_member_text(tool, WORD_name);
	p->fixed = p->listed = true;
	bool offered = x->asked && bytes_same(x->asked->operation, "tools/list");
	bool sound = offered ? mcp_schema_claims(x->arena, reading_member(tool, WORD_inputSchema), p->name, &x->claims) : mcp_schema_is_sound(x->arena, reading_member(tool, WORD_inputSchema));
	p->unsound = x->asked && bytes_same(x->asked->revision, MCP_MODERN) && !sound;
	if (!mcp_is_tool_name(p->name))
		mcp_fail(x, "-32602", "defines a tool by a name that no tool may have");
	json_each(tool, it)
		if (!bytes_same(it->key, "name"))
			read_any(x, it, v);
	reading_within(x, p);
}

/* ---- JSON inside a text ---- */

/* Letters, digits and most signs have no need to be written as \u00XX; some encoders do that to <, >, & and ' only. */
static bool is_disguised(struct bytes written)
{
	for (size_t i = 0; i + 6 <= written.len; i++) {
		if (written.at[i] != '\\')
			continue;
		struct bytes code = bytes_slice(written, i, 6);
		bool ascii = bytes_start_with(code, BYTES("\\u00")) && code.at[4] >= '2' && code.at[4] <= '7';
		if (ascii && !(code.at[4] == '2' && strchr("267", code.at[5])) && !(code.at[4] == '3' && strchr("cCeE", code.at[5])))
			return true;
		i++;
	}
	return false;
}

static void read_disguised(struct exchange *x, const struct json *inside, struct bytes text, uint64_t at, struct voice v)
{
	if (inside->kind == JSON_IS_STRING && is_disguised(bytes_slice(text, inside->at, inside->end - inside->at)))
		exchange_add(x, PIECE_TEXT, v.channel, v.trust, at, inside->text)->fixed = true;
	if (inside->kind == JSON_IS_ARRAY || inside->kind == JSON_IS_OBJECT)
		json_each(inside, it)
			read_disguised(x, it, text, at, v);
}

/* Structured content is to be repeated as JSON in a text: a string that is spelt in another way there must not slip through. */
static void read_inside(struct exchange *x, const struct json *text, struct voice v)
{
	struct json_error error;
	bool opens = text && text->kind == JSON_IS_STRING && text->text.len > 0 && (text->text.at[0] == '{' || text->text.at[0] == '[');
	const struct json *inside = opens && bytes_contain(text->text, BYTES("\\u00")) ? json_parse(x->arena, text->text, &error) : NULL;

	if (inside)
		read_disguised(x, inside, text->text, text->at, v);
}

/* ---- content ---- */

static bool is_bytes_of(struct bytes type, struct bytes key)
{
	return bytes_same(key, "blob") || (bytes_same(key, "data") && (bytes_same(type, "image") || bytes_same(type, "audio")));
}

/* Text, an image, sound, a resource or a link to one; in what a model said or was told also calls of tools and their results. */
static void read_part(struct exchange *x, const struct json *part, struct voice v)
{
	struct bytes type = reading_member_text(part, WORD_type);

	if (bytes_same(type, "tool_use")) {
		read_call(x, reading_member(part, WORD_name), reading_member(part, WORD_input), v.trust);
		reading_rest(x, part, KNOWN(name, input), v.channel, v.trust);
		return;
	}
	if (bytes_same(type, "tool_result")) {
		mcp_read_said(x, part, (struct voice){CHANNEL_TOOL, TRUST_ANYBODY, v.number, false});
		return;
	}
	if (part->kind != JSON_IS_OBJECT) {
		read_any(x, part, v);
		return;
	}
	v.follows = bytes_same(type, "resource_link");
	json_each(part, it)
		if (it->kind == JSON_IS_STRING && is_bytes_of(type, it->key))
			reading_opaque(x, it, bytes_same(type, "image") ? "an image" : bytes_same(type, "audio") ? "audio" : "a file");
		else if (it->kind == JSON_IS_OBJECT && bytes_same(it->key, "resource"))
			read_part(x, it, v);
		else if (bytes_same(it->key, "type"))
			reading_label(x, it, v.trust);
		else
			read_any(x, it, v);
	read_inside(x, reading_member(part, WORD_text), v);
}

/* One part, or several. */
static void read_content(struct exchange *x, const struct json *content, struct voice v)
{
	if (content && content->kind == JSON_IS_ARRAY)
		json_each(content, it)
			read_part(x, it, v);
	else if (content)
		read_part(x, content, v);
}

static void read_messages(struct exchange *x, const struct json *messages, struct voice v)
{
	json_each(messages, it) {
		read_content(x, reading_member(it, WORD_content), v);
		reading_rest(x, it, KNOWN(content), v.channel, v.trust);
	}
}

/* ---- structured content ---- */

/* The pieces of one object, and among them those of its structured content. */
struct pieces {
	struct piece *first, *from, *to;
};

static bool is_joinable(const struct piece *p)
{
	return p->kind == PIECE_TEXT && !p->fixed && !p->within && p->thread.len == 0;
}

/* Every piece that says what `part` says, and `part`: the first brings the text, the others repeat it. */
static void join(const struct pieces *pieces, struct piece *part, struct bytes thread)
{
	bool structured = false, brought = false;

	for (struct piece *p = pieces->first; p; p = p->next) {
		structured = (structured || p == pieces->from) && p != pieces->to;
		if (p != part && !(structured && is_joinable(p) && bytes_equal(p->text, part->text)))
			continue;
		reading_carries_on(p, thread);
		p->ends = !brought;
		p->repeats = brought;
		brought = true;
	}
}

/* Structured content is to be said once more as text: where a string of it is the whole of a part, both are one text. */
static void join_repeated(struct exchange *x, const struct pieces *pieces, struct voice v)
{
	unsigned number = 0;
	bool structured = false;

	for (struct piece *part = pieces->first; part && number < REPEATING_MOST; part = part->next) {
		structured = (structured || part == pieces->from) && part != pieces->to;
		if (structured || !is_joinable(part))
			continue;
		number++;
		bool repeated = false;
		for (struct piece *p = pieces->from; p != pieces->to && !repeated; p = p->next)
			repeated = is_joinable(p) && bytes_equal(p->text, part->text);
		if (repeated)
			join(pieces, part, reading_thread_part(x, v.number, "content", number));
	}
}

/* ---- all of it ---- */

/* What a result asks for before it can be whole: requests of the server, by a name each. */
static void read_wanted(struct exchange *x, const struct json *requests, struct voice v)
{
	json_each(requests, it) {
		reading_key(x, it, v.channel, v.trust);
		reading_text(x, reading_member(it, WORD_method), v.channel, v.trust);
		v.follows = bytes_same(reading_member_text(it, WORD_method), "elicitation/create");
		mcp_read_said(x, reading_member(it, WORD_params), v);
		reading_rest(x, it, KNOWN(method, params), v.channel, v.trust);
	}
}

static void read_member(struct exchange *x, const struct json *it, struct voice v)
{
	bool list = it->kind == JSON_IS_ARRAY;

	if (list && bytes_same(it->key, "tools"))
		json_each(it, tool)
			read_definition(x, tool, (struct voice){CHANNEL_TOOL_DESCRIPTION, v.trust, v.number, false});
	else if (bytes_same(it->key, "content") || (list && bytes_same(it->key, "contents")))
		read_content(x, it, v);
	else if (list && bytes_same(it->key, "messages"))
		read_messages(x, it, v);
	else if (it->kind == JSON_IS_OBJECT && bytes_same(it->key, "inputRequests"))
		read_wanted(x, it, (struct voice){CHANNEL_TOOL, TRUST_ANYBODY, v.number, false});
	else if (bytes_same(it->key, "requestState"))
		reading_opaque(x, it, "a state of the server");
	else
		read_any(x, it, v);
}

void mcp_read_said(struct exchange *x, const struct json *object, struct voice v)
{
	struct piece **first = x->last, **from = NULL, **to = NULL;

	if (!object || object->kind != JSON_IS_OBJECT) {
		read_any(x, object, v);
		return;
	}
	json_each(object, it) {
		if (bytes_same(it->key, "structuredContent")) {
			from = x->last;
			read_any(x, it, v);
			to = x->last;
		} else {
			read_member(x, it, v);
		}
	}
	if (from && from != to)
		join_repeated(x, &(struct pieces){*first, *from, *to}, v);
}

/* ---- clients ---- */

void mcp_read_reply(struct exchange *x, const struct json *result)
{
	const struct json *content = reading_member(result, WORD_content);

	if (reading_member(result, WORD_action)) {
		read_any(x, content, (struct voice){CHANNEL_USER, TRUST_USER, 0, false});
		reading_rest(x, result, KNOWN(content), CHANNEL_META, TRUST_USER);
		return;
	}
	read_content(x, content, (struct voice){CHANNEL_ASSISTANT, TRUST_MODEL, 0, false});
	reading_rest(x, result, KNOWN(content), CHANNEL_META, TRUST_USER);
}

/* Readers that do not tell "Name" from "name" would take one for the other. */
static bool has_likeness(const struct json *parameters)
{
	static const char *const known[] = {"name", "arguments", "uri", "_meta", "inputResponses", "requestState"};

	json_each(parameters, it)
		for (size_t i = 0; i < COUNT_OF(known); i++)
			if (bytes_equal_folded(it->key, bytes_of(known[i])) && !bytes_same(it->key, known[i]))
				return true;
	return false;
}

void mcp_read_parameters(struct exchange *x, const struct message *m)
{
	struct operation o = mcp_operation(m->method);
	bool calls = bytes_same(m->method, "tools/call");

	if (has_likeness(m->params))
		mcp_fail(x, "-32602", "has a parameter that some readers take for another");
	if (calls)
		read_call(x, reading_member(m->params, WORD_name), reading_member(m->params, WORD_arguments), TRUST_MODEL);
	json_each(reading_member(m->params, WORD_inputResponses), it) {
		reading_key(x, it, CHANNEL_META, TRUST_USER);
		mcp_read_reply(x, it);
	}
	reading_opaque(x, reading_member(m->params, WORD_requestState), "a state of the server");
	reading_all(x, reading_member(m->params, WORD__meta), CHANNEL_META, TRUST_USER);
	reading_rest(x, m->params, calls ? KNOWN(name, arguments, inputResponses, requestState, _meta) : KNOWN(inputResponses, requestState, _meta), o.asks, o.trust);
}
