/* POST /v1/completions: a prompt carried on. */
#include "dialects/openai.h"

static const struct dialect_route routes[] = {
	ROUTE("POST", "/v1/completions", EXAMINE),
	ROUTES_END
};

/* A list of prompts is answered one by one. */
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
	const struct json *root = reading_parse(x, body), *prompt = reading_member(root, WORD_prompt);

	(void)heading;
	if (!root)
		return;
	openai_head(x, root);
	x->most_output = reading_limit(x, root, WORD_max_tokens);
	x->choices = answers_to(prompt, openai_answers(x, root));
	reading_flag(x, root, WORD_echo);
	openai_prompt(x, prompt, CHANNEL_USER, TRUST_USER);
	openai_prompt(x, reading_member(root, WORD_suffix), CHANNEL_USER, TRUST_USER);
	openai_rest(x, root, KNOWN(prompt, suffix, max_tokens, n, best_of, echo));
	reading_sweep(x, root);
	reading_in_order(x);
}

/* With `echo` the text begins with the prompt: it is judged as what comes back. */
static void read_choice(struct exchange *x, const struct json *choice, const uint64_t *number)
{
	const struct json *text = reading_member(choice, WORD_text);
	struct piece *p = reading_text(x, text, CHANNEL_ASSISTANT, TRUST_MODEL);

	if (!p)
		reading_all(x, text, CHANNEL_ASSISTANT, TRUST_MODEL);
	if (number)
		reading_carries_on(p, reading_thread(x, *number, "text"));
	reading_rest(x, choice, KNOWN(text, OPENAI_ECHOES), CHANNEL_META, TRUST_MODEL);
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	(void)heading;
	openai_choices_answer(x, body, read_choice);
}

static void read_event(struct exchange *x, struct bytes name, struct bytes data)
{
	(void)name;
	openai_choices_event(x, data, read_choice);
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
