#!/usr/bin/env python3
"""polling.py MERLON FOLDER: a server of MCP ends the stream of a call before its answer: the gateway asks for the rest, and its caller sees one stream."""

import http.client
import json
import shutil
import signal
import sys
import threading
import time

import gate
import gateway
from gateway import FOLDER, Model, Server, check
from routes import START, WORK, Configured, url

SESSION = {"mcp-protocol-version": "2025-11-25"}         # and a session's id, once there is one
POLICY = "policy: polling\nmodels: any\nhosts: any\ntools: any\nfinds: [{name: secret, texts: [xyzzy]}]\nrules: [{name: secret, finds: secret, measure: deny, in: answer}]\n"


def event(data="", **fields):
	return "".join(f"{name}: {value}\n" for name, value in fields.items()) + f"data: {data}\n\n"


def answer(text="done", number=1):
	return json.dumps({"jsonrpc": "2.0", "id": number, "result": {"content": [{"type": "text", "text": text}]}})


def progress(n):
	return json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": n}})


# By tool: what comes on the stream of its call, and then after each event, poll by poll.
PRIMED = event(id="0", retry=20)
TALES = {
	"once": (PRIMED, {"0": [event(answer(), id="1")]}),
	"several": (event(id="0", retry=20) + event(progress(1), id="1"), {"1": [event(progress(2), id="2"), ": nothing yet\n\n"], "2": ["", event(progress(3), id="a b"), ""], "a b": [event(answer(), id="4")]}),
	"torn": (PRIMED + f"id: 1\ndata: {answer('half')}\n", {"0": ["\ufeff" + event(progress(1)), event(answer())]}),
	"long": (event(id="0", retry=10) + event(id="0", retry=1500), {"0": [event(answer())]}),
	"short": (event(id="0", retry=10), {"0": [event(answer())]}),
	"denied": (PRIMED, {"0": [event(progress(1), id="1")], "1": [event(answer("it is xyzzy"), id="2")]}),
	"waits": (event(id="0", retry=90000), {"0": [event(answer())]}),
	"soon": (event(id="0", retry=3000), {"0": [event(answer())]}),
	"never": (event(id="0", retry=0), {"0": [""] * 500}),
	"gone": (PRIMED, {"0": [404]}),
	"failing": (PRIMED, {"0": [500]}),
	"silent": (PRIMED, {"0": [30]}),
	"whole": (PRIMED, {"0": ["application/json"]}),
	"closed": (PRIMED, {"0": [None, event(answer())]}),
	"wrong": (PRIMED, {"0": [event(answer(number=2))]}),
	"twice": (PRIMED + event(progress(1), id="1"), {"1": [event(progress(2), id="2") + event(answer(), id="3") + event(answer(), id="4")]}),
	"breaks": ((PRIMED + event(progress(1), id="1") + f"id: 2\ndata: {answer('half')[:20]}",), {"1": [("id: 3\nda",), event(progress(2), id="4")], "4": [event(answer(), id="5")]}),
	"nameless": (event(retry=10) + event(progress(1)), {}),
	"empty": (event(id=""), {}),
	"longest": (event(id="x" * 256, retry=10), {"x" * 256: [event(answer())]}),
	"too-long": (event(id="0") + event(id="x" * 257, retry=10), {}),
	"control": (event(id="a\tb", retry=10), {}),
	"broken": (event(id="a\x01b", retry=10), {}),
	"foreign": (event(id="\u00e9", retry=10), {}),
}


class Polled(Model):
	"""Tells a tale, poll by poll."""
	asked, told, lock = [], {}, threading.Lock()

	def tell(self, part):
		if part is None:
			self.close_connection = True
		elif isinstance(part, tuple):   # it breaks off behind that
			self.stream([(part[0], 0)], end=False)
			self.close_connection = True
		elif part == 30:        # seconds that nobody waits
			time.sleep(part)
		elif isinstance(part, int):
			self.whole(part, {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "no"}})
		elif part == "application/json":
			self.whole(200, json.loads(answer()))
		else:
			self.stream([(part, 0)] if part else [])

	def do_POST(self):
		body = json.loads(self.rfile.read(int(self.headers["content-length"])))
		name = body["params"].get("name", body["method"])
		with self.lock:
			self.asked.append(("POST", name, dict(self.headers)))
			self.told[self.path] = name, {}
		if name == "initialize":
			self.begin()
		else:
			self.tell(TALES[name][0])

	def begin(self):
		"""The session is in the head of the first stream alone."""
		TALES["initialize"] = "", {"0": [event(answer())]}
		data = PRIMED.encode()
		self.send_response(200)
		for name, value in (("content-type", "text/event-stream"), ("mcp-session-id", "session-1"), ("content-length", str(len(data)))):
			self.send_header(name, value)
		self.end_headers()
		self.wfile.write(data)

	def do_GET(self):
		with self.lock:
			name, count = self.told[self.path]
			last = self.headers.get("last-event-id")
			self.asked.append(("GET", name, dict(self.headers)))
			count[last] = count.get(last, -1) + 1
		self.tell(TALES[name][1][last][count[last]])


def head(g, more):
	return {"authorization": "Bearer " + g.key, "content-type": "application/json", "accept": "application/json, text/event-stream", **more}


calls = 0


def begin(g, name, more=SESSION, method="tools/call", connection=None, **params):
	"""A path for each call: the server knows from it what it is asked to go on with."""
	global calls
	calls += 1
	c = connection or g.connect()
	body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**({"name": name, "arguments": {}} if method == "tools/call" else {}), **params}}
	c.request("POST", f"/mcp/{calls}", json.dumps(body), head(g, {k: v for k, v in more.items() if v}))
	return c


def call(g, name, more=SESSION, **how):
	"""What it heard, event by event, and how often the server was asked for it."""
	before = len(Polled.asked)
	c = begin(g, name, more, **how)
	try:
		r = c.getresponse()
		said = r.read().decode()
	except (OSError, http.client.HTTPException) as e:
		return [repr(e)], Polled.asked[before:]
	c.close()
	return [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: {")], Polled.asked[before:]


def is_cut(heard):
	return bool(heard) and isinstance(heard[-1], dict) and heard[-1].get("error", {}).get("data", {}).get("reason") == "upstream_cut" and heard[-1]["id"] == 1


def sessions(g):
	before = len(Polled.asked)
	r = begin(g, "initialize", {}, method="initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "t", "version": "1"}).getresponse()
	SESSION["mcp-session-id"] = r.headers["mcp-session-id"]
	said = r.read()
	check("a session that this stream began is known from its head", b'"done"' in said and Polled.asked[-1][2].get("Mcp-Session-Id") == "session-1" and len(Polled.asked) == before + 2, (said, Polled.asked))


def polls(g):
	heard, asked = call(g, "once", {**SESSION, "mcp-method": "tools/call", "mcp-name": "once", "user-agent": "talks", "traceparent": "00-1-2-01", "last-event-id": "9"})
	check("a stream that ends before its answer is taken up again", heard == [json.loads(answer())], heard)
	check("with one poll", [method for method, _, _ in asked] == ["POST", "GET"], asked)
	seen = {k.lower(): v for k, v in asked[-1][2].items()}
	seen.pop("host", None)
	check("by GET with the last event, the session and the revision, and nothing that was about the call", seen == {"accept-encoding": "identity", "accept": "text/event-stream", "last-event-id": "0", "mcp-session-id": "session-1", "mcp-protocol-version": "2025-11-25", "user-agent": "talks", "traceparent": "00-1-2-01"}, seen)
	heard, asked = call(g, "several")
	check("again and again, and nothing twice", heard == [json.loads(progress(n)) for n in (1, 2, 3)] + [json.loads(answer())], heard)
	check("after the last event each time", [h.get("Last-Event-ID") for _, _, h in asked] == [None, "1", "2", "2", "a b"], asked)
	heard, asked = call(g, "breaks")
	check("so is one that breaks off, after the last event that was whole", heard == [json.loads(progress(1)), json.loads(progress(2)), json.loads(answer())] and [h.get("Last-Event-ID") for _, _, h in asked] == [None, "1", "1", "4"], (heard, asked))
	heard, asked = call(g, "torn")
	check("an event that was not whole is none; a mark in the middle is no stream to be read", heard and heard[-1].get("error", {}).get("data", {}).get("reason") == "not_examined", heard)
	heard, asked = call(g, "longest")
	check("a name of 256 bytes is followed", heard == [json.loads(answer())], heard)
	one = g.connect()
	statuses = []
	for _ in range(5):
		r = begin(g, "once", connection=one).getresponse()
		statuses.append((r.status, r.read().count(b'"done"')))
	check("a caller's connection serves on", statuses == [(200, 1)] * 5, statuses)


def order(g):
	before = len(Polled.asked)
	long = begin(g, "long")
	check("the stream of one ends", gate.in_time(lambda: len(Polled.asked) > before))
	short = begin(g, "short")
	said = [c.getresponse().read() for c in (short, long)]
	check("who is told to come back later comes later", [(m, n) for m, n, _ in Polled.asked[before:]] == [("POST", "long"), ("POST", "short"), ("GET", "short"), ("GET", "long")], Polled.asked[before:])
	check("both are answered", all(b'"done"' in s for s in said), said)


def ends(g):
	for name, polled, what in (("gone", 1, "a server that knows nothing of it"), ("failing", 1, "a server that fails"), ("whole", 1, "an answer that is no stream"), ("never", 100, "a server that never says anything"),
	                           ("nameless", 0, "a stream without names"), ("empty", 0, "an empty name"), ("too-long", 0, "a name too long"), ("control", 0, "a name with a control character"),
	                           ("broken", 0, "a name with another"), ("foreign", 0, "a name no header can say")):
		heard, asked = call(g, name)
		check(f"{what}: cut, as before", is_cut(heard) and len(asked) == 1 + polled, (heard, len(asked)))
	heard, asked = call(g, "silent")
	check("who does not answer a poll in time did not answer", heard and heard[-1].get("error", {}).get("data", {}).get("reason") == "upstream_timeout" and len(asked) == 2, (heard, asked))
	heard, asked = call(g, "closed")
	check("a kept connection that ends when it is used again: a new one is made", heard == [json.loads(answer())] and len(asked) == 3, (heard, asked))
	heard, asked = call(g, "once", {"mcp-protocol-version": "2025-11-25"})
	check("without a session nothing is asked", is_cut(heard) and len(asked) == 1, (heard, asked))
	modern = {**SESSION, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "once"}
	heard, asked = call(g, "once", modern, _meta={"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}})
	check("nor in the era without sessions", is_cut(heard) and len(asked) == 1, (heard, asked))


def judged(g):
	heard, asked = call(g, "denied")
	check("what comes after a poll is judged with the call", len(heard) == 2 and heard[-1].get("result", {}).get("isError") and "xyzzy" not in json.dumps(heard), heard)
	heard, asked = call(g, "wrong")
	check("an answer nobody asked for is none here either", len(heard) == 1 and heard[-1].get("error", {}).get("data", {}).get("reason") == "not_examined", heard)
	heard, asked = call(g, "twice")
	check("nor a second one", [h.get("id") for h in heard[:3]] == [None, None, 1] and "error" not in heard[2] and len(heard) == 3, heard)


def wait_for(g, name):
	before = len(Polled.asked)
	c = begin(g, name)
	r = c.getresponse()
	check("the stream has begun, and waits", r.status == 200 and r.readline() == b"id: 0\n" and gate.in_time(lambda: len(Polled.asked) > before))
	return c, r


def waits(g):
	"""Who leaves, a reload, a halt: none of them leaves anything behind."""
	before = len(Polled.asked)
	left = [wait_for(g, "waits") for _ in range(3)]
	kept = wait_for(g, "soon")
	for each in [half for one in left for half in one]:
		each.close()
	g.process.send_signal(signal.SIGHUP)
	check("the file is read again", gate.in_time(lambda: "read again" in g.log.read_text()))
	check("who waited through that is answered", b'"done"' in kept[1].read())
	halted = wait_for(g, "waits")
	g.process.send_signal(signal.SIGUSR1)
	try:
		said = halted[1].read()
	except (OSError, http.client.HTTPException) as e:
		said = repr(e).encode()
	check("a halt ends who waits", b"done" not in said, said)
	check("and nobody is let in", gate.in_time(lambda: g.status("x") == 503))
	g.process.send_signal(signal.SIGUSR1)
	check("until it is over", gate.in_time(lambda: is_cut(call(g, "gone")[0])))
	polled = [n for m, n, _ in Polled.asked[before:] if m == "GET"]
	check("nobody asked for what nobody waits for", polled == ["soon", "gone"], polled)


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	server = Server(("127.0.0.1", 0), Polled)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	(WORK / "polling-policy.yaml").write_text(POLICY)
	g = Configured("polling", START + f"upstreams: {{m: {{servers: ['{url(server)}'], timeouts: {{answer: 3s}}}}}}\npolicy: polling-policy.yaml\nroutes:\n  - {{name: tools, dialects: mcp, upstreams: m}}\n")
	for part in (sessions, polls, order, ends, judged, waits):
		part(g)
	check("it ends", g.end() == 0, g.log.read_text()[-600:])
	records = g.records()
	outcomes = [r["outcome"] for r in records]
	posts = sum(method == "POST" for method, _, _ in Polled.asked)
	check("one exchange, one record, however often its server was asked", len(records) - outcomes.count("refused") == posts, (outcomes, posts))
	check("with who left and who was halted", outcomes.count("left") == 3 and outcomes.count("halted") == 1, outcomes)
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
