#!/usr/bin/env python3
"""mcp_sessions.py MERLON FOLDER: sessions that servers of MCP keep are their callers' own, and one server alone is asked in them."""

import collections
import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import gate
import gateway
from gateway import FOLDER, MERLON, Model, Server, check
from routes import START, WORK, Configured, url

NUMBERS = itertools.count(1)


class Keeping(Model):
	"""A server whose sessions are numbered over all servers; others' it does not know."""

	def do_POST(self):
		asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
		own = self.headers.get("mcp-session-id")
		self.server.asked.append((asked["method"], own))
		if asked["method"] == "initialize":
			own = f"own.{next(NUMBERS)}"
			self.server.sessions.add(own)
		if own not in self.server.sessions:
			return self.say(404, {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "no"}})
		self.say(200, {"jsonrpc": "2.0", "id": asked["id"], "result": RESULTS[asked["method"]]}, own)

	def do_DELETE(self):
		own = self.headers.get("mcp-session-id")
		self.server.asked.append(("DELETE", own))
		known = own in self.server.sessions
		self.server.sessions.discard(own)
		self.say(200 if known else 404)

	def say(self, status, value=None, session=None):
		data = json.dumps(value).encode() if value else b""
		self.send_response(status)
		if data:
			self.send_header("content-type", "application/json")
		self.send_header("content-length", str(len(data)))
		if session:
			self.send_header("mcp-session-id", session)
		self.end_headers()
		self.wfile.write(data)


RESULTS = {"initialize": {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}}, "ping": {}}
PARAMS = {"initialize": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}, "ping": {}}


def serve(port=0):
	s = Server(("127.0.0.1", port), Keeping)
	s.asked, s.sessions = [], set()
	threading.Thread(target=s.serve_forever, daemon=True).start()
	return s


def ask(g, key, method, session=None, http="POST"):
	"""The status, what it says, and the name of the session."""
	c = g.connect()
	head = {"authorization": "Bearer " + key, "content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}
	c.request(http, "/mcp", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": PARAMS[method]}) if http == "POST" else None, {**head, **({"mcp-session-id": session} if session else {})})
	r = c.getresponse()
	said = r.read()
	c.close()
	return r.status, json.loads(said) if said else None, r.headers.get("mcp-session-id")


def key_of(name):
	return subprocess.run([MERLON, "key", "add", name, "--keys", str(WORK / "mcp-keys.yaml")], capture_output=True, text=True, check=True).stdout.split()[-1]


def asked_of(servers):
	return sum(len(s.asked) for s in servers)


def whose(g, servers, one, other):
	"""A session is its caller's."""
	status, _, mine = ask(g, one, "initialize")
	own = mine.rsplit(".", 1)[0]
	check("a session is begun, under a name of its caller's own", status == 200 and own in servers[0].sessions | servers[1].sessions and len(mine) == len(own) + 33, mine)
	before = asked_of(servers)
	last = "1" if mine[-1] == "0" else "0"
	for what, key, name in (("another caller", other, mine), ("the server's own name", one, own), ("a name with a letter changed", one, mine[:-1] + last), ("another session's code", one, own + "1" + mine[-33:]),
	                        ("a code alone", one, mine[-33:]), ("less than a code", one, mine[-20:]), ("a name in capitals", one, own + mine[-33:].upper() if mine[-33:].upper() != mine[-33:] else "x")):
		for http, method in (("POST", "ping"), ("DELETE", "ping"), ("GET", "ping")):
			status, said, _ = ask(g, key, method, name, http)
			check(f"{what} opens nothing ({http})", status == 404 and said["error"]["data"]["reason"] == "unknown_session" and asked_of(servers) == before, (status, said))
	check("and on record it is refused", gate.in_time(lambda: sum(r["why"] == "unknown_session" for r in g.records()) == 21))
	status, said, again = ask(g, one, "ping", mine)
	check("its own caller goes on", status == 200 and said["result"] == {} and again == mine, (status, said, again))
	status, _, _ = ask(g, one, "ping", mine, "DELETE")
	check("and ends it", status == 200 and own not in servers[0].sessions | servers[1].sessions, status)
	check("which the server says of it then", ask(g, one, "ping", mine)[0] == 404)


def where(g, servers, key):
	"""Of several servers the one that knows it is asked."""
	names = [ask(g, key, "initialize")[2] for _ in range(6)]
	homes = collections.Counter(next(i for i, s in enumerate(servers) if name.rsplit(".", 1)[0] in s.sessions) for name in names)
	check("sessions begin on each of two servers", set(homes) == {0, 1}, homes)
	statuses = [ask(g, key, "ping", name)[0] for _ in range(5) for name in names]
	check("and go on where they began", statuses == [200] * 30, collections.Counter(statuses))
	g.process.send_signal(signal.SIGHUP)
	check("the file is read again", gate.in_time(lambda: "read again" in g.log.read_text()))
	kept = [hashlib.sha256((WORK / "mcp-keys.yaml").read_bytes()).hexdigest()]
	notes = lambda: [r for r in g.records("gateway") if r["what"] in ("begins", "configuration read again")]
	gate.in_time(lambda: len(notes()) == 2)         # it is on the disk moments after the log says so
	notes = notes()
	of_policy = next(r["policy"]["digest"] for r in g.records() if r.get("policy"))
	policies = hashlib.sha256(bytes.fromhex(of_policy)).hexdigest()
	check("on record is which keys and policies were in force", len(notes) == 2 and all([r["callers"]] == kept and r["policies"] == policies for r in notes), (policies, notes))
	check("also after that", [ask(g, key, "ping", name)[0] for name in names] == [200] * 6)
	return names


def over_a_restart(text, names, key):
	g = Configured("sessions", text)
	check("and after a new start", [ask(g, key, "ping", name)[0] for name in names] == [200] * 6)
	return g


def gone(g, servers, key, names):
	"""Nobody else knows it: where its server cannot be reached, no other is asked."""
	home = {name: next(s for s in servers if name.rsplit(".", 1)[0] in s.sessions) for name in names}
	servers[0].shutdown()
	servers[0].server_close()
	before = len(servers[1].asked)
	# Its threads may still serve connections that were kept.
	os.kill(g.children()[-1], signal.SIGKILL)
	gate.in_time(lambda: g.status("x") == 404)
	found = {name: ask(g, key, "ping", name)[0] for name in names}
	check("a server that is gone takes its sessions with it, and no other's", all(status == (502 if home[name] is servers[0] else 200) for name, status in found.items()), found)
	check("and nobody is asked in its place", len(servers[1].asked) == before + sum(s is servers[1] for s in home.values()), servers[1].asked[before:])


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	servers = serve(), serve()
	one, other = key_of("one"), key_of("other")
	text = START + f"callers: {{keys: mcp-keys.yaml}}\nupstreams: {{m: {{servers: ['{url(servers[0])}', '{url(servers[1])}']}}, n: {{servers: ['{url(servers[1])}']}}}}\nroutes: [{{name: tools, dialects: mcp, upstreams: m, fallback: n}}]\n"
	g = Configured("sessions", text)
	whose(g, servers, one, other)
	names = where(g, servers, one)
	check("it ends", g.end() == 0)
	g = over_a_restart(text, names, one)
	gone(g, servers, one, names)
	check("it ends", g.end() == 0, g.log.read_text()[-600:])
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
