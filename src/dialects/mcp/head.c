#include "dialects/mcp/head.h"
#include "dialects/mcp/schema.h"

#include "base/base64.h"

#define MISMATCH "-32020"
#define PARAM "Mcp-Param-"

enum { CLAIMS_MOST = 1024 };       /* of one header */

/* ---- values ---- */

/* ASCII that can be seen, blanks and tabs stand for themselves, anything else is =?base64?...?=. */
static bool decode_value(struct exchange *x, struct bytes value, struct bytes *out)
{
	const struct bytes before = BYTES("=?base64?"), after = BYTES("?=");

	for (size_t i = 0; i < value.len; i++)
		if ((value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] > '~')
			return false;
	*out = value;
	if (value.len < before.len + after.len || !bytes_start_with(value, before) || !bytes_end_with(value, after))
		return true;
	return base64_read(x->arena, bytes_slice(value, before.len, value.len - before.len - after.len), out) && bytes_are_utf8(*out);
}

static bool names_start(struct bytes name, const char *prefix)
{
	return name.len > strlen(prefix) && bytes_equal_folded(bytes_slice(name, 0, strlen(prefix)), bytes_of(prefix));
}

static bool is_session_id(struct bytes id)
{
	for (size_t i = 0; i < id.len; i++)
		if (id.at[i] <= ' ' || id.at[i] > '~')
			return false;
	return true;
}

/* ---- the head ---- */

/* Readers differ in which of two they take, and ours takes neither. */
static bool stands_twice(const struct heading *h, size_t index, struct bytes name)
{
	struct bytes other, value;

	for (size_t i = 0; i < index && h->entry(h, i, &other, &value); i++)
		if (bytes_equal_folded(other, name))
			return true;
	return false;
}

static void read_fields(struct exchange *x, struct head *head)
{
	const struct heading *h = head->heading;
	struct bytes name, value;

	for (size_t i = 0; h->entry(h, i, &name, &value); i++) {
		if (!names_start(name, "mcp-") && !bytes_equal_folded(name, BYTES("last-event-id")))
			continue;
		if (stands_twice(h, i, name))
			mcp_fail(x, MISMATCH, "has a header of MCP twice");
		if (value.len == 0 && !names_start(name, PARAM))
			mcp_fail(x, MISMATCH, "has a header of MCP that says nothing");
		head->has_params |= names_start(name, PARAM);
	}
}

static bool is_known(struct bytes revision)
{
	static const char *const known[] = {"", "2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", MCP_MODERN};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (bytes_same(revision, known[i]))
			return true;
	return false;
}

struct head mcp_read_head(const struct heading *heading)
{
	struct bytes revision = heading->field(heading, "mcp-protocol-version");

	return (struct head){.heading = heading, .revision = revision, .method = heading->field(heading, "mcp-method"), .name = heading->field(heading, "mcp-name"), .modern = bytes_same(revision, MCP_MODERN)};
}

bool mcp_check_head(struct exchange *x, struct head *head)
{
	const struct heading *h = head->heading;

	if (h->entry)
		read_fields(x, head);
	else
		mcp_fail(x, "-32603", "has headers that cannot be told one by one");
	if (!is_session_id(h->field(h, "mcp-session-id")))
		mcp_fail(x, "-32600", "has a session id with a character that none may have");
	if (!is_known(head->revision))
		mcp_fail(x, "-32022", "is in a revision of MCP that is not read here");
	return !x->why;
}

/* ---- Mcp-Param-* ---- */

static bool same_number(struct bytes a, struct bytes b)
{
	struct bytes *const both[] = {&a, &b};

	for (size_t i = 0; i < COUNT_OF(both); i++) {
		size_t point = bytes_find_byte(*both[i], '.'), end = both[i]->len;
		while (point < end && (both[i]->at[end - 1] == '0' || end - 1 == point))
			end--;
		*both[i] = bytes_slice(*both[i], 0, end);
	}
	return bytes_equal(a, b);
}

static bool says(struct bytes value, const struct json *argument)
{
	if (argument->kind == JSON_IS_BOOL)
		return bytes_same(value, argument->truth ? "true" : "false");
	if (argument->kind == JSON_IS_NUMBER)
		return same_number(value, argument->text);
	return argument->kind == JSON_IS_STRING && bytes_equal(value, argument->text);
}

/*
 * Which argument a header stands for is in the tool's schema, which is not at
 * hand here: it has to be one that says the same, and if one bears its name,
 * that.  Who has seen the schema goes by the claims.
 */
struct search {
	struct exchange *x;
	struct bytes tool, name, value;
	bool named, agrees, found;
	unsigned claims;
};

static void claim(struct search *s, struct bytes path)
{
	if (s->claims++ == CLAIMS_MOST)
		mcp_fail(s->x, MISMATCH, "has more arguments that a header could mean than are looked at");
	if (s->claims > CLAIMS_MOST)
		return;
	struct claim *c = arena_new(s->x->arena, struct claim);

	*c = (struct claim){.tool = s->tool, .header = mcp_folded(s->x->arena, s->name), .path = path, .next = s->x->claims};
	s->x->claims = c;
}

static void search_arguments(struct search *s, const struct json *object, struct bytes above)
{
	json_each(object, it) {
		struct bytes path = mcp_path(s->x->arena, above, it->key);
		if (it->kind == JSON_IS_OBJECT)
			search_arguments(s, it, path);
		bool agrees = says(s->value, it);
		s->found |= agrees;
		if (agrees)
			claim(s, path);
		if (it->kind == JSON_IS_OBJECT || it->kind == JSON_IS_ARRAY || it->kind == JSON_IS_NULL || !bytes_equal_folded(it->key, s->name))
			continue;
		s->named = true;
		s->agrees |= agrees;
	}
}

static void check_params(struct exchange *x, const struct head *head, const struct message *m)
{
	const struct heading *h = head->heading;
	const struct json *arguments = bytes_same(m->method, "tools/call") ? reading_member(m->params, WORD_arguments) : NULL;
	struct bytes name, value;

	for (size_t i = 0; h->entry(h, i, &name, &value); i++) {
		if (!names_start(name, PARAM))
			continue;
		struct search s = {.x = x, .tool = reading_member_text(m->params, WORD_name), .name = bytes_from(name, strlen(PARAM))};
		if (!decode_value(x, value, &s.value)) {
			mcp_fail(x, MISMATCH, "has a header that is not encoded as MCP encodes them");
			return;
		}
		claim(&s, BYTES(""));
		if (arguments && arguments->kind == JSON_IS_OBJECT)
			search_arguments(&s, arguments, BYTES(""));
		if (!s.found || (s.named && !s.agrees))
			mcp_fail(x, MISMATCH, "has an Mcp-Param header that no argument of its body agrees with");
	}
}

/* ---- agreement ---- */

static void check_revision(struct exchange *x, const struct head *head, const struct message *m)
{
	const struct json *meta = reading_member(m->params, WORD__meta), *said = reading_member(meta, WORD_mcp_protocolVersion), *able = reading_member(meta, WORD_mcp_clientCapabilities);

	if (meta && meta->kind != JSON_IS_OBJECT)
		mcp_fail(x, "-32602", "has a _meta that is no object");
	if (said && (said->kind != JSON_IS_STRING || !bytes_equal(said->text, head->revision)))
		mcp_fail(x, MISMATCH, "names one revision of MCP in its head and another in its body");
	if (!head->modern || m->kind != MESSAGE_REQUEST)
		return;
	/* Two that differ are a mismatch; what is not there is a parameter that lacks. */
	if (!said)
		mcp_fail(x, "-32602", "names a revision of MCP in its head that its body does not name");
	if (!able || able->kind != JSON_IS_OBJECT)
		mcp_fail(x, "-32602", "does not say what its client can do");
}

static void check_name(struct exchange *x, const struct head *head, const struct message *m)
{
	struct operation operation = mcp_operation(m->method);
	const struct json *said = operation.named_by != WORD_NONE ? reading_member(m->params, operation.named_by) : NULL;
	struct bytes name;

	if (head->name.len == 0) {
		if (head->modern && m->kind == MESSAGE_REQUEST && said)
			mcp_fail(x, MISMATCH, "lacks the header Mcp-Name");
		return;
	}
	if (!decode_value(x, head->name, &name))
		mcp_fail(x, MISMATCH, "has a header that is not encoded as MCP encodes them");
	else if (!said || said->kind != JSON_IS_STRING || !bytes_equal(said->text, name))
		mcp_fail(x, MISMATCH, "names one thing in Mcp-Name and another in its body");
}

void mcp_check_agreement(struct exchange *x, const struct head *head, const struct message *m)
{
	if (head->modern && m->kind == MESSAGE_RESPONSE)
		mcp_fail(x, "-32600", "is an answer, which clients of this revision do not give");
	check_revision(x, head, m);
	if (head->method.len > 0 && !bytes_equal(head->method, m->method))
		mcp_fail(x, MISMATCH, "names one method in Mcp-Method and another in its body");
	if (head->modern && m->kind == MESSAGE_REQUEST && head->method.len == 0)
		mcp_fail(x, MISMATCH, "lacks the header Mcp-Method");
	check_name(x, head, m);
	check_params(x, head, m);
}

void mcp_check_array(struct exchange *x, const struct head *head, const struct message *m)
{
	if (head->method.len > 0 || head->name.len > 0 || head->has_params)
		mcp_fail(x, MISMATCH, "has headers for one message over an array of them");
	if (bytes_same(m->method, "initialize"))
		mcp_fail(x, "-32600", "begins a session inside an array of messages");
	check_revision(x, head, m);
}

void mcp_mark_repeated(struct exchange *x, const struct head *head, struct piece *from)
{
	const struct heading *h = head->heading;
	struct bytes name, value;

	for (size_t i = 0; h->entry(h, i, &name, &value); i++) {
		if ((!names_start(name, PARAM) && !bytes_equal_folded(name, BYTES("mcp-name"))) || !decode_value(x, value, &value))
			continue;
		for (struct piece *p = from; p; p = p->next)
			p->fixed |= bytes_equal(p->text, value);
	}
}
