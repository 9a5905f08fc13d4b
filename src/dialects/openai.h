#ifndef DIALECTS_OPENAI_H
#define DIALECTS_OPENAI_H

#include "dialects/reading.h"

/* What the dialects of OpenAI's family share: roles, parts of a message, prompts, tools, errors. */

struct role {
	const char *name;
	enum channel channel;
	unsigned trust;
};

/* A client chooses the role: what it says the model said is the client's word. One that is unknown is text too. */
struct role openai_role(struct exchange *x, const struct json *message);

/* Where the parts of a text that a stream brings belong; `parts` false: everything stands whole. */
struct place {
	bool parts;
	uint64_t index, part;       /* of the choice or item; of the part in it */
};

/* Content: a string, a list of parts, one part. */
void openai_content(struct exchange *x, const struct json *content, struct role role, struct place place);
void openai_part(struct exchange *x, const struct json *part, struct role role, struct place place);

/* A prompt or input: a string, or a list of those, or numbers of tokens that nobody here can read. */
void openai_prompt(struct exchange *x, const struct json *value, enum channel channel, unsigned trust);

/* Members of a request that are alike in all of them, vLLM's additions included; `known`: what the caller has read itself. */
void openai_rest(struct exchange *x, const struct json *root, struct words known);

/* Model and stream of a request, and the most tokens it may be answered with. */
void openai_head(struct exchange *x, const struct json *root);

/* So many answers are made: `best_of`, though only `n` come back. 0 counts as 1. */
uint64_t openai_answers(struct exchange *x, const struct json *root);

/* A tool of a request: named by itself when it is the caller's, by its type when somebody else runs it. */
void openai_tool(struct exchange *x, const struct json *tool);
void openai_tools(struct exchange *x, const struct json *tools);

/* Messages where others have an input, as vLLM takes them: role and content, no calls. */
void openai_messages(struct exchange *x, const struct json *messages);

/* Usage in either spelling; what is no object says nothing. */
void openai_usage(struct exchange *x, const struct json *usage);
/* The members that repeat a prompt or an answer as numbers of tokens or with their probabilities. */
void openai_echoes(struct exchange *x, const struct json *object);
#define OPENAI_ECHOES logprobs, prompt_logprobs, token_ids, prompt_token_ids, obfuscation

void openai_refusal(struct text *out, const struct exchange *request, const char *code, const char *message);

/* Of a dialect without streams. */
void openai_no_event(struct exchange *x, struct bytes name, struct bytes data);
void openai_no_stop(struct text *out, const struct exchange *so_far, const char *code, const char *message);

/* ---- answers with choices, and streams of chunks of them: chat and completions ---- */

/* What a choice says. `number`: of one that a stream brings in parts; NULL: it stands whole. */
typedef void openai_choice(struct exchange *x, const struct json *choice, const uint64_t *number);

void openai_choices_answer(struct exchange *x, struct bytes body, openai_choice *read);
void openai_choices_event(struct exchange *x, struct bytes data, openai_choice *read);

enum { OPENAI_CHOICES_MOST = 128, OPENAI_ID_MOST = 128 };

/* What ends such a stream has to name as the chunks before it did. */
struct openai_chunks {
	char id[OPENAI_ID_MOST];
	size_t id_len;
	uint64_t created;
	unsigned char ended[OPENAI_CHOICES_MOST / 8], calling[OPENAI_CHOICES_MOST / 8];
	uint64_t choices;           /* seen: one more than the highest index */
};

/*
 * What was denied ends every choice that is open as a filter of content does,
 * then says why; but one that was calling a tool stays open: clients run calls
 * that are done.  Where something went wrong all stay open: none is whole.
 * `said`: what an empty choice holds.
 */
void openai_chunks_stop(struct text *out, const struct exchange *so_far, const char *object, const char *said, const char *code, const char *message);

#endif
