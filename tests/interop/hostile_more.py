"""What else a model or a server of tools says, for hostile.py: completions, embeddings, vLLM's own routes, the rest of Ollama, and MCP in both its eras."""

import json

EVENTS, JSON, LINES = [("content-type", "text/event-stream")], [("content-type", "application/json")], [("content-type", "application/x-ndjson")]
STAMP = '"created_at":"2026-01-01T00:00:00Z"'


def forms(key, word):
	"""A member of an object in every form that JSON has: (what, members)."""
	escaped = "".join(f"\\u{ord(c):04x}" for c in word)
	hidden = f"\\u{ord(key[0]):04x}" + key[1:]
	plain = f'"{key}":"{word}"'
	well = f'"{key}":"well"'
	yield "plain", plain
	yield "escapes", f'"{key}":"{escaped}"'
	yield "escapes in capitals", f'"{key}":"{escaped.upper()}"'.replace("\\U", "\\u")
	yield "the key escaped", f'"{hidden}":"{word}"'
	yield "the key twice", f"{well},{plain}"
	yield "the key twice, the other first", f"{plain},{well}"
	yield "the key twice, once escaped", f'{well},"{hidden}":"{word}"'
	yield "the key in capitals", f'"{key.upper()}":"{word}"'
	yield "the key once more in capitals", f'{well},"{key.capitalize()}":"{word}"'
	yield "a lone surrogate", f'"{key}":"\\ud83d{word}"'
	yield "NUL escaped", f'"{key}":"{word[:6]}\\u0000{word[6:]}"'
	yield "NUL", f'"{key}":"{word}\0"'
	yield "a list", f'"{key}":["{word}"]'
	yield "an object", f'"{key}":{{"a":"{word}"}}'
	yield "a key of an object", f'"{key}":{{"{word}":1}}'
	yield "a number that is none", f"{plain},\"x\":NaN"
	yield "a huge number", f"{plain},\"x\":1e99999"
	yield "a comma too many", f"{plain},"
	yield "a comment", f"/* */{plain}"
	yield "a field nobody knows", f'{well},"extra":{{"deep":["{word}"]}}'
	yield "a key nobody knows", f'{well},"extra":{{"{word}":1}}'
	yield "deep nesting", f'{well},"x":' + "[" * 500 + f'"{word}"' + "]" * 500
	yield "nesting within limits", f'{well},"x":' + "[" * 40 + f'"{word}"' + "]" * 40


# In these what stands is a plain label, which nothing looks for finds in: docs/POLICY.md says so.
PLAIN = ("plain", "escapes", "escapes in capitals", "the key escaped", "a huge number")
FEW = ("plain", "escapes", "the key twice", "the key once more in capitals", "a list", "an object", "a key of an object", "a field nobody knows", "a key nobody knows")


def named(what):
	return "label: " if what in PLAIN else ""


# ---- models ----

CHUNK = '{"id":"x","object":"text_completion","created":1,"model":"m","choices":[{"index":0,%s,"finish_reason":null}]}'
LAST = '{"id":"x","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"","finish_reason":"stop"}]}'


def completions(*texts):
	return [("", CHUNK % f'"text":{json.dumps(text)}') for text in texts] + [("", LAST), ("", "[DONE]")]


def completion_cases(word, frames, framings):
	for what, members in forms("text", word):
		yield f"completions: {what}", "completions", False, 200, JSON, [(CHUNK % members).replace("null}]", '"stop"}]').encode()]
		yield f"completions: {what}, in a stream", "completions", True, 200, EVENTS, [frames([("", CHUNK % members), *completions("")])]
	for i in range(1, len(word)):
		yield f"completions: cut at {i}", "completions", True, 200, EVENTS, [frames(completions(word[:i], word[i:]))]
	for what, pieces in framings(completions(word[:7], word[7:])):
		yield f"completions: {what}", "completions", True, 200, EVENTS, pieces
	for what, probabilities in {"tokens": '{"tokens":["%s"],"token_logprobs":[-1],"top_logprobs":[],"text_offset":[0]}', "top": '{"tokens":["a"],"token_logprobs":[-1],"top_logprobs":[{"%s":-1}],"text_offset":[0]}'}.items():
		for stream in (False, True):
			chunk = CHUNK % ('"text":"well","logprobs":' + probabilities % word)
			yield f"completions: log-probabilities, {what}, {stream}", "completions", stream, 200, EVENTS if stream else JSON, [frames([("", chunk), *completions("")]) if stream else chunk.encode()]
	yield "completions: after its end", "completions", True, 200, EVENTS, [frames(completions("well") + completions(word))]
	yield "completions: two choices in turn", "completions", True, 200, EVENTS, [frames([("", CHUNK % f'"text":"{word[:5]}"'), ("", (CHUNK % '"text":"good"').replace('"index":0', '"index":1')), ("", CHUNK % f'"text":"{word[5:]}"'), *completions("")])]
	yield "completions: an error in the middle", "completions", True, 200, EVENTS, [frames([completions("well")[0], ("", '{"error":{"message":"%s"}}' % word)])]
	yield "completions: an error", "completions", False, 400, JSON, [b'{"error":{"message":"%s"}}' % word.encode()]


EMBEDDINGS = '{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[0.5,0.25],%s}],%s,"usage":{"prompt_tokens":1,"total_tokens":1}}'


def embedding_cases(word):
	for what, members in forms("note", word):
		yield f"embeddings: beside a vector, {what}", "embeddings", False, 200, JSON, [(EMBEDDINGS % (members, '"x":1')).encode()]
		yield f"embeddings: beside all, {what}", "embeddings", False, 200, JSON, [(EMBEDDINGS % ('"x":1', members)).encode()]
	for what, members in forms("model", word):
		yield f"{named(what)}embeddings: the model, {what}", "embeddings", False, 200, JSON, [(EMBEDDINGS.replace('"model":"m",', "") % ('"x":1', members)).encode()]
	yield "embeddings: a vector that is a text", "embeddings", False, 200, JSON, [(EMBEDDINGS % ('"x":1', '"y":1')).replace("[0.5,0.25]", json.dumps(word)).encode()]
	yield "embeddings: a vector of texts", "embeddings", False, 200, JSON, [(EMBEDDINGS % ('"x":1', '"y":1')).replace("[0.5,0.25]", json.dumps([word])).encode()]
	yield "embeddings: a stream", "embeddings", False, 200, EVENTS, [b"data: " + (EMBEDDINGS % ('"x":1', f'"y":"{word}"')).encode() + b"\n\n"]
	yield "embeddings: an error", "embeddings", False, 400, JSON, [b'{"error":{"message":"%s"}}' % word.encode()]


VLLM = {
	"/tokenize": ("token_strs", '{"count":1,"max_model_len":9,"tokens":[1],%s}'),
	"/detokenize": ("prompt", "{%s}"),
	"/score": ("note", '{"id":"x","object":"list","created":1,"model":"m","data":[{"index":0,"object":"score","score":0.5,%s}],"usage":{}}'),
	"/v1/rerank": ("text", '{"id":"x","model":"m","usage":{"total_tokens":1},"results":[{"index":0,"document":{%s},"relevance_score":0.5}]}'),
	"/pooling": ("note", '{"id":"x","object":"list","created":1,"model":"m","data":[{"index":0,"object":"pooling","data":[0.5],%s}],"usage":{}}'),
	"/classify": ("label", '{"id":"x","object":"list","created":1,"model":"m","data":[{"index":0,"probs":[1],"num_classes":1,%s}],"usage":{}}'),
}


def vllm_cases(word):
	for path, (key, whole) in VLLM.items():
		for what, members in forms(key, word):
			yield f"vllm: {path}, {what}", "vllm " + path, False, 200, JSON, [(whole % members).encode()]
		yield f"vllm: {path}, an error", "vllm " + path, False, 400, JSON, [b'{"error":{"message":"%s"}}' % word.encode()]
		yield f"vllm: {path}, an error in text", "vllm " + path, False, 500, [("content-type", "text/plain")], [word.encode()]
	yield "vllm: /tokenize, a token", "vllm /tokenize", False, 200, JSON, [b'{"count":1,"max_model_len":9,"tokens":["%s"]}' % word.encode()]
	yield "vllm: /detokenize, a stream", "vllm /detokenize", False, 200, EVENTS, [b'data: {"prompt":"%s"}\n\n' % word.encode()]


def ollama_cases(word):
	line, end = '{"model":"m",' + STAMP + ',%s,"done":false}\n', '{"model":"m",' + STAMP + ',"response":"","done":true,"done_reason":"stop","context":[1,2]}\n'
	for key in ("response", "thinking"):
		for what, members in forms(key, word):
			yield f"ollama generate: {key}, {what}", "generate", True, 200, LINES, [(line % members + end).encode()]
			yield f"ollama generate: {key}, {what}, whole", "generate", False, 200, JSON, [(line % members).replace("false", "true").encode()]
		for i in range(1, len(word)):
			yield f"ollama generate: {key} cut at {i}", "generate", True, 200, LINES, [(line % f'"{key}":"{word[:i]}"' + line % f'"{key}":"{word[i:]}"' + end).encode()]
	yield "ollama generate: context that is text", "generate", True, 200, LINES, [end.replace("[1,2]", json.dumps([word])).encode()]
	yield "label: ollama generate: a name of a model", "generate", True, 200, LINES, [end.replace('"m"', json.dumps(word)).encode()]
	yield "label: ollama generate: a reason", "generate", True, 200, LINES, [end.replace('"stop"', json.dumps(word)).encode()]
	yield "ollama generate: an error", "generate", True, 200, LINES, [b'{"error":"%s"}\n' % word.encode()]
	yield "ollama generate: after its end", "generate", True, 200, LINES, [(end + line % f'"response":"{word}"' + end).encode()]
	for what, members in forms("note", word):
		yield f"ollama embed: {what}", "embed", False, 200, JSON, [('{"model":"m","embeddings":[[0.5]],%s}' % members).encode()]
		yield f"ollama embeddings: {what}", "embeddings of ollama", False, 200, JSON, [('{"embedding":[0.5],%s}' % members).encode()]
	for what, members in forms("model", word):
		yield f"{named(what)}ollama embed: the model, {what}", "embed", False, 200, JSON, [('{"embeddings":[[0.5]],%s}' % members).encode()]
	yield "ollama embed: an error", "embed", False, 400, JSON, [b'{"error":"%s"}' % word.encode()]


# ---- tools ----

# What a client asks for after it has connected, and a result in which members stand.
RESULTS = {
	"tools/call": [
		("a text", "text", '"content":[{"type":"text",%s}]'), ("a part nobody knows", "light", '"content":[{"type":"hologram",%s}]'), ("a resource", "text", '"content":[{"type":"resource","resource":{"uri":"a:b",%s}}]'),
		("a link", "name", '"content":[{"type":"resource_link","uri":"a:b",%s}]'), ("structured content", "sky", '"content":[],"structuredContent":{%s}'), ("a failure", "text", '"isError":true,"content":[{"type":"text",%s}]'),
		("beside the content", "note", '"content":[],%s'), ("_meta", "note", '"content":[],"_meta":{%s}'),
	],
	"tools/list": [("a description", "description", '"tools":[{"name":"t","inputSchema":{"type":"object"},%s}]'), ("a name", "name", '"tools":[{"inputSchema":{"type":"object"},%s}]'), ("a schema", "description", '"tools":[{"name":"t","inputSchema":{"type":"object","properties":{"a":{%s}}}}]'), ("a title", "title", '"tools":[{"name":"t","inputSchema":{"type":"object"},"annotations":{%s}}]')],
	"prompts/get": [("a message", "text", '"messages":[{"role":"user","content":{"type":"text",%s}}]'), ("a description", "description", '"messages":[],%s')],
	"resources/read": [("a text", "text", '"contents":[{"uri":"a:b",%s}]'), ("an address", "uri", '"contents":[{"text":"well",%s}]')],
}
GREETINGS = {
	"sessions": ("initialize", "0", '"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{},"resources":{},"logging":{}},%s'),
	"stateless": ("server/discover", '"server-discover-probe-1"', '"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"prompts":{},"resources":{}},"ttlMs":0,"cacheScope":"private",%s,"resultType":"complete"'),
}
SERVER = {"sessions": '"serverInfo":{"name":"s","version":"1"}', "stateless": '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}}'}


def answer(era, members):
	return '{"jsonrpc":"2.0","id":%s,"result":{%s%s}}' % (1 if era == "sessions" else 0, members, ',"resultType":"complete"' if era == "stateless" else "")


def greet(method):
	"""What a server says that has nothing to hide: of a request that is not the one it is asked for the sake of."""
	era = next((era for era, (name, *_) in GREETINGS.items() if name == method), None)
	return era and '{"jsonrpc":"2.0","id":%s,"result":{%s}}' % (GREETINGS[era][1], GREETINGS[era][2] % SERVER[era])


def told(method, members):
	return '{"jsonrpc":"2.0","method":"%s","params":{%s}}' % (method, members)


def mcp_cases(word, frames, framings):
	for era, (greeting, greeting_id, hello) in GREETINGS.items():
		well = answer(era, '"content":[{"type":"text","text":"well"}]')
		for method, results in RESULTS.items():
			for where, key, result in results:
				for what, members in forms(key, word):
					if what not in FEW and where not in ("a text", "structured content"):
						continue
					body = answer(era, result % members)
					yield f"{named(what) if where == 'a name' else ''}mcp {era}: {method}, {where}, {what}", f"mcp {era} {method}", False, 200, JSON, [body.encode()]
					if where in ("a text", "structured content"):
						yield f"mcp {era}: {method}, {where}, {what}, as an event", f"mcp {era} {method}", False, 200, EVENTS, [frames([("message", body)])]
		for what, members in forms("instructions", word):
			yield f"mcp {era}: {greeting}, instructions, {what}", f"mcp {era} {greeting}", False, 200, JSON, [('{"jsonrpc":"2.0","id":%s,"result":{%s}}' % (greeting_id, hello % f"{SERVER[era]},{members}")).encode()]
		call = f"mcp {era} tools/call"
		body = answer(era, f'"content":[{{"type":"text","text":"{word}"}}]')
		for what, pieces in framings([("message", told("notifications/message", '"level":"info","data":"well"')), ("message", body)]):
			yield f"mcp {era}: {what}", call, False, 200, EVENTS, pieces
		for method, members in {"notifications/message": f'"level":"info","data":"{word}"', "notifications/progress": f'"progressToken":"x","progress":1,"message":"{word}"', "notifications/other": f'"a":["{word}"]', "notifications/tools/list_changed": f'"_meta":{{"{word}":1}}'}.items():
			yield f"mcp {era}: {method}", call, False, 200, EVENTS, [frames([("message", told(method, members)), ("message", well)])]
			yield f"mcp {era}: {method}, after its end", call, False, 200, EVENTS, [frames([("message", well), ("message", told(method, members))])]
		for method, members in {"sampling/createMessage": f'"messages":[{{"role":"user","content":{{"type":"text","text":"{word}"}}}}],"maxTokens":9', "elicitation/create": f'"message":"{word}","requestedSchema":{{"type":"object","properties":{{}}}}', "other/request": f'"a":"{word}"'}.items():
			yield f"mcp {era}: a request of the server, {method}", call, False, 200, EVENTS, [frames([("message", told(method, members).replace('"method"', '"id":77,"method"')), ("message", well)])]
		failure = '{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,%%s}}' % (1 if era == "sessions" else 0)
		for key in ("message", "data"):
			for what, members in forms(key, word):
				if what in FEW:
					yield f"mcp {era}: an error, its {key}, {what}", call, False, 200, JSON, [(failure % (members if key == "message" else '"message":"x",' + members)).encode()]
		for status in (400, 404, 500):
			yield f"mcp {era}: an error with status {status}", call, False, status, JSON, [(failure % f'"message":"{word}"').encode()]
			yield f"mcp {era}: an error in text with status {status}", call, False, status, [("content-type", "text/plain")], [word.encode()]
		yield f"mcp {era}: an answer to another id", call, False, 200, EVENTS, [frames([("message", body.replace('"id":', '"id":9')), ("message", well)])]
		yield f"mcp {era}: an id that is a text", call, False, 200, JSON, [body.replace('"id":1', '"id":"1"').replace('"id":0', '"id":"0"').encode()]
		yield f"mcp {era}: two answers", call, False, 200, EVENTS, [frames([("message", well), ("message", body)])]
		yield f"mcp {era}: an array", call, False, 200, JSON, [f"[{body}]".encode()]
		yield f"mcp {era}: an event of another name", call, False, 200, EVENTS, [frames([("greeting", body), ("message", well)])]
		yield f"mcp {era}: an endpoint", call, False, 200, EVENTS, [frames([("endpoint", "/" + word), ("message", well)])]
		yield f"mcp {era}: text that calls itself JSON", call, False, 200, JSON, [word.encode()]
		yield f"mcp {era}: JSON that calls itself text", call, False, 200, [("content-type", "text/plain")], [body.encode()]
		yield f"mcp {era}: JSON that calls itself a stream", call, False, 200, EVENTS, [body.encode() + b"\n\n"]
		yield f"mcp {era}: a result and an error", call, False, 200, JSON, [well.replace('"result"', f'"error":{{"code":1,"message":"{word}"}},"result"').encode()]
	yield "mcp stateless: more is wanted", "mcp stateless tools/call", False, 200, JSON, [('{"jsonrpc":"2.0","id":0,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"form","message":"%s","requestedSchema":{"type":"object","properties":{}}}}},"requestState":"s"}}' % word).encode()]


def cases(word, frames, framings):
	yield from completion_cases(word, frames, framings)
	yield from embedding_cases(word)
	yield from vllm_cases(word)
	yield from ollama_cases(word)
	yield from mcp_cases(word, frames, framings)
