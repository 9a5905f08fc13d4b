#!/usr/bin/env python3
"""conformance.py MERLON H2SPEC FOLDER: what h2spec says of the gateway's HTTP/2, its strict cases included.

h2spec shows no key and no certificate, so it speaks to a bridge that shows one for it and passes on what comes, byte for
byte: what it asks is let in, goes to a model, and is answered in full.
"""

import contextlib
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "talks"), str(HERE.parent)]
import gate

MERLON, H2SPEC, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:4])

# What is answered in another way than h2spec asks for, and why that is right or cannot be had.
KNOWN = {
	"Sends stream identifier that is numerically smaller than previous": "nghttp2 does not remember every stream there was, and takes it for one that is over: nothing comes of it",
}


def certificate(name):
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "30", "-subj", f"/CN={name}",
	                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], cwd=FOLDER, check=True, capture_output=True)


def model():
	"""Answers whatever it is asked with a list of models; its port."""
	body = json.dumps({"object": "list", "data": []}).encode()
	listener = socket.create_server(("127.0.0.1", 0))

	def answer(connection):
		with connection:
			with contextlib.suppress(OSError):
				while connection.recv(65536):
					connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

	serve(listener, answer)
	return listener.getsockname()[1]


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


def context_with(name, purpose):
	context = ssl.create_default_context(purpose, cafile=FOLDER / "gateway.pem")
	context.load_cert_chain(FOLDER / f"{name}.pem", FOLDER / f"{name}.key")
	context.set_alpn_protocols(["h2"])
	return context


def bridge(port):
	"""Shows the caller's certificate to the gateway. Its port."""
	to_testers, to_gateway = context_with("gateway", ssl.Purpose.CLIENT_AUTH), context_with("caller", ssl.Purpose.SERVER_AUTH)
	listener = socket.create_server(("127.0.0.1", 0))

	def join(plain):
		with to_testers.wrap_socket(plain, server_side=True) as tester, socket.create_connection(("127.0.0.1", port)) as across, to_gateway.wrap_socket(across, server_hostname="localhost") as gateway:
			back = threading.Thread(target=pass_on, args=(gateway, tester), daemon=True)
			back.start()
			pass_on(tester, gateway)
			back.join(5)

	serve(listener, join)
	return listener.getsockname()[1]


class Gateway(gate.Gateway):
	def __init__(self):
		self.folder, self.port = FOLDER, gate.free_port()
		(FOLDER / "gateway.yaml").write_text(json.dumps({
			"listen": [{"address": f"127.0.0.1:{self.port}", "tls": {"certificate": "gateway.pem", "key": "gateway.key", "callers": "caller.pem"}}],
			"ledger": str(FOLDER / "ledger"), "workers": 1, "callers": {"certificates": {"dns:localhost": {"name": "tester"}}},
			"upstreams": {"m": {"servers": [f"http://127.0.0.1:{model()}"]}}, "routes": [{"upstreams": "m"}]}))
		self.begin(MERLON, FOLDER / "ledger", FOLDER / "log", ["--config", str(FOLDER / "gateway.yaml")])


def cases(port, path):
	"""What h2spec tried there, and what it got instead of what it wanted, if it did."""
	report = FOLDER / f"{path.split('/')[-1]}.xml"
	with report.with_suffix(".txt").open("w") as said:
		subprocess.run([H2SPEC, "-h", "127.0.0.1", "-p", str(port), "-P", path, "--tls", "--insecure", "--strict", "-j", report], stdout=said, timeout=600)
	return {(case.get("package"), case.get("classname")): case.findtext("error") for case in xml.etree.ElementTree.parse(report).iter("testcase")}


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	certificate("gateway")
	certificate("caller")
	tally, gateway = gate.Tally(), Gateway()
	try:
		# Who is refused by his head is answered before his body can break a rule: a case has to hold where its request is let in.
		port = bridge(gateway.port)
		got, posted = cases(port, "/v1/models"), cases(port, "/v1/chat/completions")
	finally:
		gateway.end()
	for case, instead in got.items():
		if instead and posted[case] and case[1] in KNOWN:
			print(f"known: {case[1]}: {KNOWN[case[1]]}")
		else:
			tally.check(": ".join(case), not instead or not posted[case], instead)
	outcomes = {r["outcome"] for r in gateway.records()}
	tally.check("what was asked is on record", {"answered", "refused"} <= outcomes, outcomes)
	return tally.end()


if __name__ == "__main__":
	sys.exit(main())
