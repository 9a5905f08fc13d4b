#!/usr/bin/env python3
"""A scripted model that speaks the APIs of OpenAI, Anthropic and Ollama: it does what the last text of the user names.

It keeps what it has seen, so that its side of an exchange can be held against the ledger's.
Run alone it prints its port and serves until its input ends.
"""

import http.server
import json
import sys
import threading
import time
import urllib.parse

WORDS = ["Paris ", "is ", "the ", "capital ", "of ", "France, ", "näm", "lich ", "🗼."]
MODELS = ["m-1", "x-1", "x-2", "m-2", "x-3", "m-3"]
TOOL = {"name": "get_weather", "arguments": {"city": "Paris", "unit": "°C"}}


def text_of(content):
	if isinstance(content, str):
		return content
	return "".join(p.get("text", "") for p in content or [] if isinstance(p, dict))


def arguments_in_parts():
	whole = json.dumps(TOOL["arguments"], ensure_ascii=False)
	return [whole[at:at + 5] for at in range(0, len(whole), 5)]


class Server(http.server.ThreadingHTTPServer):
	daemon_threads = True
	request_queue_size = 512

	def __init__(self, *arguments):
		super().__init__(*arguments)
		self.seen, self.lock, self.tries = [], threading.Lock(), {}

	def handle_error(self, *_):
		pass


class Upstream(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def log_message(self, *_):
		pass

	# ---- what goes out ----

	def whole(self, body, status=200, **headers):
		data = json.dumps(body).encode()
		self.send_response(status)
		for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
			self.send_header(name.replace("_", "-"), value)
		self.end_headers()
		self.wfile.write(data)

	def begin_stream(self, kind):
		self.send_response(200)
		self.send_header("content-type", kind)
		self.send_header("transfer-encoding", "chunked")
		self.end_headers()

	def part(self, text):
		data = text.encode()
		# Characters and events are torn apart on the way, as networks do.
		for piece in (data[:len(data) // 2], data[len(data) // 2:]):
			if piece:
				self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
				self.wfile.flush()
		time.sleep(0.002)

	def event(self, data, name=None):
		self.part((f"event: {name}\n" if name else "") + "data: " + (data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)) + "\n\n")

	def end_stream(self):
		self.wfile.write(b"0\r\n\r\n")

	def cut(self):
		self.close_connection = True

	# ---- what comes in ----

	def do_GET(self):
		self.note(0)
		path, _, query = self.path.partition("?")
		asked = dict(urllib.parse.parse_qsl(query))
		if path == "/v1/models":
			rest = MODELS[MODELS.index(asked["after_id"]) + 1:] if "after_id" in asked else MODELS
			page = rest[:int(asked.get("limit", 20))]
			self.whole({"object": "list", "data": [{"id": m, "object": "model", "type": "model", "created": 1, "owned_by": "nobody"} for m in page], "has_more": len(page) < len(rest), "first_id": page[0], "last_id": page[-1]})
		elif path.removeprefix("/v1/models/") in MODELS:
			self.whole({"id": path.removeprefix("/v1/models/"), "object": "model", "type": "model", "created": 1, "owned_by": "nobody"})
		elif path == "/api/tags":
			self.whole({"models": [{"name": m, "model": m, "modified_at": "2026-01-01T00:00:00Z", "size": 1, "digest": "0" * 64, "details": {"family": "none"}} for m in MODELS]})
		elif path == "/api/ps":
			self.whole({"models": [{"name": m, "model": m, "size": 1, "digest": "0" * 64, "expires_at": "2026-01-01T00:00:00Z", "size_vram": 1} for m in MODELS]})
		elif path == "/api/version":
			self.whole({"version": "0.0.1"})
		else:
			self.whole({"error": {"message": "no such thing", "type": "invalid_request_error"}}, 404)

	def note(self, length):
		with self.server.lock:
			self.server.seen.append((self.command, self.path, length))

	def do_POST(self):
		data = self.rfile.read(int(self.headers["content-length"]))
		self.note(len(data))
		body = json.loads(data)
		speak = {"/v1/chat/completions": self.chat, "/v1/completions": self.completions, "/v1/embeddings": self.embeddings, "/v1/responses": self.response_of,
		         "/v1/messages": self.messages, "/v1/messages/count_tokens": lambda *_: self.whole({"input_tokens": 7}),
		         "/api/chat": self.ollama, "/api/generate": self.ollama, "/api/embed": self.ollama_embed, "/api/show": lambda *_: self.whole({"details": {"family": "none"}, "model_info": {}})}.get(self.path)
		if not speak:
			self.whole({"error": {"message": "no such thing", "type": "invalid_request_error"}}, 404)
			return
		turns = body.get("messages") or body.get("input") or body.get("prompt") or ""
		if isinstance(turns, list):
			turns = turns[-1] if turns else ""
		wish = turns if isinstance(turns, str) else text_of(turns.get("content", turns.get("output", "")))
		if wish.startswith("busy"):
			with self.server.lock:
				self.server.tries[wish] = self.server.tries.get(wish, 0) + 1
			if wish == "busy" or self.server.tries[wish] < 2:
				self.refuse(429)
				return
		elif wish == "overloaded":
			self.refuse(529)
			return
		try:
			speak(body, wish, body.get("stream"))
		except OSError:
			self.close_connection = True

	def refuse(self, status):
		if self.path.startswith("/v1/messages"):
			self.whole({"type": "error", "error": {"type": "rate_limit_error" if status == 429 else "overloaded_error", "message": "slow down"}}, status, retry_after="0")
		elif self.path.startswith("/api/"):
			self.whole({"error": "slow down"}, status)
		else:
			self.whole({"error": {"message": "slow down", "type": "rate_limit", "code": "rate_limit_exceeded"}}, status, retry_after="0")

	# ---- OpenAI ----

	def answer_to(self, wish):
		return "".join(WORDS) if wish in ("stream", "cut") else wish.upper()

	def chat(self, body, wish, stream):
		base = {"id": "chatcmpl-1", "created": 1, "model": "m-1"}
		usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
		calls = [{"id": "call_1", "type": "function", "function": {"name": TOOL["name"], "arguments": json.dumps(TOOL["arguments"])}}]
		if not stream:
			message = {"role": "assistant", "content": None, "tool_calls": calls} if wish == "tool" else {"role": "assistant", "content": '{"city":"Paris"}' if wish == "structure" else self.answer_to(wish)}
			choices = [{"index": i, "message": message, "finish_reason": "tool_calls" if wish == "tool" else "stop"} for i in range(body.get("n") or 1)]
			self.whole({**base, "object": "chat.completion", "choices": choices, "usage": usage}, x_request_id="upstream-1")
			return
		def delta(d, finish=None):
			self.event({**base, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": d, "finish_reason": finish}]})
		self.begin_stream("text/event-stream; charset=utf-8")
		delta({"role": "assistant", "content": ""})
		if wish == "tool":
			for i, part in enumerate(arguments_in_parts()):
				delta({"tool_calls": [{"index": 0, "function": {"arguments": part}, **({"id": "call_1", "type": "function"} if i == 0 else {})} | ({"function": {"name": TOOL["name"], "arguments": part}} if i == 0 else {})]})
		else:
			for word in WORDS if wish in ("stream", "cut") else [wish.upper()]:
				delta({"content": word})
				if wish == "cut":
					return self.cut()
		delta({}, "tool_calls" if wish == "tool" else "stop")
		if (body.get("stream_options") or {}).get("include_usage"):
			self.event({**base, "object": "chat.completion.chunk", "choices": [], "usage": usage})
		self.event("[DONE]")
		self.end_stream()

	def completions(self, body, wish, stream):
		base = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m-1"}
		if not stream:
			self.whole({**base, "choices": [{"index": 0, "text": self.answer_to(wish), "finish_reason": "stop", "logprobs": None}], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})
			return
		self.begin_stream("text/event-stream")
		for word in WORDS:
			self.event({**base, "choices": [{"index": 0, "text": word, "finish_reason": None, "logprobs": None}]})
		self.event({**base, "choices": [{"index": 0, "text": "", "finish_reason": "stop", "logprobs": None}]})
		self.event("[DONE]")
		self.end_stream()

	def embeddings(self, body, *_):
		inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
		vector = "AACAPwAAAEA=" if body.get("encoding_format") == "base64" else [1.0, 2.0]
		self.whole({"object": "list", "model": "m-1", "data": [{"object": "embedding", "index": i, "embedding": vector} for i in range(len(inputs))], "usage": {"prompt_tokens": 3, "total_tokens": 3}})

	def response(self, output, status="completed"):
		return {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m-1", "output": output, "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
		        "parallel_tool_calls": True, "temperature": 1, "top_p": 1, "tool_choice": "auto", "tools": [], "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}}

	def response_of(self, body, wish, stream):
		arguments = json.dumps(TOOL["arguments"], ensure_ascii=False)
		call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": TOOL["name"], "arguments": arguments, "status": "completed"}
		def message(text):
			return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": text, "annotations": []}]}
		item = call if wish == "tool" else message(self.answer_to(wish))
		if not stream:
			self.whole(self.response([item]))
			return
		number = iter(range(1000))
		def event(kind, **more):
			self.event({"type": kind, "sequence_number": next(number), **more}, kind)
		self.begin_stream("text/event-stream")
		event("response.created", response=self.response([], "in_progress"))
		event("response.in_progress", response=self.response([], "in_progress"))
		place = {"output_index": 0, "item_id": item["id"]}
		if wish == "tool":
			event("response.output_item.added", output_index=0, item={**call, "arguments": "", "status": "in_progress"})
			for part in arguments_in_parts():
				event("response.function_call_arguments.delta", **place, delta=part)
			event("response.function_call_arguments.done", **place, arguments=arguments, name=TOOL["name"])
		else:
			event("response.output_item.added", output_index=0, item={**item, "content": [], "status": "in_progress"})
			event("response.content_part.added", **place, content_index=0, part={"type": "output_text", "text": "", "annotations": []})
			for word in WORDS:
				event("response.output_text.delta", **place, content_index=0, delta=word, logprobs=[])
				if wish == "cut":
					return self.cut()
			event("response.output_text.done", **place, content_index=0, text="".join(WORDS), logprobs=[])
			event("response.content_part.done", **place, content_index=0, part=item["content"][0])
		event("response.output_item.done", output_index=0, item=item)
		event("response.completed", response=self.response([item]))
		self.end_stream()

	# ---- Anthropic ----

	def messages(self, body, wish, stream):
		base = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "stop_sequence": None}
		tool = {"type": "tool_use", "id": "toolu_1", "name": TOOL["name"], "input": TOOL["arguments"]}
		if not stream:
			content = [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}, {"type": "text", "text": self.answer_to(wish)}] if wish == "think" else [tool] if wish == "tool" else [{"type": "text", "text": self.answer_to(wish)}]
			self.whole({**base, "content": content, "stop_reason": "tool_use" if wish == "tool" else "end_turn", "usage": {"input_tokens": 3, "output_tokens": 2}}, request_id="req_1")
			return
		def event(kind, **more):
			self.event({"type": kind, **more}, kind)
		self.begin_stream("text/event-stream; charset=utf-8")
		event("message_start", message={**base, "content": [], "stop_reason": None, "usage": {"input_tokens": 3, "output_tokens": 1}})
		event("ping")
		at = 0
		if wish == "think":
			event("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""})
			event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"})
			event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2ln"})
			event("content_block_stop", index=0)
			at = 1
		event("content_block_start", index=at, content_block={**tool, "input": {}} if wish == "tool" else {"type": "text", "text": ""})
		for part in arguments_in_parts() if wish == "tool" else WORDS:
			event("content_block_delta", index=at, delta={"type": "input_json_delta", "partial_json": part} if wish == "tool" else {"type": "text_delta", "text": part})
			if wish == "cut":
				return self.cut()
		event("content_block_stop", index=at)
		event("message_delta", delta={"stop_reason": "tool_use" if wish == "tool" else "end_turn", "stop_sequence": None}, usage={"output_tokens": 9})
		event("message_stop")
		self.end_stream()

	# ---- Ollama ----

	def ollama(self, body, wish, stream):
		chats = self.path == "/api/chat"
		def line(text, done=False, calls=None):
			said = {"message": {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}} if chats else {"response": text}
			return {"model": "m-1", "created_at": "2026-01-01T00:00:00Z", **said, "done": done, **({"done_reason": "stop", "total_duration": 1, "prompt_eval_count": 3, "eval_count": 2} if done else {})}
		calls = [{"function": {"name": TOOL["name"], "arguments": TOOL["arguments"]}}] if wish == "tool" else None
		if stream is False:
			self.whole(line("" if calls else self.answer_to(wish), True, calls))
			return
		self.begin_stream("application/x-ndjson")
		for word in [""] if calls else WORDS:
			self.part(json.dumps(line(word, calls=calls), ensure_ascii=False) + "\n")
			if wish == "cut":
				return self.cut()
		self.part(json.dumps(line("", True)) + "\n")
		self.end_stream()

	def ollama_embed(self, body, *_):
		inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
		self.whole({"model": "m-1", "embeddings": [[1.0, 2.0] for _ in inputs], "total_duration": 1, "load_duration": 1, "prompt_eval_count": 3})


def start():
	server = Server(("127.0.0.1", 0), Upstream)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	return server


if __name__ == "__main__":
	print(start().server_port, flush=True)
	sys.stdin.read()
