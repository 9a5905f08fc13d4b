#include "dialects/words.h"

#include <string.h>

#include "base/status.h"

/* In the order of their bytes. */
const char *const dialect_words[] = {
	"$defs", "$ref", "$schema", "_meta", "accepted_prediction_tokens", "action", "actions", "add_generation_prompt", "additionalProperties", "allOf", "allowed_domains",
	"allowed_tools", "annotation", "annotation_index", "annotations", "anyOf", "approval_request_id", "approve", "argument", "arguments", "audience", "audio",
	"audio_tokens", "audio_url", "authorization", "background", "best_of", "blob", "blobs", "budget_tokens", "bytes", "cacheScope", "cache_control", "cache_creation",
	"cache_creation_input_tokens", "cache_read_input_tokens", "cache_write_tokens", "cached_tokens", "call_id", "caller", "capabilities", "category", "chat_template",
	"chat_template_kwargs", "choices", "citation", "citations", "cited_text", "clientInfo", "code", "command", "command_index", "commands", "completed_at", "completion",
	"completion_tokens", "completion_tokens_details", "completions", "connector_id", "const", "container", "container_id", "content", "content_block", "content_index",
	"contents", "context", "context_management", "conversation", "count", "created", "created_at", "cursor", "custom", "data", "data_1", "data_2", "default", "definitions",
	"delta", "description", "destructiveHint", "detail", "dimensions", "document", "document_index", "document_title", "documents", "done", "done_reason", "echo", "effort",
	"elicitation", "embedding", "embeddings", "encoding_format", "encrypted_content", "encrypted_index", "encrypted_stdout", "end_block_index", "end_char_index",
	"end_index", "end_page_number", "enum", "env", "environment", "ephemeral_1h_input_tokens", "ephemeral_5m_input_tokens", "error", "error_code", "eval_count",
	"eval_duration", "examples", "exclusiveMaximum", "exclusiveMinimum", "exit_code", "explanation", "file", "file_data", "file_id", "file_ids", "file_type", "file_url",
	"filename", "filters", "fingerprint", "finish_reason", "format", "frequency_penalty", "function", "function_call", "functions", "guided_choice", "guided_grammar",
	"guided_json", "guided_regex", "hasMore", "headers", "hints", "icons", "id", "idempotentHint", "image", "image_embeds", "image_tokens", "image_url", "images",
	"include", "include_obfuscation", "include_usage", "incomplete_details", "index", "inference_geo", "input", "inputRequests", "inputResponses", "inputSchema",
	"input_audio", "input_examples", "input_schema", "input_tokens", "input_tokens_details", "instructions", "io.modelcontextprotocol/clientCapabilities",
	"io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/serverInfo", "io.modelcontextprotocol/subscriptionId",
	"isError", "is_error", "item", "item_id", "items", "json_schema", "jsonrpc", "keep_alive", "label", "lastModified", "level", "lines", "listChanged", "load_duration",
	"logger", "logging", "logit_bias", "logprob", "logprobs", "logs", "maxItems", "maxLength", "maxTokens", "max_completion_tokens", "max_model_len", "max_output_tokens",
	"max_tokens", "max_tool_calls", "max_uses", "maximum", "mcp_servers", "media_type", "message", "messages", "metadata", "method", "mimeType", "minItems", "minLength",
	"min_p", "minimum", "modalities", "mode", "model", "modelPreferences", "moderation", "n", "name", "namespace", "nextCursor", "not", "notifications", "nullable",
	"num_classes", "num_ctx", "num_lines", "num_predict", "obfuscation", "object", "oneOf", "openWorldHint", "operation", "options", "outcome", "output", "outputSchema",
	"output_config", "output_format", "output_index", "output_schema", "output_tokens", "output_tokens_details", "outputs", "page_age", "parallel_tool_calls", "param",
	"parameters", "params", "part", "partial_image_b64", "partial_image_index", "partial_json", "parts", "pattern", "pending_safety_checks", "prediction",
	"presence_penalty", "previous_response_id", "priority", "probs", "progress", "progressToken", "prompt", "prompt_cache_key", "prompt_cache_retention", "prompt_embeds",
	"prompt_eval_count", "prompt_eval_duration", "prompt_logprobs", "prompt_token_ids", "prompt_tokens", "prompt_tokens_details", "prompts", "properties",
	"protocolVersion", "queries", "query", "raw", "readOnlyHint", "reason", "reasoning", "reasoning_content", "reasoning_effort", "reasoning_tokens", "refusal",
	"rejected_prediction_tokens", "relevance_score", "repetition_penalty", "requestId", "requestState", "request_id", "requested", "requestedSchema", "require_approval",
	"required", "resource", "resources", "response", "response_format", "result", "resultType", "results", "retrieved_at", "return_code", "return_documents",
	"revised_prompt", "role", "roots", "safety_identifier", "sampling", "schema", "score", "search_context_size", "search_result_index", "seed", "sequence_number",
	"serverInfo", "server_description", "server_label", "server_tool_use", "server_url", "service_tier", "signature", "size", "sizes", "skill_id", "skills", "source",
	"sources", "speed", "src", "start", "start_block_index", "start_char_index", "start_index", "start_line", "start_page_number", "status", "stderr", "stdout", "stop",
	"stopReason", "stop_details", "stop_reason", "stop_sequence", "stop_sequences", "store", "stream", "stream_options", "strict", "structuredContent",
	"structured_outputs", "subscribe", "subscriptionId", "suffix", "summary", "summary_index", "supported", "supportedVersions", "system", "systemPrompt",
	"system_fingerprint", "task", "taskId", "tasks", "temperature", "template", "text", "text_1", "text_2", "text_offset", "text_tokens", "think", "thinking",
	"thinking_tokens", "title", "token", "token_id", "token_ids", "token_logprobs", "token_strs", "tokens", "tool", "tool_call_id", "tool_calls", "tool_choice",
	"tool_name", "tool_references", "tool_use_id", "tools", "toolsListChanged", "top_k", "top_logprobs", "top_n", "top_p", "total", "total_duration", "total_lines",
	"total_tokens", "transcript", "truncation", "ttl", "ttlMs", "type", "uniqueItems", "uri", "uriTemplate", "url", "url_citation", "usage", "user", "user_id",
	"user_location", "value", "values", "variables", "vector_store_ids", "verbosity", "version", "video_url", "web_fetch_requests", "web_search_options",
	"web_search_requests", "websiteUrl",
};

const size_t dialect_word_count = COUNT_OF(dialect_words);

bool words_have(struct bytes key)
{
	size_t low = 0, high = dialect_word_count;

	while (key.len > 0 && low < high) {
		size_t middle = low + (high - low) / 2, len = strlen(dialect_words[middle]);
		int order = memcmp(dialect_words[middle], key.at, len < key.len ? len : key.len);
		if (order == 0 && len == key.len)
			return true;
		if (order < 0 || (order == 0 && len < key.len))
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
