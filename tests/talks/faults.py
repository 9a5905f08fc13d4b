#!/usr/bin/env python3
"""faults.py MERLON FOLDER: what a gateway does when things go wrong, and that no exchange goes unrecorded.

At the end every request that the model saw is matched with the ledger, by
its salted digest: one record each, whatever was killed, cut or filled.
"""

import functools
import gzip
import hashlib
import http.server
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import gate
from gate import in_time

MERLON, FOLDER = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve() / "faults"
TALLY = gate.Tally()
check = TALLY.check
NUMBERS, NOBODY = iter(range(1 << 30)), 65534


def wish(what):
	"""No two questions are alike, so that each has a digest of its own."""
	return f"{what} {next(NUMBERS)}"


class Server(http.server.ThreadingHTTPServer):
	daemon_threads, request_queue_size = True, 1024

	def __init__(self):
		super().__init__(("127.0.0.1", 0), Model)
		self.seen, self.flooded = [], 0
		threading.Thread(target=self.serve_forever, daemon=True).start()

	def handle_error(self, *_):
		pass


class Model(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def log_message(self, *_):
		pass

	def event(self, text, finish=None):
		data = ("data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}) + "\n\n").encode()
		self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
		return len(data)

	def do_POST(self):
		body = self.rfile.read(int(self.headers["content-length"]))
		self.server.seen.append(body)
		what, *_ = json.loads(body)["messages"][-1]["content"].split(" ")
		try:
			self.answer(what)
		except OSError:
			self.close_connection = True

	def answer(self, what):
		if what not in ("cut", "slow", "flood"):
			data = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "fine"}}]}).encode()
			self.send_response(200)
			self.send_header("content-type", "application/json")
			self.send_header("content-length", str(len(data)))
			self.end_headers()
			self.wfile.write(data)
			return
		self.send_response(200)
		self.send_header("content-type", "text/event-stream")
		self.send_header("transfer-encoding", "chunked")
		self.end_headers()
		if what == "flood":
			for _ in range(4096):
				self.server.flooded += self.event("w" * 16384)
		for _ in range({"cut": 1, "slow": 20}.get(what, 0)):
			self.event("w ")
			time.sleep(0.1)
		if what == "cut":
			self.close_connection = True
			return
		self.event("", "stop")
		self.wfile.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")


def everything_is_on_record(name, gateway, model):
	records = gateway.records()
	salts = (gateway.ledger / "salts").read_bytes()
	salt_of = {salts[at:at + 16].hex(): salts[at + 16:at + 32] for at in range(0, len(salts), 32)}
	digests = {}
	for r in records:
		digests.setdefault(r["request"]["digest"], []).append(r)
	lengths = {}
	for r in records:
		lengths.setdefault(r["request"]["bytes"], []).append(r)
	def found(body):
		return sum(r["request"]["digest"] == hashlib.sha256(salt_of[r["id"]] + body).hexdigest() for r in lengths.get(len(body), []) if r["id"] in salt_of)
	unrecorded = [body for body in model.seen if found(body) != 1]
	check(f"{name}: every request the model saw has its record, and one", model.seen and not unrecorded, (len(model.seen), len(unrecorded), unrecorded[:2]))
	check(f"{name}: no record is there twice", len({r["id"] for r in records}) == len(records), len(records))
	good, said = gateway.verify()
	check(f"{name}: the ledger verifies", good, said)
	return records


def several(gateway, model_wish, count, results, **more):
	"""As many threads as questions; their statuses and bodies."""
	def one():
		try:
			r, body = gateway.ask(wish(model_wish), **more)
			results.append((r.status, body))
		except Exception as e:              # whatever becomes of a caller whose gateway is shot at
			results.append((type(e).__name__, b""))
	threads = [threading.Thread(target=one) for _ in range(count)]
	for t in threads:
		t.start()
	return threads


def recorder_of(g):
	return next(pid for pid in g.children() if not is_worker(pid) and any("ledger.sqlite" in os.readlink(f) for f in pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def is_worker(pid):
	try:
		maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
		holds_ledger = any("ledger.sqlite" in os.readlink(f) for f in pathlib.Path(f"/proc/{pid}/fd").iterdir())
	except OSError:
		return False
	return "under-way." in maps and not holds_ledger


# ---- what is killed ----

def kill_a_worker():
	model = Server()
	g = gate.Gateway(MERLON, FOLDER / "worker", model.server_port, "--workers", "2")
	try:
		for _ in range(50):
			workers = [pid for pid in g.children() if is_worker(pid)]
			if len(workers) == 2:
				break
			time.sleep(0.1)
		check("there are two workers", len(workers) == 2, workers)
		results = []
		threads = several(g, "slow", 40, results, stream=True)
		time.sleep(0.8)
		os.kill(workers[0], signal.SIGKILL)
		time.sleep(0.3)
		others = []
		for t in several(g, "hello", 20, others) + threads:
			t.join(30)
		whole = sum(status == 200 and body.endswith(b"data: [DONE]\n\n") for status, body in results)
		check("streams of the other worker come to their end", 0 < whole < 40, whole)
		check("callers who come after are served", [s for s, _ in others] == [200] * 20, others[:3])
		again = [pid for pid in g.children() if is_worker(pid)]        # long after: the streams took two seconds
		check("a worker is started again", len(again) == 2 and workers[0] not in again, again)
	finally:
		check("it ends well all the same", g.end() == 0)
	records = everything_is_on_record("a worker was killed", g, model)
	lost = [shape(r) for r in records if r["outcome"] == "lost"]
	answered = next(shape(r) for r in records if r["outcome"] == "answered")
	check("what the dead one had under way is on record as lost", len(lost) == 40 - whole, (whole, len(lost)))
	missing = [answered ^ l for l in lost if answered ^ l != {("policy",), ("answer", "digest")}]
	check("in records like the others, but for the answer's digest and what the policy said", not missing, missing[:1])


def workers_of(g):
	return [pid for pid in g.children() if is_worker(pid)]


def kill_workers_and_the_recorder():
	"""Who was about to take the place of a worker that died does not come as well when all are started anew."""
	g = gate.Gateway(MERLON, FOLDER / "both", Server().server_port, "--workers", "2")
	try:
		for died in (2, 4):             # again, for then the next ones are longer in coming
			check("there are two workers", in_time(lambda: len(workers_of(g)) == 2), workers_of(g))
			for worker in workers_of(g):
				os.kill(worker, signal.SIGKILL)
			in_time(lambda: g.log.read_text().count("a worker ended") == died)
		os.kill(recorder_of(g), signal.SIGKILL)
		check("after the recorder was killed, it answers again", in_time(lambda: g.status(wish("hello")) == 200))
		time.sleep(2.5)         # longer than the next ones would have been
		check("and there are two workers still", len(workers_of(g)) == 2, workers_of(g))
	finally:
		check("it ends well after that", g.end() == 0)


def shape(record):
	"""Its members, and what those are made of."""
	return {(name,) for name in record} | {(name, inner) for name, value in record.items() if isinstance(value, dict) and name != "policy" for inner in value}


def cut_the_model():
	model = Server()
	g = gate.Gateway(MERLON, FOLDER / "cut", model.server_port, "--workers", "1")
	try:
		results = []
		for t in several(g, "cut", 30, results, stream=True):
			t.join(30)
		check("a cut stream ends as the dialect ends one, and says so", all(s == 200 and b"upstream_cut" in b for s, b in results), results[:2])
		model.shutdown()
		model.server_close()
		check("a model that is gone is 502", g.status(wish("hello")) == 502)
	finally:
		g.end()
	records = everything_is_on_record("the model was cut", g, model)
	check("and is on record as stopped", sum(r["outcome"] == "stopped" for r in records) == 30, [r["outcome"] for r in records][:5])


# ---- evidence that cannot be kept ----

def on_a_small_disk(part):
	"""With a file system of 64 MiB to itself."""
	@functools.wraps(part)
	def there():
		small = FOLDER / part.__name__
		small.mkdir(parents=True)
		if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(small)], capture_output=True).returncode != 0:
			print("a small disk: a file system of its own cannot be mounted here; skipped")
			return
		try:
			part(small)
		finally:
			subprocess.run(["umount", "-l", str(small)])
	return there


class Configured(gate.Gateway):
	"""With a file, so that it can be reloaded."""
	def __init__(self, folder, model, program=MERLON, **how):
		self.port, file = gate.free_port(), folder / "gateway.yaml"
		file.write_text(json.dumps({"listen": [{"address": f"127.0.0.1:{self.port}"}], "ledger": "ledger", "workers": 1, "upstreams": {"m": {"servers": [f"http://127.0.0.1:{model.server_port}"]}}, "routes": [{"upstreams": "m"}]}))
		self.begin(program, folder / "ledger", folder / "log", ["--config", str(file)], **how)


@on_a_small_disk
def reload_without_room(small):
	"""There is room for the journal of one worker: the next one comes when that has ended."""
	g = Configured(small, Server())
	try:
		slow, = several(g, "slow", 1, [], stream=True)
		time.sleep(0.5)
		g.process.send_signal(signal.SIGHUP)
		check("a worker cannot be started", in_time(lambda: "0 of 1 workers run" in g.log.read_text()), g.log.read_text())
		slow.join()
		check("and is as soon as it can be", g.status(wish("hello")) == 200 and len(workers_of(g)) == 1, g.log.read_text()[-500:])
	finally:
		check("such a gateway ends well", g.end() == 0)


def reload_without_processes():
	"""Who may start no process at a reload does so later, and can be ended meanwhile."""
	if os.geteuid() != 0:
		print("no more processes: only root may be somebody else; skipped")
		return
	folder = pathlib.Path(tempfile.mkdtemp(prefix="merlon-"))       # the folder of this repository may be shut to others
	shutil.chown(folder, NOBODY)
	program = shutil.copy(MERLON, folder)
	try:
		subprocess.run([program, "version"], user=NOBODY, check=True, capture_output=True)
	except OSError:
		print("no more processes: nobody else may run anything here; skipped")
		shutil.rmtree(folder)
		return
	g = Configured(folder, Server(), program, user=NOBODY)
	limit = lambda most: subprocess.run(["prlimit", "--pid", str(g.process.pid), f"--nproc={most}:"], user=NOBODY, check=True)
	before = resource.getrlimit(resource.RLIMIT_NPROC)[0]

	def reload(times):
		limit(1)
		g.process.send_signal(signal.SIGHUP)
		check("no worker can be started", in_time(lambda: g.log.read_text().count("0 of 1 workers run") == times), g.log.read_text())

	reload(1)
	limit(before)
	check("a worker is, once that is possible", g.status(wish("hello")) == 200, g.log.read_text()[-500:])
	check("and who answers operators", in_time(lambda: len(g.children()) == 3), g.children())
	reload(2)
	limit(before)
	check("without workers it ends well", g.end() == 0, g.log.read_text()[-500:])
	shutil.rmtree(folder)


@on_a_small_disk
def fill_the_disk(small):
	model = Server()
	g = gate.Gateway(MERLON, small, model.server_port, "--workers", "1")
	try:
		check("before the disk is full, exchanges go through", g.status(wish("hello")) == 200)
		with open(small / "filler", "wb", buffering=0) as filler:
			try:
				while filler.write(bytes(4096)):
					pass
			except OSError:
				pass
		statuses = []
		for _ in range(3000):
			statuses.append(g.status(wish("hello")))
			if statuses[-1] == 503:
				break
		check("a full disk shuts the gateway", statuses[-1] == 503, statuses[-5:])
		seen = len(model.seen)
		check("and the model hears of nothing more", [g.status(wish("hello")) for _ in range(5)] == [503] * 5 and len(model.seen) == seen)
		(small / "filler").unlink()
		for _ in range(60):
			time.sleep(0.25)
			last = g.status(wish("hello"))
			if last == 200:
				break
		check("with room again it goes on", last == 200, last)
	finally:
		check("a gateway whose disk was full ends well", g.end() == 0, g.log.read_text()[-300:])
	everything_is_on_record("the disk was full", g, model)


def lose_the_ledger():
	model = Server()
	g = gate.Gateway(MERLON, FOLDER / "lost", model.server_port, "--workers", "1")
	try:
		check("before the ledger is lost, exchanges go through", g.status(wish("hello")) == 200)
		time.sleep(0.3)
		shutil.move(g.ledger, FOLDER / "lost" / "elsewhere")
		os.kill(recorder_of(g), signal.SIGKILL)
		threads = several(g, "hello", 5, [])
		try:
			g.process.wait(20)
		except subprocess.TimeoutExpired:
			pass
		for t in threads:
			t.join(30)
		seen, last = len(model.seen), g.status(wish("hello"), timeout=2)
		check("without a ledger nobody is answered", last != 200 and len(model.seen) == seen, (last, seen))
	finally:
		status = g.end()
	log = g.log.read_text()
	check("the gateway says so, and ends", "the ledger is gone" in log and status == 2, (status, log[-300:]))
	check("no other ledger takes its place", not (g.ledger / "ledger.sqlite").exists())
	g.ledger = FOLDER / "lost" / "elsewhere"
	good, said = g.verify()
	check("the ledger that was moved away verifies", good, said)
	left = [f for f in g.ledger.glob("under-way.*") if any(f.read_bytes())]
	check("what was begun at that moment stands in the journal beside it", seen == len(g.records()) or left, (seen, left))


# ---- callers who mean no good ----

def memory(g):
	"""MiB of all its processes."""
	total = 0
	for pid in [g.process.pid, *g.children()]:
		rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
		total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
	return total / 1024


def send_much(g, first, again, most):
	"""How many bytes were taken before the other side ended it, and what it said."""
	with g.socket() as s:
		s.settimeout(5)
		sent, said = 0, b""
		try:
			s.sendall(first)
			while sent < most:
				sent += s.send(again)
		except OSError:
			pass
		try:
			said = s.recv(65536)
		except OSError:
			pass
		return sent, said


def endless_head(g):
	before = memory(g)
	sent, said = send_much(g, b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX: ", b"a" * 65536, 1 << 30)
	check("a header of a gigabyte is cut off early", sent < 32 << 20 and said in (b"",) or said.startswith(b"HTTP/1.1 431"), (sent, said[:60]))
	sent, said = send_much(g, b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n", b"X-Y: a\r\n" * 4096, 1 << 30)
	check("so are endless headers", sent < 32 << 20, sent)
	sent, said = send_much(g, g.head("Transfer-Encoding: chunked") + b"1;a=", b"x" * 65536, 1 << 30)
	check("and an endless chunk extension", sent < 64 << 20, sent)
	sent, said = send_much(g, g.head("Content-Length: 99999999999"), b"x" * 65536, 1 << 30)
	check("a body that is too long is refused by its length", sent < 32 << 20 and (said == b"" or b"413" in said), (sent, said[:60]))
	sent, said = send_much(g, g.head("Transfer-Encoding: chunked"), b"10000\r\n" + b"x" * 65536 + b"\r\n", 1 << 30)
	check("and one in chunks once it is too long", sent < 64 << 20, sent)
	after = memory(g)
	check("and none of them left memory behind", after - before < 64, (before, after))


def tiny_chunks(g):
	body = g.message(wish("hello " + "x" * 1_000_000))
	data = g.head("Transfer-Encoding: chunked", "Connection: close") + b"".join(b"1\r\n%c\r\n" % b for b in body) + b"0\r\n\r\n"
	begun = time.monotonic()
	with g.socket(30) as s:
		s.sendall(data)
		said = s.recv(65536)
	check("a million chunks of one byte are one request", said.startswith(b"HTTP/1.1 200"), said[:80])
	check("read in a time that grows with their number alone", time.monotonic() - begun < 15, time.monotonic() - begun)


def bombs(g):
	packed = gzip.compress(bytes(64 << 20))
	for what, line, status in (("said to be", "Content-Encoding: gzip", b"415"), ("not said to be", "X: y", b"400")):
		with g.socket() as s:
			try:
				s.sendall(g.head(f"Content-Length: {len(packed)}", line) + packed)
			except OSError:
				pass
			said = s.recv(65536)
		check(f"a body that is gzip and {what} is refused unopened", said.split(b" ")[1] == status, said[:80])


def half_closed(g):
	with g.socket() as s:
		s.sendall(g.request(wish("hello")))
		s.shutdown(socket.SHUT_WR)
		s.settimeout(10)
		try:
			said = s.recv(65536)
		except OSError:
			said = b""
	check("a caller who closed his half is answered or left, not kept", said == b"" or said.startswith(b"HTTP/1.1 200"), said[:60])
	for part in (1, 40, 200):
		with g.socket() as s:
			s.sendall(g.request(wish("hello"))[:part])
			s.shutdown(socket.SHUT_WR)
			s.settimeout(10)
			said = s.recv(65536)
		check(f"half a request ({part} bytes) and then nothing is no exchange with the model", said == b"" or said.startswith(b"HTTP/1.1 4"), said[:60])


def pipelined(g, model):
	seen = len(model.seen)
	smuggled = b"GET /v1/files HTTP/1.1\r\nHost: a\r\nX: "
	with g.socket() as s:
		s.settimeout(3)
		s.sendall(b"".join(g.request(wish("hello")) for _ in range(50)) + g.head("Content-Length: 6", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + smuggled + g.request(wish("never")))
		said = b""
		try:
			while more := s.recv(65536):
				said += more
		except OSError:
			pass
	check("of requests one behind the other those before the bad one are answered", said.count(b"HTTP/1.1 200") == 50 and said.count(b"HTTP/1.1 400") == 1, (said.count(b"HTTP/1.1 200"), said[-100:]))
	check("and nothing behind it reaches the model", len(model.seen) == seen + 50 and not any(b"never" in b for b in model.seen[seen:]), len(model.seen) - seen)


def pipelined_without_end(g):
	"""More than is kept for a caller at once waits behind an answer, and comes to its turn all the same."""
	requests = g.request(wish("slow"), stream=True) + b"".join(g.request(wish(f"hello {i} " + "x" * 20000)) for i in range(300))
	said = b""
	with g.socket() as s:
		s.settimeout(10)
		threading.Thread(target=s.sendall, args=(requests,), daemon=True).start()
		try:
			while said.count(b"HTTP/1.1 200") < 301 and (more := s.recv(1 << 20)):
				said += more
		except OSError:
			pass
	check("however many requests stand one behind the other", said.count(b"HTTP/1.1 200") == 301, said.count(b"HTTP/1.1 "))


def body_on_get(g, model):
	"""A model that does not read it would take it for the next request on a connection that serves others."""
	seen, inner = len(model.seen), g.request(wish("never"))
	with g.socket() as s:
		s.sendall(g.head(f"Content-Length: {len(inner)}", method="GET", path="/v1/models") + inner)
		said = s.recv(65536)
	check("a GET with a body is refused", said.startswith(b"HTTP/1.1 400"), said[:60])
	statuses = [g.status(wish("hello")) for _ in range(8)]
	check("and nobody's next answer is another's", statuses == [200] * 8 and len(model.seen) == seen + 8, (statuses, len(model.seen) - seen))


def slow_reader(g, model):
	before = memory(g)
	with g.socket() as s:
		s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
		s.sendall(g.request(wish("flood"), stream=True))
		time.sleep(2)
		first = model.flooded
		check("who does not read slows the model down", first < 24 << 20, first)
		check("and costs little memory", memory(g) - before < 32, (before, memory(g)))
		check("others are served meanwhile", g.status(wish("hello")) == 200)


def slow_writers(g):
	"""Heads that never end are ended; bodies that crawl keep nobody else waiting."""
	heads = [g.socket() for _ in range(200)]
	bodies = [g.socket() for _ in range(200)]
	for s in bodies:
		s.sendall(g.head("Content-Length: 1000") + b"{")
	begun, ended = time.monotonic(), set()
	for s in heads:
		s.setblocking(False)
	while time.monotonic() - begun < 19 and len(ended) < len(heads):
		for s in heads:
			if s in ended:
				continue
			try:
				s.send(b"G" if time.monotonic() - begun < 1 else b"E")
				if s.recv(1000) == b"" or True:
					ended.add(s)
			except BlockingIOError:
				pass
			except OSError:
				ended.add(s)
		time.sleep(0.5)
	check("heads that crawl are ended within 15 seconds", len(ended) == len(heads), len(ended))
	begun = time.monotonic()
	check("bodies that crawl keep nobody waiting", g.status(wish("hello")) == 200 and time.monotonic() - begun < 2, time.monotonic() - begun)
	for s in heads + bodies:
		s.close()


def idle_callers(g):
	waiting = []
	for _ in range(2000):
		s = g.socket()
		waiting.append(s)
	for s in waiting[:1000]:
		s.sendall(g.request(wish("hello")))
	answered = sum(s.recv(65536).startswith(b"HTTP/1.1 200") for s in waiting[:1000])
	check("a thousand callers at once are answered", answered == 1000, answered)
	begun = time.monotonic()
	check("2,000 connections that wait keep nobody waiting", g.status(wish("hello")) == 200 and time.monotonic() - begun < 2, time.monotonic() - begun)
	for s in waiting:
		s.close()


def hostile_callers():
	model = Server()
	g = gate.Gateway(MERLON, FOLDER / "hostile", model.server_port, "--workers", "2")
	slow = threading.Thread(target=slow_writers, args=(g,))
	try:
		time.sleep(1)           # the last of them have started
		before = [pid for pid in g.children()]
		slow.start()
		for part in (lambda: endless_head(g), lambda: tiny_chunks(g), lambda: bombs(g), lambda: half_closed(g), lambda: pipelined(g, model), lambda: pipelined_without_end(g), lambda: body_on_get(g, model), lambda: slow_reader(g, model), lambda: idle_callers(g)):
			part()
		slow.join()
		check("nobody died of it", set(before) <= set(g.children()) and len(g.children()) <= 8, (before, g.children()))     # some may still have been about to start
	finally:
		check("a gateway that met them ends well", g.end() == 0, g.log.read_text()[-500:])
	everything_is_on_record("hostile callers", g, model)


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	for part in (kill_a_worker, kill_workers_and_the_recorder, cut_the_model, reload_without_room, reload_without_processes, fill_the_disk, lose_the_ledger, hostile_callers):
		begun = time.monotonic()
		part()
		if os.environ.get("TIMES"):
			print(f"{part.__name__}: {time.monotonic() - begun:.1f} s")
	return TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
