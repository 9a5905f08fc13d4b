#!/usr/bin/env python3
"""dialects.py MERLON FOLDER: the conversations of tests/dialects through `merlon gateway`: whole ones pass as they are, cut ones end as their clients expect."""

import http.client
import http.server
import json
import os
import pathlib
import re
import sys
import threading

import gate

MERLON, FOLDER = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve() / "dialects"
TALKS = pathlib.Path(__file__).resolve().parent.parent / "dialects"
TYPES = {"anthropic": "text/event-stream", "ollama": "application/x-ndjson"}
TALLY = gate.Tally()
check = TALLY.check


class Talk:
	def __init__(self, name):
		text = (TALKS / f"{name}.talk").read_text()
		head, *parts = text.split("\n--- ")
		self.dialect = name.split("/")[0]
		self.method, self.path = head.split("\n")[1].split(" ")
		self.parts = {part.split("\n", 1)[0].split(" ")[0]: part.split("\n", 1)[1] for part in parts}
		self.request = self.parts["request"].strip()


class Model(http.server.BaseHTTPRequestHandler):
	"""Answers what it was told to."""
	protocol_version = "HTTP/1.1"
	answer = ("", b"")
	asked = 0

	def log_message(self, *_):
		pass

	def do_POST(self):
		Model.asked += 1
		self.rfile.read(int(self.headers["content-length"]))
		self.send_response(200)
		self.send_header("content-type", Model.answer[0])
		self.send_header("content-length", str(len(Model.answer[1])))
		self.end_headers()
		self.wfile.write(Model.answer[1])


class Gateway(gate.Gateway):
	def __init__(self, upstream_port):
		self.port = gate.free_port()
		ledger, file = FOLDER / f"ledger.{os.getpid()}", FOLDER / "gateway.yaml"
		file.write_text(f"listen: [{{address: '127.0.0.1:{self.port}'}}]\nledger: {ledger.name}\nworkers: 1\npolicy: watch.yaml\nupstreams: {{m: {{servers: ['http://127.0.0.1:{upstream_port}']}}}}\nroutes: [{{upstreams: m, answer-most: 8MiB}}]\n")
		self.begin(MERLON, ledger, FOLDER / "log", ["--config", str(file)])


def ask(port, key, talk, answer="", type=None):
	"""Status and body of what the gateway makes of a talk's request and this answer."""
	Model.answer = (type or TYPES[talk.dialect], answer.encode())
	c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
	c.request(talk.method, talk.path, talk.request.encode(), {"x-api-key": key, "content-type": "application/json"})
	r = c.getresponse()
	body = r.read().decode()
	c.close()
	return r.status, body


def whole(port, key):
	for name in ("anthropic/stream", "anthropic/compaction", "anthropic/failed-midway", "ollama/chat", "ollama/generate"):
		talk = Talk(name)
		answer = talk.parts["stream"] + ('event: message_stop\ndata: {"type":"message_stop"}\n\n' if name.endswith("compaction") else "")
		check(f"{name} passes as it is", ask(port, key, talk, answer) == (200, answer))
	for name in ("anthropic/answer", "anthropic/count", "ollama/chat-whole", "ollama/embed", "ollama/embeddings"):
		talk = Talk(name)
		check(f"{name} passes as it is", ask(port, key, talk, talk.parts["answer"], "application/json") == (200, talk.parts["answer"]))


def long(port, key):
	"""An event is as long as its server makes it: a picture, a file; the route's `answer-most` bounds it as it bounds whole answers."""
	talk = Talk("anthropic/stream")
	first, rest = talk.parts["stream"].split("\n\n", 1)
	for megabytes, good in ((1, True), (3, True), (6, True), (9, False)):
		event = "event: ping\ndata: " + json.dumps({"type": "ping", "more": "x" * (megabytes << 20)})
		answer = f"{first}\n\n{event}\n\n{rest}"
		status, body = ask(port, key, talk, answer)
		check(f"an event of {megabytes} MiB", status == 200 and (body == answer if good else json.loads(body.rstrip().split("data: ")[-1])["error"]["code"] == "not_examined"), body[-300:])


def cut(port, key):
	for name in ("stopped-text", "stopped-call", "stopped-before"):
		talk = Talk(f"anthropic/{name}")
		status, body = ask(port, key, talk, talk.parts["stream"])
		last = body.rstrip().split("\n\n")[-1].split("\n")
		came = re.sub("(?m)^:.*", lambda comment: ":" + " " * (len(comment[0]) - 1), talk.parts["stream"])
		check(f"a cut stream ends with an error: {name}", status == 200 and body.startswith(came) and last[0] == "event: error" and json.loads(last[1][6:])["error"]["code"] == "upstream_cut", body)
	talk = Talk("ollama/cut")
	status, body = ask(port, key, talk, talk.parts["stream"])
	last = json.loads(body.rstrip().split("\n")[-1])
	check("a cut stream ends with a last line", status == 200 and body.startswith(talk.parts["stream"]) and last["done"] is True and last["code"] == "upstream_cut" and last["error"], body)
	talk = Talk("anthropic/unknown-events")
	status, body = ask(port, key, talk, talk.parts["stream"])
	check("a broken event is not passed on", "two" not in body and json.loads(body.rstrip().split("data: ")[-1])["error"]["code"] == "not_examined", body)


def refused(port, key):
	asked = Model.asked
	for name in ("anthropic/fallbacks", "anthropic/capitals", "anthropic/twice", "anthropic/no-json", "ollama/raw", "ollama/template", "ollama/context", "ollama/long-s", "ollama/role"):
		status, body = ask(port, key, Talk(name))
		check(f"{name} is refused", status == 400 and "error" in json.loads(body), (status, body))
	for name in ("anthropic/batches", "anthropic/batch-results", "ollama/show", "ollama/pull"):
		status, body = ask(port, key, Talk(name))
		check(f"{name} is shut", status == 404 and "error" in json.loads(body), (status, body))
	status, body = ask(port, "no key", Talk("anthropic/stream"))
	check("a refusal in Anthropic's words", status == 401 and json.loads(body)["error"]["type"] == "authentication_error", body)
	status, body = ask(port, "no key", Talk("ollama/chat"))
	check("a refusal in Ollama's words", status == 401 and isinstance(json.loads(body)["error"], str), body)
	check("nothing of that reached the model", Model.asked == asked, Model.asked - asked)


def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	model = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
	threading.Thread(target=model.serve_forever, daemon=True).start()
	# What is looked at here is how they are read: no policy has a say in it.
	(FOLDER / "watch.yaml").write_text("policy: watch\nmode: observe\n")
	g = Gateway(model.server_port)
	try:
		port, key = g.port, g.key
		whole(port, key)
		long(port, key)
		cut(port, key)
		refused(port, key)
	finally:
		check("the gateway ends well", g.end() == 0)
	return TALLY.end()


sys.exit(main())
