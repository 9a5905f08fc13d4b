#!/usr/bin/env python3
"""http2_upstream.py MERLON FOLDER: `merlon gateway` in front of a model that speaks HTTP/2; the model's side is Python's h2."""

import os
import sys

try:
	import h2.connection
except ImportError:             # another Python than Debian's comes first on the path
	if sys.executable == "/usr/bin/python3":
		raise
	os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

import h2.config
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import hyperframe.frame
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time

import door
import gateway as talk
from gateway import Model, Server, check, chunk, free_port, texts

talk.FOLDER = FOLDER = pathlib.Path(sys.argv[2]).resolve() / "http2_upstream"
TRUST = {"authorities": str(FOLDER / "model.pem")}
KEY = "sk-" + "k3y0fM0d3l" * 6
Server.request_queue_size = 256
BURST = chunk("x" * 8000).encode()
BURSTS = (50, 0, 1e-6), (12, 1, 1e-6), (100, 2, 0.01)      # so many, from when on, with so many seconds between them
ONCE = "/v1/messages"           # what is asked there is not asked twice
EARLY = 1 << 20                 # what is longer is answered before it has come
WHOLE = {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}


class Connection(threading.Thread):
	"""One connection of the gateway to the model: does what the user's text names, for many streams at once."""
	def __init__(self, model, socket_):
		super().__init__(daemon=True)
		self.model, self.socket, self.bodies, self.heads, self.due, self.early, self.running, self.ends = model, socket_, {}, {}, [], set(), True, float("inf")
		self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))

	def head(self, id, type):
		self.h2.send_headers(id, [(":status", "200"), ("content-type", type)])

	def answer(self, id):
		wish = json.loads(self.bodies[id])["messages"][-1]["content"] if self.bodies[id] else "models"
		self.model.seen.append((self, id, self.heads[id], wish))
		now = time.monotonic()
		first = wish not in self.model.wishes
		self.model.wishes.add(wish)
		if wish == "stream":
			self.head(id, "text/event-stream")
			self.due += [(now + i * 0.01, id, chunk(f"w{i} ").encode(), False) for i in range(20)] + [(now + 0.2, id, (chunk("", "stop") + "data: [DONE]\n\n").encode(), True)]
		elif wish == "cut":
			self.head(id, "text/event-stream")
			self.due += [(now, id, chunk("half an ").encode(), False), (now + 0.1, id, None, True)]
		elif wish == "refused" and first:
			self.h2.reset_stream(id, h2.errors.ErrorCodes.REFUSED_STREAM)
		elif wish == "busy":
			self.h2.reset_stream(id, h2.errors.ErrorCodes.REFUSED_STREAM)
		elif wish == "broken":
			self.h2.reset_stream(id, h2.errors.ErrorCodes.INTERNAL_ERROR)
		elif wish == "away" and first:
			self.h2.close_connection(last_stream_id=max(0, id - 2))
			self.running = False
		elif wish == "gone":
			self.running = False
		elif wish == "gone together":
			self.ends = now + 0.5
		elif wish == "bursts":
			self.head(id, "text/event-stream")
			self.due += [(now + begins + i * pace, id, BURST, False) for count, begins, pace in BURSTS for i in range(count)] + [(now + 4, id, b"data: [DONE]\n\n", True)]
		elif wish == "upper":
			self.h2.config.validate_outbound_headers = self.h2.config.normalize_outbound_headers = False
			self.h2.send_headers(id, [(":status", "200"), ("Content-Type", "application/json")])
			self.due.append((now, id, b"{}", True))
		else:
			text = "x" * 3000000 if wish == "big" else wish.upper()
			self.head(id, "application/json")
			body = {"object": "list", "data": [{"id": "m-1", "object": "model"}]} if wish == "models" else {**WHOLE, "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]}
			if self.heads[id][":path"] == ONCE:
				body = {"id": "x", "type": "message", "role": "assistant", "model": "m-1", "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 2}}
			self.due.append((now, id, json.dumps(body).encode(), True))

	def send_due(self):
		later, stuck = [], set()
		for at, id, data, end in sorted(self.due, key=lambda d: d[0]):
			if at > time.monotonic() or id in stuck:
				later.append((at, id, data, end))
				continue
			try:
				if data is None:
					self.h2.reset_stream(id)
					continue
				while data and (room := min(self.h2.local_flow_control_window(id), self.h2.max_outbound_frame_size)) > 0:
					self.h2.send_data(id, data[:room], end_stream=end and len(data) <= room)
					data = data[room:]
			except h2.exceptions.ProtocolError:
				self.model.left += 1
				stuck.add(id)
				continue
			if data:
				stuck.add(id)
				later.append((at, id, data, end))
		self.due = [d for d in later if d[1] not in stuck or d[2]]

	def take(self, e):
		if isinstance(e, h2.events.RequestReceived):
			self.heads[e.stream_id], self.bodies[e.stream_id] = dict(e.headers), b""
			if int(self.heads[e.stream_id].get("content-length", 0)) > EARLY:
				self.early.add(e.stream_id)
				self.head(e.stream_id, "application/json")
				self.due.append((time.monotonic(), e.stream_id, b"{}", True))
		elif isinstance(e, h2.events.StreamReset):
			self.model.resets.append(e.stream_id)
			if e.stream_id in self.early:
				self.h2.increment_flow_control_window(len(self.bodies[e.stream_id]))
		elif isinstance(e, h2.events.DataReceived):
			self.bodies[e.stream_id] += e.data
			if e.stream_id not in self.early:
				self.h2.acknowledge_received_data(e.flow_controlled_length, e.stream_id)
		elif isinstance(e, h2.events.StreamEnded):
			self.answer(e.stream_id)

	def run(self):
		try:
			self.h2.initiate_connection()
			self.socket.settimeout(0.005)
			while self.running and time.monotonic() < self.ends:
				self.send_due()
				self.socket.sendall(self.h2.data_to_send())
				try:
					data = self.socket.recv(65536)
				except (TimeoutError, ssl.SSLWantReadError):
					continue
				if not data:
					break
				for e in self.h2.receive_data(data):
					self.take(e)
			self.socket.sendall(self.h2.data_to_send())
		except (OSError, h2.exceptions.ProtocolError) as e:
			self.model.errors.append(repr(e))
		self.socket.close()


class Stuck(Connection):
	"""The first one takes any request but reads only the beginning of it, says goodbye, and reads on; or is gone."""
	def run(self):
		if self.model.connections > 1:
			super().run()
			return
		self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
		self.h2.initiate_connection()
		self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: (1 << 31) - 1})
		self.h2.increment_flow_control_window((1 << 31) - 1 - 65535)
		self.socket.sendall(self.h2.data_to_send())
		while not self.heads:
			for e in self.h2.receive_data(self.socket.recv(4096)):
				if isinstance(e, h2.events.RequestReceived):
					self.heads[e.stream_id] = dict(e.headers)
		self.model.may_go_on.wait(20)
		self.socket.settimeout(1)
		try:
			if self.model.last is not None:
				self.socket.sendall(hyperframe.frame.GoAwayFrame(last_stream_id=self.model.last).serialize())
			while self.model.last is not None and self.socket.recv(1 << 20):
				pass
		except OSError:
			pass
		self.socket.close()


class Model2:
	def __init__(self, context=None, serve=Connection):
		self.serve = serve
		self.seen, self.wishes, self.connections, self.errors, self.left, self.resets, self.context = [], set(), 0, [], 0, [], context
		self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
		self.port = self.socket.getsockname()[1]
		threading.Thread(target=self.accept, daemon=True).start()

	def accept(self):
		while True:
			s = self.socket.accept()[0]
			s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			try:
				s = self.context.wrap_socket(s, server_side=True) if self.context else s
			except OSError:
				continue
			if self.context and s.selected_alpn_protocol() != "h2":
				s.close()
				continue
			self.connections += 1
			self.serve(self, s).start()


class Gateway(talk.Gateway):
	def __init__(self, name, url, fallback=None, **upstream):
		self.port = free_port()
		file = FOLDER / f"{name}.yaml"
		self.tls = free_port()
		listen = [{"address": f"127.0.0.1:{self.port}"}, {"address": f"127.0.0.1:{self.tls}", "tls": {"certificate": "model.pem", "key": "model.key"}}]
		file.write_text(json.dumps({"listen": listen, "ledger": str(FOLDER / name), "workers": 1, "upstreams": {"m": {"servers": [url], **upstream}, **({"other": {"servers": [fallback], "tls": TRUST}} if fallback else {})}, "routes": [{"upstreams": "m", **({"fallback": "other"} if fallback else {})}]}))
		self.begin(talk.MERLON, FOLDER / name, FOLDER / f"{name}.log", ["--config", str(file)])


def at_once(g, wishes):
	answers = [None] * len(wishes)

	def one(i):
		r, body = g.ask(wishes[i], stream=wishes[i] == "stream")
		answers[i] = (r.status, body)

	threads = [threading.Thread(target=one, args=(i,)) for i in range(len(wishes))]
	for t in threads:
		t.start()
	for t in threads:
		t.join(20)
	return answers


def honest(g, model):
	r, body = g.ask("hello")
	check("an answer comes through", r.status == 200 and b"HELLO" in body, (r.status, body, model.errors))
	if r.status != 200:
		return
	head = model.seen[-1][2]
	check("the request says where it goes, and no secret of the gateway", head[":authority"].startswith(("localhost", "127.0.0.1")) and head[":path"] == "/v1/chat/completions" and head["authorization"] == "Bearer " + KEY and g.key not in str(head), head)
	answers = at_once(g, ["stream"] * 20 + ["hello"] * 20)
	whole = "".join(f"w{i} " for i in range(20))
	check("many at once come whole", all(a and a[0] == 200 for a in answers) and all(texts(a[1]) == whole for a in answers[:20]), [a and a[0] for a in answers])
	check("over one connection", model.connections == 1, model.connections)
	r, body = g.ask("big")
	check("more than a window comes through", r.status == 200 and len(body) > 3000000, (r.status, len(body)))
	r, body = g.ask("y" * 300000)
	check("a request longer than a window too", r.status == 200 and len(body) > 300000, (r.status, len(body)))


def faults(g, model):
	r, body = g.ask("cut", stream=True)
	check("a stream that is reset ends as the dialect ends one", b"upstream_cut" in body and body.endswith(b"data: [DONE]\n\n"), body[-200:])
	r, body = g.ask("refused")
	check("what was refused is asked again", r.status == 200 and [s[3] for s in model.seen].count("refused") == 2, (r.status, body))
	before = model.connections
	r, body = g.ask("away")
	check("what a GOAWAY leaves out is asked again, elsewhere", r.status == 200 and model.connections == before + 1, (r.status, body, model.connections))
	r, body = g.ask("gone", stream=True)
	check("a connection that breaks off is said so, and nothing is asked twice", r.status == 502 and [s[3] for s in model.seen].count("gone") <= 2, (r.status, body, [s[3] for s in model.seen].count("gone")))
	r, body = g.ask("upper")
	check("an answer that breaks the rules is not passed on", r.status == 502, (r.status, body))
	check("and the next one comes", g.ask("hello")[0].status == 200)
	c = g.connect()
	c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "stream"}]}), {"authorization": "Bearer " + g.key})
	c.getresponse().read(10)
	c.close()
	time.sleep(0.4)
	check("a caller that leaves ends its stream alone", g.ask("hello")[0].status == 200 and model.connections <= before + 4, model.connections)


def not_asked(last):
	"""What has not gone out when a server says goodbye or is gone, or stands beyond what it says it took, was not asked: it may be, elsewhere."""
	model = Model2(serve=Stuck)
	model.may_go_on, model.last, answers = threading.Event(), last, {}
	g = Gateway(f"goodbye-{last}", f"http://localhost:{model.port}", protocol="http2")

	def one(wish):
		r, body = g.ask(wish, path=ONCE, max_tokens=9)
		answers[wish[:2]] = r.status

	threads = [threading.Thread(target=one, args=(wish,)) for wish in ("x" * (12 << 20), *map(str, range(12)))]
	for t in threads:
		t.start()
		time.sleep(1 if t is threads[0] else 0.1)
	model.may_go_on.set()
	for t in threads:
		t.join(20)
	found = [answers.get(wish) for wish in ("xx", *map(str, range(12)))]
	check(f"what was not taken is asked elsewhere, and no more, when {last} is said to be the last", (found[0], found[-1]) == (200 if last == 0 else 502, 200) and (last is None or found[1:] == [200] * 12), found)
	g.end()
	return g.log.read_text()


def early_answers(g, model):
	"""What was answered before all of it was asked is over: nothing is kept for the rest."""
	r, body = g.ask("y" * 2 * EARLY)
	check("an answer that comes before its request was taken goes through", r.status == 200, (r.status, body))
	for _ in range(100):
		if model.resets:
			break
		time.sleep(0.02)
	check("and the rest is called off", len(model.resets) == 1, model.resets)
	check("which leaves the others alone", g.ask("hello")[0].status == 200)


def one_failure(model):
	"""However many streams a connection takes with it when it breaks off, its server failed once."""
	g = Gateway("once", f"http://localhost:{model.port}", protocol="http2", circuit={"failures": 3, "pause": "30s"})
	answers = at_once(g, ["gone together"] * 12)
	r, body = g.ask("hello")
	check("one connection that breaks off does not shut a server", r.status == 200, (r.status, body, [a and a[0] for a in answers]))
	g.end()
	return g.log.read_text()


def streams_that_are_reset(old):
	"""A server that ends every stream of a connection that stands is not asked on and on: another is."""
	logs = ""
	for wish, statuses, asked in (("busy", [200] * 4, 6), ("broken", [502, 502, 502, 200], 3)):
		model = Model2()
		g = Gateway(wish, f"http://localhost:{model.port}", fallback=f"https://localhost:{old.server_port}", protocol="http2", circuit={"failures": 3, "pause": "30s"})
		check("a connection stands", g.ask("hello")[0].status == 200)
		found = [g.ask(wish)[0].status for _ in statuses]
		check(f"streams that a {wish} server resets are answered by another once that is safe", found == statuses, found)
		check("and are not asked again and again before", len(model.seen) == 1 + asked, [s[3] for s in model.seen])
		g.end()
		logs += g.log.read_text()
	return logs


def slow_callers(g):
	"""Takes most of the first burst, so that less than makes it slow is left, lets the second come, and takes the rest while it comes."""
	context = ssl.create_default_context(cafile=FOLDER / "model.pem")
	context.set_alpn_protocols(["h2"])
	c = door.Caller(g, g.tls, context)
	c.h2.increment_flow_control_window(8 << 20)
	c.flush()
	id = c.ask("bursts", stream=True)
	c.held.add(id)
	for window, seconds in ((0, 0.4), (50 * len(BURST) - (1 << 16) - (100 << 10), 0.2), (0, 1), (8 << 20, 8)):
		begun = time.monotonic()
		if window:
			c.h2.increment_flow_control_window(window, id)
			c.flush()
		while time.monotonic() - begun < seconds and not c.streams[id].ended:
			c.read(0.1)
	done = c.streams[id]
	check("a slow caller of HTTP/2 gets all in the end", done.ended and texts(done.body) == "x" * 8000 * sum(count for count, _, _ in BURSTS), (done.ended, len(done.body)))
	c.close()


def callers_that_leave():
	"""A connection that is never made is given up when its time is over, though nobody waits for it any more."""
	silent = socket.create_server(("127.0.0.1", 0))
	g = Gateway("silent", f"https://localhost:{silent.getsockname()[1]}", protocol="http2", tls=TRUST, timeouts={"connect": "1s"})
	c = g.connect()
	c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}), {"authorization": "Bearer " + g.key})
	s = silent.accept()[0]
	time.sleep(0.3)
	c.close()
	s.settimeout(8)
	try:
		while s.recv(65536):
			pass
		ended = True
	except OSError as e:
		ended = isinstance(e, ConnectionResetError)
	check("a handshake that never ends is given up in time", ended)
	g.end()
	return g.log.read_text()


def key_stands_once(g):
	"""In the memory of the one process that asks."""
	found = g.copies(KEY.encode())
	check("no copy of the model's key is left behind", found == 1, found)


def make_certificate():
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "model.key", "-out", "model.pem", "-subj", "/CN=localhost", "-days", "30",
	                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], cwd=FOLDER, check=True, capture_output=True)


def server_context(*protocols):
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(FOLDER / "model.pem", FOLDER / "model.key")
	context.set_alpn_protocols(list(protocols))
	return context


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	make_certificate()
	key = FOLDER / "key-of-model"
	key.write_text(KEY)
	key.chmod(0o600)
	old = Server(("127.0.0.1", 0), Model)
	old.socket = server_context("http/1.1").wrap_socket(old.socket, server_side=True)
	threading.Thread(target=old.serve_forever, daemon=True).start()
	logs = ""
	for name, model, more in (("plain", Model2(), {"protocol": "http2"}), ("tls", Model2(server_context("h2")), {"protocol": "http2", "tls": TRUST}), ("auto", Model2(server_context("h2", "http/1.1")), {"protocol": "auto", "tls": TRUST})):
		g = Gateway(name, f"http{'s' if more.get('tls') else ''}://localhost:{model.port}", key={"file": str(key)}, **more)
		try:
			honest(g, model)
			faults(g, model)
			key_stands_once(g)
		finally:
			check(f"{name} ends when told to", g.end() == 0)
		logs += g.log.read_text()
	model = Model2()
	g = Gateway("slow", f"http://localhost:{model.port}", protocol="http2")
	early_answers(g, model)
	slow_callers(g)
	g.end()
	logs += g.log.read_text()
	logs += not_asked(0) + not_asked(1) + not_asked(None) + one_failure(model) + streams_that_are_reset(old) + callers_that_leave()
	g = Gateway("old", f"https://localhost:{old.server_port}", protocol="auto", tls=TRUST)
	answers = at_once(g, ["hello"] * 10)
	check("a model that speaks HTTP/1.1 alone is asked so", all(a and a[0] == 200 for a in answers), [a and a[:2] for a in answers])
	g.end()
	g = Gateway("strict", f"https://localhost:{old.server_port}", protocol="http2", tls=TRUST)
	check("unless HTTP/2 was demanded", g.ask("hello")[0].status == 502)
	g.end()
	check("nothing broke", "Sanitizer" not in logs and "a worker ended" not in logs, logs[-2000:])
	return talk.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
