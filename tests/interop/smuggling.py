#!/usr/bin/env python3
"""smuggling.py MERLON FOLDER [PAGE]: one meaning, or no message.

The same bytes go to Merlon, to nginx and to HAProxy, each in front of a recording
server, and through Merlon to each of the two. What Merlon lets through
must be seen by all of them as the same requests; what it passes on must be taken
by a reader behind it as what Merlon meant. PAGE is written when it is given.
"""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "talks"))
import gate
import smuggled

MERLON, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
PAGE = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
QUIET = 0.25
# What a gateway passes on of a head is compared too.
COMPARED = ("accept", "content-type", "traceparent", "openai-beta")
CHAT = {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}]}
MODELS = {"object": "list", "data": []}


class Recorder:
	"""Takes requests by the plainest reading of RFC 9112 and keeps what it took."""

	def __init__(self):
		self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
		self.port, self.taken = self.socket.getsockname()[1], []
		threading.Thread(target=self.accept, daemon=True).start()

	def accept(self):
		while True:
			connection, _ = self.socket.accept()
			threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

	def serve(self, connection):
		with connection, connection.makefile("rb") as lines:
			try:
				while self.one(connection, lines):
					pass
			except OSError:
				pass                        # cut in the middle: no request
			except ValueError:
				self.taken.append(("what nobody can read", "", b"", ()))

	def one(self, connection, lines):
		first = lines.readline()
		if not first:
			return False
		method, target, _ = first.decode("latin-1").split(" ", 2)
		fields = []
		while (line := lines.readline()) not in (b"\r\n", b""):
			name, value = line.decode("latin-1").split(":", 1)
			fields.append((name.lower(), value.strip()))
		lengths = [v for n, v in fields if n == "content-length"]
		body = b""
		if any(n == "transfer-encoding" for n, _ in fields):
			while size := int(lines.readline().split(b";")[0], 16):
				body += lines.read(size)
				lines.readline()
			while lines.readline() not in (b"\r\n", b""):
				pass
		elif lengths:
			body = lines.read(int(lengths[0]))
			if len(body) < int(lengths[0]):
				return False
		self.taken.append((method, target, body, tuple(sorted(f for f in fields if f[0] in COMPARED))))
		answer = json.dumps(CHAT if method == "POST" else MODELS).encode()
		connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer) + (b"" if method == "HEAD" else answer))
		return True


class Reader:
	"""A way to a recorder: the port to speak to, the key, and what came out behind."""

	def __init__(self, name, port, recorder, key=""):
		self.name, self.port, self.recorder, self.key = name, port, recorder, key

	def take(self, data):
		self.recorder.taken.clear()
		got = b""
		with socket.create_connection(("127.0.0.1", self.port), 5) as s:
			s.settimeout(QUIET)
			try:
				s.sendall(data.replace(b"KEY", self.key.encode()))
				while more := s.recv(65536):
					got += more
			except OSError:
				pass
		time.sleep(0.02)
		return list(self.recorder.taken), [int(s) for s in re.findall(rb"HTTP/1\.[01] (\d{3})", got) if s != b"100"]


def nginx(folder, recorder_port):
	folder.mkdir(parents=True, exist_ok=True)
	port = gate.free_port()
	(folder / "conf").write_text(f"""daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log crit;
events {{ worker_connections 256; }}
http {{
	access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
	upstream u {{ server 127.0.0.1:{recorder_port}; keepalive 8; }}
	server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}""")
	return port, subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "conf"), "-e", str(folder / "log")], stderr=subprocess.DEVNULL)


def haproxy(folder, recorder_port):
	folder.mkdir(parents=True, exist_ok=True)
	port = gate.free_port()
	(folder / "conf").write_text(f"""global
	maxconn 256
defaults
	mode http
	timeout connect 5s
	timeout client 20s
	timeout server 20s
frontend f
	bind 127.0.0.1:{port}
	default_backend b
backend b
	server s 127.0.0.1:{recorder_port}
""")
	return port, subprocess.Popen(["haproxy", "-q", "-f", str(folder / "conf")], stderr=subprocess.DEVNULL)


def wait_for(port):
	for _ in range(200):
		try:
			socket.create_connection(("127.0.0.1", port), 1).close()
			return
		except OSError:
			time.sleep(0.05)
	raise RuntimeError(f"nothing listens on port {port}")


def start():
	"""Five ways, each to a recorder of its own."""
	readers, ends = [], []
	recorders = [Recorder() for _ in range(5)]
	for at, (name, begin) in enumerate((("nginx", nginx), ("HAProxy", haproxy))):
		port, process = begin(FOLDER / name, recorders[1 + at].port)
		behind, second = begin(FOLDER / f"{name}-behind", recorders[3 + at].port)
		ends += [process.terminate, second.terminate]
		wait_for(port)
		wait_for(behind)
		gateway = gate.Gateway(MERLON, FOLDER / f"merlon-{name}", behind, "--workers", "1")
		ends.append(gateway.end)
		readers += [Reader(name, port, recorders[1 + at]), Reader(f"Merlon, then {name}", gateway.port, recorders[3 + at], gateway.key)]
	gateway = gate.Gateway(MERLON, FOLDER / "merlon", recorders[0].port, "--workers", "1")
	ends.append(gateway.end)
	return [Reader("Merlon", gateway.port, recorders[0], gateway.key), readers[0], readers[2], readers[1], readers[3]], ends


def ask_all(readers, data):
	found = [None] * len(readers)
	def ask(at):
		found[at] = readers[at].take(data)
	threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(readers))]
	for t in threads:
		t.start()
	for t in threads:
		t.join()
	return found


def same(one, other):
	return one[:3] == other[:3] and set(one[3]) <= set(other[3])


def not_in(one, other):
	"""What is in `one` and not, in the same order, in `other`."""
	rest = iter(other)
	return [a for a in one if not any(same(a, b) for b in rest)]


def differs(merlon, taken, statuses):
	"""Does it take what Merlon lets through as something else, or as no request? One that refuses takes nothing."""
	refused = not taken or any(s >= 400 for s in statuses)
	return bool(not_in(merlon, taken)) and not (refused and not not_in(taken, merlon))


def judge(found):
	(merlon, _), *others, nginx_behind, haproxy_behind = found
	if any(differs(merlon, *o) for o in others):
		return "another reader takes differently what Merlon forwards"
	if any(not_in(o[0], merlon) or differs(merlon, *o) for o in (nginx_behind, haproxy_behind)):
		return "a reader behind Merlon takes differently what it sends"
	return ""


def cell(taken, statuses):
	if not taken:
		refused = [s for s in statuses if s >= 300]
		return f"refused, {refused[0]}" if refused else "answered itself" if statuses else "refused, closed"
	said = ", ".join(f"{m} {len(b)}" if b else m for m, _, b, _ in taken)
	refused = [s for s in statuses if s >= 400]
	return said + (f"; {refused[0]}" if refused else "")


def version(command):
	r = subprocess.run(command, capture_output=True, text=True)
	return re.search(r"(nginx/|HAProxy version )[\d.]+\S*", r.stdout + r.stderr)[0].replace(" version", "").replace("/", " ")


def page(rows):
	merlon_refused = sum(cells[0].startswith("refused") for _, cells, _ in rows)
	out = ["# The same bytes, three readers", "",
	       f"By `make smuggling`: {len(rows)} ways to write a request, sent byte for byte to Merlon, nginx and HAProxy, each in front of a recording server. "
	       "A cell names what that server got: the methods, with the length of each body. Most are followed by an honest request on the same connection, so that bytes which slip out of one request show in the next. "
	       "The last two columns are Merlon in front of the other reader.", "",
	       f"Merlon refuses {merlon_refused} of them. What it lets through all readers take as the same requests, or refuse: {sum(not bad for _, _, bad in rows)} of {len(rows)}.", "",
	       f"{version(['nginx', '-v'])}; {version(['haproxy', '-v'])}; both as Debian ships them, without options that make them stricter.", "",
	       "| request | Merlon | nginx | HAProxy | Merlon, nginx | Merlon, HAProxy | |", "|---|---|---|---|---|---|---|"]
	out += [f"| {what} | " + " | ".join(cells) + f" | {bad or 'same'} |" for what, cells, bad in rows]
	return "\n".join(out) + "\n"


def main():
	missing = [p for p in ("nginx", "haproxy") if not shutil.which(p)]
	if missing:
		print(f"not installed: {', '.join(missing)} (tools/packages-test.txt)\n0 passed, 0 failed, {len(smuggled.REQUESTS)} skipped")
		return 0
	shutil.rmtree(FOLDER, ignore_errors=True)
	tally, rows = gate.Tally(), []
	readers, ends = start()
	try:
		for what, data in smuggled.REQUESTS:
			found = ask_all(readers, data)
			bad = judge(found)
			rows.append((what, [cell(*f) for f in found], bad))
			tally.check(what, not bad, (bad, found))
		honest = [cells[0] for what, cells, _ in rows if what.startswith("honest")]
		tally.check("honest requests are let through", honest and not any(c.startswith("refused") for c in honest), honest)
	finally:
		for end in ends:
			end()
	if PAGE:
		PAGE.write_text(page(rows))
	return tally.end()


if __name__ == "__main__":
	sys.exit(main())
