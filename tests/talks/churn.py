#!/usr/bin/env python3
"""churn.py MERLON FOLDER: everything at once, by chance: callers that leave, models that break off, reloads, halts, persons who agree or do not, and processes that are killed.

Once it is quiet again the accounts have to be even.  SEED chooses what happens, SECONDS how long; by themselves they are short and always the same.
"""

import os
import sys

import http2_upstream           # finds the Python that has h2

import collections
import h2.errors
import h2.events
import h2.exceptions
import http.client
import json
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import door
import faults
import gate
import gateway
import holds
from faults import MERLON, check, is_worker, wish, workers_of
from gate import in_time
from gateway import chunk, free_port

WORK = pathlib.Path(sys.argv[2]).resolve() / "churn"
SEED, SECONDS = int(os.environ.get("SEED", "1")), float(os.environ.get("SECONDS", "6"))
PATIENCE = 30                   # nobody is to wait longer for anything: all that the gateway waits for is over long before
MOST_TOKENS, AT_ONCE, LARGE = 100, 5, 6 << 20
EVENT, LAST = chunk("w w "), chunk("", "stop") + "data: [DONE]\n\n"
POLICY = """
policy: churn
models: any
hosts: any
tools: any
finds: [{name: ask, texts: [please ask]}, {name: private, texts: [whisper]}]
rules:
  - {name: ask, finds: ask, measure: hold, in: request}
  - {name: private, finds: private, measure: hold, in: answer}
"""
WORDS = ["hello"] * 6 + ["stream"] * 6 + ["hello please ask", "stream please ask", "whisper", "whisper in a stream", "cut", "stall", "begin and stall", "busy", "error", "refuse", "broken", "away", "flood", "flood", "large"]


def answer_of(text):
	return {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
	        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}


def events_of(word):
	"""What a stream says, and how long after the one before."""
	if word == "flood":
		return [(chunk("x" * 8000), 0)] * 100 + [(LAST, 0)]
	if word == "whisper":
		return [(chunk("I whis"), 0), (chunk("per"), 0.02), (LAST, 0)]
	return [(EVENT, 0.02)] * 15 + [(LAST, 0)]


# ---- models ----

class Model(gateway.Model):
	"""Of HTTP/1.1."""

	def setup(self):
		super().setup()
		self.server.taken.append(self.connection)

	def do_POST(self):
		body = self.rfile.read(int(self.headers["content-length"]))
		if len(body) < int(self.headers["content-length"]):
			self.close_connection = True
			return
		self.server.seen.append(body)
		asked = json.loads(body)
		word = asked["messages"][-1]["content"].split()[0]
		try:
			self.answer(word, asked)
		except OSError:
			self.close_connection = True

	def answer(self, word, asked):
		if word == "wait":
			self.server.waiting.acquire(timeout=PATIENCE)
		if word == "stall":
			time.sleep(1.5)
		if word in ("stall", "refuse", "away"):
			self.close_connection = True
		elif word == "broken":
			self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")
		elif word in ("busy", "error"):
			self.whole(503 if word == "busy" else 500, {"error": {"message": word}})
		elif word in ("cut", "begin"):
			self.stream([(EVENT, 1.5 if word == "begin" else 0)], end=False)
		elif asked.get("stream"):
			self.stream(events_of(word))
		else:
			self.whole(200, answer_of("I " + word))


class Server(gateway.Server):
	request_queue_size = 256

	def __init__(self):
		super().__init__(("127.0.0.1", 0), Model)
		self.seen, self.taken, self.waiting = [], [], threading.Semaphore(0)
		threading.Thread(target=self.serve_forever, daemon=True).start()

	def end_some(self, chance, all=False):
		"""Connections break off."""
		for s in self.taken[:]:
			if all or chance.random() < 0.5:
				self.taken.remove(s)
				try:
					s.shutdown(socket.SHUT_RDWR)
				except OSError:
					pass


class Connection(http2_upstream.Connection):
	"""Of HTTP/2."""

	def answer(self, id):
		body = bytes(self.bodies[id])
		self.model.bodies.append(body)
		asked = json.loads(body)
		word, now = asked["messages"][-1]["content"].split()[0], time.monotonic()
		if word in ("refuse", "broken"):
			self.h2.reset_stream(id, h2.errors.ErrorCodes.REFUSED_STREAM if word == "refuse" else h2.errors.ErrorCodes.INTERNAL_ERROR)
		elif word == "away":
			self.h2.close_connection(last_stream_id=max(0, id - 2))
			self.running = False
		elif word in ("busy", "error"):
			self.h2.send_headers(id, [(":status", "503" if word == "busy" else "500"), ("content-type", "application/json")])
			self.due.append((now, id, b"{}", True))
		elif word in ("cut", "begin"):
			self.head(id, "text/event-stream")
			self.due += [(now, id, EVENT.encode(), False), (now + (1.5 if word == "begin" else 0.01), id, None, True)]
		elif word == "stall":
			pass
		elif asked.get("stream"):
			self.head(id, "text/event-stream")
			for event, pause in events_of(word):
				self.due.append((now, id, event.encode(), event == LAST))
				now += pause
		else:
			self.head(id, "application/json")
			self.due.append((now, id, json.dumps(answer_of("I " + word)).encode(), True))

	def run(self):
		self.model.alive.append(self)
		try:
			super().run()
		except (KeyError, ValueError):
			pass                    # it was ended in the middle of something
		self.socket.close()
		self.model.alive.remove(self)


class Model2(http2_upstream.Model2):
	def __init__(self):
		self.bodies, self.alive = [], []
		super().__init__(serve=Connection)

	def end_some(self, chance, all=False):
		for c in self.alive[:]:
			c.running = c.running and not all and chance.random() < 0.5


# ---- the gateway ----

class Gateway(gateway.Gateway):
	def __init__(self, plain, http2):
		self.ports, self.models = (free_port(), free_port()), (plain, http2)
		self.port, self.ledger, self.file = self.ports[0], WORK / "ledger", WORK / "gateway.yaml"
		self.keys = {name: subprocess.run([MERLON, "key", "add", name, "--keys", str(WORK / "keys.yaml")], capture_output=True, text=True, check=True).stdout.split()[-1] for name in ("few", "many")}
		self.configure()
		self.begin(MERLON, self.ledger, WORK / "log", ["--config", str(self.file)])
		self.key = self.keys["many"]

	def configure(self, chance=None):
		"""By chance, or as it is at the end."""
		named = ["plain", "http2"]
		if chance:
			chance.shuffle(named)
		timeouts = {"connect": "1s", "answer": "1s", "silence": "1s"}
		circuit = {"failures": chance.choice((3, 1000)) if chance else 1000, "pause": "300ms"}
		routes = [{"upstreams": {named[0]: 3, named[1]: 1}, "fallback": named[1]}] if not chance or chance.random() < 0.7 else [{"upstreams": named[0]}]
		self.file.write_text(json.dumps({
			"listen": [{"address": f"127.0.0.1:{self.ports[0]}"}, {"address": f"127.0.0.1:{self.ports[1]}", "tls": {"certificate": str(door.FOLDER / "rsa.pem"), "key": str(door.FOLDER / "rsa.key")}}],
			"ledger": str(self.ledger), "workers": 2, "memory": "64MiB", "policy": "policy.yaml", "callers": {"keys": "keys.yaml"},
			"holds": {"wait": "1s", "most": 8, "most-of-one": 8},
			"budgets": {"currency": "EUR", "prices": {"*": {"input": 1, "output": 2}}, "limits": [
				{"name": "each", "for": {"caller": "*"}, "window": "none", "tokens": 10 ** 9, "cost": 10 ** 6, "requests": 10 ** 6},
				{"name": "few", "for": {"caller": "few"}, "concurrent": chance.randint(1, 6) if chance else AT_ONCE},
				{"name": "all", "window": "none", "tokens": 10 ** 9, "concurrent": 40}]},
			"upstreams": {"plain": {"servers": [f"http://127.0.0.1:{self.models[0].server_port}"] * 2, "timeouts": timeouts, "circuit": circuit},
			              "patient": {"servers": [f"http://127.0.0.1:{self.models[0].server_port}"]},
			              "http2": {"servers": [f"http://127.0.0.1:{self.models[1].port}"], "protocol": "http2", "timeouts": timeouts, "circuit": circuit}},
			"routes": [{"models": ["waiting"], "upstreams": "patient"}, *routes]}))

	def reload(self, chance=None):
		before = self.said().count("read again")
		self.configure(chance)
		self.process.send_signal(signal.SIGHUP)
		return in_time(lambda: self.said().count("read again") > before)

	def said(self):
		return self.log.read_text()

	def family(self):
		return [self.process.pid, *self.children()]


def descriptors(pid):
	try:
		return len(os.listdir(f"/proc/{pid}/fd"))
	except OSError:
		return 0


def in_use(g):
	"""What is reserved, at once or waits for a person: nothing, when nothing is under way."""
	return {k: v for k, v in g.metrics().items() if k.startswith("merlon_budget_reserved") or ('unit="exchanges"' in k and k.startswith("merlon_budget_used") and v != "0")}, json.loads(gate.control(g, "GET", "/holds")[1])["holds"]


# ---- callers ----

def question(word, stream):
	more = {"user": "x" * LARGE} if word == "large" else {}
	return json.dumps({"model": "m", "max_tokens": MOST_TOKENS, "messages": [{"role": "user", "content": wish(word)}], **({"stream": True} if stream else {}), **more}).encode()


class Http2(door.Caller):
	"""Keeps the names of exchanges, too."""

	def take(self, e):
		super().take(e)
		if isinstance(e, h2.events.ResponseReceived):
			self.streams[e.stream_id].exchange = dict(e.headers).get("merlon-exchange")


class Caller(threading.Thread):
	"""Asks on and on, by chance; keeps what it was told to the end: the exchange, the status and the body."""

	def __init__(self, g, number, until):
		super().__init__(daemon=True)
		self.g, self.chance, self.until, self.told, self.began, self.hung, self.count = g, random.Random(SEED * 1000 + number), until, [], [], [], 0
		self.start()

	def run(self):
		while time.monotonic() < self.until:
			self.g_key = self.g.keys[self.chance.choice(("few", "many"))]
			begun = time.monotonic()
			try:
				self.chance.choice((self.whole, self.leaving, self.http2))()
			except (OSError, http.client.HTTPException, h2.exceptions.ProtocolError) as e:
				if isinstance(e, TimeoutError):
					self.hung.append(repr(e))
			if time.monotonic() - begun > PATIENCE:
				self.hung.append("too long")

	def word(self):
		word = self.chance.choice(WORDS)
		self.count += 1
		return word.split(" in a ")[0], "stream" in word or word in ("cut", "begin and stall", "flood")

	def headers(self):
		return {"content-type": "application/json", "authorization": "Bearer " + self.g_key}

	def whole(self):
		"""Some, one after the other, over one connection."""
		c = self.g.connect(PATIENCE)
		for _ in range(self.chance.randint(1, 4)):
			c.request("POST", "/v1/chat/completions", question(*self.word()), self.headers())
			r = c.getresponse()
			self.began.append(r.headers["merlon-exchange"])
			body = r.read()
			self.told.append((r.headers["merlon-exchange"], r.status, body))
		c.close()

	def leaving(self):
		"""Leaves when it likes, and in the way it likes."""
		body = question(*self.word())
		data = "".join(f"{k}: {v}\r\n" for k, v in {"Host": "a", "Content-Length": len(body), **self.headers()}.items())
		data = f"POST /v1/chat/completions HTTP/1.1\r\n{data}\r\n".encode() + body
		s = self.g.socket(PATIENCE)
		s.sendall(data[:self.chance.choice((50, 300, len(data) // 2, *[len(data)] * 6))])
		s.settimeout(self.chance.choice((0.001, 0.05, 0.3, 1)))
		said = b""
		try:
			for _ in range(self.chance.randint(0, 5)):
				said += s.recv(self.chance.choice((100, 10000)))
		except TimeoutError:
			pass
		if b"Merlon-Exchange: " in said and b"\r\n\r\n" in said:
			self.began.append(said.split(b"Merlon-Exchange: ")[1][:32].decode())
		how = self.chance.choice(("half", "reset", "close"))
		if how == "half":
			s.settimeout(PATIENCE)
			s.shutdown(socket.SHUT_WR)
			while s.recv(65536):
				pass
		if how == "reset":
			s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		s.close()

	def http2(self):
		c = Http2(self.g, self.g.ports[1])
		headers = [(k, "Bearer " + self.g_key if k == "authorization" else v) for k, v in c.headers()]
		ids = [c.send(headers, question(*self.word())) for _ in range(self.chance.randint(1, 5))]
		if self.chance.random() < 0.6:
			for _ in range(self.chance.randint(0, 6)):
				c.read(self.chance.choice((0.001, 0.1)))
			for id in ids[::2]:
				if not (c.streams[id].ended or c.streams[id].reset is not None or c.closed):
					c.h2.reset_stream(id)
			c.flush()
			ids = ids[1::2] if self.chance.random() < 0.7 else []
		begun = time.monotonic()
		done = c.wait(*ids, seconds=PATIENCE)
		if time.monotonic() - begun > PATIENCE - 1:
			self.hung.append("over HTTP/2")
		self.began += [s.exchange for s in c.streams.values() if getattr(s, "exchange", None)]
		self.told += [(s.exchange, s.status, s.body) for s in done if s.ended and getattr(s, "exchange", None)]
		c.close()


# ---- what happens meanwhile ----

class Events:
	def __init__(self, g, chance):
		self.g, self.chance, self.counts, self.killed = g, chance, collections.Counter(), 0

	def reload(self):
		check("a reload comes through", self.g.reload(self.chance))

	def halt(self):
		(self.g.ledger / "halt").touch()
		time.sleep(self.chance.uniform(0.01, 0.2))
		(self.g.ledger / "halt").unlink()

	def kill_worker(self):
		"""Not too often: each that takes the place of one is longer in coming."""
		workers = workers_of(self.g)
		if workers and self.counts["kill_worker"] < 2 + SECONDS / 20:
			os.kill(self.chance.choice(workers), signal.SIGKILL)

	def kill_recorder(self):
		os.kill(faults.recorder_of(self.g), signal.SIGKILL)

	def models_break_off(self):
		self.g.models[self.chance.randint(0, 1)].end_some(self.chance)

	def decide(self):
		for hold in json.loads(gate.control(self.g, "GET", "/holds")[1])["holds"]:
			said = self.chance.choice(("approve", "refuse", ""))
			if said == "approve":
				holds.approve(self.g, hold)
			elif said:
				gate.control(self.g, "POST", "/decisions", holds.text_of(hold, says="refuse"))

	def go(self, until, what):
		while time.monotonic() < until:
			name = self.chance.choice(what)
			try:
				getattr(self, name)()
				self.counts[name] += 1
			except (OSError, ValueError, IndexError, StopIteration):
				pass                    # what it was about to talk to was killed
			time.sleep(self.chance.uniform(0.02, 0.25))


GENTLE = ["decide"] * 4 + ["models_break_off", "halt"]
DEADLY = GENTLE * 2 + ["kill_worker", "kill_recorder"]
WILD = DEADLY + ["reload"] * 3


def churn(g, seconds, what, first, last=()):
	until = time.monotonic() + seconds
	callers = [Caller(g, first + i, until) for i in range(10)]
	events = Events(g, random.Random(SEED + first))
	events.go(until - 0.3, what)
	for name in last:
		check("there are workers", in_time(lambda: workers_of(g)))
		time.sleep(0.2)         # they have something under way
		events.go(time.monotonic() + 0.01, [name])
	for c in callers:
		c.join(2 * PATIENCE)
	check("nobody waits for ever", not any(c.is_alive() or c.hung for c in callers), [c.hung for c in callers])
	print(f"{sum(c.count for c in callers)} questions; {dict(events.counts)}; {len([t for c in callers for t in c.told])} answered to the end")
	return callers


# ---- afterwards ----

def quiet(g):
	"""Nobody asks: nothing is in use."""
	check("nothing stays reserved, under way or held", in_time(lambda: in_use(g) == ({}, [])), in_use(g))
	check("workers of earlier configurations have ended", in_time(lambda: len(workers_of(g)) == 2), workers_of(g))


def all_at_once(g):
	"""As many as may be are under way at once, and no more."""
	g.key = g.keys["few"]
	asking = [holds.Asking(g, wish("wait"), model="waiting") for _ in range(AT_ONCE)]
	full = in_time(lambda: g.metrics().get('merlon_budget_used{budget="few",subject="",unit="exchanges"}') == str(AT_ONCE))
	one_more = g.status(wish("hello"))
	for _ in asking:
		g.models[0].waiting.release()
	statuses = [a.answered()[0] for a in asking]
	check("as many as may be are under way at once", full and statuses == [200] * AT_ONCE, statuses)
	check("and no more", one_more == 429, one_more)
	g.key = g.keys["many"]


def has_room(g):
	"""Nothing of what was held before counts still."""
	statuses = [g.status(wish("hello"), user="x" * LARGE) for _ in range(8)]
	check("there is room for what is large", statuses == [200] * 8, statuses)


def used(record):
	"""What an exchange settles for."""
	return record["tokens"]["input"] + record["tokens"]["output"]


def recorded_by_now(g):
	"""The exchanges that are on record when one more is, which is refused and uses nothing."""
	last = g.ask("", key="nobody's")[0].headers["merlon-exchange"]
	found = set()
	in_time(lambda: found.update(r["id"] for r in g.records()) or last in found)
	return found


def told_as_recorded(callers, records):
	by_id = collections.defaultdict(list)
	for r in records:
		by_id[r["id"]].append(r)
	began = {id for c in callers for id in c.began if id}
	check("what a caller was told the name of is on record once", began and all(len(by_id[id]) == 1 for id in began), (len(began), [id for id in began if len(by_id[id]) != 1][:5]))
	wrong = []
	for id, status, body in (t for c in callers for t in c.told):
		expected = ("stopped" if body.startswith(b"data:") else "refused") if b"merlon_refusal" in body else "answered"
		if [r["outcome"] for r in by_id[id]] != [expected]:
			wrong.append((expected, status, body[-100:], [(r["outcome"], r["why"]) for r in by_id[id]]))
	check("as what it came to", not wrong, wrong[:3])
	check("with outcomes there are", {r["outcome"] for r in records} <= {"answered", "refused", "stopped", "left", "halted", "lost"}, {r["outcome"] for r in records})


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	for folder in (WORK, door.FOLDER):
		folder.mkdir(parents=True, exist_ok=True)
	door.make_authority("authority")
	door.make_certificate("rsa", kind="rsa")
	(WORK / "policy.yaml").write_text(POLICY)
	g = Gateway(Server(), Model2())
	try:
		in_time(lambda: len(workers_of(g)) == 2 and len({descriptors(w) for w in workers_of(g)}) == 1)
		time.sleep(0.5)         # the steward may have been about to start
		family = len(g.family())
		before = {"supervisor": descriptors(g.process.pid), "recorder": descriptors(faults.recorder_of(g)), "worker": min(descriptors(w) for w in workers_of(g))}
		callers = churn(g, SECONDS * 0.4, WILD, 0)
		callers += churn(g, SECONDS * 0.3, DEADLY, 100, last=["kill_recorder"])
		quiet(g)                # the next configuration's accounts are new: before it, nothing of the dead counts still
		check("the last reload comes through", g.reload())
		quiet(g)
		tokens = 'merlon_budget_used{budget="all",subject="",unit="tokens"}'
		first, recorded = int(g.metrics()[tokens]), recorded_by_now(g)
		callers += churn(g, SECONDS * 0.3, GENTLE, 200)
		quiet(g)
		all_at_once(g)
		has_room(g)
		quiet(g)
		last = int(g.metrics()[tokens])
		for m in g.models:
			m.end_some(None, all=True)
		check("as many processes as before", in_time(lambda: len(g.family()) == family), (family, len(g.family())))
		now = lambda: {"supervisor": descriptors(g.process.pid), "recorder": descriptors(faults.recorder_of(g)), "worker": max(descriptors(w) for w in workers_of(g))}
		check("with as many descriptors", in_time(lambda: now() == before), (before, now()))
	finally:
		check("it ends well", g.end() == 0, g.said()[-500:])
	seen = type("Seen", (), {"seen": g.models[0].seen + g.models[1].bodies})
	records = faults.everything_is_on_record("churn", g, seen)
	settled = sum(used(r) for r in records if r["id"] not in recorded)
	check("what was used is what the records say", last - first == settled, (first, last, settled))
	told_as_recorded(callers, records)
	check("nothing broke", "Sanitizer" not in g.said() and "runtime error" not in g.said(), g.said()[-3000:])
	return faults.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
