#!/usr/bin/env python3
"""run.py MERLON INSTALLED FOLDER: the official clients through `merlon gateway`, in front of a scripted model.

Prints which client at which version did what. At the end every request that
the model saw must have its record, and no other may have one.
"""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "talks"))
import gate
import upstream

MERLON, INSTALLED, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:4])


def clients(gateway, tally):
	environment = {**os.environ, "BASE": f"http://127.0.0.1:{gateway.port}", "KEY": gateway.key, "NO_PROXY": "127.0.0.1"}
	for command in ([INSTALLED / "venv/bin/python", HERE / "clients.py"], ["node", INSTALLED / "clients.mjs"]):
		r = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
		print(r.stdout, end="")
		lines = r.stdout.splitlines()
		tally.passed += sum(line.startswith("ok  ") for line in lines)
		tally.failed += sum(line.startswith("FAIL") for line in lines)
		if r.returncode not in (0, 1) or not lines:
			tally.check(f"{command[-1].name} comes to its end", False, r.stderr[-400:])


def main():
	shutil.rmtree(FOLDER, ignore_errors=True)
	shutil.copy(HERE / "clients.mjs", INSTALLED)
	tally, model = gate.Tally(), upstream.start()
	gateway = gate.Gateway(MERLON, FOLDER, model.server_port)
	try:
		clients(gateway, tally)
	finally:
		status = gateway.end()
	tally.check("the gateway ends well", status == 0, status)
	records = gateway.records()
	reached = [r for r in records if r["answer"]["status"]]
	seen = sorted(f"{method} {path.split('?')[0]}" for method, path, _ in model.seen)
	tally.check("what the model saw is on record, and nothing else", sorted(r["route"] for r in reached) == seen, (len(reached), len(seen)))
	tally.check("every record has an id of its own", len({r["id"] for r in records}) == len(records), len(records))
	good, said = gateway.verify()
	tally.check("the ledger verifies", good, said)
	print(f"{len(seen)} requests reached the model, {len(records)} exchanges are on record")
	return tally.end()


if __name__ == "__main__":
	sys.exit(main())
