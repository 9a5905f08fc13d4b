#!/usr/bin/env python3
"""hostile.py MERLON INSTALLED FOLDER: streams and bodies that two readers might take differently, read by the official clients.

Every answer holds a word that the policy takes out, in one form or another.
Whatever an official client shows of it through the gateway, the word is not
there: it was redacted, or the answer was refused.  An honest twin of each
answer, in the same form without the word, says how many of those forms pass.
"""

import gzip
import http.client
import itertools
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading

import anthropic
import ollama
import openai

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "talks"))
import gate
import hostile_more

MERLON, INSTALLED, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
WORD, HONEST = "heliotrope-7741", "marigold-88-ok!"
POLICY = f"""
policy: hostile
models: any
hosts: any
tools: any
partly-examined: allow
finds: [{{name: word, texts: ["{WORD}"]}}]
rules: [{{name: out, finds: word, measure: redact, placeholder: "<gone>"}}]
"""


# ---- a model that says what it was told, byte for byte ----

class Model:
	"""Answers by the name of the model that is asked for: a status, headers, and pieces that are sent one by one."""

	def __init__(self):
		self.answers = {}
		self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
		self.port = self.listener.getsockname()[1]
		threading.Thread(target=self.listen, daemon=True).start()

	def listen(self):
		while True:
			threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

	def serve(self, s):
		try:
			self.answer(s)
		except OSError:
			pass            # a client that has seen enough

	def answer(self, s):
		with s, s.makefile("rb") as f:
			s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			while line := f.readline():
				headers = http.client.parse_headers(f)
				body = json.loads(f.read(int(headers.get("content-length", 0))) or b"{}")
				status, fields, pieces = self.tell(*line.decode().split()[:2], body)
				s.sendall(b"HTTP/1.1 %d x\r\nTransfer-Encoding: chunked\r\n" % status + b"".join(f"{k}: {v}\r\n".encode() for k, v in fields) + b"\r\n")
				for piece in pieces:
					if piece:
						s.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
				s.sendall(b"0\r\n\r\n")


	def tell(self, method, path, body):
		"""The answer; of a server of tools only to what it is asked for the sake of."""
		if not path.startswith("/mcp/"):
			return self.answers[body["model"]][:3]
		status, fields, pieces, sake = self.answers[path.split("/")[2]]
		if method != "POST":
			return 405, [], []
		if "id" not in body or "method" not in body:
			return 202, [], []
		if body["method"] == sake:
			return status, fields, pieces
		return 200, JSON, [hostile_more.greet(body["method"]).encode()]


# ---- what clients show ----

def strings(value):
	if isinstance(value, str):
		yield value
	elif isinstance(value, dict):
		for key, one in value.items():
			yield str(key)
			yield from strings(one)
	elif isinstance(value, (list, tuple)):
		for one in value:
			yield from strings(one)


class Shown:
	"""All strings that came, and those that belong together joined."""

	def __init__(self):
		self.all, self.joined, self.failed = [], {}, ""

	def add(self, key, text):
		if isinstance(text, str):
			self.joined[key] = self.joined.get(key, "") + text

	def take(self, value):
		self.all += strings(value)

	def text(self):
		whole = list(self.all) + list(self.joined.values())
		# Arguments are JSON once more: a tool reads them so.
		for one in list(whole):
			try:
				whole += strings(json.loads(one))
			except (ValueError, RecursionError):
				pass
		return "\n".join(whole) + self.failed


def dump(value):
	return value.model_dump() if hasattr(value, "model_dump") else value


class Reader:
	def __init__(self, base, key):
		self.openai = openai.OpenAI(base_url=base + "/v1", api_key=key, max_retries=0, timeout=10)
		self.anthropic = anthropic.Anthropic(base_url=base, api_key=key, max_retries=0, timeout=10)
		self.plain = openai.OpenAI(base_url=base, api_key=key, max_retries=0, timeout=10)
		self.ollama = ollama.Client(host=base, headers={"authorization": "Bearer " + key}, timeout=10)

	def read(self, dialect, model, stream):
		shown = Shown()
		try:
			kind, _, path = dialect.partition(" ")
			getattr(self, "read_" + ("ollama_embeddings" if path == "of ollama" else kind))(shown, model, stream, *([path] if kind == "vllm" else []))
		except Exception as e:
			shown.failed = f"{type(e).__name__}: {e} {getattr(e, 'body', '')}"
		return shown

	def read_chat(self, shown, model, stream):
		answer = self.openai.chat.completions.create(model=model, messages=[{"role": "user", "content": "x"}], stream=stream, **({"n": 2} if stream else {}))
		for chunk in answer if stream else [answer]:
			shown.take(dump(chunk))
			for choice in getattr(chunk, "choices", None) or []:
				delta = getattr(choice, "delta", None)
				for name, text in (dump(delta) or {}).items():
					shown.add((choice.index, name), text)
				for call in getattr(delta, "tool_calls", None) or []:
					shown.add((choice.index, "name", call.index), call.function and call.function.name)
					shown.add((choice.index, "arguments", call.index), call.function and call.function.arguments)

	def read_responses(self, shown, model, stream):
		answer = self.openai.responses.create(model=model, input="x", stream=stream)
		for event in answer if stream else [answer]:
			shown.take(dump(event))
			if isinstance(getattr(event, "delta", None), str):
				shown.add((event.type, getattr(event, "output_index", 0), getattr(event, "content_index", 0)), event.delta)

	def read_anthropic(self, shown, model, stream):
		answer = self.anthropic.messages.create(model=model, max_tokens=9, messages=[{"role": "user", "content": "x"}], stream=stream)
		for event in answer if stream else [answer]:
			shown.take(dump(event))
			for name, text in (dump(getattr(event, "delta", None)) or {}).items():
				shown.add((getattr(event, "index", 0), name), text)

	def read_ollama(self, shown, model, stream):
		answer = self.ollama.chat(model=model, messages=[{"role": "user", "content": "x"}], stream=stream)
		for line in answer if stream else [answer]:
			shown.take(dump(line))
			shown.add("content", line.message.content)
			shown.add("thinking", line.message.thinking)


	def read_completions(self, shown, model, stream):
		answer = self.openai.completions.create(model=model, prompt="x", stream=stream, **({"n": 2} if stream else {}))
		for chunk in answer if stream else [answer]:
			shown.take(dump(chunk))
			for choice in getattr(chunk, "choices", None) or []:
				shown.add((choice.index, "text"), choice.text)

	def read_embeddings(self, shown, model, stream):
		shown.take(dump(self.openai.embeddings.create(model=model, input="x")))

	def read_vllm(self, shown, model, stream, path):
		shown.take(self.plain.post(path, cast_to=object, body={"model": model, "prompt": "x", "input": "x", "query": "x", "documents": ["x"], "text_1": "x", "text_2": "x", "tokens": [1]}))

	def read_generate(self, shown, model, stream):
		answer = self.ollama.generate(model=model, prompt="x", stream=stream)
		for line in answer if stream else [answer]:
			shown.take(dump(line))
			shown.add("response", line.response)
			shown.add("thinking", line.thinking)

	def read_embed(self, shown, model, stream):
		shown.take(dump(self.ollama.embed(model=model, input="x")))

	def read_ollama_embeddings(self, shown, model, stream):
		shown.take(dump(self.ollama.embeddings(model=model, prompt="x")))


class Node:
	"""The same by the clients for Node; they stand where they were installed, and so does the script."""

	def __init__(self, base, key, script="hostile.mjs", folder=INSTALLED):
		shutil.copy(pathlib.Path(__file__).with_name(script), folder)
		self.process = subprocess.Popen(["node", folder / script, base, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

	def read(self, dialect, model, stream):
		self.process.stdin.write(json.dumps({"dialect": dialect, "model": model, "stream": stream}) + "\n")
		self.process.stdin.flush()
		shown, heard = Shown(), json.loads(self.process.stdout.readline())
		shown.all, shown.failed = [heard["text"]], heard["failed"]
		return shown

	def end(self):
		self.process.stdin.close()
		self.process.wait(20)


# ---- what a model says ----

def chat(*deltas, index=0, more=""):
	"""Events of a stream, (name, data) each; a delta is JSON."""
	events = [("", '{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":%d,"delta":%s,"finish_reason":null}]%s}' % (index, delta, more)) for delta in deltas]
	return events + [("", '{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":%d,"delta":{},"finish_reason":"stop"}]}' % index), ("", "[DONE]")]


def anthropic_events(*deltas, start='{"type":"text","text":""}'):
	return [("message_start", '{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}'),
	        ("content_block_start", '{"type":"content_block_start","index":0,"content_block":%s}' % start)] + \
	       [("content_block_delta", '{"type":"content_block_delta","index":0,"delta":%s}' % delta) for delta in deltas] + \
	       [("content_block_stop", '{"type":"content_block_stop","index":0}'),
	        ("message_delta", '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}'), ("message_stop", '{"type":"message_stop"}')]


def responses_events(*deltas):
	head = '"id":"r","object":"response","created_at":1,"model":"m","parallel_tool_calls":true,"tool_choice":"auto","tools":[]'
	events = [('response.created', '"response":{%s,"status":"in_progress","output":[]}' % head),
	          ('response.output_item.added', '"output_index":0,"item":{"id":"i","type":"message","role":"assistant","status":"in_progress","content":[]}'),
	          ('response.content_part.added', '"item_id":"i","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}')]
	events += [('response.output_text.delta', '"item_id":"i","output_index":0,"content_index":0,"delta":%s' % delta) for delta in deltas]
	whole = json.dumps("".join(json.loads(d) for d in deltas))
	part = '{"type":"output_text","text":%s,"annotations":[]}' % whole
	item = '{"id":"i","type":"message","role":"assistant","status":"completed","content":[%s]}' % part
	events += [('response.output_text.done', '"item_id":"i","output_index":0,"content_index":0,"text":%s' % whole), ('response.content_part.done', '"item_id":"i","output_index":0,"content_index":0,"part":%s' % part),
	           ('response.output_item.done', '"output_index":0,"item":%s' % item), ('response.completed', '"response":{%s,"status":"completed","output":[%s]}' % (head, item))]
	return [(name, '{"type":"%s","sequence_number":%d,%s}' % (name, i, rest)) for i, (name, rest) in enumerate(events)]


def content(text):
	return '{"content":%s}' % json.dumps(text)


def frames(events, end="\n", lead="data: ", before="", behind=""):
	return "".join(before + (f"event: {name}{end}" if name else "") + lead + data + end + behind + end for name, data in events).encode()


def lines(*messages):
	parts = ['{"model":"m","created_at":"2026-01-01T00:00:00Z","message":%s,"done":false}' % m for m in messages]
	return ("\n".join(parts) + '\n{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}\n').encode()


EVENTS, JSON, LINES = [("content-type", "text/event-stream")], [("content-type", "application/json")], [("content-type", "application/x-ndjson")]


def ways(dialect, word):
	"""Streams of a dialect in every cut: the word whole, and in two at every place."""
	cuts = [(word[:i], word[i:]) for i in range(1, len(word))]
	if dialect == "chat":
		return [chat(content(a), content(b)) for a, b in cuts]
	if dialect == "responses":
		return [responses_events(json.dumps(a), json.dumps(b)) for a, b in cuts]
	return [anthropic_events(*('{"type":"text_delta","text":%s}' % json.dumps(t) for t in cut)) for cut in cuts]


def framings(events):
	"""The same events in every form that the framing has."""
	for name, end in (("LF", "\n"), ("CR", "\r"), ("CRLF", "\r\n")):
		whole = frames(events, end)
		yield f"ends {name}", [whole]
		for size in (1, 2, 3, 5, 7, 64):
			yield f"ends {name}, {size} bytes at a time", [whole[i:i + size] for i in range(0, len(whole), size)]
	mixed, ends = "", itertools.cycle(["\n", "\r\n", "\r", "\r\n", "\n"])
	for name, data in events:
		mixed += (f"event: {name}" + next(ends) if name else "") + "data: " + data + "\r\n" + next(ends)
	yield "mixed ends", [mixed.encode()]
	yield "no blank behind the colon", [frames(events, lead="data:")]
	yield "two blanks", [frames(events, lead="data:  ")]
	yield "comments between", [frames(events, before=": alive\n\n:\n")]
	yield "comments within", [frames(events, behind=":alive\n")]
	yield "ids and retries", [frames(events, before="id: 7\nretry: 10\n")]
	yield "an id with NUL", [frames(events, before="id: 7\0\n")]
	yield "a field nobody knows", [frames(events, before="colour: red\n")]
	yield "a field without a colon", [frames(events, behind="data\n")]
	yield "several lines of data", [frames([(n, d.replace(",", "\n,", 3).replace("\n,", "\ndata: ,")) for n, d in events])]
	yield "data between an empty line of data", [frames([(n, d + "\ndata:") for n, d in events])]
	yield "a mark of byte order first", [b"\xef\xbb\xbf" + frames(events)]
	yield "a mark of byte order before every line", [frames(events).replace(b"data: ", b"\xef\xbb\xbfdata: ")]
	yield "a mark of byte order in the middle", [frames(events[:1]) + b"\xef\xbb\xbf" + frames(events[1:])]
	yield "DATA in capitals", [frames(events, lead="DATA: ")]
	yield "a blank before data", [frames(events, lead=" data: ")]
	yield "a blank before the colon", [frames(events, lead="data : ")]
	yield "the last event without its end", [frames(events)[:-1]]
	yield "a form feed between lines", [frames(events, behind="\x0c\n")]
	yield "event and data in other order", ["".join(f"data: {d}\n" + (f"event: {n}\n" if n else "") + "\n" for n, d in events).encode()]


def jsons(word):
	"""Content of a chat, in every form that JSON has: (what, data of its first chunk or None for whole chunks)."""
	half, rest = word[:6], word[6:]
	escaped = "".join(f"\\u{ord(c):04x}" for c in word)
	for what, delta in {
		"escapes": '{"content":"%s"}' % escaped,
		"escapes in capitals": '{"content":"%s"}' % escaped.upper().replace("\\U", "\\u"),
		"the key escaped": '{"c\\u006fntent":"%s"}' % word,
		"the key twice": '{"content":"well","content":"%s"}' % word,
		"the key twice, the other first": '{"content":"%s","content":"well"}' % word,
		"the key twice, once escaped": '{"content":"well","c\\u006fntent":"%s"}' % word,
		"the key in capitals": '{"Content":"%s"}' % word,
		"a lone surrogate": '{"content":"\\ud83d%s"}' % word,
		"a surrogate upside down": '{"content":"\\ude00\\ud83d%s"}' % word,
		"NUL escaped": '{"content":"%s\\u0000%s"}' % (half, rest),
		"NUL": '{"content":"%s\0"}' % word,
		"a field nobody knows": '{"content":"","thoughts":{"deep":["%s"]}}' % word,
		"a key nobody knows": '{"content":"","extra":{"%s":1}}' % word,
		"parts of content": '{"content":[{"type":"text","text":"%s"}]}' % word,
		"a part nobody knows": '{"content":[{"type":"hologram","light":"%s"}]}' % word,
		"a refusal": '{"refusal":"%s"}' % word,
		"reasoning": '{"reasoning_content":"%s"}' % word,
		"a deprecated call": '{"function_call":{"name":"f","arguments":"{\\"a\\":\\"%s\\"}"}}' % word,
		"arguments": '{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":\\"%s\\"}"}}]}' % word,
		"arguments with escapes": '{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":\\"%s\\"}"}}]}' % escaped.replace("\\", "\\\\"),
		"arguments that are an object": '{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":{"a":"%s"}}}]}' % word,
		"a custom call": '{"tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"f","input":"%s"}}]}' % word,
		"deep nesting": '{"content":"","x":' + "[" * 500 + '"%s"' % word + "]" * 500 + "}",
		"nesting within limits": '{"content":"","x":' + "[" * 40 + '"%s"' % word + "]" * 40 + "}",
		"a huge number": '{"content":"%s","x":1e99999}' % word,
		"a long number": '{"content":"%s","x":%s}' % (word, "9" * 400),
		"no number": '{"content":"%s","x":NaN}' % word,
		"a comma too many": '{"content":"%s",}' % word,
		"a comment": '{/* */"content":"%s"}' % word,
	}.items():
		yield what, chat(delta)
	yield "the index a string", [("", d.replace('"index":0', '"index":"0"')) for _, d in chat(content(word))]
	yield "the index missing", [("", d.replace('"index":0,', "")) for _, d in chat(content(half), content(rest))]
	yield "the index null", [("", d.replace('"index":0', '"index":null')) for _, d in chat(content(half), content(rest))]
	yield "the index below zero", [("", d.replace('"index":0', '"index":-1')) for _, d in chat(content(half), content(rest))]
	yield "the index beyond every number", [("", d.replace('"index":0', '"index":99999999999999999999')) for _, d in chat(content(half), content(rest))]
	one, two = chat(content(half), content(rest)), chat(content("good "), content("day"), index=1)
	yield "two choices in turn", [one[0], two[0], one[1], two[1], one[2], two[2], one[3]]
	both = '{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":1,"delta":%s},{"index":0,"delta":%s}]}'
	yield "two choices in one chunk", [("", both % (content("good"), content(half))), ("", both % (content("day"), content(rest))), *one[2:]]
	yield "one choice twice in one chunk", [("", both.replace('"index":1', '"index":0') % (content(half), content(rest))), *one[2:]]
	call = '{"tool_calls":[{"index":%d,%s"function":{%s"arguments":%s}}]}'
	calls = [call % (i, '"id":"c%d","type":"function",' % i, '"name":"f",', '""') for i in (0, 1)]
	text = '{"a":"%s"}' % word
	for at in range(1, len(text)):
		yield f"two calls in turn, cut at {at}", chat(*calls, call % (0, "", "", json.dumps(text[:at])), call % (1, "", "", '"{"'), call % (0, "", "", json.dumps(text[at:])), call % (1, "", "", '"}"'))
	text = '{"a":"%s"}' % escaped
	for at in range(6, 6 + 14):
		yield f"arguments cut inside an escape at {at}", chat(calls[0], call % (0, "", "", json.dumps(text[:at])), call % (0, "", "", json.dumps(text[at:])))
	yield "after its end", chat(content("well"))[:-1] + chat(content(word))
	yield "after [DONE]", chat(content("well")) + chat(content(word))
	yield "an error in the middle", [chat(content("well"))[0], ("", '{"error":{"message":"it is %s","type":"x"}}' % word)]
	yield "an error by name", [("error", '{"error":{"message":"it is %s"}}' % word)]
	yield "a name nobody knows", [("thread.message", d) for _, d in chat(content(word))]
	yield "log-probabilities", [("", d.replace('"finish_reason":null', '"finish_reason":null,"logprobs":{"content":[{"token":"%s","logprob":-1,"bytes":null,"top_logprobs":[]}]}' % word)) for _, d in chat(content(word))]
	yield "padding", [("", d.replace('"model":"m"', '"model":"m","obfuscation":"%s"' % word)) for _, d in chat(content("well"))]


def broken(word):
	"""Bytes that are no text of their encoding, and bodies that are none of their kind."""
	plain = '{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"%s"}}]}' % word
	yield "a whole answer", False, 200, JSON, [plain.encode()]
	yield "in UTF-16", False, 200, JSON, [plain.encode("utf-16")]
	yield "in UTF-32", False, 200, JSON, [plain.encode("utf-32")]
	yield "with a mark of byte order", False, 200, JSON, [b"\xef\xbb\xbf" + plain.encode()]
	yield "in gzip that nobody named", False, 200, JSON, [gzip.compress(plain.encode())]
	yield "in gzip", False, 200, JSON + [("content-encoding", "gzip")], [gzip.compress(plain.encode())]
	yield "in gzip, named behind another", False, 200, JSON + [("content-encoding", "identity"), ("content-encoding", "gzip")], [gzip.compress(plain.encode())]
	yield "two values", False, 200, JSON, [plain.encode() + b" " + plain.encode()]
	yield "a text", False, 200, [("content-type", "text/plain")], [word.encode()]
	yield "a page", False, 200, [("content-type", "text/html")], [b"<p>" + word.encode()]
	yield "no type", False, 200, [], [plain.encode()]
	yield "an error in JSON", False, 400, JSON, [b'{"error":{"message":"%s"}}' % word.encode()]
	yield "an error in text", False, 500, [("content-type", "text/plain")], [word.encode()]
	yield "an error in a page", False, 503, [("content-type", "text/html")], [b"<h1>" + word.encode()]
	yield "an error with a key twice", False, 400, JSON, [b'{"error":{"message":"well","message":"%s"}}' % word.encode()]
	yield "an error as a list", False, 400, JSON, [b'["%s"]' % word.encode()]
	yield "an error in a stream", True, 400, EVENTS, [b'data: {"error":{"message":"%s"}}\n\n' % word.encode()]
	yield "a stream nobody asked for", False, 200, EVENTS, [frames(chat(content(word)))]
	yield "JSON that calls itself a stream", False, 200, EVENTS, [plain.encode() + b"\n\n"]
	yield "JSON where a stream was asked for", True, 200, JSON, [plain.encode()]
	yield "a stream that calls itself JSON", True, 200, JSON, [frames(chat(content(word)))]
	yield "a stream that calls itself text", True, 200, [("content-type", "text/plain")], [frames(chat(content(word)))]
	yield "an overlong letter", True, 200, EVENTS, [frames(chat(content("QQ" + word))).replace(b"QQ", b"\xc1\xa8")]
	yield "a letter cut short", True, 200, EVENTS, [frames(chat(content("QQ" + word))).replace(b"QQ", b"\xe2\x82")]
	yield "a surrogate in UTF-8", True, 200, EVENTS, [frames(chat(content("QQ" + word))).replace(b"QQ", b"\xed\xa0\xbd")]
	yield "a comment that speaks", True, 200, EVENTS, [b": well\n\n" + frames(chat(content(word)))]
	yield "separators of lines in a text", True, 200, EVENTS, [frames(chat('{"content":"\u2028%s\u2029\x85"}' % word))]


def ollama_answers(word):
	half, rest = word[:6], word[6:]
	say = '{"role":"assistant","content":%s}'
	for at in range(1, len(word)):
		yield f"cut at {at}", lines(say % json.dumps(word[:at]), say % json.dumps(word[at:]))
	yield "CRLF", lines(say % json.dumps(half), say % json.dumps(rest)).replace(b"\n", b"\r\n")
	yield "empty lines", lines(say % json.dumps(half), say % json.dumps(rest)).replace(b"\n", b"\n\n")
	yield "the last line without its end", lines(say % json.dumps(word))[:-1]
	yield "a mark of byte order", b"\xef\xbb\xbf" + lines(say % json.dumps(word))
	yield "a key twice", lines('{"role":"assistant","content":"well","content":"%s"}' % word)
	yield "thinking", lines('{"role":"assistant","content":"","thinking":"%s"}' % word)
	yield "a call", lines('{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":["%s"]}}}]}' % word)
	yield "a key of a call", lines('{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"%s":1}}}]}' % word)
	yield "separators of lines", lines('{"role":"assistant","content":"\u2028%s\x85"}' % word)
	yield "a CR within", lines('{"role":"assistant",\r"content":"%s"}' % word)
	yield "an error", b'{"error":"%s"}\n' % word.encode()
	yield "after its end", lines(say % '"well"') + lines(say % json.dumps(word))
	yield "a field nobody knows", lines('{"role":"assistant","content":"","x":{"%s":["%s"]}}' % (word, word))


def cases(word):
	"""(what, dialect, whether a stream is asked for, status, headers, pieces)."""
	for dialect in ("chat", "responses", "anthropic"):
		for i, events in enumerate(ways(dialect, word)):
			yield f"{dialect}: cut at {i + 1}", dialect, True, 200, EVENTS, [frames(events)]
		for what, pieces in framings(ways(dialect, word)[6]):
			yield f"{dialect}: {what}", dialect, True, 200, EVENTS, pieces
	for what, events in jsons(word):
		yield f"chat: {what}", "chat", True, 200, EVENTS, [frames(events)]
	for what, stream, status, headers, pieces in broken(word):
		yield f"chat: {what}", "chat", stream, status, headers, pieces
	block = {"text": '{"type":"text","text":%s}', "unknown": '{"type":"hologram","light":%s}', "thinking": '{"type":"thinking","thinking":%s,"signature":"EqQB"}', "call": '{"type":"tool_use","id":"t","name":"f","input":{"a":%s}}'}
	for what, form in block.items():
		yield f"anthropic: a block that begins with all of it, {what}", "anthropic", True, 200, EVENTS, [frames(anthropic_events(start=form % json.dumps(word)))]
	for at in range(1, len(word) + 8):
		text = '{"a":"%s"}' % word
		yield f"anthropic: arguments cut at {at}", "anthropic", True, 200, EVENTS, [frames(anthropic_events(*('{"type":"input_json_delta","partial_json":%s}' % json.dumps(t) for t in (text[:at], text[at:])), start='{"type":"tool_use","id":"t","name":"f","input":{}}'))]
	yield "anthropic: a delta nobody knows", "anthropic", True, 200, EVENTS, [frames(anthropic_events('{"type":"light_delta","light":"%s"}' % word))]
	yield "anthropic: names that disagree", "anthropic", True, 200, EVENTS, [frames([("ping" if n == "content_block_delta" else n, d) for n, d in anthropic_events('{"type":"text_delta","text":"%s"}' % word)])]
	yield "anthropic: an error", "anthropic", True, 200, EVENTS, [frames([("error", '{"type":"error","error":{"type":"x","message":"%s"}}' % word)])]
	for what, body in ollama_answers(word):
		yield f"ollama: {what}", "ollama", True, 200, LINES, [body]
	yield from hostile_more.cases(word, frames, framings)


# ---- the sweep ----

def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	tally, model = gate.Tally(), Model()
	(FOLDER / "policy.yaml").write_text(POLICY)
	gateway = gate.Gateway.__new__(gate.Gateway)
	gateway.port = gate.free_port()
	ledger = FOLDER / f"ledger.{gateway.port}"
	(FOLDER / "gateway.yaml").write_text(f"listen: [{{address: '127.0.0.1:{gateway.port}'}}]\nledger: {ledger.name}\nworkers: 1\npolicy: policy.yaml\nupstreams: {{m: {{servers: ['http://127.0.0.1:{model.port}'], circuit: {{failures: 1000}}}}}}\nroutes: [{{upstreams: m}}]\n")
	gateway.begin(MERLON, ledger, FOLDER / "log", ["--config", str(FOLDER / "gateway.yaml")])
	bases = (f"http://127.0.0.1:{model.port}", "none"), (f"http://127.0.0.1:{gateway.port}", gateway.key)
	readers = {"Python": [Reader(*base) for base in bases], "Node": [Node(*base) for base in bases], "MCP": [Node(*base, "hostile_mcp.mjs", INSTALLED / "mcp") for base in bases]}
	counts = {kind: [0, 0, 0, 0] for kind in readers}
	labels = [0, 0]
	refused = []
	try:
		for number, (hostile, honest) in enumerate(zip(cases(WORD), cases(HONEST))):
			what, dialect, stream, *_ = hostile
			for word, (_, _, _, status, headers, pieces) in ((WORD, hostile), (HONEST, honest)):
				model.answers[f"case-{number}-{word == WORD}"] = (status, headers, pieces, dialect.split(" ")[-1])
			for kind, (direct, through) in readers.items():
				if (kind == "MCP") != dialect.startswith("mcp "):
					continue
				counts[kind][3] += not what.startswith("label: ")
				there, here = (reader.read(dialect, f"case-{number}-True", stream).text() for reader in (direct, through))
				if what.startswith("label: "):
					labels[0] += WORD in there
					labels[1] += WORD in here
					continue
				counts[kind][0] += WORD in there
				counts[kind][1] += WORD in here
				tally.check(f"{kind}, {what}: the word is not shown", WORD not in here, here[-300:])
				there, here = (reader.read(dialect, f"case-{number}-False", stream) for reader in (direct, through))
				if here.text() == there.text():
					counts[kind][2] += 1
				elif HONEST in there.text():
					refused.append(f"{kind}, {what}: {here.failed[:110]}")
	finally:
		for reader in readers["Node"] + readers["MCP"]:
			reader.end()
		status = gateway.end()
	tally.check("the gateway ends well", status == 0, status)
	for kind, (shown, still, same, asked) in counts.items():
		print(f"clients for {kind} show the word in {shown} of {asked} answers, through the gateway in {still}; of as many honest answers {same} come through unchanged")
	print(f"in {labels[0]} more the word is a plain label, such as the name of a model, in which nothing is looked for: in {labels[1]} it comes through")
	if "--refused" in sys.argv:
		print("\n".join(refused))
	return tally.end()


if __name__ == "__main__":
	sys.exit(main())
