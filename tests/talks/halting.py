"""The kill switch, timed: a stream, an exchange that waits for a person and new ones, when it is pulled."""

import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

HOW = ("signal", "file", "socket")
POLICY = "policy: halting\nmodels: any\nhosts: any\ntools: any\nfinds: [{name: ask, texts: [please ask]}]\nrules: [{name: ask, finds: ask, measure: hold, in: request}]\n"


class Model(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def log_message(self, *_):
		pass

	def do_POST(self):
		body = json.loads(self.rfile.read(int(self.headers["content-length"])))
		if not body.get("stream"):
			data = json.dumps({"id": "x", "model": "m", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "fine"}}]}).encode()
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
		event = b'data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":"w "},"finish_reason":null}]}\n\n'
		try:
			for _ in range(6000):
				self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
				time.sleep(0.005)
		except OSError:
			self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
	daemon_threads = True

	def handle_error(self, *_):
		pass


class Waiting(threading.Thread):
	"""One exchange; when it ended and how."""

	def __init__(self, gateway, wish, **more):
		super().__init__(daemon=True)
		self.gateway, self.wish, self.more, self.begun, self.ended, self.status, self.bytes = gateway, wish, more, threading.Event(), None, None, b""
		self.start()

	def run(self):
		try:
			r = self.gateway.begin(self.wish, **self.more)
			self.status = r.status
			while part := r.read1(65536):
				self.bytes += part
				self.begun.set()
		except (OSError, http.client.HTTPException) as e:
			self.status = self.status or type(e).__name__
		self.ended = time.monotonic()


class Halting:
	"""A gateway in front of a model that streams without end."""

	def __init__(self, merlon, folder, host="127.0.0.1"):
		self.folder = pathlib.Path(folder)
		self.folder.mkdir(parents=True, exist_ok=True)
		self.model = Server(("127.0.0.1", 0), Model)
		threading.Thread(target=self.model.serve_forever, daemon=True).start()
		with socket.socket() as s:
			s.bind(("127.0.0.1", 0))
			self.port = s.getsockname()[1]
		self.ledger, self.log = self.folder / "ledger", self.folder / "log"
		(self.folder / "policy.yaml").write_text(POLICY)
		(self.folder / "gateway.yaml").write_text(f"listen: [{{address: '127.0.0.1:{self.port}'}}]\nledger: ledger\nworkers: 2\npolicy: policy.yaml\nupstreams: {{m: {{servers: ['http://{host}:{self.model.server_port}']}}}}\nroutes: [{{upstreams: m}}]\n")
		self.process = subprocess.Popen([str(merlon), "gateway", "--config", str(self.folder / "gateway.yaml")], stdout=open(self.log, "w"), stderr=subprocess.STDOUT)
		for _ in range(400):
			try:
				socket.create_connection(("127.0.0.1", self.port), 1).close()
				break
			except OSError:
				time.sleep(0.05)
		self.key = (self.ledger / "key").read_text().strip()
		self.until_it_answers()

	def begin(self, wish, **more):
		c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
		c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "messages": [{"role": "user", "content": wish}], **more}), {"content-type": "application/json", "authorization": "Bearer " + self.key})
		return c.getresponse()

	def status(self, wish="hello"):
		try:
			r = self.begin(wish)
			r.read()
			return r.status
		except (OSError, http.client.HTTPException) as e:
			return type(e).__name__

	def refusal(self):
		"""The status of who comes after the pull; one who came just before it may be cut off instead."""
		for _ in range(20):
			status = self.status()
			if isinstance(status, int):
				break
		return status

	def until_it_answers(self):
		for _ in range(400):
			if self.status() == 200:
				return True
			time.sleep(0.025)
		return False

	def control(self, method, path):
		with socket.socket(socket.AF_UNIX) as s:
			s.settimeout(5)
			s.connect(str(self.ledger / "control"))
			s.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
			got = b""
			while more := s.recv(65536):
				got += more
		return got.split(b"\r\n\r\n", 1)[1].decode()

	def pull(self, how, again=False):
		"""Halts it; `again` lets it go on."""
		if how == "signal":
			self.process.send_signal(signal.SIGUSR1)
		elif how == "socket":
			self.control("POST", "/go-on" if again else "/halt")
		elif again:
			(self.ledger / "halt").unlink()
		else:
			(self.ledger / "halt").touch()

	def under_way(self):
		"""A stream that has begun, and an exchange that waits for a person."""
		stream, held = Waiting(self, "talk", stream=True), Waiting(self, "please ask")
		stream.begun.wait(20)
		for _ in range(400):
			if json.loads(self.control("GET", "/holds"))["holds"]:
				break
			time.sleep(0.01)
		return stream, held

	def once(self, how):
		"""Milliseconds from the pull until the stream was cut, until what was held was, and until a new exchange was let in the last time."""
		stream, held = self.under_way()
		let_in, over = [0.0], threading.Event()

		def try_again_and_again():
			while not over.is_set():
				asked = time.monotonic()
				if self.status() == 200:
					let_in.append(asked)
		trying = threading.Thread(target=try_again_and_again, daemon=True)
		trying.start()
		time.sleep(0.05)
		pulled = time.monotonic()
		self.pull(how)
		stream.join(10)
		held.join(10)
		time.sleep(0.1)
		over.set()
		trying.join(10)
		refused = self.refusal()
		self.pull(how, again=True)
		goes_on = self.until_it_answers()
		return {"stream": (stream.ended - pulled) * 1000, "held": (held.ended - pulled) * 1000, "new": max(0.0, max(let_in) - pulled) * 1000,
		        "whole": stream.bytes.endswith(b"[DONE]\n\n"), "held status": held.status, "refused": refused, "goes on": goes_on}

	def end(self):
		self.process.send_signal(signal.SIGTERM)
		status = self.process.wait(30)
		self.model.shutdown()
		return status
