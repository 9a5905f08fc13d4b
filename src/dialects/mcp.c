/* The Model Context Protocol over HTTP: with sessions (up to 2025-11-25), and without (2026-07-28). */
#include "dialects/mcp/head.h"
#include "dialects/mcp/said.h"

#include <string.h>

static const struct dialect_route routes[] = {
	ROUTE("POST", "/mcp", EXAMINE), ROUTE("GET", "/mcp", EXAMINE), ROUTE("DELETE", "/mcp", EXAMINE),
	ROUTE("POST", "/mcp/*", EXAMINE), ROUTE("GET", "/mcp/*", EXAMINE), ROUTE("DELETE", "/mcp/*", EXAMINE),
	/* The transport of 2024-11-05: what answers a call comes in another exchange than the call, where no ruling on it reaches who waits. */
	ROUTE("", "/sse", DENY), ROUTE("", "/sse/**", DENY), ROUTE("", "/message", DENY), ROUTE("", "/messages", DENY), ROUTE("", "/messages/**", DENY),
	ROUTES_END
};

/* Operations that no message asks for by its method: methods have no blanks. */
#define OPEN_STREAM BYTES("open stream")
#define RESUME_STREAM BYTES("resume stream")
#define END_SESSION BYTES("end session")
#define REPLY BYTES("reply to server")
#define SEVERAL BYTES("several messages")

/* Of an answer. */
struct progress {
	uint64_t answered;          /* a bit for each id that was asked with */
};

/* ---- request ---- */

static void read_asked(struct exchange *x, const struct head *head, const struct message *m)
{
	struct piece **from = x->last;

	if (m->kind == MESSAGE_RESPONSE) {
		if (m->result)
			mcp_read_reply(x, m->result);
		reading_all(x, m->error, CHANNEL_META, TRUST_USER);
	} else {
		mcp_read_parameters(x, m);
	}
	mcp_mark_repeated(x, head, *from);
}

/* Even one that is not understood is answered under its id, where it has one. */
static void read_one(struct exchange *x, struct head *head, const struct json *root)
{
	struct message m;
	bool good = mcp_read_message(x, root, &m);

	if (m.kind == MESSAGE_REQUEST && m.id && (m.id->kind == JSON_IS_STRING || m.id->kind == JSON_IS_NUMBER))
		x->id = bytes_slice(x->body, m.id->at, m.id->end - m.id->at);
	if (!good)
		return;
	x->operation = m.kind == MESSAGE_RESPONSE ? REPLY : m.method;
	x->endless = x->stream = bytes_same(m.method, "subscriptions/listen");
	if (!mcp_check_head(x, head))
		return;
	mcp_check_agreement(x, head, &m);
	read_asked(x, head, &m);
}

/* Every message counts for itself; the ids that wait for an answer become one array. */
static void read_several(struct exchange *x, struct head *head, const struct json *root)
{
	struct text ids;

	text_init(&ids, x->arena);
	x->operation = SEVERAL;
	if (!mcp_check_head(x, head))
		return;
	json_each(root, it) {
		struct message m;
		if (!mcp_read_message(x, it, &m))
			return;
		mcp_check_array(x, head, &m);
		read_asked(x, head, &m);
		if (m.kind != MESSAGE_REQUEST)
			continue;
		if (mcp_find_asked(x, x, m.id) >= 0)
			mcp_fail(x, "-32600", "asks two things with one id");
		ids.len -= ids.len > 0;
		text_add_byte(&ids, ids.len > 0 ? ',' : '[');
		text_add(&ids, bytes_slice(x->body, m.id->at, m.id->end - m.id->at));
		text_add_byte(&ids, ']');
		x->id = text_bytes(&ids);
	}
}

/* GET opens a stream for what the server has to say, or one that broke off; DELETE ends the session. */
static void read_bare(struct exchange *x, struct head *head, struct bytes body)
{
	const struct heading *h = head->heading;

	if (!mcp_check_head(x, head))
		return;
	if (body.len > 0)
		mcp_fail(x, "-32600", "has a body where none belongs");
	if (head->modern)
		mcp_fail(x, "-32600", "is of the kind that its revision of MCP has given up");
	if (head->method.len > 0 || head->name.len > 0 || head->has_params)
		mcp_fail(x, "-32020", "has headers of a message and no message");
	x->operation = END_SESSION;
	if (!bytes_same(h->method, "GET"))
		return;
	x->stream = x->endless = true;
	x->operation = h->field(h, "last-event-id").len > 0 ? RESUME_STREAM : OPEN_STREAM;
}

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	struct head head = mcp_read_head(heading);

	x->revision = head.revision;
	if (!bytes_same(heading->method, "POST")) {
		read_bare(x, &head, body);
		return;
	}
	const struct json *root = mcp_parse(x, body, mcp_has_arrays(head.revision));
	if (root && root->kind == JSON_IS_ARRAY)
		read_several(x, &head, root);
	else if (root)
		read_one(x, &head, root);
	x->resumes = !head.modern && x->id.len > 0;
}

/* ---- answer ---- */

static void read_error(struct exchange *x, const struct json *error)
{
	reading_all(x, reading_member(error, WORD_message), CHANNEL_TOOL, TRUST_ANYBODY);
	mcp_read_said(x, reading_member(error, WORD_data), (struct voice){CHANNEL_TOOL, TRUST_ANYBODY, 0, false});
	reading_rest(x, error, KNOWN(message, data), CHANNEL_TOOL, TRUST_ANYBODY);
	x->finish = BYTES("error");
}

static void read_result(struct exchange *x, const struct json *result, struct voice v)
{
	const struct json *failed = reading_member(result, WORD_isError);

	v.channel = mcp_operation(x->asked->operation).brings;
	v.trust = TRUST_ANYBODY;
	mcp_read_said(x, result, v);
	x->finish = failed && failed->truth ? BYTES("isError") : reading_member_text(result, WORD_resultType).len > 0 ? reading_member_text(result, WORD_resultType) : BYTES("complete");
}

/* What the Python SDK (1.x) writes where others write null: it says why, before it has looked who asked. */
static bool is_of_nobody(const struct message *m)
{
	return !m->id || (m->error && m->id->kind == JSON_IS_STRING && bytes_same(m->id->text, "server-error"));
}

/* A stream that is taken up again brings what others asked for. */
static void read_response(struct exchange *x, const struct message *m)
{
	struct progress *progress = x->state;
	bool again = bytes_equal(x->asked->operation, RESUME_STREAM);
	int at = m->id ? mcp_find_asked(x, x->asked, m->id) : -1;

	if (!is_of_nobody(m) && at < 0 && !again)
		mcp_fail(x, "-32603", "answers what nobody asked");
	else if (at >= 0 && progress->answered >> at & 1)
		mcp_fail(x, "-32603", "answers twice");
	else if (at >= 0)
		progress->answered |= (uint64_t)1 << at;
	if (m->result)
		read_result(x, m->result, (struct voice){.number = at < 0 ? 0 : (unsigned)at});
	else
		read_error(x, m->error);
}

static void read_told(struct exchange *x, const struct json *value)
{
	struct message m;

	if (!mcp_read_message(x, value, &m))
		return;
	if (m.kind == MESSAGE_RESPONSE) {
		read_response(x, &m);
		return;
	}
	if (m.kind == MESSAGE_REQUEST && bytes_same(x->asked->revision, MCP_MODERN))
		mcp_fail(x, "-32600", "asks its client, which servers of this revision do not do");
	mcp_read_said(x, m.params, (struct voice){CHANNEL_TOOL, TRUST_ANYBODY, 0, bytes_same(m.method, "elicitation/create")});
}

static bool is_all_answered(struct exchange *x)
{
	const struct progress *progress = x->state;
	unsigned asked = mcp_count_asked(x, x->asked);

	return asked > 0 && progress->answered == UINT64_MAX >> (MESSAGES_MOST - asked);
}

static void read_messages(struct exchange *x, struct bytes body)
{
	const struct json *root = mcp_parse(x, body, mcp_has_arrays(x->asked->revision));

	if (root && root->kind == JSON_IS_ARRAY)
		json_each(root, it)
			read_told(x, it);
	else if (root)
		read_told(x, root);
	x->ended = !x->why && is_all_answered(x);
}

/* Of several messages only some may wait for an answer; of a failure nobody may say what it was about. */
static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	bool failed = heading->status >= 300, waits = x->asked->id.len > 0;

	if (body.len > 0)
		read_messages(x, body);
	if (waits && !failed && !x->ended)
		mcp_fail(x, "-32603", "does not answer what was asked");
	x->ended = !x->why;
}

static void read_event(struct exchange *x, struct bytes name, struct bytes data)
{
	if (bytes_same(name, "endpoint"))
		mcp_fail(x, "-32603", "comes over HTTP+SSE of 2024-11-05, which is not examined: let the server speak streamable HTTP");
	else if (name.len > 0 && !bytes_same(name, "message"))
		mcp_fail(x, "-32603", "has an event that is no message");
	else
		read_messages(x, data);
}

/* ---- refusals ---- */

static bool is_denied_call(const struct exchange *request, const char *code)
{
	bool by_policy = !strcmp(code, "denied") || !strcmp(code, "held") || !strcmp(code, "refused");

	return by_policy && request && request->id.len > 0 && bytes_same(request->operation, "tools/call");
}

/*
 * A model that is told why its call came to nothing does something else; one
 * that sees a failure of the transport tries again.
 */
static void write_denied_call(struct text *out, struct bytes id, const char *message)
{
	text_add_string(out, "{\"jsonrpc\":\"2.0\",\"id\":");
	text_add(out, id);
	text_add_string(out, ",\"result\":{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\"");
	reading_add_string(out, "text", message);
	text_add_string(out, "}],\"isError\":true}}");
}

/*
 * -32000 has no fixed meaning; whoever knows what -32022 means asks for what is
 * supported.  Revisions with sessions are none of that: they are agreed on by
 * initialize, and whether the server has them is its own to say.
 */
static void write_error(struct text *out, const struct exchange *request, struct bytes id, const char *code, const char *message)
{
	const char *number = request && request->code ? request->code : "-32000";

	text_add_string(out, "{\"jsonrpc\":\"2.0\",\"id\":");
	text_add(out, id.len > 0 ? id : BYTES("null"));
	text_addf(out, ",\"error\":{\"code\":%s", number);
	reading_add_string(out, "message", message);
	text_add_string(out, ",\"data\":{");
	text_add_member(out, "reason", bytes_of(code));
	if (!strcmp(number, "-32022")) {
		text_add_string(out, ",\"supported\":[\"" MCP_MODERN "\"]");
		text_add_member(out, "requested", request->revision);
	}
	text_add_string(out, "}}}");
}

static void write_one(struct text *out, const struct exchange *request, struct bytes id, const char *code, const char *message)
{
	if (is_denied_call(request, code))
		write_denied_call(out, id, message);
	else
		write_error(out, request, id, code, message);
}

/* The ids of a request one by one, each as it was written; `r` began with them. */
static bool next_id(struct json_reader *r, struct bytes ids, struct bytes *id)
{
	for (;;) {
		enum json_token token = json_next(r);
		if (token == JSON_ARRAY)
			continue;
		*id = bytes_slice(ids, r->offset, r->text.len + (token == JSON_STRING ? 2 : 0));
		return token == JSON_STRING || token == JSON_NUMBER;
	}
}

static void write_refusal(struct text *out, const struct exchange *request, const char *code, const char *message)
{
	struct bytes ids = request ? request->id : BYTES(""), id;
	bool first = true;
	struct json_reader r;

	if (ids.len == 0 || ids.at[0] != '[') {
		write_one(out, request, ids, code, message);
		return;
	}
	json_begin(&r, ids);
	while (next_id(&r, ids, &id)) {
		text_add_byte(out, first ? '[' : ',');
		first = false;
		write_one(out, request, id, code, message);
	}
	text_add_byte(out, ']');
}

/* What a model is to read has to come as an answer, and clients read answers only where HTTP says it went well. */
static unsigned status_of_refusal(const struct exchange *request, const char *code, unsigned usual)
{
	if (is_denied_call(request, code))
		return 200;
	return request->code && usual >= 400 && usual < 500 ? 400 : usual;
}

/* Whoever still waits gets an answer; on a stream that nobody's answer comes on, a notice. */
static void write_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	const struct exchange *request = so_far->asked;
	const struct progress *progress = so_far->state;
	struct bytes ids = request ? request->id : BYTES(""), id;
	struct json_reader r;

	if (ids.len == 0) {
		text_add_string(out, "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"error\",\"logger\":\"merlon\"");
		reading_add_string(out, "data", message);
		text_add_string(out, "}}\n\n");
		return;
	}
	json_begin(&r, ids);
	for (unsigned at = 0; next_id(&r, ids, &id); at++) {
		if (progress && progress->answered >> at & 1)
			continue;
		text_add_string(out, "event: message\ndata: ");
		write_one(out, request, id, code, message);
		text_add_string(out, "\n\n");
	}
}

const struct dialect dialect_mcp = {
	.name = "mcp",
	.title = "Model Context Protocol",
	.spec = "MCP 2025-03-26, 2025-06-18, 2025-11-25 and 2026-07-28, streamable HTTP",
	.routes = routes,
	.instead = "This is the HTTP+SSE transport of MCP 2024-11-05, which is not examined here. Use streamable HTTP: POST to /mcp, as clients and servers of every official SDK can since 2025-03-26.",
	.framing = FRAMING_EVENTS,
	.streams_unasked = true,
	.state_size = sizeof(struct progress),
	.request = read_request,
	.answer = read_answer,
	.event = read_event,
	.refusal = write_refusal,
	.refusal_status = status_of_refusal,
	.stop = write_stop,
};
