#!/usr/bin/env python3
"""around.py MERLON FOLDER: what would talk around `merlon gateway`: bytes that are one thing where they are judged and another where they are read."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading

import gate

MERLON, FOLDER = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve() / "around"
TALLY = gate.Tally()
check = TALLY.check
POLICY = """
policy: around
models: [small]
hosts: [good.example]
tools:
  - {names: pay, arguments: {amount: {type: number, most: 20}}, other-arguments: allow}
  - look
finds: [{name: canary, texts: [heliotrope]}]
rules: [{name: no-canary, finds: canary, measure: deny}]
"""
MESSAGES = {"model": "small", "messages": [{"role": "user", "content": "hi"}]}
CHAT = "/v1/chat/completions"


class Upstream:
	"""Keeps what it is sent byte for byte, and answers with the bytes it was told."""

	def __init__(self):
		self.listener = socket.create_server(("127.0.0.1", 0))
		self.port, self.seen, self.answer = self.listener.getsockname()[1], [], b""
		threading.Thread(target=self.accept, daemon=True).start()

	def accept(self):
		while True:
			threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

	def serve(self, connection):
		with connection, connection.makefile("rb") as lines:
			while line := lines.readline():
				head = [line]
				while head[-1] != b"\r\n":
					head.append(lines.readline())
				length = next((int(h.split(b":")[1]) for h in head if h.lower().startswith(b"content-length:")), 0)
				self.seen.append((b"".join(head).decode(), lines.read(length)))
				connection.sendall(self.answer)


def answer(body, kind="application/json"):
	body = body if isinstance(body, bytes) else json.dumps(body).encode()
	return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def said(content):
	return {"id": "x", "model": "small", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}]}


def chunks(*events):
	return b"".join(b"data: " + json.dumps({"id": "x", "model": "small", "choices": [{"index": e.pop("index", 0), "delta": e} for e in event]}).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"


class Gateway(gate.Gateway):
	def __init__(self):
		self.upstream, self.port = Upstream(), gate.free_port()
		made = subprocess.run([MERLON, "key", "add", "anna", "--keys", str(FOLDER / "keys.yaml")], capture_output=True, text=True, check=True)
		(FOLDER / "policy.yaml").write_text(POLICY)
		(FOLDER / "gateway.yaml").write_text(f"""
listen: [{{address: '127.0.0.1:{self.port}'}}]
ledger: ledger
workers: 1
policy: policy.yaml
callers: {{keys: keys.yaml}}
upstreams: {{m: {{servers: ['http://127.0.0.1:{self.upstream.port}']}}}}
routes:
  - {{name: usual, upstreams: m}}
  - {{name: profiled, prefix: /profiled, upstreams: m, queries: [profile]}}
  - {{name: any, prefix: /any, upstreams: m, queries: '*'}}
""")
		self.begin(MERLON, FOLDER / "ledger", FOLDER / "log", ["--config", str(FOLDER / "gateway.yaml")])
		self.key = made.stdout.split()[-1]

	def post(self, body, path=CHAT, kind="application/json", answer=None, **headers):
		"""Status, type and body of the answer; what the upstream saw is in `self.upstream.seen`."""
		self.upstream.seen.clear()
		self.upstream.answer = answer or globals()["answer"](said("fine"))
		c = self.connect()
		c.request("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), {"authorization": "Bearer " + self.key, **({"content-type": kind} if kind else {}), **headers})
		r = c.getresponse()
		return r.status, r.headers.get("content-type"), r.read()

	def call(self, arguments, name="pay", method="tools/call", told=answer({"jsonrpc": "2.0", "id": 1, "result": {"content": []}})):
		"""What a tool is asked, and what it says."""
		body = '{"jsonrpc":"2.0","id":1,"method":"' + method + '","params":{' + (f'"name":"{name}","arguments":{arguments}' if name else "") + "}}"
		return self.post(body.encode(), "/mcp", answer=told, **{"mcp-protocol-version": "2025-11-25"})[2], len(self.upstream.seen) > 0

	def pays(self, arguments):
		return self.call(arguments)[1]


def names(g):
	"""What its bytes are called, on the way up and on the way down."""
	for kind in ("application/json; charset=utf-7", "application/json; charset=shift_jis", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", None):
		g.post(MESSAGES, kind=kind)
		check(f"a request of type {kind} is sent as what was judged", [h.lower() for h in g.upstream.seen[0][0].split("\r\n") if h.lower().startswith("content-type")] == ["content-type: application/json"], g.upstream.seen)
	for kind in ("application/json; charset=utf-7", "text/html; charset=shift_jis", "application/json"):
		status, got, _ = g.post(MESSAGES, answer=answer(said("fine"), kind))
		check(f"an answer of type {kind} goes out as what was judged", (status, got) == (200, "application/json"), (status, got))
	for path, kind, body in ((CHAT, "text/event-stream", chunks([{"content": "a"}])), ("/api/chat", "application/x-ndjson", b'{"model":"small","message":{"role":"assistant","content":"a"},"done":true}\n')):
		status, got, _ = g.post({**MESSAGES, "stream": True}, path, answer=answer(body, kind + "; charset=utf-7"))
		check(f"so does a stream of type {kind}", (status, got) == (200, kind), (status, got))


def queries(g):
	for path, passes in ((CHAT + "?model=big", False), (CHAT + "?api-version=1;model=big", False), (CHAT + "?api-version=1&model=big", False), (CHAT + "?mod%65l=big", False), (CHAT + "?Beta=true", False),
			(CHAT + "?api-version=preview&beta=true", True), (CHAT + "?", True), ("/profiled" + CHAT + "?profile=a", True), ("/profiled" + CHAT + "?beta=true", False), ("/any" + CHAT + "?model=big", True)):
		status, _, body = g.post(MESSAGES, path)
		check(f"{path} {'goes on' if passes else 'is refused'}", (status == 200) == passes == bool(g.upstream.seen) and (passes or b"unknown_query" in body), (status, body))


def members(g):
	"""Who else is asked, and what else is run, without a word in the members that say so."""
	for more in ({"models": ["big"]}, {"fallbacks": ["big"]}, {"context_window_fallbacks": [{"small": ["big"]}]}, {"extra_body": {"model": "big"}}, {"lora_path": "big"}, {"api_base": "http://evil.example"},
			{"kv_transfer_params": {"remote_host": "evil.example"}}, {"bootstrap_host": "evil.example"}, {"logits_processors": ["os.system"]}, {"plugins": [{"id": "web"}]}, {"search_parameters": {"mode": "on"}},
			{"enable_search": True}, {"tools": [{"google_search": {}}]}, {"chat_template_kwargs": {"tools": [{"type": "function", "function": {"name": "shell"}}]}}, {"chat_template_kwargs": {"custom_tools": ["shell"]}}):
		status, _, body = g.post({**MESSAGES, **more})
		check(f"{more} is refused", status in (400, 403) and not g.upstream.seen, (status, body))
	for more in ({"models": None}, {"fallbacks": []}, {"enable_search": False}, {"chat_template_kwargs": {"enable_thinking": False}}, {"tools": [{"type": "function", "function": {"name": "look"}}]}):
		check(f"{more} goes on", g.post({**MESSAGES, **more})[0] == 200)
	check("a number is limited however it is written", g.pays('{"amount":20}') and not g.pays('{"amount":21}') and not g.pays('{"amount":0.' + "0" * 100000 + "5e100003}"))
	check("and an argument however it is spelt", not g.pays('{"amount":2,"Amount":500}') and g.pays('{"amount":2,"to":"x"}'))


def answers(g):
	"""What a client joins, or takes for the first of it."""
	streams = {
		"in a choice that stands twice": ([{"content": "helio"}, {"content": "###"}], [{"content": "trope"}]),
		"in a choice that nobody asked for": ([{"content": "helio"}], [{"content": "trope", "index": 1}]),
		"in lists of parts": ([{"content": [{"type": "text", "text": "helio"}]}], [{"content": [{"type": "text", "text": "trope"}]}]),
		"in a member of no specification": ([{"reasoning_details": [{"type": "t", "text": "helio"}]}], [{"reasoning_details": [{"type": "t", "text": "trope"}]}]),
		"beside a member that is called like its text": ([{"content": [{"type": "text", "text": "helio"}], "content/text": "###"}], [{"content": [{"type": "text", "text": "trope"}]}]),
		"as a host in reasoning": ([{"reasoning_content": "![x](https://evil.example/trope)"}],),
	}
	for how, events in streams.items():
		check(f"what is denied does not pass {how}", b"trope" not in g.post({**MESSAGES, "stream": True}, answer=answer(chunks(*events), "text/event-stream"))[2])
	check("two choices that were asked for do", g.post({**MESSAGES, "stream": True, "n": 2}, answer=answer(chunks([{"content": "helio"}], [{"content": "trope", "index": 1}]), "text/event-stream"))[2].endswith(b"[DONE]\n\n"))
	lines = [{"message": {"role": "assistant", "content": "helio"}, "content": "###", "done": False}, {"message": {"role": "assistant", "content": "trope"}, "done": False}, {"done": True}]
	check("nor around what stands beside a message", b"trope" not in g.post(MESSAGES, "/api/chat", answer=answer(b"".join(json.dumps({"model": "small", **line}).encode() + b"\n" for line in lines), "application/x-ndjson"))[2])
	parts = [{"type": "text", "text": "helio"}, {"type": "text", "text": "trope"}]
	check("nor over two parts of a message", b"trope" not in g.post(MESSAGES, answer=answer(said(parts)))[2])
	check("nor over two blocks of one", b"trope" not in g.post({**MESSAGES, "max_tokens": 9}, "/v1/messages", answer=answer({"id": "m", "type": "message", "role": "assistant", "model": "small", "content": parts, "stop_reason": "end_turn"}))[2])


def result(value):
	return {"jsonrpc": "2.0", "id": 1, "result": value}


def tools(g):
	"""Addresses that clients of MCP follow: what they fetch for a picture, what they put before a person, what they read next."""
	for host, passes in (("good.example", True), ("evil.example", False)):
		address = f"https://{host}/x"
		asks = b"".join(b"data: " + json.dumps(m).encode() + b"\n\n" for m in ({"jsonrpc": "2.0", "id": 9, "method": "elicitation/create", "params": {"mode": "url", "url": address, "message": "log in", "elicitationId": "1"}}, result({"content": []})))
		for what, call in {
			"an icon of a tool": ("{}", "", "tools/list", answer(result({"tools": [{"name": "look", "inputSchema": {"type": "object"}, "icons": [{"src": address}]}]}))),
			"a link to a resource": ("{}", "look", "tools/call", answer(result({"content": [{"type": "resource_link", "uri": address, "name": "n"}]}))),
			"an address that its user is asked to go to": ("{}", "look", "tools/call", answer(asks, "text/event-stream")),
		}.items():
			said = g.call(*call)[0]
			check(f"{what} at {host} {'goes on' if passes else 'does not'}", (address.encode() in said) == passes, said)
	check("addresses that a tool only tells of are none of these", b"evil.example" in g.call("{}", "look", told=answer(result({"content": [], "structuredContent": {"url": "https://evil.example/"}})))[0])


def counts(g):
	"""What a model that counts nothing, or no numbers, has used all the same."""
	for usage in ({}, {"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": -5, "completion_tokens": "9"}):
		g.post(MESSAGES, answer=answer({**said("x" * 4000), "usage": usage}))
	g.post(MESSAGES, answer=answer({**said("x" * 4000), "usage": {"prompt_tokens": 3, "completion_tokens": 2}}))


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	g = Gateway()
	try:
		for part in (names, queries, members, answers, tools, counts):
			part(g)
	finally:
		check("it ends when told to", g.end() == 0)
	counted = [r["tokens"] for r in g.records()][-4:]
	check("who counts nothing is not believed", all(t["output"] >= 1000 and not t["reported"] for t in counted[:3]) and counted[3] == {"input": 3, "output": 2, "reported": True}, counted)
	check("the ledger verifies", *g.verify())
	return TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
