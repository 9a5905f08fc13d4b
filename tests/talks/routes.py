#!/usr/bin/env python3
"""routes.py MERLON FOLDER: `merlon gateway --config`: mistakes, routes, weights, fallbacks, circuits, reload under load."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import gate
import gateway
from gateway import FOLDER, MERLON, Gateway, Model, Server, check, free_port

WORK = FOLDER.parent / "routes"


class Counting(Model):
	"""Counts what it is asked; `ill` makes it answer so."""

	def do_POST(self):
		self.server.asked += 1
		if self.server.ill:
			self.rfile.read(int(self.headers["content-length"]))
			self.whole(self.server.ill, {"error": {"message": "ill"}})
			return
		super().do_POST()


def serve():
	s = Server(("127.0.0.1", 0), Counting)
	s.asked, s.ill = 0, 0
	threading.Thread(target=s.serve_forever, daemon=True).start()
	return s


def url(server):
	return f"http://127.0.0.1:{server.server_port}"


class Configured(Gateway):
	"""A gateway with a file; `text` holds LISTEN and LEDGER."""

	def __init__(self, name, text):
		self.port, self.ledger, self.file = free_port(), WORK / name, WORK / f"{name}.yaml"
		self.write(text)
		self.begin(MERLON, self.ledger, WORK / f"{name}.log", ["--config", str(self.file)])

	def write(self, text):
		self.file.write_text(text.replace("LISTEN", f"127.0.0.1:{self.port}").replace("LEDGER", self.ledger.name))


START = "listen:\n  - address: LISTEN\nledger: LEDGER\nworkers: 1\n"

MISTAKES = {
	"": "is empty", "listen: x": "listen", "listen: [{address: a:1}]": "no folder", "[]": "no map",
	"upstreams: {}": "upstreams", "colour: red": '"colour"', "routes: [{upstreams: nobody}]": "no upstream of that name",
	"routes: [{upstreams: a, dialects: [klingon]}]": "klingon", "routes: [{upstreams: {a: 0}}]": "weight", "routes: [{upstreams: a, prefix: x/}]": "prefix",
	"routes: [{upstreams: a, unexamined: maybe}]": "deny pass", "routes: [{upstreams: a, request-most: 5kg}]": "size",
	"upstreams: {a: {servers: [ftp://x]}}": "http://", "upstreams: {a: {servers: ['http://u:p@127.0.0.1']}}": "password", "upstreams: {a: {servers: []}}": "servers",
	"upstreams: {a: {servers: ['http://127.0.0.1:1'], timeouts: {connect: soon}}}": "duration",
	"upstreams: {a: {servers: ['http://127.0.0.1:1'], circuit: {failures: 0}}}": "number",
	"upstreams: {a: {servers: ['http://127.0.0.1:1'], tls: {certificate: x}}}": "without the other",
	"upstreams: {a: {servers: ['https://127.0.0.1:1'], tls: {authorities: nowhere.pem}}}": "authorities that cannot be read",
	"upstreams: {a: {servers: ['http://nowhere.invalid:1']}}": "that cannot be looked up",
	"holds: {wait: soon}": "duration", "holds: {wait: 2d}": "a day", "holds: {most: 0}": "number", "holds: {approvers: [somebody]}": "no public key", "holds: {approvers: []}": "no approvers", "holds: {who: me}": "wait most most-of-one approvals approvers",
	"holds: {approvals: 2}": "2 persons", "holds: {approvals: 5}": "number", "holds: {most: 4, most-of-one: 5}": "1 to 4",
	"listen: [{address: '127.0.0.1'}]": "HOST:PORT", "listen: [{address: '127.0.0.1:99999'}]": "HOST:PORT", "listen: [{address: '127.0.0.1:0'}]": "HOST:PORT",
	"listen: [{address: '127.0.0.1:1'}, {address: '127.0.0.1:1'}]": "twice", "listen: [" + ", ".join(f"{{address: '127.0.0.1:{i + 1}'}}" for i in range(65)) + "]": "1 to 64",
	"listen: [{address: 'a:1', tls: {certificate: nowhere.pem, key: x}}]": "nowhere.pem",
	"routes: [{upstreams: a, dialects: [openai]}]": "openai-chat",
	"upstreams: {a: {servers: ['http://127.0.0.1:1'], terms: nowhere.yaml}}": "nowhere.yaml\", which cannot be used", "callers: {keys: nowhere.yaml}": "nowhere.yaml\", which cannot be used",
	"callers: {key: x}": "keys tokens certificates", "callers: {}": "nobody", "callers: {tokens: [{name: a}]}": "issuer",
	"metrics: {}": '"roles"', "metrics: {roles: []}": '"roles"', "metrics: {role: a}": '"role"', "metrics: all": "no map", "metrics: {roles: [monitoring]}": 'no "callers"',
	"budgets: {limits: [{name: a, window: 1d}]}": "limits nothing", "budgets: {limits: [{name: a, for: {route: nowhere}, concurrent: 1}]}": "no route of that name", "budgets: {limits: [{name: a, window: 1y, tokens: 1}]}": "window",
	"budgets: {limits: [{name: a, for: {who: me}, concurrent: 1}]}": "caller team route model", "budgets: {currency: euros, limits: []}": "EUR",
	"workers: 1000": "number", "memory: much": "size", "listen: [{address: 'a:1', tls: {certificate: x}}]": "key for it",
}
WHOLE = {"listen": "listen: [{address: '127.0.0.1:1'}]", "ledger": "ledger: l", "upstreams": "upstreams: {a: {servers: ['http://127.0.0.1:1']}}", "routes": "routes: [{upstreams: a}]"}


def schema_says(file):
	try:
		import jsonschema
		import yaml
	except ImportError:
		return None
	schema = json.loads((pathlib.Path(__file__).parents[2] / "schema" / "gateway.schema.json").read_text())
	return jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(file.read_text()))


def mistakes():
	for text, says in MISTAKES.items():
		parts = dict(WHOLE)
		if text and text != "[]" and text != "listen: x" and "no folder" not in says:
			parts[text.split(":")[0]] = text
		else:
			parts = {"all": text}
		file = WORK / "mistake.yaml"
		file.write_text("\n".join(parts.values()) + "\n")
		r = subprocess.run([MERLON, "gateway", "--config", str(file), "--check"], capture_output=True, text=True)
		check(f"{text!r} is refused, and said where", r.returncode == 64 and "mistake.yaml:" in r.stderr and says in r.stderr, (r.returncode, r.stderr))
		if says not in ("no upstream of that name", "klingon", "a day", "no public key", "twice", "2 persons", "1 to 4", "that cannot be looked up", "authorities that cannot be read", "nowhere.pem", "openai-chat", "nowhere.yaml\", which cannot be used", "no route of that name"):     # no schema can know
			check(f"the schema refuses {text!r} too", schema_says(file) in (None, False), text)
	file.write_text("\n".join(WHOLE.values()) + "\n")
	r = subprocess.run([MERLON, "gateway", "--config", str(file), "--check"], capture_output=True, text=True)
	check("an honest one is explained", r.returncode == 0 and "WITHOUT TLS" in r.stdout and "http://127.0.0.1:1" in r.stdout, r)
	check("the schema takes it too", schema_says(file) in (None, True))
	check("who may come in, and what may be used", "first key" in r.stdout and "no budget" in r.stdout and "no agreement is known" in r.stdout, r.stdout)
	example = pathlib.Path(__file__).resolve().parents[2] / "examples" / "gateway" / "gateway.yaml"
	r = subprocess.run([MERLON, "gateway", "--config", str(example), "--check"], capture_output=True, text=True)
	check("of the example, too", all(x in " ".join(r.stdout.split()) for x in ("1 key", "money a month", "200 EUR", "2000000 tokens", "regions: eu", "nobody may train", "at most 30d")), r.stdout)
	check("which the schema takes", schema_says(example) in (None, True))


def weights():
	a, b, c = serve(), serve(), serve()
	g = Configured("weights", START + f"""
upstreams:
  one: {{servers: [{{url: '{url(a)}', weight: 3}}, '{url(b)}']}}
  two: {{servers: ['{url(c)}']}}
routes:
  - {{name: special, models: [special-*], upstreams: two}}
  - {{name: usual, dialects: [openai-chat], upstreams: {{one: 4, two: 1}}}}
  - {{name: elsewhere, prefix: /two, upstreams: two}}
""")
	statuses = [g.ask("hello")[0].status for _ in range(40)]
	check("weights are kept", statuses == [200] * 40 and (a.asked, b.asked, c.asked) == (24, 8, 8), (a.asked, b.asked, c.asked))
	connection = g.connect()
	body = json.dumps({"model": "special-1", "messages": [{"role": "user", "content": "hi"}]})
	connection.request("POST", "/v1/chat/completions", body, {"authorization": "Bearer " + g.key})
	check("a model has its route", connection.getresponse().status == 200 and c.asked == 9, c.asked)
	connection = g.connect()
	connection.request("POST", "/two/v1/chat/completions", body, {"authorization": "Bearer " + g.key})
	check("a prefix has its route", connection.getresponse().status == 200 and c.asked == 10, c.asked)
	g.end()


def how_it_does(g, server):
	"""So often it failed, and whether it is left alone."""
	return [next(value for name, value in g.metrics().items() if name.startswith(what) and f'server="{server}"' in name) for what in ("merlon_server_failures_total", "merlon_server_left_alone")]


def fallbacks():
	ill, well, dead = serve(), serve(), free_port()
	ill.ill = 503
	g = Configured("fallbacks", START + f"""
upstreams:
  first: {{servers: ['{url(ill)}'], circuit: {{failures: 3, pause: 700ms}}}}
  second: {{servers: ['http://127.0.0.1:{dead}', '{url(well)}']}}
routes:
  - {{upstreams: first, fallback: second}}
""")
	statuses = [g.ask("hello")[0].status for _ in range(12)]
	check("a fallback answers for a server that cannot", statuses == [200] * 12 and well.asked == 12, (statuses, well.asked))
	check("which is left alone after three failures", ill.asked == 3, ill.asked)
	check("as metrics say", how_it_does(g, url(ill)) == ["3", "1"] and how_it_does(g, url(well)) == ["0", "0"], (how_it_does(g, url(ill)), how_it_does(g, url(well))))
	ill.ill = 0
	time.sleep(0.8)
	check("and tried again later", [g.ask("hello")[0].status for _ in range(5)] == [200] * 5 and ill.asked == 8 and well.asked == 12, (ill.asked, well.asked))
	told = [gate.in_time(lambda: g.log.read_text().count(f"upstream first: {url(ill)} {what}") == 1) for what in ("failed 3 times", "answers again")]
	check("metrics say so, and the log has said both once", how_it_does(g, url(ill)) == ["3", "0"] and all(told), (how_it_does(g, url(ill)), g.log.read_text()))
	r, body = g.ask("cut", stream=True)
	check("a stream that was cut is not begun again elsewhere", b"upstream_cut" in body and well.asked == 12, well.asked)
	g.end()


def the_only_one():
	"""Whoever can have a model answer 500 does not shut it for the others; one that is not there is left alone."""
	ill, dead = serve(), f"http://127.0.0.1:{free_port()}"
	circuit = "circuit: {failures: 3, pause: 60s}"
	g = Configured("only", START + f"upstreams: {{a: {{servers: ['{url(ill)}'], {circuit}}}, b: {{servers: ['{dead}'], {circuit}}}}}\nroutes: [{{models: [gone], upstreams: b}}, {{upstreams: a}}]\n")
	ill.ill = 500
	found = [g.status("hello") for _ in range(6)]
	check("a server that answers is asked as long as there is no other", found == [500] * 6 and ill.asked == 6 and how_it_does(g, url(ill)) == ["6", "1"], (found, ill.asked, how_it_does(g, url(ill))))
	ill.ill = 0
	check("and is as before once it works", g.status("hello") == 200 and how_it_does(g, url(ill)) == ["6", "0"], how_it_does(g, url(ill)))
	cut = []
	threads = [threading.Thread(target=lambda: cut.append(b"upstream_cut" in g.ask("cut", stream=True)[1])) for _ in range(6)]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	found = g.status("hello")
	check("nor does whoever can have it break off, many times at once", cut == [True] * 6 and found == 200, (cut, found))
	found = [g.status("hello", model="gone") for _ in range(6)]
	check("one that cannot be reached is left alone", found == [502] * 6 and how_it_does(g, dead) == ["3", "1"], (found, how_it_does(g, dead)))
	g.end()
	g = Configured("besides", START + f"upstreams: {{a: {{servers: ['{url(ill)}'], {circuit}}}, b: {{servers: ['{dead}'], circuit: {{failures: 1000}}}}}}\nroutes: [{{upstreams: a, fallback: b}}]\n")
	ill.ill, before = 500, ill.asked
	check("while it is left alone its fallback is asked", [g.status("hello") for _ in range(4)] == [500] * 4 and ill.asked == before + 4 and how_it_does(g, dead)[0] == "1", (ill.asked - before, how_it_does(g, dead)))
	ill.ill = 0
	found = [g.status("hello") for _ in range(3)]
	check("where that cannot be reached, it is, all the same", found == [200] * 3, found)
	g.end()


def long_addresses():
	"""What is on record of the gateway itself is whole, however long its addresses are."""
	g = Configured("addresses", START + f"upstreams: {{m: {{servers: ['http://127.0.0.1:1/{'a' * 70000}']}}}}\nroutes: [{{upstreams: m}}]\n")
	g.end()
	good, said = g.verify()
	check("an address of 70 KB leaves records that can be read", good and [r["what"] for r in g.records("gateway")] == ["begins", "ends"], said)


def reload_under_load():
	a, b = serve(), serve()
	text = START + "upstreams: {{m: {{servers: ['{}']}}}}\nroutes: [{{upstreams: m}}]\n"
	g = Configured("reload", text.format(url(a)))
	stop, results = threading.Event(), []

	def ask_again_and_again():
		c = g.connect()
		while not stop.is_set():
			try:
				r, body = g.ask("hello", c)
				results.append(r.status)
				if r.headers.get("connection") == "close":
					c = g.connect()
			except OSError as e:
				results.append(repr(e))
				c = g.connect()

	stream = {}

	def one_long_stream():
		r, body = g.ask("slow", stream=True)
		stream["body"] = body

	threads = [threading.Thread(target=ask_again_and_again) for _ in range(4)] + [threading.Thread(target=one_long_stream)]
	for t in threads:
		t.start()
	time.sleep(0.5)
	for i in range(6):
		g.write(text.format(url(b if i % 2 == 0 else a)))
		g.process.send_signal(signal.SIGHUP)
		time.sleep(0.3)
	for mistake in ("listen: nonsense", text.format(url(a)).replace("http:", "https:").replace("servers", "tls: {authorities: nowhere.pem}, servers")):
		g.write(mistake)
		g.process.send_signal(signal.SIGHUP)
		time.sleep(0.3)
	stop.set()
	for t in threads:
		t.join(30)
	lost = [r for r in results if r != 200]
	check("no request is lost over six reloads and two wrong ones", not lost and len(results) > 20, (len(results), lost[:5]))
	check("both configurations served", a.asked > 0 and b.asked > 0, (a.asked, b.asked))
	check("a stream that was under way came to its end", stream.get("body", b"").count(b"data: ") > 50, stream)
	status = g.end()
	check("it ends when told to", status == 0, status)
	notes = [r["what"] for r in g.records("gateway")]
	check("each reload is on record", notes.count("configuration read again") == 6, notes)


def reload_that_fails():
	"""What it had opened before it failed is closed."""
	a = serve()
	g = Configured("failing", START + f"upstreams: {{m: {{servers: ['{url(a)}']}}}}\nroutes: [{{upstreams: m}}]\n")
	opened = lambda: len(os.listdir(f"/proc/{g.process.pid}/fd"))
	check("it answers", g.ask("hello")[0].status == 200)
	before, text, fresh = opened(), g.file.read_text(), free_port()
	with socket.create_server(("127.0.0.1", 0)) as busy:
		g.file.write_text(text.replace("ledger:", f"  - address: 127.0.0.1:{fresh}\n  - address: 127.0.0.1:{busy.getsockname()[1]}\nledger:", 1))
		for i in range(3):
			g.process.send_signal(signal.SIGHUP)
			gate.in_time(lambda: g.log.read_text().count("stays as it was") > i)
	check("of an address that others have it is said", g.log.read_text().count("Address already in use") == 3, g.log.read_text()[-300:])
	check("and nothing stays open", gate.in_time(lambda: opened() == before, 2), (before, opened()))
	with socket.socket() as s:
		check("nor can anybody come that way", s.connect_ex(("127.0.0.1", fresh)) != 0)
	check("it answers as before", g.ask("hello")[0].status == 200)
	g.process.send_signal(signal.SIGHUP)
	check("and takes them once it may", gate.in_time(lambda: "read again" in g.log.read_text()))
	with socket.socket() as s:
		check("then they come that way", s.connect_ex(("127.0.0.1", fresh)) == 0)
	g.end()


def origins():
	"""A page in a browser may call where its origin is named."""
	a = serve()
	g = Configured("origins", START + f"""
upstreams: {{one: {{servers: ['{url(a)}']}}}}
routes:
  - {{name: shut, models: [shut], upstreams: one}}
  - {{name: open, origins: ["https://app.example.org"], upstreams: one}}
  - {{name: any, prefix: /any, origins: "*", upstreams: one}}
""")

	def ask(origin, model="m", path="/v1/chat/completions"):
		c = g.connect()
		headers = {"content-type": "application/json", "authorization": "Bearer " + g.key, **({"origin": origin} if origin is not None else {})}
		c.request("POST", path, json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]}), headers)
		r = c.getresponse()
		body = json.loads(r.read())
		return body["error"]["code"] if "error" in body else r.status

	check("who is no browser sends no origin", ask(None, "shut") == 200)
	check("a page whose origin is named may call", ask("https://app.example.org") == 200)
	check("but not where none is named", ask("https://app.example.org", "shut") == "foreign_origin")
	for origin in ("https://evil.example.org", "http://app.example.org", "https://app.example.org.evil", "https://app.example.org:8443", "null", "", f"http://127.0.0.1:{g.port}"):
		check(f"{origin!r} is foreign", ask(origin) == "foreign_origin")
	check("an asterisk stands for any", ask("https://anybody.example", path="/any/v1/chat/completions") == 200)
	g.end()


class Raw:
	"""A model of sockets alone: `serve` has each connection to itself."""

	def __init__(self, serve):
		self.socket, self.taken = socket.create_server(("127.0.0.1", 0)), []
		self.port = self.socket.getsockname()[1]
		threading.Thread(target=self.accept, args=(serve,), daemon=True).start()

	def accept(self, serve):
		while True:
			self.taken.append(self.socket.accept()[0])
			threading.Thread(target=serve, args=(self.taken[-1],), daemon=True).start()


def in_front_of(name, model):
	"""A gateway before that model alone."""
	return Configured(name, START + f"upstreams: {{a: {{servers: ['http://127.0.0.1:{model.port}']}}}}\nroutes: [{{upstreams: a}}]\n")


def read_request(s):
	"""True when one came whole."""
	data = b""
	while b"\r\n\r\n" not in data:
		got = s.recv(65536)
		if not got:
			return False
		data += got
	head, _, body = data.partition(b"\r\n\r\n")
	left = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) - len(body)
	while left > 0:
		got = s.recv(65536)
		if not got:
			return False
		left -= len(got)
	return True


def answer_at_once(s):
	"""Says what it thinks of the head, keeps the connection, and takes nothing more."""
	s.recv(1000)
	s.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n" + b'{"error": {"message": "not today"}}\n')


def early_answers():
	"""A request that its model did not take stands in nobody else's way."""
	model = Raw(answer_at_once)
	g = in_front_of("early", model)
	long = g.ask("x" * (8 << 20))[0].status
	c = g.connect(10)
	try:
		short = g.ask("hello", c)[0].status
	except OSError as e:
		short = str(e)
	check("behind a request that was answered before it was taken, the next is answered, too", (long, short) == (400, 400), (long, short))
	check("over a connection of its own", len(model.taken) == 2, len(model.taken))
	g.end()


def answer_once(s):
	"""Keeps the connection, but closes it when it is used again."""
	answer = json.dumps({"id": "x", "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "once"}}]}).encode()
	read_request(s)
	s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
	read_request(s)
	s.close()


def kept_connections_that_end():
	"""The answer before is not taken for the one that does not come."""
	model = Raw(answer_once)
	g = in_front_of("once", model)
	answers = []
	for _ in range(4):
		try:
			r, body = g.ask("hello")
			answers.append((r.status, json.loads(body)["choices"][0]["message"]["content"]))
		except (OSError, ValueError, KeyError, http.client.HTTPException) as e:
			answers.append(repr(e))
	check("a kept connection that ends when it is used again: the request goes out once more", answers == [(200, "once")] * 4, answers)
	check("each time on a new one", len(model.taken) == 4, len(model.taken))
	g.end()


def keys_of_models():
	"""That of a model is in the memory of a worker once, however long what it is sent with."""
	model = serve()
	key = WORK / "key-of-model"
	key.write_text("sk-" + "k3y0fM0d3l" * 6)
	key.chmod(0o600)
	g = Configured("keys", START + f"upstreams: {{a: {{servers: ['{url(model)}'], key: {{file: key-of-model}}}}}}\nroutes: [{{upstreams: a}}]\n")
	statuses = []

	def ask_some():
		c = g.connect()
		for size in (10, 3000, 9000, 15000, 20000) * 2:
			c.request("POST", "/v1/chat/completions", g.message("hello"), {"content-type": "application/json", "authorization": "Bearer " + g.key, "user-agent": "u" * size})
			r = c.getresponse()
			r.read()
			statuses.append(r.status)

	callers = [threading.Thread(target=ask_some) for _ in range(8)]
	for c in callers:
		c.start()
	for c in callers:
		c.join()
	found = g.copies(key.read_bytes())
	check("it is asked with its key", statuses == [200] * 80 and {k.lower(): v for k, v in Model.seen[-1].items()}["authorization"] == "Bearer " + key.read_text(), (len(statuses), set(statuses)))
	check("which is left lying nowhere", found == 1, found)
	g.end()


def answer_twice(s):
	"""To every request an answer, and behind it another."""
	answer = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
	while read_request(s):
		s.sendall(answer + answer.replace(b"400 Bad", b"418 Odd"))


def answer_nothing(s):
	"""Calls a stream what has no body."""
	while read_request(s):
		s.sendall(b"HTTP/1.1 204 No Content\r\nContent-Type: text/event-stream\r\n\r\n")


def empty_answers():
	model = Raw(answer_nothing)
	g = in_front_of("empty", model)
	c, got = g.connect(10), []
	for _ in range(2):
		try:
			r, body = g.ask("hello", c, stream=True)
			got.append((r.status, body))
		except (OSError, http.client.HTTPException) as e:
			got.append(str(e))
	check("what has no body gets none, whatever it is called", got == [(204, b"")] * 2, got)
	g.end()


def surplus_answers():
	"""Who answers more than was asked is not asked again over that connection."""
	model = Raw(answer_twice)
	g = in_front_of("surplus", model)
	statuses = [g.ask("hello")[0].status for _ in range(3)]
	check("an answer that nobody asked for goes to nobody", statuses == [400] * 3, statuses)
	check("and its connection is not used again", len(model.taken) == 3, len(model.taken))
	g.end()


class Stalling(Model):
	"""Takes requests, and answers none in time; says the head first where it is asked to."""

	asked = []

	def do_POST(self):
		body = self.rfile.read(int(self.headers["content-length"]))
		Stalling.asked.append(self.path)
		if b"bad gateway" in body:
			self.whole(502, {"error": {"message": "perhaps"}})
			return
		if b"head first" in body:
			self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
			self.wfile.flush()
		time.sleep(3)
		self.close_connection = True


def timeouts():
	"""A server that does not answer in time may be at work all the same."""
	stalling, other = Server(("127.0.0.1", 0), Stalling), Server(("127.0.0.1", 0), Model)
	for s in (stalling, other):
		threading.Thread(target=s.serve_forever, daemon=True).start()
	g = Configured("timeouts", START + f"upstreams: {{a: {{servers: ['{url(stalling)}'], timeouts: {{answer: 1s, silence: 1s}}}}, b: {{servers: ['{url(other)}']}}}}\nroutes: [{{upstreams: a, fallback: b}}]\n")
	messages = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}

	def status_of(path, content):
		c = g.connect()
		c.request("POST", path, json.dumps({**messages, "messages": [{"role": "user", "content": content}]}), {"content-type": "application/json", "authorization": "Bearer " + g.key})
		return c.getresponse().status

	check("what may be asked twice is answered by another", status_of("/v1/chat/completions", "hello") == 200)
	check("what may not is not asked of another", status_of("/v1/messages", "hello") == 504)
	check("nor what was answered in part", status_of("/v1/chat/completions", "head first") == 504)
	check("a 502 tells another to be asked what may be asked twice", status_of("/v1/chat/completions", "bad gateway") == 200)
	check("and nothing else", status_of("/v1/messages", "bad gateway") == 502)
	check("all of it was asked once", len(Stalling.asked) == 5, Stalling.asked)
	g.end()


class Flooding(Model):
	"""Says more than any buffer holds, as fast as it is taken."""

	def do_POST(self):
		if "flood" in json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][-1]["content"]:
			self.stream([(gateway.chunk("x" * 8000), 0)] * 2000 + [(gateway.chunk("", "stop"), 0), ("data: [DONE]\n\n", 0)])
		else:
			self.whole(200, {"id": "x", "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "fine"}}]})


def callers_who_pause():
	"""A server that cannot say more because its caller takes nothing is not called silent."""
	model = Server(("127.0.0.1", 0), Flooding)
	threading.Thread(target=model.serve_forever, daemon=True).start()
	g = Configured("pause", START + f"upstreams: {{a: {{servers: ['{url(model)}'], timeouts: {{silence: 1s}}, circuit: {{failures: 1, pause: 30s}}}}}}\nroutes: [{{upstreams: a}}]\n")
	with g.socket() as s:
		s.sendall(g.request("flood", stream=True))
		time.sleep(3)           # three times what it may be silent
		check("while a caller takes nothing, his server is asked by others", g.status("hello") == 200)
		said = bytearray()
		while not said.endswith(b"\r\n0\r\n\r\n") and (got := s.recv(1 << 20)):
			said += got
	check("and the caller gets the rest when he goes on", said.count(b"x" * 8000) == 2000 and said.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"), (len(said), said[-200:]))
	g.end()


def work_of(g):
	"""Of its workers, so far, in hundredths of a second."""
	return sum(int(n) for child in g.children() for n in pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[11:13])


def silent_handshakes():
	model = Raw(lambda s: None)
	g = Configured("silent", START + f"upstreams: {{a: {{servers: ['https://127.0.0.1:{model.port}'], timeouts: {{connect: 3s}}}}}}\nroutes: [{{upstreams: a}}]\n")
	statuses = []
	caller = threading.Thread(target=lambda: statuses.append(g.ask("hello")[0].status))
	caller.start()
	while not model.taken:
		time.sleep(0.01)
	before = work_of(g)
	time.sleep(1)
	worked = work_of(g) - before
	check("a handshake that is not answered is waited for, not looked for all the time", worked < 30, worked)
	caller.join()
	check("and not for ever", statuses == [502], statuses)
	g.end()


def main():
	import shutil
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	for part in (mistakes, weights, fallbacks, the_only_one, long_addresses, origins, early_answers, empty_answers, surplus_answers, timeouts, callers_who_pause, kept_connections_that_end, silent_handshakes, keys_of_models, reload_under_load, reload_that_fails):
		part()
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
