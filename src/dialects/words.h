#ifndef DIALECTS_WORDS_H
#define DIALECTS_WORDS_H

#include "base/bytes.h"

/*
 * The keys that the dialects themselves are made of, and those of JSON Schema:
 * they say nothing by standing there.  Every other key is text, which a model
 * may read.  A word that is missing here costs time, never sight.
 *
 * The shortest first; of one length, in the order of their bytes.
 */
#define DIALECT_WORDS(WORD, SPELT) \
	WORD(n) WORD(id) WORD(env) WORD(not) WORD(raw) WORD(src) WORD(ttl) WORD(uri) WORD(url) SPELT(dollar_ref, "$ref") WORD(blob) WORD(code) WORD(data) WORD(done) WORD(echo) \
	WORD(enum) WORD(file) WORD(item) WORD(logs) WORD(mode) WORD(name) WORD(part) WORD(role) WORD(seed) WORD(size) WORD(stop) WORD(task) WORD(text) WORD(tool) WORD(type) \
	WORD(user) SPELT(dollar_defs, "$defs") WORD(_meta) WORD(allOf) WORD(anyOf) WORD(audio) WORD(blobs) WORD(bytes) WORD(const) WORD(count) WORD(delta) WORD(error) \
	WORD(hints) WORD(icons) WORD(image) WORD(index) WORD(input) WORD(items) WORD(label) WORD(level) WORD(lines) WORD(min_p) WORD(model) WORD(oneOf) WORD(param) WORD(parts) \
	WORD(probs) WORD(query) WORD(roots) WORD(score) WORD(sizes) WORD(speed) WORD(start) WORD(store) WORD(tasks) WORD(think) WORD(title) WORD(token) WORD(tools) WORD(top_k) \
	WORD(top_n) WORD(top_p) WORD(total) WORD(ttlMs) WORD(usage) WORD(value) WORD(action) WORD(caller) WORD(cursor) WORD(custom) WORD(data_1) WORD(data_2) WORD(detail) \
	WORD(effort) WORD(format) WORD(images) WORD(logger) WORD(method) WORD(object) WORD(output) WORD(params) WORD(prompt) WORD(reason) WORD(result) WORD(schema) WORD(skills) \
	WORD(source) WORD(status) SPELT(std_err, "stderr") SPELT(std_out, "stdout") WORD(stream) WORD(strict) WORD(suffix) WORD(system) WORD(taskId) WORD(text_1) WORD(text_2) WORD(thread) WORD(tokens) \
	WORD(values) SPELT(dollar_schema, "$schema") WORD(actions) WORD(approve) WORD(best_of) WORD(call_id) WORD(choices) WORD(command) WORD(content) WORD(context) \
	WORD(created) WORD(default) WORD(file_id) WORD(filters) WORD(hasMore) WORD(headers) WORD(include) WORD(isError) WORD(item_id) WORD(jsonrpc) WORD(logging) WORD(logprob) \
	WORD(maximum) WORD(message) WORD(minimum) WORD(num_ctx) WORD(options) WORD(outcome) WORD(outputs) WORD(pattern) WORD(prompts) WORD(queries) WORD(refusal) WORD(results) \
	WORD(sources) WORD(summary) WORD(user_id) WORD(version) WORD(argument) WORD(audience) WORD(category) WORD(citation) WORD(commands) WORD(contents) WORD(document) \
	WORD(examples) WORD(file_ids) WORD(file_url) WORD(filename) WORD(function) WORD(is_error) WORD(logprobs) WORD(maxItems) WORD(max_uses) WORD(messages) WORD(metadata) \
	WORD(mimeType) WORD(minItems) WORD(nullable) WORD(page_age) WORD(priority) WORD(progress) WORD(required) WORD(resource) WORD(response) WORD(sampling) WORD(skill_id) \
	WORD(template) WORD(thinking) WORD(token_id) WORD(arguments) WORD(audio_url) WORD(citations) WORD(container) WORD(documents) WORD(embedding) WORD(end_index) \
	WORD(exit_code) WORD(fallbacks) WORD(file_data) WORD(file_type) WORD(functions) WORD(image_url) WORD(maxLength) WORD(maxTokens) WORD(minLength) WORD(namespace) \
	WORD(num_lines) WORD(operation) WORD(reasoning) WORD(requestId) WORD(requested) WORD(resources) WORD(signature) WORD(subscribe) WORD(supported) WORD(token_ids) \
	WORD(tool_name) WORD(variables) WORD(verbosity) WORD(video_url) WORD(annotation) WORD(background) WORD(cacheScope) WORD(cited_text) WORD(clientInfo) WORD(completion) \
	WORD(created_at) WORD(definition) WORD(dimensions) WORD(embeddings) WORD(error_code) WORD(eval_count) WORD(keep_alive) WORD(logit_bias) WORD(max_tokens) \
	WORD(media_type) WORD(modalities) WORD(moderation) WORD(nextCursor) WORD(parameters) WORD(prediction) WORD(properties) WORD(request_id) WORD(resultType) \
	WORD(serverInfo) WORD(server_url) WORD(start_line) WORD(stopReason) WORD(token_strs) WORD(tool_calls) WORD(transcript) WORD(truncation) WORD(websiteUrl) \
	WORD(annotations) WORD(completions) WORD(definitions) WORD(description) WORD(done_reason) WORD(elicitation) WORD(environment) WORD(explanation) WORD(fingerprint) \
	WORD(guided_json) WORD(inputSchema) WORD(input_audio) WORD(json_schema) WORD(listChanged) WORD(mcp_servers) WORD(num_classes) WORD(num_predict) WORD(obfuscation) \
	WORD(return_code) WORD(start_index) WORD(stop_reason) WORD(temperature) WORD(text_offset) WORD(text_tokens) WORD(tool_choice) WORD(tool_use_id) WORD(total_lines) \
	WORD(uniqueItems) WORD(uriTemplate) WORD(audio_tokens) WORD(capabilities) WORD(completed_at) WORD(connector_id) WORD(container_id) WORD(conversation) WORD(guided_regex) \
	WORD(image_embeds) WORD(image_tokens) WORD(input_schema) WORD(input_tokens) WORD(instructions) WORD(lastModified) WORD(outputSchema) WORD(output_index) \
	WORD(partial_json) WORD(readOnlyHint) WORD(requestState) WORD(retrieved_at) WORD(server_label) WORD(service_tier) WORD(stop_details) WORD(systemPrompt) \
	WORD(tool_call_id) WORD(top_logprobs) WORD(total_tokens) WORD(url_citation) WORD(allowed_tools) WORD(authorization) WORD(budget_tokens) WORD(cache_control) \
	WORD(cached_tokens) WORD(chat_template) WORD(command_index) WORD(content_block) WORD(content_index) WORD(eval_duration) WORD(finish_reason) WORD(function_call) \
	WORD(guided_choice) WORD(include_usage) WORD(inference_geo) WORD(inputRequests) WORD(load_duration) WORD(max_model_len) WORD(notifications) WORD(openWorldHint) \
	WORD(output_config) WORD(output_format) WORD(output_schema) WORD(output_tokens) WORD(progressToken) WORD(prompt_embeds) WORD(prompt_tokens) WORD(stop_sequence) \
	WORD(summary_index) WORD(user_location) WORD(cache_creation) WORD(document_index) WORD(document_title) WORD(end_char_index) WORD(guided_grammar) WORD(idempotentHint) \
	WORD(inputResponses) WORD(input_examples) WORD(max_tool_calls) WORD(revised_prompt) WORD(stop_sequences) WORD(stream_options) WORD(subscriptionId) WORD(token_logprobs) \
	WORD(total_duration) WORD(allowed_domains) WORD(destructiveHint) WORD(encoding_format) WORD(encrypted_index) WORD(end_block_index) WORD(end_page_number) \
	WORD(prompt_logprobs) WORD(protocolVersion) WORD(relevance_score) WORD(requestedSchema) WORD(response_format) WORD(sequence_number) WORD(server_tool_use) \
	WORD(thinking_tokens) WORD(tool_references) WORD(annotation_index) WORD(encrypted_stdout) WORD(exclusiveMaximum) WORD(exclusiveMinimum) WORD(modelPreferences) \
	WORD(presence_penalty) WORD(prompt_cache_key) WORD(prompt_token_ids) WORD(reasoning_effort) WORD(reasoning_tokens) WORD(require_approval) WORD(return_documents) \
	WORD(start_char_index) WORD(toolsListChanged) WORD(vector_store_ids) WORD(completion_tokens) WORD(encrypted_content) WORD(frequency_penalty) WORD(max_output_tokens) \
	WORD(partial_image_b64) WORD(prompt_eval_count) WORD(reasoning_content) WORD(safety_identifier) WORD(start_block_index) WORD(start_page_number) WORD(structuredContent) \
	WORD(supportedVersions) WORD(cache_write_tokens) WORD(context_management) WORD(incomplete_details) WORD(repetition_penalty) WORD(server_description) \
	WORD(structured_outputs) WORD(system_fingerprint) WORD(web_fetch_requests) WORD(web_search_options) WORD(approval_request_id) WORD(include_obfuscation) \
	WORD(parallel_tool_calls) WORD(partial_image_index) WORD(search_context_size) WORD(search_result_index) WORD(web_search_requests) WORD(additionalProperties) \
	WORD(chat_template_kwargs) WORD(input_tokens_details) WORD(previous_response_id) WORD(prompt_eval_duration) WORD(add_generation_prompt) WORD(max_completion_tokens) \
	WORD(output_tokens_details) WORD(pending_safety_checks) WORD(prompt_tokens_details) WORD(prompt_cache_retention) WORD(cache_read_input_tokens) \
	WORD(completion_tokens_details) WORD(ephemeral_1h_input_tokens) WORD(ephemeral_5m_input_tokens) WORD(accepted_prediction_tokens) WORD(rejected_prediction_tokens) \
	WORD(cache_creation_input_tokens) SPELT(mcp_clientInfo, "io.modelcontextprotocol/clientInfo") SPELT(mcp_serverInfo, "io.modelcontextprotocol/serverInfo") \
	SPELT(mcp_subscriptionId, "io.modelcontextprotocol/subscriptionId") SPELT(mcp_protocolVersion, "io.modelcontextprotocol/protocolVersion") \
	SPELT(mcp_clientCapabilities, "io.modelcontextprotocol/clientCapabilities")

#define WORD_NAME(name) WORD_##name,
#define WORD_NAME_OF(name, spelling) WORD_##name,
enum word { WORD_NONE, DIALECT_WORDS(WORD_NAME, WORD_NAME_OF) WORD_COUNT };

/* WORD_NONE for what is none. */
enum word word_of(struct bytes key);
/* The word that `key` is but for the case of its letters: some readers take the one for the other. */
enum word word_in_other_case(struct bytes key);
const char *word_name(enum word word);

_Static_assert(WORD_COUNT <= 7 * 64, "more words than WORDS() has room for");

/* A set of words. */
struct words {
	uint64_t bits[(WORD_COUNT + 63) / 64];
};

static inline bool words_have(const struct words *words, enum word word)
{
	return word != WORD_NONE && words->bits[word / 64] >> word % 64 & 1;
}

static inline void words_join(struct words *words, const struct words *others)
{
	for (size_t i = 0; i < sizeof words->bits / sizeof *words->bits; i++)
		words->bits[i] |= others->bits[i];
}

/* A word that is none may be added: nobody asks for that. */
static inline void words_add(struct words *words, enum word word)
{
	words->bits[word / 64] |= UINT64_C(1) << word % 64;
}

#define NO_WORDS KNOWN(NONE)
/* KNOWN(role, content): the set of these, at most 32; WORDS() where it is written into a table. */
#define KNOWN(...) ((struct words)WORDS(__VA_ARGS__))
#define WORDS(...) WORDS_FILLED(__VA_ARGS__, \
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, \
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE)
#define WORDS_FILLED(...) {{WORD_BITS(0, __VA_ARGS__), WORD_BITS(1, __VA_ARGS__), WORD_BITS(2, __VA_ARGS__), WORD_BITS(3, __VA_ARGS__), \
	WORD_BITS(4, __VA_ARGS__), WORD_BITS(5, __VA_ARGS__), WORD_BITS(6, __VA_ARGS__)}}
#define WORD_BITS(n, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15, w16, \
	w17, w18, w19, w20, w21, w22, w23, w24, w25, w26, w27, w28, w29, w30, w31, w32, too_many, ...) \
	(EIGHT_BITS(n, w1, w2, w3, w4, w5, w6, w7, w8) | EIGHT_BITS(n, w9, w10, w11, w12, w13, w14, w15, w16) | \
	EIGHT_BITS(n, w17, w18, w19, w20, w21, w22, w23, w24) | EIGHT_BITS(n, w25, w26, w27, w28, w29, w30, w31, w32) | \
	0 * sizeof(char[WORD_##too_many == WORD_NONE ? 1 : -1]))
#define EIGHT_BITS(n, a, b, c, d, e, f, g, h) (WORD_BIT(n, a) | WORD_BIT(n, b) | WORD_BIT(n, c) | WORD_BIT(n, d) | \
	WORD_BIT(n, e) | WORD_BIT(n, f) | WORD_BIT(n, g) | WORD_BIT(n, h))
#define WORD_BIT(n, word) (WORD_##word / 64 == n ? UINT64_C(1) << WORD_##word % 64 : 0)

#endif
