#include "dialects/openai_responses/items.h"

enum how {
	AS_TEXT,                    /* every string below, in the row's channel */
	AS_CONTENT,                 /* parts of text, images, files */
	AS_CALL,                    /* what a tool is called with; the row's word names the tool where no member does */
	AS_OPAQUE,                  /* the row's word says what it is */
	AS_TOOLS,
};

/* Which members of which items hold what; all others are text that means nothing here. */
static const struct row {
	const char *type;
	enum word member;
	enum how how;
	enum channel channel;
	const char *word;
} rows[] = {
	{"reasoning", WORD_summary, AS_CONTENT, CHANNEL_REASONING, NULL},
	{"reasoning", WORD_content, AS_CONTENT, CHANNEL_REASONING, NULL},
	{"reasoning", WORD_encrypted_content, AS_OPAQUE, CHANNEL_REASONING, "encrypted reasoning"},
	{"function_call", WORD_arguments, AS_CALL, 0, NULL},
	{"custom_tool_call", WORD_input, AS_CALL, 0, NULL},
	{"function_call_output", WORD_output, AS_CONTENT, CHANNEL_TOOL, NULL},
	{"custom_tool_call_output", WORD_output, AS_CONTENT, CHANNEL_TOOL, NULL},
	{"mcp_list_tools", WORD_tools, AS_TOOLS, 0, NULL},
	{"mcp_list_tools", WORD_error, AS_TEXT, CHANNEL_TOOL, NULL},
	{"mcp_approval_request", WORD_arguments, AS_CALL, 0, NULL},
	{"mcp_approval_response", WORD_reason, AS_TEXT, CHANNEL_USER, NULL},
	{"mcp_call", WORD_arguments, AS_CALL, 0, NULL},
	{"mcp_call", WORD_output, AS_TEXT, CHANNEL_TOOL, NULL},
	{"mcp_call", WORD_error, AS_TEXT, CHANNEL_TOOL, NULL},
	{"web_search_call", WORD_action, AS_CALL, 0, "web_search"},
	{"file_search_call", WORD_queries, AS_CALL, 0, "file_search"},
	{"file_search_call", WORD_results, AS_TEXT, CHANNEL_DOCUMENT, NULL},
	{"code_interpreter_call", WORD_code, AS_CALL, 0, "code_interpreter"},
	{"code_interpreter_call", WORD_outputs, AS_TEXT, CHANNEL_TOOL, NULL},
	{"computer_call", WORD_action, AS_CALL, 0, "computer"},
	{"computer_call", WORD_actions, AS_CALL, 0, "computer"},
	{"computer_call_output", WORD_output, AS_CONTENT, CHANNEL_TOOL, NULL},
	{"shell_call", WORD_action, AS_CALL, 0, "shell"},
	{"shell_call", WORD_environment, AS_TEXT, CHANNEL_TOOL_DESCRIPTION, NULL},
	{"shell_call_output", WORD_output, AS_TEXT, CHANNEL_TOOL, NULL},
	{"local_shell_call", WORD_action, AS_CALL, 0, "local_shell"},
	{"local_shell_call_output", WORD_output, AS_TEXT, CHANNEL_TOOL, NULL},
	{"apply_patch_call", WORD_operation, AS_CALL, 0, "apply_patch"},
	{"apply_patch_call_output", WORD_output, AS_TEXT, CHANNEL_TOOL, NULL},
	{"program", WORD_code, AS_CALL, 0, "program"},
	{"program", WORD_fingerprint, AS_OPAQUE, CHANNEL_ARGUMENTS, "a signed program"},
	{"program_output", WORD_result, AS_TEXT, CHANNEL_TOOL, NULL},
	{"tool_search_call", WORD_arguments, AS_CALL, 0, "tool_search"},
	{"tool_search_output", WORD_tools, AS_TOOLS, 0, NULL},
	{"additional_tools", WORD_tools, AS_TOOLS, 0, NULL},
	{"configuration_update", WORD_text, AS_TEXT, CHANNEL_TOOL_DESCRIPTION, NULL},
	{"image_generation_call", WORD_result, AS_OPAQUE, CHANNEL_DOCUMENT, "an image"},
	{"image_generation_call", WORD_revised_prompt, AS_TEXT, CHANNEL_ARGUMENTS, NULL},
	{"compaction", WORD_encrypted_content, AS_OPAQUE, CHANNEL_DOCUMENT, "an encrypted conversation"},
	{"compaction_summary", WORD_encrypted_content, AS_OPAQUE, CHANNEL_DOCUMENT, "an encrypted conversation"},
	{"item_reference", WORD_id, AS_OPAQUE, CHANNEL_DOCUMENT, "an item kept elsewhere"},
};

/* Calls of functions that the caller defined go back to the caller; all others are of kinds that the provider defines. */
static bool is_providers(const char *type)
{
	return strcmp(type, "function_call") != 0 && strcmp(type, "custom_tool_call") != 0;
}

struct bytes responses_tool(const struct json *item)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].how == AS_CALL && rows[i].word && bytes_same(reading_member_text(item, WORD_type), rows[i].type))
			return bytes_of(rows[i].word);
	return reading_member_text(item, WORD_name);
}

static unsigned trust_in(enum channel channel, bool answered)
{
	bool foreign = channel == CHANNEL_TOOL || channel == CHANNEL_DOCUMENT || channel == CHANNEL_TOOL_DESCRIPTION;

	return foreign ? TRUST_ANYBODY : answered ? TRUST_MODEL : TRUST_USER;
}

static void read_call(struct exchange *x, const struct json *item, const struct row *row, struct place place)
{
	const struct json *value = reading_member(item, row->member);
	struct piece *p = reading_call_of_value(x, TRUST_MODEL, row->word ? NULL : reading_member(item, WORD_name), value && value->kind != JSON_IS_NULL ? value : NULL);

	if (row->word)
		p->name = bytes_of(row->word);
	p->provider = is_providers(row->type);
	if (place.parts)
		p->thread = reading_thread(x, place.index, "call");
}

/* A summary is a list of parts like any other, but its events count it on its own. */
static void read_content(struct exchange *x, const struct json *content, struct role role, enum word member, struct place place)
{
	bool summary = member == WORD_summary;

	if (!summary || !place.parts || !content || content->kind != JSON_IS_ARRAY) {
		openai_content(x, content, role, place);
		return;
	}
	json_each(content, it) {
		struct piece *p = reading_text(x, reading_member(it, WORD_text), role.channel, role.trust);
		reading_carries_on(p, reading_thread_part(x, place.index, "summary", place.part++));
		reading_rest(x, it, p ? KNOWN(text) : NO_WORDS, role.channel, role.trust);
	}
}

static void read_row(struct exchange *x, const struct json *item, const struct row *row, bool answered, struct place place)
{
	const struct json *value = reading_member(item, row->member);
	struct role role = {"", row->channel, trust_in(row->channel, answered)};

	if (!value || (value->kind == JSON_IS_NULL && row->how != AS_CALL))
		return;
	switch (row->how) {
	case AS_TEXT: reading_deep(x, value, role.channel, role.trust); break;
	case AS_CONTENT: read_content(x, value, role, row->member, row->channel == CHANNEL_REASONING ? place : (struct place){0}); break;
	case AS_CALL: read_call(x, item, row, place); break;
	case AS_OPAQUE: reading_sealed(x, value, role.channel, role.trust, row->word); break;
	case AS_TOOLS: openai_tools(x, value); break;
	}
}

static void read_message(struct exchange *x, const struct json *item, bool answered, struct place place)
{
	struct role role = openai_role(x, item);

	if (answered && role.channel == CHANNEL_ASSISTANT)
		role.trust = TRUST_MODEL;
	openai_content(x, reading_member(item, WORD_content), role, place);
	reading_rest(x, item, KNOWN(role, content), CHANNEL_META, answered ? TRUST_MODEL : TRUST_USER);
}

/* Without a type it is a message when somebody says it, and a reference otherwise. */
static struct bytes type_of(const struct json *item)
{
	struct bytes type = reading_member_text(item, WORD_type);

	if (type.len > 0)
		return type;
	return reading_member(item, WORD_role) ? BYTES("message") : BYTES("item_reference");
}

void responses_item(struct exchange *x, const struct json *item, bool answered, struct place place)
{
	const struct row *call = NULL;
	struct words known = NO_WORDS;
	bool found = false, called = false;

	if (!item || item->kind != JSON_IS_OBJECT) {
		reading_all(x, item, CHANNEL_META, TRUST_ANYBODY);
		return;
	}
	struct bytes type = type_of(item);
	if (bytes_same(type, "message")) {
		read_message(x, item, answered, place);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!bytes_same(type, rows[i].type))
			continue;
		words_add(&known, rows[i].member);
		if (rows[i].how == AS_CALL && !rows[i].word)
			words_add(&known, WORD_name);
		read_row(x, item, &rows[i], answered, place);
		found = true;
		call = rows[i].how == AS_CALL ? &rows[i] : call;
		called |= rows[i].how == AS_CALL && reading_member(item, rows[i].member);
	}
	if (call && !called)
		read_call(x, item, call, place);
	if (!found)
		reading_opaque(x, item, "an item of an unknown kind");
	reading_rest(x, item, known, CHANNEL_META, answered ? TRUST_MODEL : TRUST_USER);
}

void responses_part(struct exchange *x, const struct json *part, struct place place)
{
	struct bytes type = reading_member_text(part, WORD_type);
	bool reasoning = bytes_same(type, "reasoning_text"), summary = bytes_same(type, "summary_text");
	struct role role = {"", reasoning || summary ? CHANNEL_REASONING : CHANNEL_ASSISTANT, TRUST_MODEL};

	if (!summary || !place.parts) {
		openai_part(x, part, role, place);
		return;
	}
	struct piece *p = reading_text(x, reading_member(part, WORD_text), role.channel, role.trust);
	reading_carries_on(p, reading_thread_part(x, place.index, "summary", place.part));
	reading_rest(x, part, p ? KNOWN(text) : NO_WORDS, role.channel, role.trust);
}
