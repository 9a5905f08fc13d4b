#!/usr/bin/env python3
"""gateway.py MERLON FOLDER: talks to `merlon gateway` in front of a scripted model, honestly and not."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import gate

MERLON, FOLDER = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve() / "gateway"
TALLY = gate.Tally()
check, free_port = TALLY.check, gate.free_port


def chunk(text, finish=None):
	return "data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}) + "\n\n"


class Server(http.server.ThreadingHTTPServer):
	daemon_threads = True

	def handle_error(self, *_):
		pass


class Model(http.server.BaseHTTPRequestHandler):
	"""Does what the user's text names."""
	protocol_version = "HTTP/1.1"
	seen = []

	def log_message(self, *_):
		pass

	def whole(self, status, body, **headers):
		data = body if isinstance(body, bytes) else json.dumps(body).encode()
		self.send_response(status)
		for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
			self.send_header(name.replace("_", "-"), value)
		self.end_headers()
		self.wfile.write(data)

	def stream(self, parts, end=True, kind="text/event-stream"):
		self.send_response(200)
		self.send_header("content-type", kind)
		self.send_header("transfer-encoding", "chunked")
		self.end_headers()
		for part, pause in parts:
			data = part.encode()
			try:
				self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
				self.wfile.flush()
			except OSError:
				self.close_connection = True
				return
			time.sleep(pause)
		if end:
			self.wfile.write(b"0\r\n\r\n")
		else:
			self.close_connection = True

	def do_GET(self):
		self.whole(200, {"object": "list", "data": [{"id": "m-1", "object": "model"}]})

	def do_POST(self):
		body = json.loads(self.rfile.read(int(self.headers["content-length"])))
		Model.seen.append(dict(self.headers))
		wish = body["messages"][-1]["content"]
		if wish == "stream":
			self.stream([(chunk(f"w{i} "), 0.01) for i in range(20)] + [(chunk("", "stop"), 0), ("data: [DONE]\n\n", 0)])
		elif wish == "torn":      # events cut in the middle of characters and lines
			whole = (chunk("ähm ") + chunk("€", "stop") + "data: [DONE]\n\n").replace("\n", "\r\n").encode()
			self.send_response(200)
			self.send_header("content-type", "text/event-stream; charset=utf-8")
			self.send_header("connection", "close")
			self.end_headers()
			for at in range(0, len(whole), 7):
				self.wfile.write(whole[at:at + 7])
				self.wfile.flush()
			self.close_connection = True
		elif wish == "cut":
			self.stream([(chunk("half an "), 0.05)], end=False)
		elif wish == "garbage":
			self.stream([(chunk("fine "), 0), ("data: {not json\n\n", 0), ("data: [DONE]\n\n", 0)])
		elif wish == "slow":
			self.stream([(chunk("w "), 0.1)] * 100)
		elif wish == "error":
			self.whole(429, {"error": {"message": "slow down", "type": "rate_limit", "code": "rate_limit_exceeded"}}, retry_after="1")
		elif wish == "gzip":
			self.whole(200, b"\x1f\x8b\x08\x00", content_encoding="gzip")
		else:
			self.whole(200, {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1",
			                 "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": wish.upper()}}],
			                 "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})


class Gateway(gate.Gateway):
	def __init__(self, upstream, name, *options):
		self.port = free_port()
		self.begin(MERLON, FOLDER / name, FOLDER / f"{name}.log", self.for_one(upstream, FOLDER / name, *options))


def texts(body):
	return "".join(json.loads(line[6:])["choices"][0]["delta"].get("content", "") for line in body.decode().splitlines() if line.startswith('data: {"id": "x"'))


def honest(g):
	r, body = g.ask("hello")
	check("a plain answer comes through", r.status == 200 and json.loads(body)["choices"][0]["message"]["content"] == "HELLO", body)
	check("the exchange has a name", len(r.headers.get("merlon-exchange", "")) == 32, dict(r.headers))
	check("the gateway's key goes no further", "authorization" not in {k.lower() for k in Model.seen[-1]}, Model.seen[-1])
	r, body = g.ask("stream", stream=True)
	check("a stream comes through whole", texts(body) == "".join(f"w{i} " for i in range(20)) and body.endswith(b"data: [DONE]\n\n"), body[-80:])
	r, body = g.ask("torn", stream=True)
	check("torn events are put together", texts(body.replace(b"\r\n", b"\n")) == "ähm €", body)
	r, body = g.ask("error")
	check("an error of the model is passed on", r.status == 429 and json.loads(body)["error"]["code"] == "rate_limit_exceeded", body)
	c = g.connect()
	answers = [g.ask(f"again {i}", c)[0].status for i in range(20)]
	check("one connection serves many requests", answers == [200] * 20, answers)
	c.request("GET", "/v1/models", headers={"authorization": "Bearer " + g.key})
	r = c.getresponse()
	check("models are listed", r.status == 200 and json.loads(r.read())["data"][0]["id"] == "m-1")


def strangers(g):
	for key in ("", "x", g.key + "x", g.key[:-1], g.key.upper()):
		r, body = g.ask("hello", key=key)
		check(f"key {key[:3]!r}... opens nothing", r.status == 401 and json.loads(body)["error"]["code"] == "invalid_api_key", (r.status, body))
	for method, path in (("POST", "/v1/files"), ("GET", "/v1/chat/completions"), ("POST", "/v1/chat/completions/x"), ("DELETE", "/v1/models/m"), ("POST", "/load_lora_adapter"), ("GET", "/metrics")):
		c = g.connect()
		c.request(method, path, "{}", {"authorization": "Bearer " + g.key})
		check(f"{method} {path} is shut", c.getresponse().status == 404)
	for what, body in (("no JSON", b"{"), ("a key twice", b'{"model":"a","model":"b","messages":[]}'), ("no messages", b'{"model":"a"}'), ("two values", b'{"model":"a","messages":[]}{}'), ("nothing", b"")):
		c = g.connect()
		c.request("POST", "/v1/chat/completions", body, {"authorization": "Bearer " + g.key, "content-type": "application/json"})
		r = c.getresponse()
		check(f"a body with {what} is refused", r.status == 400 and json.loads(r.read())["error"]["code"] == "not_examined", r.status)


def smugglers(g):
	head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {g.key}\r\n".encode()
	bodies = {
		"two lengths": head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
		"length and chunks": head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"another coding": head + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two codings": head + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"blank before the colon": head + b"Content-Length : 2\r\n\r\n{}",
		"a folded line": head + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
		"a bare LF": head + b"X: a\nContent-Length: 2\r\n\r\n{}",
		"a bare CR": head + b"X: a\rY: b\r\nContent-Length: 2\r\n\r\n{}",
		"NUL": head + b"X: a\0b\r\nContent-Length: 2\r\n\r\n{}",
		"a signed length": head + b"Content-Length: +2\r\n\r\n{}",
		"no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
		"two hosts": b"GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"HTTP/1.0": b"GET /v1/models HTTP/1.0\r\nHost: a\r\n\r\n",
		"an absolute target": b"GET http://b/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
		"an escaped path": b"GET /v1/%6dodels HTTP/1.1\r\nHost: a\r\n\r\n",
		"a path upwards": b"GET /v1/models/../files HTTP/1.1\r\nHost: a\r\n\r\n",
		"a long chunk size": head + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n",
		"a header without end": head + b"X: " + b"a" * 70000,
		"HTTP/2 without notice": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"TLS": b"\x16\x03\x01\x02\x00\x01\x00",
	}
	for what, data in bodies.items():
		got = g.raw(data + b"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + g.key.encode() + b"\r\n\r\n", 2)
		statuses = [line.split()[1] for line in got.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
		check(f"a request with {what} ends the connection", statuses in ([b"400"], [b"431"]), got[:200])
	got = g.raw((head + b"Content-Length: 70\r\n\r\n" + json.dumps({"model": "m", "messages": [{"role": "user", "content": "one"}]}).ljust(70).encode()) * 3, 2)
	check("requests one behind the other are answered one by one", got.count(b"HTTP/1.1 200") == 3, got[:300])


def faults(g):
	r, body = g.ask("cut", stream=True)
	check("a stream that the model cut ends as the dialect ends one", b"upstream_cut" in body and body.endswith(b"data: [DONE]\n\n"), body[-300:])
	r, body = g.ask("garbage", stream=True)
	check("an event nobody can read is not passed on", b"not json" not in body and b"not_examined" in body and b"fine" in body, body[-300:])
	r, body = g.ask("gzip")
	check("an encoded answer is not passed on", r.status == 502 and json.loads(body)["error"]["code"] == "upstream_encoded", body)
	c = g.connect()
	c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "slow"}]}), {"authorization": "Bearer " + g.key})
	c.getresponse().read(10)
	c.close()
	time.sleep(0.3)
	(g.ledger / "halt").touch()
	time.sleep(0.3)
	r, body = g.ask("hello")
	check("a halted gateway answers nobody", r.status == 503 and json.loads(body)["error"]["code"] == "halted", body)
	(g.ledger / "halt").unlink()
	time.sleep(0.3)
	check("and goes on when it may", g.ask("hello")[0].status == 200)


def halt_running(g):
	c = g.connect()
	c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "slow"}]}), {"authorization": "Bearer " + g.key})
	r = c.getresponse()
	r.read(10)
	begun = time.monotonic()
	g.process.send_signal(signal.SIGUSR1)
	try:
		while r.read(1000):
			pass
	except (http.client.HTTPException, OSError):
		pass
	took = time.monotonic() - begun
	check("the kill switch cuts what is under way", took < 1, took)
	g.process.send_signal(signal.SIGUSR1)
	time.sleep(0.3)


def kill_worker(g):
	connections = []
	for _ in range(4):
		c = g.connect()
		c.request("POST", "/v1/chat/completions", json.dumps({"model": "lost", "stream": True, "messages": [{"role": "user", "content": "slow"}]}), {"authorization": "Bearer " + g.key})
		c.getresponse().read(10)
		connections.append(c)
	os.kill(g.children()[-1], signal.SIGKILL)       # the recorder is the first, the workers follow
	time.sleep(0.5)


def operators(g):
	"""The socket for operators: probes, metrics, the kill switch."""
	check("the socket is for its owner alone", os.stat(g.ledger / "control").st_mode & 0o777 == 0o600)
	found = g.metrics()
	check("metrics are counted", int(found["merlon_answered_total"]) > 20 and int(found["merlon_nothing_to_examine_total"]) > 0 and found["merlon_workers"] == "2" and found['merlon_exchange_seconds_bucket{le="+Inf"}'] == found["merlon_exchange_seconds_count"], found)
	check("what could not be understood is counted, of either side", int(found["merlon_not_examined_total"]) == 6, found["merlon_not_examined_total"])
	check("and what the model's side failed, which a halt is not", int(found["merlon_failed_total"]) == 3, found["merlon_failed_total"])
	c = g.connect()
	c.request("GET", "/healthz")
	check("a probe needs no key", c.getresponse().read() == b"alive")
	c.request("GET", "/readyz")
	check("and learns that all is well", c.getresponse().read() == b"ready")
	check("what is not there is not there", gate.control(g, "GET", "/halt")[0] == 404 and gate.control(g, "DELETE", "/metrics")[0] == 405)
	begun = time.monotonic()
	check("operators halt it", gate.control(g, "POST", "/halt")[0] == 200)
	try:
		while g.ask("hello")[0].status == 200 and time.monotonic() < begun + 2:
			pass
	except (http.client.HTTPException, OSError):
		pass                    # what is under way at that moment is cut
	check("within moments", time.monotonic() - begun < 0.5, time.monotonic() - begun)
	c = g.connect()
	c.request("GET", "/readyz")
	r = c.getresponse()
	check("and probes say so", r.status == 503 and r.read() == b"halted")
	gate.control(g, "POST", "/go-on")
	time.sleep(0.3)
	check("and let it go on", g.ask("hello")[0].status == 200)
	second = subprocess.run([MERLON, "gateway", "--upstream", "http://127.0.0.1:1", "--listen", f"127.0.0.1:{free_port()}", "--ledger", str(g.ledger)], capture_output=True, text=True, timeout=20)
	check("a second gateway is kept out of this ledger", second.returncode == 2 and "another gateway" in second.stderr, second.stderr)


def role(pid):
	try:
		return "recorder" if any("ledger.sqlite" in os.readlink(f) for f in pathlib.Path(f"/proc/{pid}/fd").iterdir()) else "worker"
	except OSError:
		return ""


def kill_recorder(g):
	"""What was under way is on record once, whoever is killed; and the gateway goes on."""
	connections = []
	for _ in range(3):
		c = g.connect()
		c.request("POST", "/v1/chat/completions", json.dumps({"model": "cut-down", "stream": True, "messages": [{"role": "user", "content": "slow"}]}), {"authorization": "Bearer " + g.key})
		c.getresponse().read(10)
		connections.append(c)
	for pid in g.children():
		if role(pid) == "recorder":
			os.kill(pid, signal.SIGKILL)
	for _ in range(100):
		time.sleep(0.1)
		try:
			if g.ask("hello")[0].status == 200:
				break
		except OSError:
			pass
	else:
		check("a gateway whose recorder was killed goes on", False)


def kill_all(upstream):
	"""Everything is killed at once; the next start puts on record what was under way."""
	g = Gateway(upstream, "killed", "--workers", "2")
	answered = sum(g.ask("hello")[0].status == 200 for _ in range(50))
	connections = []
	for _ in range(5):
		c = g.connect()
		c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "slow"}]}), {"authorization": "Bearer " + g.key})
		c.getresponse().read(10)
		connections.append(c)
	for pid in [*g.children(), g.process.pid]:
		with contextlib.suppress(ProcessLookupError):   # some end with others
			os.kill(pid, signal.SIGKILL)
	g.process.wait()
	check("journals are left", len(list(g.ledger.glob("under-way.*"))) == 2)
	salts, cut = g.ledger / "salts", g.ledger / "under-way.0"
	salts.write_bytes(salts.read_bytes() + b"half a line")
	cut.write_bytes(b"half a journal")
	g = Gateway(upstream, "killed", "--workers", "2")
	g.end()
	records = g.records()
	check("a journal that is cut is said to be", f"{cut}: cannot be read" in g.log.read_text(), g.log.read_text())
	cut.unlink()
	kept = salts.read_bytes()
	check("behind a salt that is cut the next are found", {kept[at:at + 16].hex() for at in range(0, len(kept), 32)} >= {r["id"] for r in records}, len(kept))
	outcomes = [r["outcome"] for r in records]
	check("every exchange is on record once", len({r["id"] for r in records}) == len(records) and outcomes.count("answered") + outcomes.count("lost") == answered + 5 and outcomes.count("lost") >= 5, outcomes)
	check("and no journal is left", not list(g.ledger.glob("under-way.*")))


def told_twice(upstream):
	"""A journal that still holds what is on record, as one whose recorder was killed between the two, adds nothing."""
	g = Gateway(upstream, "twice", "--workers", "1")
	recorder = g.children()[0]
	os.kill(recorder, signal.SIGSTOP)
	answered = sum(g.ask("hello")[0].status == 200 for _ in range(20))
	journal = next(g.ledger.glob("under-way.*"))
	held = journal.read_bytes()
	os.kill(recorder, signal.SIGCONT)
	g.end()
	before = {r["id"] for r in g.records()}
	check("the journal held what is on record now", answered == 20 and len(before) >= 20 and held.count(b'"outcome":"answered"') >= 20, (answered, len(before), held.count(b'"outcome"')))
	journal.write_bytes(held)
	g = Gateway(upstream, "twice", "--workers", "1")
	g.end()
	after = [r["id"] for r in g.records()]
	check("what stands in both is on record once", sorted(after) == sorted(before) and not list(g.ledger.glob("under-way.*")), (len(before), len(after)))


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	server = Server(("127.0.0.1", 0), Model)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	g = Gateway(server.server_port, "ledger", "--workers", "2")
	try:
		mode = os.stat(g.ledger / "key").st_mode & 0o777
		check("the first key is for its owner alone", mode == 0o600, oct(mode))
		for part in (honest, strangers, smugglers, faults, halt_running, operators, kill_worker):
			part(g)
		kill_recorder(g)
		kill_all(server.server_port)
		told_twice(server.server_port)
	finally:
		status = g.end()
	check("it ends when told to", status == 0, status)
	records = g.records()
	outcomes = {o: sum(r["outcome"] == o for r in records) for o in {r["outcome"] for r in records}}
	check("answered exchanges are on record", outcomes.get("answered", 0) >= 31, outcomes)
	check("cut ones too", outcomes.get("stopped", 0) == 2 and outcomes.get("left", 0) >= 1 and outcomes.get("halted", 0) == 1, outcomes)
	check("and those of a worker that was killed", outcomes.get("lost", 0) + outcomes.get("left", 0) >= 2, outcomes)
	first = records[0]
	check("a record says who, what and how", first["caller"] == "first" and first["answer"]["model"] == "m-1" and first["tokens"] == {"input": 3, "output": 2, "reported": True} and first["answer"]["examined"] == "whole", first)
	streamed = [r["tokens"] for r in records if r["request"]["stream"] and r["outcome"] == "answered" and r["answer"]["text-bytes"] > 60]
	check("where the model counts no tokens, what passed through does", streamed and all(t == {"input": 2, "output": 18, "reported": False} for t in streamed), streamed)
	listed = [r for r in records if r["route"] == "GET /v1/models" and r["outcome"] == "answered"]
	check("a request without a body is not called unexamined", listed and all(r["request"]["examined"] == "nothing" and r["answer"]["examined"] == "not" for r in listed), listed[:1])
	check("one that was refused before it was read is", {r["request"]["examined"] for r in records if r["outcome"] == "refused" and r["request"]["bytes"] == 0} <= {"not"})
	check("and nothing of the content", not any("HELLO" in json.dumps(r) or "hello" in json.dumps(r) for r in records))
	check("and those that were cut when the recorder was killed", [r["outcome"] for r in records if r["request"]["model"] == "cut-down"] == ["lost"] * 3, outcomes)
	check("each once", len({r["id"] for r in records}) == len(records))
	check("the gateway's own doings are on record", [r["what"] for r in g.records("gateway")] == ["begins", *["halted", "let go on"] * 3, "a worker ended", "the recorder ended", "ends"], g.records("gateway"))
	version = subprocess.run([MERLON, "--version"], capture_output=True, text=True).stdout.split()[-1]
	check("and by which version", {r.get("version") for r in g.records("gateway")} == {version}, g.records("gateway")[0])
	for address in ("127.0.0.1", "127.0.0.1:0", "127.0.0.1:http"):
		r = subprocess.run([MERLON, "gateway", "--upstream", "http://127.0.0.1:1", "--listen", address, "--ledger", str(FOLDER / "none")], capture_output=True, text=True, timeout=20)
		check(f"{address} is no address to listen on", r.returncode == 64 and "HOST:PORT" in r.stderr, (r.returncode, r.stderr))
	check("the ledger verifies", *g.verify())
	return TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
