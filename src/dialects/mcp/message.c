#include "dialects/mcp/message.h"

void mcp_fail(struct exchange *x, const char *code, const char *why)
{
	if (!x->why)
		x->code = code;
	exchange_fail(x, why);
}

const struct json *mcp_parse(struct exchange *x, struct bytes body, bool arrays)
{
	struct json_error error;
	struct json *root = json_parse(x->arena, body, &error);

	x->body = body;
	if (!root)
		mcp_fail(x, "-32700", "is no JSON");
	else if (error.duplicate)
		mcp_fail(x, "-32700", "has a key twice in one object, which readers take differently");
	else if (error.nul)
		mcp_fail(x, "-32700", "has a NUL character, where some readers stop");
	else if (error.depth > READING_DEPTH_MOST)
		mcp_fail(x, "-32700", "is nested too deep");
	else if (root->kind == JSON_IS_ARRAY && !arrays)
		mcp_fail(x, "-32600", "is an array of messages, which its revision does not have");
	else if (root->kind != JSON_IS_OBJECT && root->kind != JSON_IS_ARRAY)
		mcp_fail(x, "-32600", "is no JSON object");
	else if (root->kind == JSON_IS_ARRAY && (root->count == 0 || root->count > MESSAGES_MOST))
		mcp_fail(x, "-32600", "is an array of no message or of more than 64");
	if (x->why)
		return NULL;
	reading_mark(root);
	return root;
}

/* Only these: some readers take "Method" for "method". */
static bool has_members_of_a_message(const struct json *value)
{
	static const char *const known[] = {"jsonrpc", "id", "method", "params", "result", "error"};

	json_each(value, it) {
		bool found = false;
		for (size_t i = 0; i < COUNT_OF(known) && !found; i++)
			found = bytes_same(it->key, known[i]);
		if (!found)
			return false;
	}
	return true;
}

static bool is_id(const struct json *id)
{
	struct bytes digits = id->text;

	if (id->kind != JSON_IS_NUMBER)
		return id->kind == JSON_IS_STRING && id->text.len <= 256;
	uint64_t number;
	if (digits.len > 1 && digits.at[0] == '-')
		digits = bytes_from(digits, 1);
	return bytes_to_u64(digits, &number);
}

static bool is_method(struct bytes method)
{
	for (size_t i = 0; i < method.len; i++)
		if (method.at[i] <= ' ' || method.at[i] >= 0x7f)
			return false;
	return method.len > 0 && method.len <= 128;
}

static void read_call_or_notice(struct exchange *x, struct message *m)
{
	m->kind = m->id ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
	if (!is_method(m->method))
		mcp_fail(x, "-32600", "has a method that is no name");
	if (m->params && m->params->kind != JSON_IS_OBJECT)
		mcp_fail(x, "-32602", "has parameters that are no object");
	if (m->result || m->error)
		mcp_fail(x, "-32600", "asks and answers at once");
}

/* An error may be about what could not be read, and then has no id, or null. */
static void read_response(struct exchange *x, struct message *m)
{
	m->kind = MESSAGE_RESPONSE;
	if (!m->result == !m->error)
		mcp_fail(x, "-32600", "is no message of JSON-RPC");
	if (m->params || (m->result && !m->id))
		mcp_fail(x, "-32600", "is no message of JSON-RPC");
	if (m->error && m->error->kind != JSON_IS_OBJECT)
		mcp_fail(x, "-32600", "has an error that is no object");
	if (m->result && m->result->kind != JSON_IS_OBJECT)
		mcp_fail(x, "-32600", "has a result that is no object");
}

bool mcp_read_message(struct exchange *x, const struct json *value, struct message *m)
{
	const struct json *method = reading_member(value, WORD_method);
	struct piece **from = x->last;

	*m = (struct message){.whole = value, .id = reading_member(value, WORD_id), .params = reading_member(value, WORD_params), .result = reading_member(value, WORD_result), .error = reading_member(value, WORD_error), .method = reading_member_text(value, WORD_method)};
	if (!value || value->kind != JSON_IS_OBJECT || !bytes_same(reading_member_text(value, WORD_jsonrpc), "2.0") || !has_members_of_a_message(value)) {
		mcp_fail(x, "-32600", "is no message of JSON-RPC 2.0, or one with a member that no such message has");
		return false;
	}
	if (m->id && m->id->kind == JSON_IS_NULL && m->error)
		m->id = NULL;
	if (m->id && !is_id(m->id))
		mcp_fail(x, "-32600", "has an id that is neither a string nor a whole number");
	if (m->id && !reading_label(x, m->id, TRUST_ANYBODY))
		for (struct piece *p = *from; p; p = p->next)
			p->fixed = true;
	if (method)
		read_call_or_notice(x, m);
	else
		read_response(x, m);
	return !x->why;
}

struct operation mcp_operation(struct bytes method)
{
	static const struct operation known[] = {
		{"initialize", WORD_NONE, CHANNEL_META, TRUST_USER, CHANNEL_TOOL_DESCRIPTION},
		{"server/discover", WORD_NONE, CHANNEL_META, TRUST_USER, CHANNEL_TOOL_DESCRIPTION},
		{"tools/list", WORD_NONE, CHANNEL_META, TRUST_USER, CHANNEL_TOOL_DESCRIPTION},
		{"tools/call", WORD_name, CHANNEL_META, TRUST_USER, CHANNEL_TOOL},
		{"resources/list", WORD_NONE, CHANNEL_META, TRUST_USER, CHANNEL_TOOL_DESCRIPTION},
		{"resources/templates/list", WORD_NONE, CHANNEL_META, TRUST_USER, CHANNEL_TOOL_DESCRIPTION},
		{"resources/read", WORD_uri, CHANNEL_ARGUMENTS, TRUST_MODEL, CHANNEL_DOCUMENT},
		{"resources/subscribe", WORD_NONE, CHANNEL_ARGUMENTS, TRUST_MODEL, CHANNEL_TOOL},
		{"resources/unsubscribe", WORD_NONE, CHANNEL_ARGUMENTS, TRUST_MODEL, CHANNEL_TOOL},
		{"prompts/list", WORD_NONE, CHANNEL_META, TRUST_USER, CHANNEL_TOOL_DESCRIPTION},
		{"prompts/get", WORD_name, CHANNEL_ARGUMENTS, TRUST_USER, CHANNEL_TOOL_DESCRIPTION},
		{"completion/complete", WORD_NONE, CHANNEL_USER, TRUST_USER, CHANNEL_TOOL},
		{"tasks/get", WORD_taskId, CHANNEL_META, TRUST_USER, CHANNEL_TOOL},
		{"tasks/update", WORD_taskId, CHANNEL_META, TRUST_USER, CHANNEL_TOOL},
		{"tasks/cancel", WORD_taskId, CHANNEL_META, TRUST_USER, CHANNEL_TOOL},
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (bytes_same(method, known[i].method))
			return known[i];
	return (struct operation){"", WORD_NONE, CHANNEL_META, TRUST_USER, CHANNEL_TOOL};
}

bool mcp_has_arrays(struct bytes revision)
{
	return revision.len == 0 || bytes_same(revision, "2025-03-26");
}

/* ---- ids ---- */

/* As written, so that no two of them are taken for one; but a string may be escaped in another way. */
static bool same_id(const struct json *a, const struct json *b)
{
	return a->kind == b->kind && bytes_equal(a->text, b->text);
}

static const struct json *ids_of(struct exchange *x, const struct exchange *asked)
{
	struct json_error error;

	return asked && asked->id.len > 0 ? json_parse(x->arena, asked->id, &error) : NULL;
}

unsigned mcp_count_asked(struct exchange *x, const struct exchange *asked)
{
	const struct json *ids = ids_of(x, asked);

	return !ids ? 0 : ids->kind == JSON_IS_ARRAY ? (unsigned)ids->count : 1;
}

int mcp_find_asked(struct exchange *x, const struct exchange *asked, const struct json *id)
{
	const struct json *ids = ids_of(x, asked);
	int at = 0;

	if (!ids || ids->kind != JSON_IS_ARRAY)
		return ids && same_id(ids, id) ? 0 : -1;
	json_each(ids, it) {
		if (same_id(it, id))
			return at;
		at++;
	}
	return -1;
}

bool mcp_is_tool_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = name.at[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
		if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-')
			return false;
	}
	return name.len >= 1 && name.len <= 128;
}
