/* POST /v1/embeddings: texts to vectors. */
#include "dialects/openai.h"

static const struct dialect_route routes[] = {
	ROUTE("POST", "/v1/embeddings", EXAMINE),
	ROUTES_END
};

static void read_request(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body);

	(void)heading;
	if (!root)
		return;
	openai_head(x, root);
	openai_prompt(x, reading_member(root, WORD_input), CHANNEL_USER, TRUST_USER);
	openai_messages(x, reading_member(root, WORD_messages));
	openai_rest(x, root, KNOWN(input, messages));
	reading_sweep(x, root);
	reading_in_order(x);
}

static bool is_base64(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = b.at[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '+' && c != '/' && c != '=')
			return false;
	}
	return b.len % 4 == 0;
}

/* A vector is numbers, packed or not: no text is lost by not reading it. */
static void read_vector(struct exchange *x, const struct json *item)
{
	const struct json *vector = reading_member(item, WORD_embedding);

	if (!vector || vector->kind != JSON_IS_STRING || !is_base64(vector->text))
		reading_all(x, vector, CHANNEL_META, TRUST_MODEL);
	reading_rest(x, item, KNOWN(embedding), CHANNEL_META, TRUST_MODEL);
}

static void read_answer(struct exchange *x, const struct heading *heading, struct bytes body)
{
	const struct json *root = reading_parse(x, body), *data = reading_member(root, WORD_data);

	(void)heading;
	if (!root)
		return;
	x->model = reading_member_text(root, WORD_model);
	x->ended = true;
	if (data && data->kind != JSON_IS_ARRAY)
		exchange_fail(x, "has data that are no list");
	json_each(data, it)
		read_vector(x, it);
	openai_usage(x, reading_member(root, WORD_usage));
	reading_rest(x, root, KNOWN(data), CHANNEL_META, TRUST_ANYBODY);
	reading_in_order(x);
}

const struct dialect dialect_openai_embeddings = {
	.name = "openai-embeddings",
	.title = "OpenAI embeddings",
	.spec = "OpenAI API description 2.3.0",
	.routes = routes,
	.framing = FRAMING_EVENTS,
	.repeatable = true,
	.request = read_request,
	.answer = read_answer,
	.event = openai_no_event,
	.refusal = openai_refusal,
	.stop = openai_no_stop,
};
