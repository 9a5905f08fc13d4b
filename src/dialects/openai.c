#include "dialects/openai.h"

/* ---- messages ---- */

static const struct role roles[] = {
	{"system", CHANNEL_SYSTEM, TRUST_OPERATOR}, {"developer", CHANNEL_SYSTEM, TRUST_OPERATOR}, {"user", CHANNEL_USER, TRUST_USER},
	{"assistant", CHANNEL_ASSISTANT, TRUST_USER}, {"tool", CHANNEL_TOOL, TRUST_ANYBODY}, {"function", CHANNEL_TOOL, TRUST_ANYBODY},
};

struct role openai_role(struct exchange *x, const struct json *message)
{
	const struct json *role = reading_member(message, WORD_role);
	struct bytes name = reading_member_text(message, WORD_role);

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (bytes_same(name, roles[i].name))
			return roles[i];
	reading_all(x, role, CHANNEL_META, TRUST_ANYBODY);
	return (struct role){"", CHANNEL_USER, TRUST_ANYBODY};
}

/* Images, sound and files, inline or at an address: the address is text, what stands there is not. */
static const struct {
	enum word member;
	const char *inline_what, *away_what;
} media[] = {
	{WORD_image_url, "an image", "an image at an address"}, {WORD_video_url, "a video", "a video at an address"},
	{WORD_audio_url, "audio", "audio at an address"}, {WORD_file_url, "a file", "a file at an address"},
};

#define MEDIA image_url, video_url, audio_url, file_url

/* Chat has an object with a "url" where responses have the address itself. */
static void read_medium(struct exchange *x, const struct json *value, const char *inline_what, const char *away_what)
{
	const struct json *url = value && value->kind == JSON_IS_OBJECT ? reading_member(value, WORD_url) : value;
	bool is_inline = url && url->kind == JSON_IS_STRING && bytes_equal_folded(bytes_slice(url->text, 0, 5), BYTES("data:"));

	if (value != url)
		reading_rest(x, value, KNOWN(url), CHANNEL_META, TRUST_USER);
	if (!is_inline)
		reading_all(x, url, CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_opaque(x, url, is_inline ? inline_what : away_what);
}

/* The same in chat, where a file is an object, and in responses, where its members stand in the part. */
static void read_file(struct exchange *x, const struct json *holder)
{
	reading_all(x, reading_member(holder, WORD_filename), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_opaque(x, reading_member(holder, WORD_file_data), "a file");
	reading_opaque(x, reading_member(holder, WORD_file_id), "a file kept elsewhere");
}

static void read_media(struct exchange *x, const struct json *part)
{
	const struct json *file = reading_member(part, WORD_file), *audio = reading_member(part, WORD_input_audio);

	for (size_t i = 0; i < COUNT_OF(media); i++)
		read_medium(x, reading_member(part, media[i].member), media[i].inline_what, media[i].away_what);
	read_file(x, part);
	read_file(x, file);
	reading_rest(x, file, KNOWN(filename, file_data, file_id), CHANNEL_META, TRUST_USER);
	reading_opaque(x, audio && audio->kind == JSON_IS_OBJECT ? reading_member(audio, WORD_data) : audio, "audio");
	if (audio && audio->kind == JSON_IS_OBJECT)
		reading_rest(x, audio, KNOWN(data), CHANNEL_META, TRUST_USER);
	reading_opaque(x, reading_member(part, WORD_image_embeds), "an image");
}

static void read_text_of(struct exchange *x, const struct json *part, enum word member, struct role role, struct place place)
{
	const struct json *value = reading_member(part, member);
	struct piece *p = reading_text(x, value, role.channel, role.trust);

	if (!p)
		reading_all(x, value, role.channel, role.trust);
	else
		p->aside = member == WORD_refusal;
	if (place.parts)
		reading_carries_on(p, reading_thread_part(x, place.index, word_name(member), place.part));
}

void openai_part(struct exchange *x, const struct json *part, struct role role, struct place place)
{
	if (!part || part->kind != JSON_IS_OBJECT) {
		reading_all(x, part, role.channel, role.trust);
		return;
	}
	struct role refusing = {"", CHANNEL_ASSISTANT, role.trust};
	read_text_of(x, part, WORD_text, role, place);
	read_text_of(x, part, WORD_refusal, refusing, place);
	read_media(x, part);
	reading_deep(x, reading_member(part, WORD_annotations), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	openai_echoes(x, part);
	reading_rest(x, part, KNOWN(text, refusal, input_audio, image_embeds, file, file_data, file_id, filename, annotations, MEDIA, OPENAI_ECHOES), CHANNEL_META, TRUST_USER);
}

void openai_content(struct exchange *x, const struct json *content, struct role role, struct place place)
{
	if (!content || content->kind != JSON_IS_ARRAY) {
		openai_part(x, content, role, place);
		return;
	}
	json_each(content, it) {
		openai_part(x, it, role, place);
		place.part++;
	}
}

static void read_tokens(struct exchange *x, const struct json *list)
{
	if (list->kind != JSON_IS_ARRAY)
		return;
	if (list->first && list->first->kind == JSON_IS_NUMBER)
		reading_opaque(x, list, "tokens");
	json_each(list, it)
		x->tokens += it->kind == JSON_IS_NUMBER;
}

void openai_prompt(struct exchange *x, const struct json *value, enum channel channel, unsigned trust)
{
	struct role role = {"", channel, trust};

	if (!value || value->kind != JSON_IS_ARRAY) {
		openai_part(x, value, role, (struct place){0});
		return;
	}
	read_tokens(x, value);
	json_each(value, it)
		read_tokens(x, it);
	json_each(value, it)
		openai_part(x, it, role, (struct place){0});
}

/* ---- requests ---- */

void openai_head(struct exchange *x, const struct json *root)
{
	x->model = reading_member_text(root, WORD_model);
	x->stream = reading_flag(x, root, WORD_stream);
	if (x->model.len == 0)
		exchange_fail(x, "names no model");
}

void openai_messages(struct exchange *x, const struct json *messages)
{
	if (messages && messages->kind != JSON_IS_ARRAY)
		exchange_fail(x, "has messages that are no list");
	json_each(messages, it) {
		openai_content(x, reading_member(it, WORD_content), openai_role(x, it), (struct place){0});
		reading_rest(x, it, KNOWN(role, content), CHANNEL_META, TRUST_USER);
	}
}

/* Retrieved text: strings, parts of content, or whatever a template makes of it. */
static void read_document(struct exchange *x, const struct json *document)
{
	const struct json *content = reading_member(document, WORD_content);
	struct role role = {"", CHANNEL_DOCUMENT, TRUST_ANYBODY};

	if (!content) {
		reading_deep(x, document, role.channel, role.trust);
		return;
	}
	openai_content(x, content, role, (struct place){0});
	reading_rest(x, document, KNOWN(content), role.channel, role.trust);
}

static void read_documents(struct exchange *x, const struct json *documents)
{
	if (!documents || documents->kind != JSON_IS_ARRAY)
		read_document(x, documents);
	else
		json_each(documents, it)
			read_document(x, it);
}

/* What a template is given besides the messages: some have their tools under a name of their own, and servers let these go over those of the request. */
static void read_template_arguments(struct exchange *x, const struct json *arguments)
{
	if (arguments && arguments->kind != JSON_IS_OBJECT)
		reading_all(x, arguments, CHANNEL_META, TRUST_USER);
	json_each(arguments, it) {
		reading_key(x, it, CHANNEL_META, TRUST_USER);
		if (bytes_end_with(it->key, BYTES("tools")))
			openai_tools(x, it);
		else if (bytes_same(it->key, "documents"))
			read_documents(x, it);
		else
			reading_all(x, it, CHANNEL_META, TRUST_USER);
	}
}

/* A template a client brings is code that writes the prompt: roles and tools would be what it makes of them. */
void openai_rest(struct exchange *x, const struct json *root, struct words known)
{
	static const struct words alike = WORDS(model, stream, chat_template, chat_template_kwargs, documents, logit_bias, prompt_embeds);
	static const struct words shapes = WORDS(response_format, guided_json, guided_regex, guided_choice, guided_grammar, structured_outputs);
	const struct json *template = reading_member(root, WORD_chat_template), *arguments = reading_member(root, WORD_chat_template_kwargs);

	reading_detours(x, root);
	if (!template || template->kind == JSON_IS_NULL)
		template = reading_member(arguments, WORD_chat_template);
	if (template && template->kind != JSON_IS_NULL)
		exchange_fail(x, "brings a chat template of its own, which is code that writes the prompt");
	json_each(root, it)
		if (words_have(&shapes, it->mark))
			reading_all(x, it, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	read_documents(x, reading_member(root, WORD_documents));
	read_template_arguments(x, arguments);
	reading_written(x, reading_member(root, WORD_logit_bias), "logit_bias", CHANNEL_META, TRUST_USER);
	reading_opaque(x, reading_member(root, WORD_prompt_embeds), "a prompt as numbers");
	words_join(&known, &alike);
	words_join(&known, &shapes);
	reading_rest(x, root, known, CHANNEL_META, TRUST_USER);
}

/* ---- tools ---- */

/* Run by the caller, who sees each call; all others are run where no gateway stands between. */
static bool is_callers(struct bytes type)
{
	return type.len == 0 || bytes_same(type, "function") || bytes_same(type, "custom") || bytes_same(type, "namespace");
}

static void read_server(struct exchange *x, const struct json *tool)
{
	reading_all(x, reading_member(tool, WORD_server_url), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_all(x, reading_member(tool, WORD_authorization), CHANNEL_META, TRUST_USER);
	reading_all(x, reading_member(tool, WORD_headers), CHANNEL_META, TRUST_USER);
	const struct json *skills = reading_member(reading_member(tool, WORD_environment), WORD_skills);
	json_each(skills, it)
		reading_opaque(x, reading_member(reading_member(it, WORD_source), WORD_data), "a skill in an archive");
}

static void offer_nameless(struct exchange *x, const struct json *at, struct bytes name)
{
	struct piece *p = exchange_add(x, PIECE_TOOL_DEFINITION, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY, at->at, BYTES(""));

	p->name = name;
	p->provider = p->fixed = true;
}

/* {"google_search": {}}: some providers know their own tools by their only key. A text alone is the name of one. */
static void read_nameless(struct exchange *x, const struct json *tool)
{
	json_each(tool, it)
		offer_nameless(x, it, it->key);
	if (!tool->first)
		offer_nameless(x, tool, tool->kind == JSON_IS_STRING ? tool->text : tool->key);
	reading_all(x, tool, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
}

void openai_tool(struct exchange *x, const struct json *tool)
{
	const struct json *function = reading_member(tool, WORD_function), *custom = reading_member(tool, WORD_custom);
	struct bytes type = reading_member_text(tool, WORD_type), name = reading_member_text(tool, WORD_name);

	if (function)
		reading_definition(x, reading_member_text(function, WORD_name), function);
	if (custom)
		reading_definition(x, reading_member_text(custom, WORD_name), custom);
	if (is_callers(type) && (function || custom)) {
		/* Responses go by the name beside it, chat by the one inside. */
		if (name.len > 0)
			exchange_add(x, PIECE_TOOL_DEFINITION, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY, reading_member(tool, WORD_name)->at, BYTES(""))->name = name;
		reading_rest(x, tool, KNOWN(function, custom), CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
		return;
	}
	if (is_callers(type) && name.len == 0) {
		read_nameless(x, tool);
		return;
	}
	const struct json *description = reading_member(tool, WORD_description);
	struct piece *p = exchange_add(x, PIECE_TOOL_DEFINITION, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY, description ? description->at : tool->at, reading_member_text(tool, WORD_description));
	p->name = is_callers(type) ? name : type;
	p->provider = !is_callers(type);
	p->fixed = !description || description->kind != JSON_IS_STRING;
	read_server(x, tool);
	openai_tools(x, reading_member(tool, WORD_tools));
	if (!is_callers(type) || !bytes_equal(p->name, name))
		reading_all(x, reading_member(tool, WORD_name), CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	if (p->text.len == 0)
		reading_all(x, description, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	reading_rest(x, tool, KNOWN(name, description, server_url, authorization, headers, tools, function, custom), CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
}

void openai_tools(struct exchange *x, const struct json *tools)
{
	if (tools && tools->kind != JSON_IS_ARRAY)
		reading_all(x, tools, CHANNEL_TOOL_DESCRIPTION, TRUST_ANYBODY);
	else
		json_each(tools, it)
			openai_tool(x, it);
}

/* ---- answers ---- */

void openai_usage(struct exchange *x, const struct json *usage)
{
	if (!usage || usage->kind != JSON_IS_OBJECT)
		return;
	bool old = reading_member(usage, WORD_prompt_tokens) || reading_member(usage, WORD_completion_tokens);
	struct usage u = {0};
	const struct json *input = reading_member(usage, old ? WORD_prompt_tokens : WORD_input_tokens), *output = reading_member(usage, old ? WORD_completion_tokens : WORD_output_tokens);
	bool in = json_u64(input, &u.input), out = json_u64(output, &u.output);
	/* Ranks and vectors come with the total alone: all of it was read. What reports no number that can be read reports nothing. */
	u.known = in || out || (!input && !output && json_u64(reading_member(usage, WORD_total_tokens), &u.input));
	if (u.known)
		x->usage = u;
}

void openai_echoes(struct exchange *x, const struct json *object)
{
	static const enum word echoes[] = {WORD_logprobs, WORD_prompt_logprobs, WORD_token_ids, WORD_prompt_token_ids};

	for (size_t i = 0; i < COUNT_OF(echoes); i++)
		reading_echo(x, reading_member(object, echoes[i]));
	reading_padding(x, reading_member(object, WORD_obfuscation));
}

/* ---- refusals ---- */

void openai_refusal(struct text *out, const struct exchange *request, const char *code, const char *message)
{
	(void)request;
	text_add_string(out, "{\"error\":{");
	reading_add_string(out, "message", message);
	reading_add_string(out, "type", "merlon_refusal");
	reading_add_string(out, "code", code);
	text_add_string(out, ",\"param\":null}}");
}

void openai_no_event(struct exchange *x, struct bytes name, struct bytes data)
{
	(void)name;
	(void)data;
	exchange_fail(x, "is a stream where none was asked for");
}

void openai_no_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	text_add_string(out, "data: ");
	openai_refusal(out, so_far->asked, code, message);
	text_add_string(out, "\n\n");
}

/* ---- choices ---- */

uint64_t openai_answers(struct exchange *x, const struct json *root)
{
	uint64_t n = reading_amount(x, root, WORD_n), best_of = reading_amount(x, root, WORD_best_of);

	return n > best_of ? n : best_of;
}

/* Of a stream: some clients go by the number of a choice, some take the first of each chunk, so one that nobody asked for, or that stands twice, is read as different texts. */
static void check_choices(struct exchange *x, const struct json *choices)
{
	uint64_t most = x->asked && x->asked->choices > 1 ? x->asked->choices : 1;

	if (choices && choices->count > OPENAI_CHOICES_MOST)
		exchange_fail(x, "brings more choices at once than are told apart");
	json_each(choices, it) {
		uint64_t number = reading_number(it, WORD_index);
		if (x->asked && number >= most)
			exchange_fail(x, "brings a choice that nobody asked for");
		for (const struct json *before = choices->first; before != it && !x->why; before = before->next)
			if (reading_number(before, WORD_index) == number)
				exchange_fail(x, "brings two parts of one choice at once");
	}
}

/* A reason to finish ends every text of its choice: "0/" stands for all threads that begin so. */
static void read_choice(struct exchange *x, const struct json *choice, bool in_parts, openai_choice *read)
{
	uint64_t number = reading_amount(x, choice, WORD_index);
	struct bytes finish = reading_member_text(choice, WORD_finish_reason);

	read(x, choice, in_parts ? &number : NULL);
	openai_echoes(x, choice);
	if (finish.len == 0)
		return;
	x->finish = finish;
	if (in_parts)
		reading_ends(x, CHANNEL_ASSISTANT, TRUST_MODEL, reading_thread(x, number, ""));
}

static void read_choices(struct exchange *x, const struct json *root, bool in_parts, openai_choice *read)
{
	const struct json *choices = reading_member(root, WORD_choices), *error = reading_member(root, WORD_error);

	if (!root)
		return;
	if (choices && choices->kind != JSON_IS_ARRAY)
		exchange_fail(x, "has choices that are no list");
	if (in_parts)
		check_choices(x, choices);
	json_each(choices, it)
		read_choice(x, it, in_parts, read);
	if (reading_member_text(root, WORD_model).len > 0)
		x->model = reading_member_text(root, WORD_model);
	if (error && error->kind != JSON_IS_NULL)
		x->finish = BYTES("error");
	openai_usage(x, reading_member(root, WORD_usage));
	openai_echoes(x, root);
	reading_rest(x, root, KNOWN(choices, usage, OPENAI_ECHOES), CHANNEL_META, TRUST_ANYBODY);
	reading_sweep(x, root);
}

void openai_choices_answer(struct exchange *x, struct bytes body, openai_choice *read)
{
	const struct json *root = reading_parse(x, body);

	read_choices(x, root, false, read);
	reading_in_order(x);
	x->ended = root != NULL;
}

static void see_chunk(struct openai_chunks *state, const struct json *root)
{
	struct bytes id = reading_member_text(root, WORD_id);

	if (!state)
		return;
	if (state->id_len == 0 && id.len > 0 && id.len <= OPENAI_ID_MOST) {
		memcpy(state->id, id.at, id.len);
		state->id_len = id.len;
		state->created = reading_number(root, WORD_created);
	}
	json_each(reading_member(root, WORD_choices), it) {
		uint64_t index = reading_number(it, WORD_index);
		if (index >= OPENAI_CHOICES_MOST)
			continue;
		if (index >= state->choices)
			state->choices = index + 1;
		unsigned char bit = (unsigned char)(1u << index % 8);
		const struct json *delta = reading_member(it, WORD_delta);
		if (reading_member_text(it, WORD_finish_reason).len > 0)
			state->ended[index / 8] |= bit;
		if (reading_member(delta, WORD_tool_calls) || reading_member(delta, WORD_function_call))
			state->calling[index / 8] |= bit;
	}
}

void openai_choices_event(struct exchange *x, struct bytes data, openai_choice *read)
{
	if (bytes_same(data, "[DONE]")) {
		x->ended = true;
		return;
	}
	const struct json *root = reading_parse(x, data);
	see_chunk(x->state, root);
	read_choices(x, root, true, read);
}

static void add_choices(struct text *out, const struct openai_chunks *state, const char *said)
{
	uint64_t count = state->choices > 0 ? state->choices : 1;
	const char *comma = "";

	for (uint64_t i = 0; i < count; i++) {
		if ((state->ended[i / 8] | state->calling[i / 8]) & 1u << i % 8)
			continue;
		text_addf(out, "%s{\"index\":%llu,%s,\"logprobs\":null,\"finish_reason\":\"content_filter\"}", comma, (unsigned long long)i, said);
		comma = ",";
	}
}

static void add_last_chunk(struct text *out, const struct exchange *so_far, const char *object, const char *said)
{
	static const struct openai_chunks nothing;
	const struct openai_chunks *state = so_far->state ? so_far->state : &nothing;
	struct bytes id = {(const unsigned char *)state->id, state->id_len};

	text_add_string(out, "data: {");
	text_add_member(out, "id", id.len > 0 ? id : BYTES("merlon"));
	reading_add_string(out, "object", object);
	text_add_member_number(out, "created", state->created);
	text_add_member(out, "model", so_far->model);
	text_add_string(out, ",\"choices\":[");
	add_choices(out, state, said);
	text_add_string(out, "]}\n\n");
}

/* An error object is what the official clients raise for; the finish reason is for those that only look there. */
void openai_chunks_stop(struct text *out, const struct exchange *so_far, const char *object, const char *said, const char *code, const char *message)
{
	if (reading_is_denied(code))
		add_last_chunk(out, so_far, object, said);
	text_add_string(out, "data: ");
	openai_refusal(out, so_far->asked, code, message);
	text_add_string(out, "\n\ndata: [DONE]\n\n");
}
