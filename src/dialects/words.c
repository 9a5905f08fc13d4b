#include "dialects/words.h"

#include "base/status.h"

/* The shortest first; of one length, in the order of their bytes: most comparisons need no look at the letters. */
const struct bytes dialect_words[] = {
	BYTES("n"), BYTES("id"), BYTES("env"), BYTES("not"), BYTES("raw"), BYTES("src"), BYTES("ttl"), BYTES("uri"), BYTES("url"), BYTES("$ref"), BYTES("blob"), BYTES("code"),
	BYTES("data"), BYTES("done"), BYTES("echo"), BYTES("enum"), BYTES("file"), BYTES("item"), BYTES("logs"), BYTES("mode"), BYTES("name"), BYTES("part"), BYTES("role"),
	BYTES("seed"), BYTES("size"), BYTES("stop"), BYTES("task"), BYTES("text"), BYTES("tool"), BYTES("type"), BYTES("user"), BYTES("$defs"), BYTES("_meta"), BYTES("allOf"),
	BYTES("anyOf"), BYTES("audio"), BYTES("blobs"), BYTES("bytes"), BYTES("const"), BYTES("count"), BYTES("delta"), BYTES("error"), BYTES("hints"), BYTES("icons"),
	BYTES("image"), BYTES("index"), BYTES("input"), BYTES("items"), BYTES("label"), BYTES("level"), BYTES("lines"), BYTES("min_p"), BYTES("model"), BYTES("oneOf"),
	BYTES("param"), BYTES("parts"), BYTES("probs"), BYTES("query"), BYTES("roots"), BYTES("score"), BYTES("sizes"), BYTES("speed"), BYTES("start"), BYTES("store"),
	BYTES("tasks"), BYTES("think"), BYTES("title"), BYTES("token"), BYTES("tools"), BYTES("top_k"), BYTES("top_n"), BYTES("top_p"), BYTES("total"), BYTES("ttlMs"),
	BYTES("usage"), BYTES("value"), BYTES("action"), BYTES("caller"), BYTES("cursor"), BYTES("custom"), BYTES("data_1"), BYTES("data_2"), BYTES("detail"), BYTES("effort"),
	BYTES("format"), BYTES("images"), BYTES("logger"), BYTES("method"), BYTES("object"), BYTES("output"), BYTES("params"), BYTES("prompt"), BYTES("reason"),
	BYTES("result"), BYTES("schema"), BYTES("skills"), BYTES("source"), BYTES("status"), BYTES("stderr"), BYTES("stdout"), BYTES("stream"), BYTES("strict"),
	BYTES("suffix"), BYTES("system"), BYTES("taskId"), BYTES("text_1"), BYTES("text_2"), BYTES("tokens"), BYTES("values"), BYTES("$schema"), BYTES("actions"),
	BYTES("approve"), BYTES("best_of"), BYTES("call_id"), BYTES("choices"), BYTES("command"), BYTES("content"), BYTES("context"), BYTES("created"), BYTES("default"),
	BYTES("file_id"), BYTES("filters"), BYTES("hasMore"), BYTES("headers"), BYTES("include"), BYTES("isError"), BYTES("item_id"), BYTES("jsonrpc"), BYTES("logging"),
	BYTES("logprob"), BYTES("maximum"), BYTES("message"), BYTES("minimum"), BYTES("num_ctx"), BYTES("options"), BYTES("outcome"), BYTES("outputs"), BYTES("pattern"),
	BYTES("prompts"), BYTES("queries"), BYTES("refusal"), BYTES("results"), BYTES("sources"), BYTES("summary"), BYTES("user_id"), BYTES("version"), BYTES("argument"),
	BYTES("audience"), BYTES("category"), BYTES("citation"), BYTES("commands"), BYTES("contents"), BYTES("document"), BYTES("examples"), BYTES("file_ids"),
	BYTES("file_url"), BYTES("filename"), BYTES("function"), BYTES("is_error"), BYTES("logprobs"), BYTES("maxItems"), BYTES("max_uses"), BYTES("messages"),
	BYTES("metadata"), BYTES("mimeType"), BYTES("minItems"), BYTES("nullable"), BYTES("page_age"), BYTES("priority"), BYTES("progress"), BYTES("required"),
	BYTES("resource"), BYTES("response"), BYTES("sampling"), BYTES("skill_id"), BYTES("template"), BYTES("thinking"), BYTES("token_id"), BYTES("arguments"),
	BYTES("audio_url"), BYTES("citations"), BYTES("container"), BYTES("documents"), BYTES("embedding"), BYTES("end_index"), BYTES("exit_code"), BYTES("file_data"),
	BYTES("file_type"), BYTES("functions"), BYTES("image_url"), BYTES("maxLength"), BYTES("maxTokens"), BYTES("minLength"), BYTES("namespace"), BYTES("num_lines"),
	BYTES("operation"), BYTES("reasoning"), BYTES("requestId"), BYTES("requested"), BYTES("resources"), BYTES("signature"), BYTES("subscribe"), BYTES("supported"),
	BYTES("token_ids"), BYTES("tool_name"), BYTES("variables"), BYTES("verbosity"), BYTES("video_url"), BYTES("annotation"), BYTES("background"), BYTES("cacheScope"),
	BYTES("cited_text"), BYTES("clientInfo"), BYTES("completion"), BYTES("created_at"), BYTES("dimensions"), BYTES("embeddings"), BYTES("error_code"), BYTES("eval_count"),
	BYTES("keep_alive"), BYTES("logit_bias"), BYTES("max_tokens"), BYTES("media_type"), BYTES("modalities"), BYTES("moderation"), BYTES("nextCursor"), BYTES("parameters"),
	BYTES("prediction"), BYTES("properties"), BYTES("request_id"), BYTES("resultType"), BYTES("serverInfo"), BYTES("server_url"), BYTES("start_line"), BYTES("stopReason"),
	BYTES("token_strs"), BYTES("tool_calls"), BYTES("transcript"), BYTES("truncation"), BYTES("websiteUrl"), BYTES("annotations"), BYTES("completions"),
	BYTES("definitions"), BYTES("description"), BYTES("done_reason"), BYTES("elicitation"), BYTES("environment"), BYTES("explanation"), BYTES("fingerprint"),
	BYTES("guided_json"), BYTES("inputSchema"), BYTES("input_audio"), BYTES("json_schema"), BYTES("listChanged"), BYTES("mcp_servers"), BYTES("num_classes"),
	BYTES("num_predict"), BYTES("obfuscation"), BYTES("return_code"), BYTES("start_index"), BYTES("stop_reason"), BYTES("temperature"), BYTES("text_offset"),
	BYTES("text_tokens"), BYTES("tool_choice"), BYTES("tool_use_id"), BYTES("total_lines"), BYTES("uniqueItems"), BYTES("uriTemplate"), BYTES("audio_tokens"),
	BYTES("capabilities"), BYTES("completed_at"), BYTES("connector_id"), BYTES("container_id"), BYTES("conversation"), BYTES("guided_regex"), BYTES("image_embeds"),
	BYTES("image_tokens"), BYTES("input_schema"), BYTES("input_tokens"), BYTES("instructions"), BYTES("lastModified"), BYTES("outputSchema"), BYTES("output_index"),
	BYTES("partial_json"), BYTES("readOnlyHint"), BYTES("requestState"), BYTES("retrieved_at"), BYTES("server_label"), BYTES("service_tier"), BYTES("stop_details"),
	BYTES("systemPrompt"), BYTES("tool_call_id"), BYTES("top_logprobs"), BYTES("total_tokens"), BYTES("url_citation"), BYTES("allowed_tools"), BYTES("authorization"),
	BYTES("budget_tokens"), BYTES("cache_control"), BYTES("cached_tokens"), BYTES("chat_template"), BYTES("command_index"), BYTES("content_block"), BYTES("content_index"),
	BYTES("eval_duration"), BYTES("finish_reason"), BYTES("function_call"), BYTES("guided_choice"), BYTES("include_usage"), BYTES("inference_geo"), BYTES("inputRequests"),
	BYTES("load_duration"), BYTES("max_model_len"), BYTES("notifications"), BYTES("openWorldHint"), BYTES("output_config"), BYTES("output_format"), BYTES("output_schema"),
	BYTES("output_tokens"), BYTES("progressToken"), BYTES("prompt_embeds"), BYTES("prompt_tokens"), BYTES("stop_sequence"), BYTES("summary_index"), BYTES("user_location"),
	BYTES("cache_creation"), BYTES("document_index"), BYTES("document_title"), BYTES("end_char_index"), BYTES("guided_grammar"), BYTES("idempotentHint"),
	BYTES("inputResponses"), BYTES("input_examples"), BYTES("max_tool_calls"), BYTES("revised_prompt"), BYTES("stop_sequences"), BYTES("stream_options"),
	BYTES("subscriptionId"), BYTES("token_logprobs"), BYTES("total_duration"), BYTES("allowed_domains"), BYTES("destructiveHint"), BYTES("encoding_format"),
	BYTES("encrypted_index"), BYTES("end_block_index"), BYTES("end_page_number"), BYTES("prompt_logprobs"), BYTES("protocolVersion"), BYTES("relevance_score"),
	BYTES("requestedSchema"), BYTES("response_format"), BYTES("sequence_number"), BYTES("server_tool_use"), BYTES("thinking_tokens"), BYTES("tool_references"),
	BYTES("annotation_index"), BYTES("encrypted_stdout"), BYTES("exclusiveMaximum"), BYTES("exclusiveMinimum"), BYTES("modelPreferences"), BYTES("presence_penalty"),
	BYTES("prompt_cache_key"), BYTES("prompt_token_ids"), BYTES("reasoning_effort"), BYTES("reasoning_tokens"), BYTES("require_approval"), BYTES("return_documents"),
	BYTES("start_char_index"), BYTES("toolsListChanged"), BYTES("vector_store_ids"), BYTES("completion_tokens"), BYTES("encrypted_content"), BYTES("frequency_penalty"),
	BYTES("max_output_tokens"), BYTES("partial_image_b64"), BYTES("prompt_eval_count"), BYTES("reasoning_content"), BYTES("safety_identifier"), BYTES("start_block_index"),
	BYTES("start_page_number"), BYTES("structuredContent"), BYTES("supportedVersions"), BYTES("cache_write_tokens"), BYTES("context_management"),
	BYTES("incomplete_details"), BYTES("repetition_penalty"), BYTES("server_description"), BYTES("structured_outputs"), BYTES("system_fingerprint"),
	BYTES("web_fetch_requests"), BYTES("web_search_options"), BYTES("approval_request_id"), BYTES("include_obfuscation"), BYTES("parallel_tool_calls"),
	BYTES("partial_image_index"), BYTES("search_context_size"), BYTES("search_result_index"), BYTES("web_search_requests"), BYTES("additionalProperties"),
	BYTES("chat_template_kwargs"), BYTES("input_tokens_details"), BYTES("previous_response_id"), BYTES("prompt_eval_duration"), BYTES("add_generation_prompt"),
	BYTES("max_completion_tokens"), BYTES("output_tokens_details"), BYTES("pending_safety_checks"), BYTES("prompt_tokens_details"), BYTES("prompt_cache_retention"),
	BYTES("cache_read_input_tokens"), BYTES("completion_tokens_details"), BYTES("ephemeral_1h_input_tokens"), BYTES("ephemeral_5m_input_tokens"),
	BYTES("accepted_prediction_tokens"), BYTES("rejected_prediction_tokens"), BYTES("cache_creation_input_tokens"), BYTES("io.modelcontextprotocol/clientInfo"),
	BYTES("io.modelcontextprotocol/serverInfo"), BYTES("io.modelcontextprotocol/subscriptionId"), BYTES("io.modelcontextprotocol/protocolVersion"),
	BYTES("io.modelcontextprotocol/clientCapabilities"),
};

const size_t dialect_word_count = COUNT_OF(dialect_words);

bool words_have(struct bytes key)
{
	size_t low = 0, high = dialect_word_count;

	while (key.len > 0 && low < high) {
		size_t middle = low + (high - low) / 2;
		struct bytes word = dialect_words[middle];
		int order = word.len == key.len ? memcmp(word.at, key.at, key.len) : word.len < key.len ? -1 : 1;
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
