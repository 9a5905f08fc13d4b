#!/usr/bin/env python3
"""door.py MERLON FOLDER: callers of `merlon gateway` over TLS and HTTP/2, honest and not; the other side is Python's ssl and h2, and curl."""

import os
import sys

try:
	import h2.connection
except ImportError:             # another Python than Debian's comes first on the path
	if sys.executable == "/usr/bin/python3":
		raise
	os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

import collections
import datetime
import h2.config
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import http.client
import json
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import warnings

import gate
import gateway as talk
from gateway import Model, Server, check, free_port, texts

talk.FOLDER = FOLDER = pathlib.Path(sys.argv[2]).resolve() / "door"
Server.request_queue_size = 256
# For h2 every GOAWAY is the end at once; for RFC 9113 (6.8) streams that have begun go on.
h2.connection.H2ConnectionStateMachine._transitions[h2.connection.ConnectionState.CLIENT_OPEN, h2.connection.ConnectionInputs.RECV_GOAWAY] = (None, h2.connection.ConnectionState.CLIENT_OPEN)
warnings.simplefilter("ignore", DeprecationWarning)     # old versions of TLS are tried on purpose
CALM = h2.errors.ErrorCodes.ENHANCE_YOUR_CALM


# ---- certificates ----

def openssl(*arguments):
	subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=FOLDER)


def when(days=0, seconds=0):
	return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days, seconds=seconds)).strftime("%Y%m%d%H%M%SZ")


def make_authority(name):
	openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "30")
	(FOLDER / f"{name}.index").write_text("")
	(FOLDER / f"{name}.conf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={name}.index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")


def make_certificate(name, authority="authority", kind="ec", begins=None, ends=None):
	options = ["-newkey", "rsa:2048"] if kind == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
	openssl("req", *options, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
	openssl("ca", "-batch", "-config", f"{authority}.conf", "-keyfile", f"{authority}.key", "-cert", f"{authority}.pem", "-in", f"{name}.csr", "-out", f"{name}.pem", "-notext",
	        "-startdate", begins or when(days=-2), "-enddate", ends or when(days=25))
	(FOLDER / f"{name}.key").chmod(0o600)


# ---- the gateway ----

class Gateway(talk.Gateway):
	def __init__(self, upstream, name, listeners):
		self.ports = [free_port() for _ in listeners]
		self.port, self.ledger, self.listeners, self.upstream = self.ports[0], FOLDER / name, listeners, upstream
		self.file = FOLDER / f"{name}.yaml"
		self.write()
		self.begin(talk.MERLON, self.ledger, FOLDER / f"{name}.log", ["--config", str(self.file)])

	def write(self):
		listen = [{"address": f"127.0.0.1:{port}", **({"tls": tls} if tls else {})} for port, tls in zip(self.ports, self.listeners)]
		self.file.write_text(json.dumps({"listen": listen, "ledger": str(self.ledger), "workers": 2, "upstreams": {"m": {"servers": [f"http://127.0.0.1:{self.upstream}"]}}, "routes": [{"upstreams": "m"}]}))

	def said(self):
		return self.log.read_text()

	def reload(self):
		before = self.said().count("read again") + self.said().count("stays as it was")
		self.process.send_signal(signal.SIGHUP)
		for _ in range(200):
			if self.said().count("read again") + self.said().count("stays as it was") > before:
				return
			time.sleep(0.02)

	def family(self):
		return [self.process.pid] + [int(p) for p in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]


def context_with(*names, certificate=None, authority="authority"):
	c = ssl.create_default_context(cafile=FOLDER / f"{authority}.pem")
	if names:
		c.set_alpn_protocols(list(names))
	if certificate:
		c.load_cert_chain(FOLDER / f"{certificate}.pem", FOLDER / f"{certificate}.key")
	return c


def shake(port, context):
	s = socket.create_connection(("127.0.0.1", port), 10)
	s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
	return context.wrap_socket(s, server_hostname="localhost")


def question(wish, **more):
	return json.dumps({"model": "m", "messages": [{"role": "user", "content": wish}], **more}).encode()


def ask_tls(g, port, context, wish="hello"):
	"""Status and body over HTTP/1.1, or the name of what went wrong."""
	c = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
	try:
		c.request("POST", "/v1/chat/completions", question(wish), {"authorization": "Bearer " + g.key})
		r = c.getresponse()
		return r.status, r.read()
	except (OSError, http.client.HTTPException) as e:
		return type(e).__name__, str(e)
	finally:
		c.close()


# ---- a caller of HTTP/2 ----

class Stream:
	def __init__(self):
		self.status, self.body, self.ended, self.reset, self.pieces, self.before = None, b"", False, None, [], []


class Caller:
	def __init__(self, g, port=None, context=None, validate=True):
		self.g, self.goaway, self.closed, self.held, self.clock = g, None, False, set(), 0
		self.socket = shake(port or g.port, context or context_with("h2"))
		self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=validate, normalize_outbound_headers=validate, header_encoding="utf-8"))
		self.h2.initiate_connection()
		self.streams = collections.defaultdict(Stream)
		self.flush()

	def flush(self):
		try:
			self.socket.sendall(self.h2.data_to_send())
		except OSError:
			self.closed = True

	def headers(self, method="POST", path="/v1/chat/completions", more=()):
		return [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path), ("authorization", "Bearer " + self.g.key), *more]

	def send(self, headers, body=b"", end=True):
		id = self.h2.get_next_available_stream_id()
		self.h2.send_headers(id, headers, end_stream=end and not body)
		while body and not self.closed:
			room = min(self.h2.local_flow_control_window(id), self.h2.max_outbound_frame_size)
			self.h2.send_data(id, body[:room], end_stream=end and len(body) <= room)
			body = body[room:]
			if body and not self.h2.local_flow_control_window(id):
				self.flush()
				self.read(1)
		self.flush()
		return id

	def ask(self, wish, **more):
		return self.send(self.headers(), question(wish, **more))

	def take(self, e):
		s = self.streams[getattr(e, "stream_id", 0)]
		self.clock += 1
		if isinstance(e, h2.events.ResponseReceived):
			s.status = int(dict(e.headers)[":status"])
		elif isinstance(e, h2.events.InformationalResponseReceived):
			s.before.append(int(dict(e.headers)[":status"]))
		elif isinstance(e, h2.events.DataReceived):
			s.body += e.data
			s.pieces.append(self.clock)
			if e.stream_id not in self.held and e.flow_controlled_length:
				self.h2.acknowledge_received_data(e.flow_controlled_length, e.stream_id)
		elif isinstance(e, h2.events.StreamEnded):
			s.ended = True
		elif isinstance(e, h2.events.StreamReset):
			s.reset = e.error_code
		elif isinstance(e, h2.events.ConnectionTerminated):
			self.goaway = e

	def read(self, wait=10.0):
		"""False when nothing came, or nothing more will."""
		self.socket.settimeout(wait)
		try:
			data = self.socket.recv(65536)
		except (OSError, ValueError):
			return False
		if not data:
			self.closed = True
			return False
		try:
			for e in self.h2.receive_data(data):
				self.take(e)
		except h2.exceptions.ProtocolError:
			self.closed = True
		self.flush()
		return not self.closed

	def wait(self, *ids, seconds=15):
		until = time.monotonic() + seconds
		while time.monotonic() < until and not all(self.streams[i].ended or self.streams[i].reset is not None for i in ids):
			if not self.read(max(0.01, until - time.monotonic())):
				break
		return [self.streams[i] for i in ids]

	def wait_for_end(self, seconds=5):
		until = time.monotonic() + seconds
		while time.monotonic() < until and self.read(max(0.01, until - time.monotonic())):
			pass
		return self.goaway.error_code if self.goaway else None

	def close(self):
		self.socket.close()


# ---- parts ----

def versions(g):
	status, body = ask_tls(g, g.port, context_with())
	check("HTTP/1.1 over TLS", status == 200 and b"HELLO" in body, body)
	for name, low, high in (("1.2", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)):
		for port, kind in ((g.ports[0], "RSA"), (g.ports[1], "ECDSA")):
			c = context_with("http/1.1", certificate="caller")
			c.minimum_version, c.maximum_version = low, high
			check(f"TLS {name} with {kind}", ask_tls(g, port, c)[0] == 200, ask_tls(g, port, c))
	refused = {}
	c = context_with()
	c.minimum_version, c.maximum_version = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1
	c.set_ciphers("ALL:@SECLEVEL=0")
	refused["TLS 1.1"] = c
	c = context_with()
	c.maximum_version = ssl.TLSVersion.TLSv1_2
	c.set_ciphers("AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256")
	refused["a cipher without forward secrecy, or without authentication"] = c
	refused["another protocol alone"] = context_with("spdy/3")
	for what, c in refused.items():
		check(f"{what} is refused", ask_tls(g, g.port, c)[0] == "SSLError", ask_tls(g, g.port, c))
	check("what is no TLS is cut", not g.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP"))
	with shake(g.port, context_with("h2", "http/1.1")) as s:
		check("HTTP/2 is preferred", s.selected_alpn_protocol() == "h2", s.selected_alpn_protocol())
	got = subprocess.run(["curl", "-sS", "--http2", "--cacert", FOLDER / "authority.pem", "-H", "authorization: Bearer " + g.key, "-w", " %{http_version}", f"https://localhost:{g.port}/v1/models"],
	                     capture_output=True, text=True)
	check("curl is served over HTTP/2", got.stdout.endswith("]} 2"), got)


def callers(g):
	required, optional = g.ports[1], g.ports[2]
	for port, who, certificate, good in ((required, "no certificate", None, False), (required, "a good certificate", "caller", True), (required, "one of other authorities", "stranger", False),
	                                     (required, "one that has expired", "expired", False), (required, "one that is not valid yet", "early", False),
	                                     (optional, "no certificate where none is needed", None, True), (optional, "a good one where none is needed", "caller", True),
	                                     (optional, "a bad one where none is needed", "stranger", False)):
		answer = ask_tls(g, port, context_with(certificate=certificate))
		check(f"{who} {'opens' if good else 'does not open'} the door", (answer[0] == 200) == good, answer)


def keys(g):
	"""Whoever can read a worker's memory does not have the key."""
	secrets = {}
	for name in ("rsa", "ec"):
		text = subprocess.run(["openssl", "pkey", "-in", f"{name}.key", "-noout", "-text"], cwd=FOLDER, capture_output=True, text=True, check=True).stdout
		for field in ("priv:", "privateExponent:", "prime1:", "prime2:"):
			if field in text:
				number = bytes.fromhex("".join(text.split(field)[1].split("\n\n")[0].replace("\n", ":").split(":P")[0].split("pub")[0].split("prime")[0].split("exponent")[0].replace(" ", "").replace(":", "")))
				secrets[f"{name} {field}"] = number.lstrip(b"\0")
		secrets[f"{name} PEM"] = (FOLDER / f"{name}.key").read_bytes().split(b"\n")[2]
	check("there is something to look for", len(secrets) == 6 and min(map(len, secrets.values())) >= 24, {k: len(v) for k, v in secrets.items()})
	holders = {}
	for pid in g.family():
		found = {name for data in gate.memory(pid) for name, s in secrets.items() if s in data or s[::-1] in data}
		if found:
			holders[pid] = found
	check("one process alone has the keys, as numbers", len(holders) == 1 and "ec priv:" in list(holders.values())[0] and "rsa prime1:" in list(holders.values())[0], holders)
	signer = list(holders)[0]
	status = pathlib.Path(f"/proc/{signer}/status").read_text()
	check("and that one is confined", "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status, status)
	os.kill(signer, signal.SIGKILL)
	answers = [ask_tls(g, g.port, context_with())[0] for _ in range(5)]
	check("when it dies another takes its place", answers == [200] * 5 and signer not in g.family() and "another takes its place" in g.said(), answers)


def recorder_that_dies(g):
	"""The next one lets the signer end when its time has come."""
	before = len(g.family())
	os.kill(next(pid for pid in g.family() if talk.role(pid) == "recorder"), signal.SIGKILL)
	answers = []
	while len(answers) < 200 and answers[-1:] != [200]:
		time.sleep(0.05)
		answers.append(ask_tls(g, g.port, context_with())[0])
	g.reload()
	for _ in range(200):
		if len(g.family()) == before:
			break
		time.sleep(0.05)
	check("after the recorder was killed and a reload there are as many processes as before", answers[-1] == 200 and len(g.family()) == before, (answers[-1], before, len(g.family())))


def go_ahead(g):
	c = Caller(g)
	expects = [("expect", "100-continue")]
	id = c.send(c.headers(more=expects), end=False)
	while c.read(1) and not c.streams[id].before:
		pass
	check("who waits with the body is told to go on", c.streams[id].before == [100] and c.streams[id].status is None, c.streams[id].before)
	c.h2.send_data(id, question("hello"), end_stream=True)
	c.flush()
	check("and is answered then", c.wait(id)[0].status == 200 and c.streams[id].before == [100], (c.streams[id].status, c.streams[id].before))
	whole = c.send(c.headers("GET", "/v1/models", expects))
	stranger = c.send([h for h in c.headers(more=expects) if h[0] != "authorization"], end=False)
	done = c.wait(whole, stranger)
	check("but not where nothing more comes, or is wanted", [(s.status, s.before) for s in done] == [(200, []), (401, [])], [(s.status, s.before) for s in done])
	c.close()


def streams(g):
	c = Caller(g)
	ids = [c.ask("stream", stream=True) for _ in range(10)]
	done = c.wait(*ids)
	check("ten streams at once come whole", all(s.status == 200 and texts(s.body) == "".join(f"w{i} " for i in range(20)) and s.ended for s in done), [(s.status, len(s.body)) for s in done])
	check("and side by side", max(s.pieces[0] for s in done) < min(s.pieces[-1] for s in done))
	done = c.wait(*[c.ask(f"again {i}") for i in range(30)])
	check("one connection serves many requests", all(s.status == 200 for s in done), [s.status for s in done])
	id = c.send(c.headers("GET", "/v1/models"))
	check("models are listed", json.loads(c.wait(id)[0].body)["data"][0]["id"] == "m-1")
	id = c.send([h for h in c.headers() if h[0] != "authorization"], question("hello"))
	check("a stranger is refused", c.wait(id)[0].status == 401)
	late, never = [c.send([h for h in c.headers() if h[0] != "authorization"], b"{", end=False) for _ in range(2)]
	c.wait(late, never)
	while c.read(0.3):
		pass
	done = [c.streams[i] for i in (late, never)]
	check("also before his request is whole, and may send on", [(s.status, s.ended, s.reset) for s in done] == [(401, True, None)] * 2, [(s.status, s.ended, s.reset) for s in done])
	c.h2.send_data(late, b"}", end_stream=True)
	c.flush()
	check("for a while", gate.in_time(lambda: (c.read(0.1), c.streams[never].reset == 0)[1]) and c.streams[late].reset is None, (c.streams[late].reset, c.streams[never].reset))
	check("the connection goes on", c.wait(c.ask("hello"))[0].status == 200)
	c.close()
	c = Caller(g)
	c.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 400})
	c.flush()
	slow = c.ask("stream", stream=True)
	c.held.add(slow)
	quick = [c.ask("hello") for _ in range(5)]
	done = c.wait(*quick)
	check("who reads slowly holds up nobody else", all(s.status == 200 and b"HELLO" in s.body for s in done) and not c.streams[slow].ended, [(s.status, s.body) for s in done])
	c.held.clear()
	c.h2.acknowledge_received_data(len(c.streams[slow].body), slow)
	c.h2.increment_flow_control_window(1 << 20, slow)
	c.flush()
	check("and gets the rest when it reads on", texts(c.wait(slow)[0].body) == "".join(f"w{i} " for i in range(20)))
	c.close()
	c = Caller(g)
	id = c.ask("slow", stream=True)
	while not c.streams[id].body:
		c.read()
	c.h2.reset_stream(id)
	c.flush()
	check("a stream that its caller ends leaves the others be", c.wait(c.ask("hello"))[0].status == 200)
	big = c.send(c.headers(), question("x" * 300000))
	check("a long request comes through its window", c.wait(big)[0].status == 200, c.streams[big].body[:100])
	big = c.send(c.headers(), question("x" * 20000000)[:1000000], end=False)
	c.h2.end_stream(big)
	c.flush()
	check("one that is cut is no request", c.wait(big)[0].status == 400)
	c.close()


def strangeness(g):
	base = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/v1/models"), ("authorization", "Bearer " + g.key)]
	cases = {
		"no :authority": [h for h in base if h[0] != ":authority"],
		"no :path": [h for h in base if h[0] != ":path"],
		"an empty :path": [(n, "" if n == ":path" else v) for n, v in base],
		"two :path": base[:4] + [(":path", "/v1/files")] + base[4:],
		"an unknown pseudo-header": base[:4] + [(":x", "y")] + base[4:],
		"a pseudo-header behind others": base[:3] + base[4:] + [base[3]],
		"an upper-case name": base + [("X-Upper", "y")],
		"connection": base + [("connection", "close")],
		"transfer-encoding": base + [("transfer-encoding", "chunked")],
		"upgrade": base + [("upgrade", "websocket")],
		"te": base + [("te", "gzip")],
		"another host": base + [("host", "elsewhere")],
		"two keys": base + [("authorization", "Bearer x")],
		"a line end in a value": base + [("x", "a\r\nb: c")],
		"NUL in a value": base + [("x", "a\0b")],
		"a blank in a name": base + [("x y", "z")],
		"an escaped path": [(n, "/v1/%6dodels" if n == ":path" else v) for n, v in base],
		"a path upwards": [(n, "/v1/x/../models" if n == ":path" else v) for n, v in base],
		"an absolute path": [(n, "https://b/v1/models" if n == ":path" else v) for n, v in base],
		"a length without a body": base + [("content-length", "5")],
		"a length that is none": base + [("content-length", "+0")],
		"CONNECT": [(":method", "CONNECT"), (":authority", "localhost:22"), base[4]],
		"extended CONNECT": [(":method", "CONNECT"), (":protocol", "websocket"), *base[1:]],
	}
	for what, headers in cases.items():
		c = Caller(g, validate=False)
		s = c.wait(c.send(headers), seconds=5)[0]
		check(f"a request with {what} is none", s.status in (400, None) and (s.status or s.reset or c.goaway), (s.status, s.reset, c.goaway))
		c.close()
	c = Caller(g)
	s = c.wait(c.send(base + [("te", "trailers"), ("cookie", "a=b"), ("cookie", "c=d"), ("host", "localhost")]))[0]
	check("what is allowed is", s.status == 200, s.status)
	c.close()


def frame(kind, flags, stream, payload=b""):
	return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def floods(g):
	bystander = Caller(g)
	watched = bystander.ask("stream", stream=True)

	def flood(what, feed, ends=(CALM,)):
		c = Caller(g)
		while not c.h2.data_to_send() and c.streams.get(0) is None and c.read(0.05):
			pass
		begun = time.monotonic()
		try:
			feed(c)
		except (OSError, h2.exceptions.ProtocolError):
			pass
		code = c.wait_for_end()
		check(f"{what} end the connection", (code in ends or (c.closed and code is None)) and time.monotonic() - begun < 6, (code, c.closed))
		c.close()

	def reset(c):
		for _ in range(20):
			for _ in range(50):
				id = c.h2.get_next_available_stream_id()
				c.h2.send_headers(id, c.headers("GET", "/v1/models"), end_stream=False)
				c.h2.reset_stream(id)
			c.flush()

	def raw(data, times):
		return lambda c: [c.socket.sendall(data) for _ in range(times)]

	flood("streams that are opened and reset", reset)
	flood("pings", raw(frame(6, 0, 0, b"x" * 8) * 100, 20))
	flood("settings", raw(frame(4, 0, 0) * 100, 20))
	flood("priorities", raw(frame(2, 0, 1, struct.pack(">IB", 0, 1)) * 100, 20))
	flood("headers without end", lambda c: [c.socket.sendall(frame(1, 0, 1, b"")), raw(frame(9, 0, 1, b"\0\1a" + b"\x7f\x80\x01" + b"a" * 255) * 50, 100)(c)], ends=tuple(h2.errors.ErrorCodes))
	bomb = b"\x40\x01a\x7f\x81\x1e" + b"a" * (127 + 1 + 30 * 128)        # a field of 4 KB into the table, then named in one byte, again and again
	flood("headers that unfold", lambda c: c.socket.sendall(frame(1, 4 | 1, 1, bomb + b"\xbe" * 10000)))
	c = Caller(g)
	s = c.wait(c.send(c.headers(more=[(f"x-{i}", "y" * 1000) for i in range(40)]), question("hello")))[0]
	check("headers longer than are read are refused", s.status == 431, s.status)
	check("and the next request is not", c.wait(c.ask("hello"))[0].status == 200)
	many = [c.ask("stream", stream=True) for _ in range(100)]
	c.read(0.05)
	check("a hundred at once are served", sum(s.status == 200 for s in c.wait(*many)) == 100)
	check("more are not announced", c.h2.remote_settings.max_concurrent_streams == 100, c.h2.remote_settings)
	c.close()
	s = bystander.wait(watched)[0]
	check("who stood beside them noticed nothing", s.status == 200 and s.ended and not bystander.goaway, s.status)
	bystander.close()


def plain(g):
	port, key = g.ports[3], g.key
	g.port, shut = port, g.port
	got = g.raw(f"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
	check("an upgrade is not taken up", got.startswith(b"HTTP/1.1 200"), got[:200])
	with socket.create_connection(("127.0.0.1", port), 5) as s:
		s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: 900000\r\n\r\n")
		for _ in range(9):
			s.sendall(b"x" * 100000)
			time.sleep(0.02)
		s.settimeout(5)
		got = b""
		try:
			while more := s.recv(65536):
				got += more
		except OSError as e:
			got += str(e).encode()
	check("who sends more than is wanted can read why it is not", got.startswith(b"HTTP/1.1 401") and b"reset" not in got, got[:200])
	g.port = shut


def halts(g):
	c = Caller(g)
	ids = [c.ask("slow", stream=True) for _ in range(3)]
	while not all(c.streams[i].body for i in ids):
		c.read()
	begun = time.monotonic()
	(g.ledger / "halt").touch()
	c.wait_for_end()
	check("the kill switch cuts streams of HTTP/2", time.monotonic() - begun < 1 and not any(c.streams[i].ended for i in ids), time.monotonic() - begun)
	(g.ledger / "halt").unlink()
	c.close()
	time.sleep(0.3)


class Load:
	"""Asks on and on over connections that are kept, and counts what did not come back."""
	def __init__(self, g):
		self.g, self.stop, self.answers, self.failures = g, False, 0, []
		self.threads = [threading.Thread(target=work, daemon=True) for work in [self.http1] * 3 + [self.http2] * 3]
		for t in self.threads:
			t.start()

	def http1(self):
		connection = None
		while not self.stop:
			try:
				connection = connection or http.client.HTTPSConnection("localhost", self.g.port, context=context_with("http/1.1", authority="both"), timeout=10)
				connection.request("POST", "/v1/chat/completions", question("hello"), {"authorization": "Bearer " + self.g.key})
				r = connection.getresponse()
				body = r.read()
				if r.status != 200 or b"HELLO" not in body:
					self.failures.append((r.status, body))
				self.answers += 1
				if r.will_close:
					connection.close()
					connection = None
			except (OSError, http.client.HTTPException) as e:
				self.failures.append(("HTTP/1.1", repr(e)))
				connection = None

	def http2(self):
		c = None
		while not self.stop:
			try:
				c = c or Caller(self.g, context=context_with("h2", authority="both"))
				ids = [c.ask("stream" if i == 0 else "hello", stream=i == 0) for i in range(3)]
				for id, s in zip(ids, c.wait(*ids)):
					# What the gateway says it has not seen was not lost: it is asked again.
					if c.goaway and id > c.goaway.last_stream_id:
						continue
					if s.status != 200 or not s.ended:
						self.failures.append(("HTTP/2", s.status, s.reset, c.goaway, c.closed))
					self.answers += 1
				if c.goaway or c.closed:
					c.close()
					c = None
			except (OSError, h2.exceptions.ProtocolError) as e:
				if not (c and c.goaway):
					self.failures.append(("HTTP/2", repr(e)))
				c = None

	def end(self):
		self.stop = True
		for t in self.threads:
			t.join(15)


def served(g, name):
	"""The certificate newcomers see; in a moment, when it is not that name yet."""
	for _ in range(20):
		try:
			with shake(g.port, context_with("h2", authority="both")) as s:
				seen = dict(x[0] for x in s.getpeercert()["subject"])["commonName"]
		except ssl.SSLCertVerificationError as e:
			seen = e.verify_message
		if seen == name:
			break
		time.sleep(0.02)
	return seen


def reloads(g):
	(FOLDER / "both.pem").write_text((FOLDER / "authority.pem").read_text() + (FOLDER / "another.pem").read_text())
	load = Load(g)
	seen = []
	for name in ("fresh", "rsa", "fresh"):
		time.sleep(1)
		g.listeners[0] = {"certificate": f"{name}.pem", "key": f"{name}.key"}
		g.write()
		g.reload()
		seen.append(served(g, name))
	time.sleep(2.5)
	load.end()
	check("nothing is lost while certificates are exchanged", not load.failures and load.answers > 50, (load.answers, load.failures[:5]))
	check("and each comes into use at once", seen == ["fresh", "rsa", "fresh"], seen)
	for name, why in (("expired", "has expired"), ("early", "not valid yet"), ("mixed", "does not belong to the certificate"), ("locked", "without a passphrase")):
		g.listeners[0] = {"certificate": f"{name}.pem", "key": f"{name}.key"}
		g.write()
		g.reload()
		check(f"a certificate that is {name} is not taken, and the old one stays", why in g.said() and served(g, "fresh") == "fresh", g.said()[-400:])
	checked = subprocess.run([talk.MERLON, "gateway", "--config", str(g.file), "--check"], capture_output=True, text=True)
	check("--check says it too", checked.returncode != 0 and "without a passphrase" in checked.stderr, checked)
	g.listeners[0] = {"certificate": "ending.pem", "key": "ending.key"}
	g.write()
	make_certificate("ending", ends=when(seconds=4))
	g.reload()
	served(g, "ending")
	c = Caller(g)
	check("one that ends soon is warned about", "EXPIRES IN 0 DAYS" in g.said(), g.said()[-300:])
	check("and serves until then", c.wait(c.ask("hello"))[0].status == 200)
	time.sleep(4.5)
	check("one that has expired is turned away by callers", ask_tls(g, g.port, context_with())[0] == "SSLCertVerificationError")
	check("who is in stays in", c.wait(c.ask("hello"))[0].status == 200)
	c.close()
	g.listeners[0] = {"certificate": "fresh.pem", "key": "fresh.key"}
	g.write()
	g.reload()
	check("a new one mends it", served(g, "fresh") == "fresh")


def make_certificates():
	for name in ("authority", "another"):
		make_authority(name)
	for name, kind, more in (("rsa", "rsa", {}), ("ec", "ec", {}), ("fresh", "ec", {"authority": "another"}), ("caller", "ec", {}), ("stranger", "rsa", {"authority": "another"}),
	                         ("expired", "ec", {"begins": when(days=-9), "ends": when(days=-1)}), ("early", "ec", {"begins": when(days=1)})):
		make_certificate(name, kind=kind, **more)
	shutil.copy(FOLDER / "rsa.pem", FOLDER / "mixed.pem")
	shutil.copy(FOLDER / "ec.key", FOLDER / "mixed.key")
	shutil.copy(FOLDER / "ec.pem", FOLDER / "locked.pem")
	openssl("pkey", "-in", "ec.key", "-aes256", "-passout", "pass:x", "-out", "locked.key")


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	make_certificates()
	server = Server(("127.0.0.1", 0), Model)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	tls = [{"certificate": f"{name}.pem", "key": f"{name}.key"} for name in ("rsa", "ec", "rsa")]
	tls[1].update({"callers": "authority.pem"})
	tls[2].update({"callers": "authority.pem", "callers-required": "false"})
	g = Gateway(server.server_port, "ledger", [*tls, None])
	try:
		for part in (versions, callers, keys, recorder_that_dies, go_ahead, streams, strangeness, floods, plain, halts, reloads):
			begun = time.monotonic()
			part(g)
			if os.environ.get("V"):
				print(part.__name__, round(time.monotonic() - begun, 1))
	finally:
		status = g.end()
	check("it ends when told to", status == 0, status)
	check("and nothing broke", "Sanitizer" not in g.said() and "a worker ended" not in g.said(), g.said()[-3000:])
	outcomes = collections.Counter(r["outcome"] for r in g.records())
	check("what callers left and what was halted is on record", outcomes["left"] >= 1 and outcomes["halted"] == 3 and outcomes["answered"] > 200, outcomes)
	return talk.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
