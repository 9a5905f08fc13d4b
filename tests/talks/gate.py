"""A gateway under test: started, spoken to, ended, and its ledger read."""

import http.client
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import time


def free_port():
	with socket.socket() as s:
		s.bind(("127.0.0.1", 0))
		return s.getsockname()[1]


def records(merlon, ledger, export, kind="exchange"):
	"""The bodies of all records of a kind, in their order."""
	shutil.rmtree(export, ignore_errors=True)
	subprocess.run([merlon, "ledger", "export", str(ledger), str(export)], check=True, capture_output=True)
	found = []
	for file in sorted((export / "tile" / "entries").rglob("*")):
		data = file.read_bytes() if file.is_file() else b""
		while data:
			size = int.from_bytes(data[:2], "big")
			record = json.loads(data[2:2 + size])
			data = data[2 + size:]
			if record["kind"] == kind:
				found.append(record["body"])
	return found


def memory(pid, mode="rw"):
	"""What a process may write to (or of another mode), region by region, as far as it can be read."""
	with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as regions:
		for line in maps:
			begin, end = (int(x, 16) for x in line.split()[0].split("-"))
			if mode not in line.split()[1] or end - begin > 1 << 27:
				continue
			try:
				regions.seek(begin)
				yield regions.read(end - begin)
			except (OSError, ValueError, OverflowError):
				continue


def in_time(holds, seconds=20):
	"""Waits for it; says whether it came."""
	for _ in range(int(seconds * 40)):
		if holds():
			return True
		time.sleep(0.025)
	return holds()


def control(g, method, path, body=b""):
	"""The socket for operators, without the program: its status and what it says."""
	with socket.socket(socket.AF_UNIX) as s:
		s.settimeout(5)
		s.connect(str(g.ledger / "control"))
		s.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
		got = b""
		while more := s.recv(65536):
			got += more
	return int(got.split()[1]), got.split(b"\r\n\r\n", 1)[1].decode()


class Tally:
	"""Counts what held and what did not, and says so at the end as every test here does."""

	def __init__(self):
		self.passed = self.failed = 0

	def check(self, what, good, seen=""):
		if good:
			self.passed += 1
		else:
			self.failed += 1
			print(f"FAIL {what}: {seen!r}"[:600], flush=True)
		return good

	def end(self):
		print(f"{self.passed} passed, {self.failed} failed")
		return self.failed > 0


class Gateway:
	"""In front of one model, with its ledger, export and log in a folder of its own."""

	def __init__(self, merlon, folder, upstream_port, *options, before=None, environment=None):
		self.folder = pathlib.Path(folder)
		self.folder.mkdir(parents=True, exist_ok=True)
		self.port = free_port()
		self.begin(merlon, self.folder / "ledger", self.folder / "log", self.for_one(upstream_port, self.folder / "ledger", *options), preexec_fn=before, env=environment)

	def for_one(self, upstream_port, ledger, *options):
		return ["--upstream", f"http://127.0.0.1:{upstream_port}", "--listen", f"127.0.0.1:{self.port}", "--ledger", str(ledger), *options]

	def begin(self, merlon, ledger, log, arguments, **how):
		"""Starts it with these arguments, waits until `self.port` can be reached, and reads its first key."""
		self.merlon, self.ledger, self.log = str(merlon), ledger, log
		self.process = subprocess.Popen([self.merlon, "gateway", *arguments], stdout=open(log, "w"), stderr=subprocess.STDOUT, **how)
		for _ in range(400):
			if self.process.poll() is not None:
				raise RuntimeError("the gateway did not start: " + self.log.read_text()[-500:])
			try:
				socket.create_connection(("127.0.0.1", self.port), 1).close()
				break
			except OSError:
				time.sleep(0.05)
		first = self.ledger / "key"
		self.key = first.read_text().strip() if first.exists() else ""

	def children(self):
		"""The recorder first, then the workers."""
		return [int(pid) for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

	def copies(self, secret):
		"""So often these bytes stand in the memory of a child, of that with the most."""
		return max(sum(region.count(secret) for region in memory(pid)) for pid in self.children())

	def connect(self, timeout=20):
		return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

	def socket(self, timeout=20):
		return socket.create_connection(("127.0.0.1", self.port), timeout)

	def head(self, *lines, path="/v1/chat/completions", method="POST"):
		return "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/1.1", "Host: a", "Content-Type: application/json", f"Authorization: Bearer {self.key}", *lines)).encode() + b"\r\n"

	def message(self, wish, **more):
		return json.dumps({"model": "m", "messages": [{"role": "user", "content": wish}], **more}).encode()

	def request(self, wish, **more):
		"""The bytes of one whole request."""
		body = self.message(wish, **more)
		return self.head(f"Content-Length: {len(body)}") + body

	def ask(self, wish, connection=None, key=None, path="/v1/chat/completions", **more):
		c = connection or self.connect()
		c.request("POST", path, self.message(wish, **more), {"content-type": "application/json", "authorization": "Bearer " + (self.key if key is None else key)})
		r = c.getresponse()
		return r, r.read()

	def raw(self, data, wait=1.0):
		"""All that comes back to these bytes."""
		with self.socket(5) as s:
			s.settimeout(wait)
			got = b""
			try:
				s.sendall(data)
				while more := s.recv(65536):
					got += more
			except OSError:
				pass
			return got

	def status(self, wish, timeout=20, **more):
		try:
			return self.ask(wish, self.connect(timeout), **more)[0].status
		except (OSError, http.client.HTTPException) as e:
			return type(e).__name__

	def metrics(self):
		return dict(line.rsplit(" ", 1) for line in control(self, "GET", "/metrics")[1].splitlines() if line and line[0] != "#")

	def end(self):
		if self.process.poll() is None:
			self.process.send_signal(signal.SIGTERM)
		try:
			return self.process.wait(30)
		except subprocess.TimeoutExpired:
			self.process.kill()
			return self.process.wait()

	def records(self, kind="exchange"):
		return records(self.merlon, self.ledger, self.ledger.parent / "export", kind)

	def verify(self):
		r = subprocess.run([self.merlon, "ledger", "verify", str(self.ledger)], capture_output=True, text=True)
		return r.returncode == 0, r.stdout + r.stderr
