/*
 * What vLLM serves beside OpenAI's routes.  No route here reaches those that
 * load, pause or run anything in the engine: nobody answers for them.
 */
#include "dialects/openai.h"

static const struct dialect_route routes[] = {
	ROUTE("POST", "/tokenize", EXAMINE),
	ROUTE("POST", "/detokenize", EXAMINE),
	ROUTE("POST", "/score", EXAMINE),
	ROUTE("POST", "/v1/score", EXAMINE),
	ROUTE("POST", "/rerank", EXAMINE),
	ROUTE("POST", "/v1/rerank", EXAMINE),
	ROUTE("POST", "/v2/rerank", EXAMINE),
	ROUTE("POST", "/pooling", EXAMINE),
	ROUTE("POST", "/classify", EXAMINE),
	ROUTES_END
};

/* The texts of a request, by the member that holds them. */
static const struct {
	enum word member;
	enum channel channel;
	unsigned trust;
} inputs[] = {
	{WORD_prompt, CHANNEL_USER, TRUST_USER}, {WORD_input, CHANNEL_USER, TRUST_USER}, {WORD_data, CHANNEL_USER, TRUST_USER},
	{WORD_text_1, CHANNEL_USER, TRUST_USER}, {WORD_text_2, CHANNEL_DOCUMENT, TRUST_ANYBODY}, {WORD_queries, CHANNEL_USER, TRUST_USER},
	{WORD_data_1, CHANNEL_USER, TRUST_USER}, {WORD_data_2, CHANNEL_DOCUMENT, TRUST_ANYBODY},
	{WORD_query, CHANNEL_USER, TRUST_USER}, {WORD_items, CHANNEL_DOCUMENT, TRUST_ANYBODY},
};

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);
	struct words known = KNOWN(messages, tools, tokens);

	(void)heading;
	if (!root)
		return;
	openai_head(x, root);
	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		openai_prompt(x, reading_member(root, inputs[i].member), inputs[i].channel, inputs[i].trust);
		words_add(&known, inputs[i].member);
	}
	openai_messages(x, reading_member(root, WORD_messages));
	openai_tools(x, reading_member(root, WORD_tools));
	openai_prompt(x, reading_member(root, WORD_tokens), CHANNEL_USER, TRUST_USER);
	openai_rest(x, root, known);
	reading_sweep(x, root);
	reading_in_order(x);
}

/* Numbers are no text, except those of tokens; what a rank or a tokenizer gives back is what it was given. */
static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	if (!root)
		return;
	x->model = reading_member_text(root, WORD_model);
	x->ended = true;
	reading_all(x, reading_member(root, WORD_prompt), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	openai_prompt(x, reading_member(root, WORD_tokens), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_echo(x, reading_member(root, WORD_token_strs));
	reading_deep(x, reading_member(root, WORD_results), CHANNEL_DOCUMENT, TRUST_ANYBODY);
	reading_deep(x, reading_member(root, WORD_data), CHANNEL_META, TRUST_ANYBODY);
	openai_usage(x, reading_member(root, WORD_usage));
	reading_rest(x, root, KNOWN(prompt, tokens, token_strs, results, data, usage), CHANNEL_META, TRUST_ANYBODY);
	reading_sweep(x, root);
	reading_in_order(x);
}

const struct dialect dialect_vllm = {
	.name = "vllm",
	.title = "vLLM's own routes",
	.spec = "vLLM, OpenAI-compatible server",
	.routes = routes,
	.framing = FRAMING_EVENTS,
	.repeatable = true,
	.request = read_request,
	.answer = read_answer,
	.event = openai_no_event,
	.refusal = openai_refusal,
	.stop = openai_no_stop,
};
