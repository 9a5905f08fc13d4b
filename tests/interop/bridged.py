"""A gateway, and a bridge to it for testers that can show neither a key nor a certificate.

The bridge shows the caller's certificate for them and passes on what comes, byte for byte.
"""

import contextlib
import json
import pathlib
import socket
import ssl
import subprocess
import threading

import gate


def serve(listener, each):
	def accept():
		while True:
			threading.Thread(target=each, args=(listener.accept()[0],), daemon=True).start()
	threading.Thread(target=accept, daemon=True).start()


def pass_on(source, sink):
	with contextlib.suppress(OSError):
		while data := source.recv(65536):
			sink.sendall(data)
	with contextlib.suppress(OSError):
		sink.shutdown(socket.SHUT_WR)


class Gateway(gate.Gateway):
	"""In front of one upstream. Testers reach it at `bridge`, over TLS where they speak "h2", without where "http/1.1"."""

	def __init__(self, merlon, folder, upstream_port, protocol):
		self.folder, self.port, self.protocol = pathlib.Path(folder), gate.free_port(), protocol
		self.folder.mkdir(parents=True)
		self.certificate("gateway")
		self.certificate("caller")
		listener = socket.create_server(("127.0.0.1", 0))
		self.bridge = listener.getsockname()[1]
		(self.folder / "gateway.yaml").write_text(json.dumps({
			"listen": [{"address": f"127.0.0.1:{self.port}", "tls": {"certificate": "gateway.pem", "key": "gateway.key", "callers": "caller.pem"}}],
			"ledger": str(self.folder / "ledger"), "workers": 1, "callers": {"certificates": {"dns:localhost": {"name": "tester"}}},
			"upstreams": {"u": {"servers": [f"http://127.0.0.1:{upstream_port}"]}}, "routes": [{"upstreams": "u", "origins": [f"http://127.0.0.1:{self.bridge}"]}]}))
		self.begin(merlon, self.folder / "ledger", self.folder / "log", ["--config", str(self.folder / "gateway.yaml")])
		serve(listener, self.join)

	def certificate(self, name):
		subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "30", "-subj", f"/CN={name}",
		                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], cwd=self.folder, check=True, capture_output=True)

	def context_with(self, name, purpose):
		context = ssl.create_default_context(purpose, cafile=self.folder / "gateway.pem")
		context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
		context.set_alpn_protocols([self.protocol])
		return context

	def join(self, plain):
		tester = self.context_with("gateway", ssl.Purpose.CLIENT_AUTH).wrap_socket(plain, server_side=True) if self.protocol == "h2" else plain
		with tester, socket.create_connection(("127.0.0.1", self.port)) as across, self.context_with("caller", ssl.Purpose.SERVER_AUTH).wrap_socket(across, server_hostname="localhost") as gateway:
			back = threading.Thread(target=pass_on, args=(gateway, tester), daemon=True)
			back.start()
			pass_on(tester, gateway)
			back.join(5)
