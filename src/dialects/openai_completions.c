/* POST /v1/completions: a prompt carried on. */
#include "dialects/openai.h"

static const struct dialect_route routes[] = {
	{"POST", "/v1/completions", ROUTE_EXAMINE},
	{NULL, NULL, 0},
};

/* A list of prompts is answered one by one; `best_of` answers are made for each, though only `n` come back. */
static uint64_t answers_to(const struct json *prompt, uint64_t each)
{
	bool many = prompt && prompt->kind == JSON_IS_ARRAY && prompt->first && prompt->first->kind != JSON_IS_NUMBER;

	if (!many)
		return each;
	if (each == 0)
		each = 1;
	return each > UINT64_MAX / prompt->count ? UINT64_MAX : each * prompt->count;
}

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body), *prompt = json_member(root, "prompt");

	(void)heading;
	if (!root)
		return;
	openai_head(x, root);
	x->most_output = reading_limit(x, root, "max_tokens");
	uint64_t n = reading_amount(x, root, "n"), best_of = reading_amount(x, root, "best_of");
	x->choices = answers_to(prompt, n > best_of ? n : best_of);
	reading_flag(x, root, "echo");
	openai_prompt(x, prompt, CHANNEL_USER, TRUST_USER);
	openai_prompt(x, json_member(root, "suffix"), CHANNEL_USER, TRUST_USER);
	openai_rest(x, root, "prompt suffix max_tokens n best_of echo");
	reading_sweep(x, root);
	reading_in_order(x);
}

/* With `echo` the text begins with the prompt: it is judged as what comes back. */
static void read_choice(struct exchange *x, const struct json *choice, bool in_parts)
{
	unsigned long long number = reading_amount(x, choice, "index");
	const struct json *text = json_member(choice, "text");
	struct piece *p = reading_text(x, text, CHANNEL_ASSISTANT, TRUST_MODEL);

	if (!p)
		reading_all(x, text, CHANNEL_ASSISTANT, TRUST_MODEL);
	if (in_parts)
		reading_carries_on(p, reading_thread(x, "%llu/text", number));
	openai_echoes(x, choice);
	reading_rest(x, choice, "text " OPENAI_ECHOES, CHANNEL_META, TRUST_MODEL);
	struct bytes finish = json_string(choice, "finish_reason");
	if (finish.len == 0)
		return;
	x->finish = finish;
	if (in_parts)
		reading_ends(x, CHANNEL_ASSISTANT, TRUST_MODEL, reading_thread(x, "%llu/", number));
}

static void read_chunk(struct exchange *x, const struct json *root, bool in_parts)
{
	const struct json *choices = json_member(root, "choices"), *error = json_member(root, "error");

	if (!root)
		return;
	if (choices && choices->kind != JSON_IS_ARRAY)
		exchange_fail(x, "has choices that are no list");
	json_each(choices, it)
		read_choice(x, it, in_parts);
	if (json_string(root, "model").len > 0)
		x->model = json_string(root, "model");
	if (error && error->kind != JSON_IS_NULL)
		x->finish = BYTES("error");
	openai_usage(x, json_member(root, "usage"));
	openai_echoes(x, root);
	reading_rest(x, root, "choices usage " OPENAI_ECHOES, CHANNEL_META, TRUST_ANYBODY);
	reading_sweep(x, root);
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	read_chunk(x, root, false);
	reading_in_order(x);
	x->ended = root != NULL;
}

static void read_event(struct exchange *x, struct bytes name, struct bytes data)
{
	(void)name;
	if (bytes_same(data, "[DONE]")) {
		x->ended = true;
		return;
	}
	const struct json *root = reading_parse(x, data);
	openai_chunk_seen(x->state, root);
	read_chunk(x, root, true);
}

static void write_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message)
{
	openai_chunks_stop(out, so_far, "text_completion", "\"text\":\"\"", code, message);
}

const struct dialect dialect_openai_completions = {
	.name = "openai-completions",
	.title = "OpenAI completions",
	.spec = "OpenAI API description 2.3.0",
	.routes = routes,
	.framing = FRAMING_EVENTS,
	.repeatable = true,
	.state_size = sizeof(struct openai_chunks),
	.request = read_request,
	.answer = read_answer,
	.event = read_event,
	.refusal = openai_refusal,
	.stop = write_stop,
};
