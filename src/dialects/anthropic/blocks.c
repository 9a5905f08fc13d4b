#include "dialects/anthropic/blocks.h"

enum { DEPTH_MOST = 16 };

/* ---- what a block is ---- */

enum voice {
	VOICE_SAME,                 /* of what it stands in */
	VOICE_ASIDE,                /* the same, but clients show it elsewhere or not at all */
	VOICE_CALL,                 /* it calls a tool: "name" and "input" */
	VOICE_SYSTEM, VOICE_TOOL, VOICE_DOCUMENT,
};

static const struct kind {
	const char *type;
	enum voice voice;
} kinds[] = {
	{"text", VOICE_SAME}, {"thinking", VOICE_ASIDE}, {"redacted_thinking", VOICE_ASIDE}, {"compaction", VOICE_ASIDE}, {"fallback", VOICE_ASIDE},
	{"mid_conv_system", VOICE_SYSTEM},
	{"tool_use", VOICE_CALL}, {"server_tool_use", VOICE_CALL}, {"mcp_tool_use", VOICE_CALL},
	{"tool_addition", VOICE_ASIDE}, {"tool_removal", VOICE_ASIDE}, {"mcp_tool_listing", VOICE_ASIDE},

	{"image", VOICE_DOCUMENT}, {"document", VOICE_DOCUMENT}, {"search_result", VOICE_DOCUMENT}, {"container_upload", VOICE_DOCUMENT},
	{"char_location", VOICE_DOCUMENT}, {"page_location", VOICE_DOCUMENT}, {"content_block_location", VOICE_DOCUMENT},
	{"search_result_location", VOICE_DOCUMENT}, {"web_search_result_location", VOICE_DOCUMENT},

	{"tool_result", VOICE_TOOL}, {"mcp_tool_result", VOICE_TOOL}, {"tool_reference", VOICE_TOOL}, {"browser_state", VOICE_TOOL},
	{"web_search_tool_result", VOICE_TOOL}, {"web_search_result", VOICE_TOOL}, {"web_search_tool_result_error", VOICE_TOOL},
	{"web_fetch_tool_result", VOICE_TOOL}, {"web_fetch_result", VOICE_TOOL}, {"web_fetch_tool_result_error", VOICE_TOOL},
	{"code_execution_tool_result", VOICE_TOOL}, {"code_execution_result", VOICE_TOOL}, {"encrypted_code_execution_result", VOICE_TOOL},
	{"code_execution_output", VOICE_TOOL}, {"code_execution_tool_result_error", VOICE_TOOL},
	{"bash_code_execution_tool_result", VOICE_TOOL}, {"bash_code_execution_result", VOICE_TOOL},
	{"bash_code_execution_output", VOICE_TOOL}, {"bash_code_execution_tool_result_error", VOICE_TOOL},
	{"text_editor_code_execution_tool_result", VOICE_TOOL}, {"text_editor_code_execution_view_result", VOICE_TOOL},
	{"text_editor_code_execution_create_result", VOICE_TOOL}, {"text_editor_code_execution_str_replace_result", VOICE_TOOL},
	{"text_editor_code_execution_tool_result_error", VOICE_TOOL},
	{"tool_search_tool_result", VOICE_TOOL}, {"tool_search_tool_search_result", VOICE_TOOL}, {"tool_search_tool_result_error", VOICE_TOOL},
	{"advisor_tool_result", VOICE_TOOL}, {"advisor_result", VOICE_TOOL}, {"advisor_redacted_result", VOICE_TOOL}, {"advisor_tool_result_error", VOICE_TOOL},
};

static const struct kind *kind_of(const struct json *block)
{
	struct bytes type = reading_member_text(block, WORD_type);

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (bytes_same(type, kinds[i].type))
			return &kinds[i];
	return NULL;
}

static bool is_heard(const struct place *place)
{
	return place->channel == CHANNEL_TOOL || place->channel == CHANNEL_DOCUMENT;
}

/* What stands in a result or a document was written by anybody, whatever it calls itself. */
static struct place inside(const struct place *outer, const struct kind *kind)
{
	struct place p = *outer;

	p.depth++;
	p.aside |= kind->voice == VOICE_ASIDE;
	if (is_heard(outer))
		return p;
	if (kind->voice == VOICE_SYSTEM && p.trust >= TRUST_USER) {
		p.channel = CHANNEL_SYSTEM;
		p.trust = TRUST_OPERATOR;
	} else if (kind->voice == VOICE_TOOL || kind->voice == VOICE_DOCUMENT) {
		p.channel = kind->voice == VOICE_TOOL ? CHANNEL_TOOL : CHANNEL_DOCUMENT;
		p.trust = TRUST_ANYBODY;
	}
	return p;
}

/* ---- members ---- */

/* A part of a running text, where the block comes in parts. */
static void carry_on(const struct place *place, struct piece *piece, const char *what)
{
	if (place->number)
		reading_carries_on(piece, reading_thread(place->x, *place->number, what));
}

/* A member without a meaning known here. */
static void read_other(const struct place *place, const struct json *value)
{
	reading_all(place->x, value, is_heard(place) ? place->channel : CHANNEL_META, place->trust);
}

static void read_label(const struct place *place, const struct json *value)
{
	reading_label(place->x, value, place->trust);
}

static void read_text(const struct place *place, const struct json *value)
{
	struct piece *p = reading_text(place->x, value, place->channel, place->trust);

	if (p)
		p->aside = place->aside;
	carry_on(place, p, "text");
	if (value->kind != JSON_IS_STRING)
		reading_all(place->x, value, place->channel, place->trust);
}

static void read_content(const struct place *place, const struct json *value)
{
	struct place inner = *place;

	if (value->kind == JSON_IS_STRING) {
		struct piece *p = reading_text(place->x, value, place->channel, place->trust);
		if (p)
			p->aside = true;
		carry_on(place, p, "content");
	}
	inner.number = NULL;
	if (value->kind != JSON_IS_STRING)
		blocks_read(&inner, value);
}

static bool is_base64(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = b.at[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '+' && c != '/' && c != '=' && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Signed, or sealed as a whole: a block with one changed letter is sent back by the upstream. */
static void read_thinking(const struct place *place, const struct json *value)
{
	struct piece *p = reading_text(place->x, value, CHANNEL_REASONING, place->trust);

	if (p)
		p->fixed = true;
	carry_on(place, p, "thinking");
	if (value->kind != JSON_IS_STRING)
		read_other(place, value);
}

/*
 * It vouches for the text beside it, which was read: nothing that anybody but
 * the server could read is missed.  Where there is no such text, the thinking
 * itself is sealed in it.
 */
static void read_signature(const struct place *place, const struct json *value)
{
	bool partly = place->x->partly;

	reading_sealed(place->x, value, CHANNEL_REASONING, place->trust, "a signature");
	if (place->thought && value->kind == JSON_IS_STRING && is_base64(value->text))
		place->x->partly = partly;
}

static void read_encrypted(const struct place *place, const struct json *value)
{
	reading_sealed(place->x, value, place->channel, place->trust, "encrypted content");
}

static void read_reasoning(const struct place *place, const struct json *value)
{
	reading_sealed(place->x, value, CHANNEL_REASONING, place->trust, "encrypted reasoning");
}

static void read_file(const struct place *place, const struct json *value)
{
	reading_opaque(place->x, value, "a file kept by the server");
}

static void read_citations(const struct place *place, const struct json *value)
{
	if (value->kind == JSON_IS_ARRAY)
		read_content(place, value);
	else
		read_other(place, value);
}

/* Where the bytes of an image or a document are: in it, or somewhere the server can reach. */
static void read_source(const struct place *place, const struct json *source)
{
	const struct json *data = reading_member(source, WORD_data), *url = reading_member(source, WORD_url);
	bool text = bytes_same(reading_member_text(source, WORD_type), "text");

	if (source->kind != JSON_IS_OBJECT) {
		read_other(place, source);
		return;
	}
	reading_spelling(place->x, source, KNOWN(type, media_type, data, url, content, file_id));
	if (text)
		reading_text(place->x, data, place->channel, place->trust);
	else
		reading_opaque(place->x, data, "data of an image or document");
	reading_text(place->x, url, CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_opaque(place->x, url, "an image or document at an address");
	if (reading_member(source, WORD_content))
		read_content(place, reading_member(source, WORD_content));
	reading_opaque(place->x, reading_member(source, WORD_file_id), "a file kept by the server");
	if (reading_member(source, WORD_media_type))
		read_label(place, reading_member(source, WORD_media_type));
	reading_rest(place->x, source, KNOWN(type, media_type, data, url, content, file_id), place->channel, place->trust);
}

static void read_offers(const struct place *place, const struct json *value)
{
	const struct json *definition = reading_member(value, WORD_definition);

	if (value->kind == JSON_IS_ARRAY)
		json_each(value, it)
			blocks_read_tool(place->x, it);
	else if (definition)
		blocks_read_tool(place->x, definition);
	else
		reading_all(place->x, value, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
}

static const struct member {
	const char *key;
	void (*read)(const struct place *, const struct json *);
} members[] = {
	{"type", read_label}, {"id", read_label}, {"tool_use_id", read_label},
	{"text", read_text}, {"content", read_content}, {"thinking", read_thinking}, {"signature", read_signature}, {"data", read_reasoning},
	{"encrypted_content", read_encrypted}, {"encrypted_stdout", read_encrypted}, {"encrypted_index", read_encrypted},
	{"file_id", read_file}, {"source", read_source}, {"citations", read_citations}, {"tool_references", read_content},
	{"tool", read_offers}, {"tools", read_offers},
};

static const struct words words = WORDS(type, id, tool_use_id, text, content, thinking, signature, data, encrypted_content, encrypted_stdout, encrypted_index,
	file_id, source, citations, tool_references, tool, tools, name, input);

static void read_member(const struct place *place, const struct json *member)
{
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (bytes_same(member->key, members[i].key)) {
			members[i].read(place, member);
			return;
		}
	reading_key(place->x, member, is_heard(place) ? place->channel : CHANNEL_META, place->trust);
	read_other(place, member);
}

/* ---- blocks ---- */

/* A stream begins a call with arguments that are empty, and brings them after. */
static void read_call(const struct place *place, const struct json *block)
{
	const struct json *input = reading_member(block, WORD_input);
	bool comes = place->number && input && input->kind == JSON_IS_OBJECT && input->count == 0;

	struct piece *p = reading_call_of_value(place->x, place->trust, reading_member(block, WORD_name), comes ? NULL : input);
	p->provider = !bytes_same(reading_member_text(block, WORD_type), "tool_use");
	if (!place->number)
		reading_within(place->x, p);
	carry_on(place, p, "input");
}

static void read_unknown(const struct place *place, const struct json *value)
{
	reading_all(place->x, value, CHANNEL_DOCUMENT, TRUST_ANYBODY);
	place->x->partly = true;
}

static void read_block(const struct place *place, const struct json *block)
{
	const struct kind *kind = kind_of(block);

	if (block->kind == JSON_IS_STRING)
		reading_text(place->x, block, place->channel, place->trust);
	if (block->kind == JSON_IS_ARRAY)
		read_unknown(place, block);
	if (block->kind != JSON_IS_OBJECT)
		return;
	reading_spelling(place->x, block, words);
	if (!kind || place->depth > DEPTH_MOST) {
		read_unknown(place, block);
		return;
	}
	struct place inner = inside(place, kind);
	inner.thought = reading_member_text(block, WORD_thinking).len > 0;
	if (kind->voice == VOICE_CALL)
		read_call(&inner, block);
	json_each(block, it)
		if (kind->voice != VOICE_CALL || (!bytes_same(it->key, "name") && !bytes_same(it->key, "input")))
			read_member(&inner, it);
}

void blocks_read(const struct place *place, const struct json *content)
{
	if (content && content->kind == JSON_IS_ARRAY)
		json_each(content, it)
			read_block(place, it);
	else if (content)
		read_block(place, content);
}

/* ---- parts of blocks ---- */

static void read_part_of_call(const struct place *place, const struct json *delta)
{
	const struct json *part = reading_member(delta, WORD_partial_json);
	struct piece *p = reading_call(place->x, NULL, part);

	p->trust = place->trust;
	carry_on(place, p, "input");
}

void blocks_read_delta(const struct place *place, const struct json *delta)
{
	static const char *const plain[] = {"text_delta", "thinking_delta", "signature_delta", "compaction_delta"};
	struct bytes type = reading_member_text(delta, WORD_type);
	struct place cited = {.x = place->x, .channel = CHANNEL_DOCUMENT, .trust = TRUST_ANYBODY};

	reading_spelling(place->x, delta, KNOWN(type, text, thinking, signature, partial_json, citation, content, encrypted_content));
	for (size_t i = 0; i < COUNT_OF(plain); i++)
		if (bytes_same(type, plain[i])) {
			json_each(delta, it)
				read_member(place, it);
			return;
		}
	if (bytes_same(type, "citations_delta"))
		blocks_read(&cited, reading_member(delta, WORD_citation));
	else if (bytes_same(type, "input_json_delta"))
		read_part_of_call(place, delta);
	else if (delta)
		read_unknown(place, delta);
	if (bytes_same(type, "citations_delta") || bytes_same(type, "input_json_delta"))
		reading_rest(place->x, delta, KNOWN(type, partial_json, citation), CHANNEL_META, place->trust);
}

void blocks_read_tool(struct exchange *x, const struct json *tool)
{
	struct bytes type = reading_member_text(tool, WORD_type);
	bool own = (type.len == 0 || bytes_same(type, "custom")) && reading_member_text(tool, WORD_name).len > 0;

	reading_spelling(x, tool, KNOWN(type, name, description, input_schema, input_examples));
	reading_offer(x, own ? reading_member_text(tool, WORD_name) : type, tool, own ? KNOWN(type, name, description) : KNOWN(type, description))->provider = !own;
}
