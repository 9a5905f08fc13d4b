#!/usr/bin/env python3
"""run.py MERLON INSTALLED FOLDER: the official clients through `merlon gateway`, in front of a scripted model.

Prints which client at which version did what. At the end every request that
the model saw must have its record, and no other may have one.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "talks"))
import gate
import upstream

MERLON, INSTALLED, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:4])


class Limited(gate.Gateway):
	"""Where some models alone may be asked for."""

	def __init__(self, folder):
		folder.mkdir(parents=True, exist_ok=True)
		self.port, file = gate.free_port(), folder / "gateway.yaml"
		file.write_text(f"listen: [{{address: '127.0.0.1:{self.port}'}}]\nledger: ledger\nupstreams: {{a: {{servers: ['http://127.0.0.1:{upstream.start().server_port}']}}}}\nroutes: [{{models: [m-*], upstreams: a}}]\n")
		self.begin(MERLON, folder / "ledger", folder / "log", ["--config", str(file)])


def clients(gateway, limited, tally):
	environment = {**os.environ, "BASE": f"http://127.0.0.1:{gateway.port}", "KEY": gateway.key, "LIMITED": f"http://127.0.0.1:{limited.port}", "LIMITED_KEY": limited.key, "NO_PROXY": "127.0.0.1"}
	for command in ([INSTALLED / "venv/bin/python", HERE / "clients.py"], ["node", INSTALLED / "clients.mjs"]):
		r = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
		print(r.stdout, end="")
		lines = r.stdout.splitlines()
		tally.passed += sum(line.startswith("ok  ") for line in lines)
		tally.failed += sum(line.startswith("FAIL") for line in lines)
		if r.returncode not in (0, 1) or not lines:
			tally.check(f"{command[-1].name} comes to its end", False, r.stderr[-400:])


def said(command, **environment):
	"""What the client heard, one value a line."""
	r = subprocess.run([str(a) for a in command], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
	return [json.loads(line) for line in r.stdout.splitlines() if line.startswith("{")]


def sdk(name):
	return f"@modelcontextprotocol/{name} " + json.loads((INSTALLED / f"mcp/node_modules/@modelcontextprotocol/{name}/package.json").read_text())["version"]


def mcp(tally):
	"""The official SDK, client and server, of both eras: through the gateway it hears what it hears without."""
	client = INSTALLED / "mcp/client.mjs"
	for server_era, client_era in (("sessions", "sessions"), ("stateless", "stateless"), ("stateless", "auto")):
		name = f"{sdk('sdk' if client_era == 'sessions' else 'client')} (Node), {client_era}, of a server {server_era}"
		server = subprocess.Popen(["node", INSTALLED / "mcp/server.mjs", server_era], stdout=subprocess.PIPE, text=True)
		url = server.stdout.readline().strip()
		gateway = gate.Gateway(MERLON, FOLDER / f"mcp-{server_era}-{client_era}", int(url.split(":")[2].split("/")[0]))
		through = f"http://127.0.0.1:{gateway.port}/mcp"
		try:
			direct, heard = said(["node", client, client_era, url]), said(["node", client, client_era, through, gateway.key])
			shut = said(["node", client, client_era, through, "wrong"])
		finally:
			gateway.end()
			server.kill()
			server.wait()
		for i, one in enumerate(direct):
			same = i < len(heard) and heard[i] == one
			print(f"{'ok  ' if same else 'FAIL'} {name}: {one['what']}" + ("" if same else f": {json.dumps(heard[i:i + 1])[:150]} for {json.dumps(one)[:150]}"))
			tally.passed += same
			tally.failed += not same
		tally.check(f"{name}: as many answers as without", direct and len(heard) == len(direct), (len(heard), len(direct)))
		tally.check(f"{name}: a wrong key connects to nothing", shut and "failed" in shut[0] and not any(one.get("heard") for one in shut), shut)
		records = [r for r in gateway.records() if r["dialect"] == "mcp" and r["outcome"] in ("answered", "left")]
		tally.check(f"{name}: what was said is on record", len(records) >= len(direct) - 1, len(records))


def events(gateway, tally):
	"""The transport of 2024-11-05 is refused at once: its client fails, and does not wait."""
	began = time.monotonic()
	heard = said(["node", INSTALLED / "mcp/client.mjs", "events", f"http://127.0.0.1:{gateway.port}/sse", gateway.key])
	tally.check(f"{sdk('sdk')} (Node), HTTP+SSE: connects to nothing, at once", len(heard) == 1 and "404" in heard[0].get("failed", "") and time.monotonic() - began < 8, heard)
	c = gateway.connect()
	c.request("GET", "/sse", headers={"authorization": "Bearer " + gateway.key})
	body = json.loads(c.getresponse().read())
	tally.check("who looks is told what to use", "streamable HTTP" in body["error"]["message"], body)


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	shutil.copy(HERE / "clients.mjs", INSTALLED)
	tally, model = gate.Tally(), upstream.start()
	gateway, limited = gate.Gateway(MERLON, FOLDER, model.server_port), Limited(FOLDER / "limited")
	try:
		clients(gateway, limited, tally)
		events(gateway, tally)
	finally:
		limited.end()
		status = gateway.end()
	tally.check("the gateway ends well", status == 0, status)
	records = gateway.records()
	reached = [r for r in records if r["answer"]["status"]]
	seen = sorted(f"{method} {path.split('?')[0]}" for method, path, _ in model.seen)
	tally.check("what the model saw is on record, and nothing else", sorted(r["route"] for r in reached) == seen, (len(reached), len(seen)))
	tally.check("every record has an id of its own", len({r["id"] for r in records}) == len(records), len(records))
	good, said = gateway.verify()
	tally.check("the ledger verifies", good, said)
	mcp(tally)
	print(f"{len(seen)} requests reached the model, {len(records)} exchanges are on record")
	return tally.end()


if __name__ == "__main__":
	sys.exit(main())
