#!/usr/bin/env python3
"""Models that want to be shown a certificate: by keys that lie with the signer alone.

usage: upstream_certificate.py MERLON FOLDER
"""

import http.server
import json
import pathlib
import shutil
import socketserver
import ssl
import subprocess
import sys
import threading

from gate import Gateway, Tally, free_port, memory

MERLON, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve() / "upstream_certificate"
TALLY = Tally()
check = TALLY.check
ANSWER = json.dumps({"id": "c", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}]}).encode()


class Model(http.server.BaseHTTPRequestHandler):
	"""Says who it was shown."""
	protocol_version = "HTTP/1.1"
	shown = []

	def do_POST(self):
		self.rfile.read(int(self.headers["content-length"]))
		self.shown.append(dict(pair[0] for pair in self.connection.getpeercert()["subject"])["commonName"])
		self.send_response(200)
		self.send_header("content-type", "application/json")
		self.send_header("content-length", str(len(ANSWER)))
		self.end_headers()
		self.wfile.write(ANSWER)

	def log_message(self, *args):
		pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
	daemon_threads = True

	def get_request(self):
		connection, address = super().get_request()
		connection.settimeout(10)
		return connection, address

	def handle_error(self, request, client_address):
		pass


def certificate(name, *kind):
	subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "30",
	                "-addext", "subjectAltName=DNS:localhost"], cwd=FOLDER, check=True, capture_output=True)


def model(*trusted):
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(FOLDER / "model.pem", FOLDER / "model.key")
	context.verify_mode = ssl.CERT_REQUIRED
	for name in trusted:
		context.load_verify_locations(FOLDER / f"{name}.pem")
	server = Server(("127.0.0.1", 0), Model)
	server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	return server.server_port


class Shown(Gateway):
	def __init__(self, name, port, **tls):
		self.folder = FOLDER / name
		self.folder.mkdir()
		self.port = free_port()
		file = self.folder / "gateway.yaml"
		file.write_text(json.dumps({"listen": [{"address": f"127.0.0.1:{self.port}"}], "ledger": str(self.folder / "ledger"), "workers": 1,
		                            "upstreams": {"m": {"servers": [f"https://localhost:{port}"], "tls": {"authorities": str(FOLDER / "model.pem"), **tls}}}, "routes": [{"upstreams": "m"}]}))
		self.begin(MERLON, self.folder / "ledger", self.folder / "log", ["--config", str(file)])


def mixed(port):
	"""What a gateway says that was given the key of another certificate; it may have begun to listen before it ends."""
	try:
		g = Shown("mixed", port, certificate=str(FOLDER / "ours-ec.pem"), key=str(FOLDER / "ours-rsa.key"))
		g.process.wait(20)
	except RuntimeError:
		pass
	except subprocess.TimeoutExpired:
		g.end()
		return "it runs"
	return (FOLDER / "mixed" / "log").read_text()


def private_number(name):
	"""As it stands in memory: its bytes, in either order."""
	text = subprocess.run(["openssl", "pkey", "-in", f"{name}.key", "-noout", "-text"], cwd=FOLDER, capture_output=True, text=True, check=True).stdout
	field, end = ("prime1:", "prime2:") if "prime1:" in text else ("priv:", "pub:")
	number = bytes.fromhex("".join(text.split(field)[1].split(end)[0].split()).replace(":", "")).lstrip(b"\0")
	return {number, number[::-1]}


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	certificate("model", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	certificate("ours-ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
	certificate("ours-rsa", "rsa:2048")
	certificate("stranger", "rsa:2048")
	port = model("ours-ec", "ours-rsa")
	for name in ("ours-ec", "ours-rsa"):
		g = Shown(name, port, certificate=str(FOLDER / f"{name}.pem"), key=str(FOLDER / f"{name}.key"))
		Model.shown.clear()
		statuses = [g.status("hello") for _ in range(5)]
		check(f"{name}: the model is shown the certificate, and answers", statuses == [200] * 5 and set(Model.shown) == {name}, (statuses, Model.shown))
		secrets = private_number(name)
		holders = [pid for pid in [g.process.pid, *g.children()] if any(s in data for data in memory(pid) for s in secrets)]
		check(f"{name}: one process alone has the key", len(holders) == 1 and holders[0] != g.process.pid, holders)
		check(f"{name}: ends when told to", g.end() == 0)
	for name, tls in (("nobody", {}), ("stranger", {"certificate": str(FOLDER / "stranger.pem"), "key": str(FOLDER / "stranger.key")})):
		g = Shown(name, port, **tls)
		check(f"{name}: a model that wants another certificate is not reached, and that is said", g.status("hello") == 502)
		g.end()
	log = mixed(port)
	check("a key that does not belong to its certificate keeps the gateway from starting, and that is said", "does not belong to the certificate" in log, log)
	return TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
