#!/usr/bin/env python3
"""conformance.py MERLON H2SPEC FOLDER: what h2spec says of the gateway's HTTP/2, its strict cases included.

h2spec shows no key and no certificate, so it speaks to a bridge that shows one for it: what it asks is let in, goes to a
model, and is answered in full.
"""

import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "talks"), str(HERE.parent)]
import bridged
import gate

MERLON, H2SPEC, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:4])

# What is answered in another way than h2spec asks for, and why that is right or cannot be had.
KNOWN = {
	"Sends stream identifier that is numerically smaller than previous": "nghttp2 does not remember every stream there was, and takes it for one that is over: nothing comes of it",
}


def model():
	"""Answers whatever it is asked with a list of models; its port."""
	body = json.dumps({"object": "list", "data": []}).encode()
	listener = socket.create_server(("127.0.0.1", 0))

	def answer(connection):
		with connection:
			with contextlib.suppress(OSError):
				while connection.recv(65536):
					connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

	bridged.serve(listener, answer)
	return listener.getsockname()[1]


def cases(port, path):
	"""What h2spec tried there, and what it got instead of what it wanted, if it did."""
	report = FOLDER / f"{path.split('/')[-1]}.xml"
	with report.with_suffix(".txt").open("w") as said:
		subprocess.run([H2SPEC, "-h", "127.0.0.1", "-p", str(port), "-P", path, "--tls", "--insecure", "--strict", "-j", report], stdout=said, timeout=600)
	return {(case.get("package"), case.get("classname")): case.findtext("error") for case in xml.etree.ElementTree.parse(report).iter("testcase")}


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	tally, gateway = gate.Tally(), bridged.Gateway(MERLON, FOLDER, model(), "h2")
	try:
		# Who is refused by his head is answered before his body can break a rule: a case has to hold where its request is let in.
		got, posted = cases(gateway.bridge, "/v1/models"), cases(gateway.bridge, "/v1/chat/completions")
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
