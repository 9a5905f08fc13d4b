#!/usr/bin/env python3
"""run.py MERLON LEDGER-BENCH PEERS FOLDER: Merlon beside its peers in one run, as a page in Markdown.

CPU time of all processes and the largest resident set of any come from the
kernel's account of the children that were waited for; nothing is timed by a clock but what
says so. PEERS is the folder with the peers' programs; a peer that is not there is named.
"""

import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

import cache

MERLON, LEDGER_BENCH, PEERS, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:5])
WORKLOADS = pathlib.Path(__file__).with_name("workloads.py").resolve()
ROUNDS, SHORT_ROUNDS = 3, 30
SHORT, LONG = 0.1, 5            # seconds: a round that takes less, or more
PATIENCE = int(os.environ.get("PATIENCE", "600"))
PEER_COMMANDS = {
	"picklescan": ["picklescan", "-p"],
	"modelscan": ["modelscan", "scan", "-p"],
	"modelaudit": ["modelaudit", "scan", "--timeout", str(PATIENCE), "--max-size", "0"],
	"fickling": ["fickling", "--check-safety"],
}
ENVIRONMENT = dict(os.environ, PROMPTFOO_DISABLE_TELEMETRY="1", NO_ANALYTICS="1", DO_NOT_TRACK="1")


class Measured:
	"""One command, run to its end: seconds of CPU, seconds by the clock, peak of memory in MiB, its status."""

	def __init__(self, command):
		begun = time.monotonic()
		with open(FOLDER / "out", "wb") as out:
			process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=ENVIRONMENT, cwd=FOLDER)
		try:
			_, status, usage = self.wait(process, begun)
		except TimeoutError:
			self.late = True
			return
		self.late = False
		self.clock = time.monotonic() - begun
		self.cpu = usage.ru_utime + usage.ru_stime
		self.memory = usage.ru_maxrss / 1024
		self.status = os.waitstatus_to_exitcode(status)

	@staticmethod
	def wait(process, begun):
		while True:
			pid, status, usage = os.wait4(process.pid, os.WNOHANG)
			if pid:
				process.returncode = 0
				return pid, status, usage
			if time.monotonic() - begun > PATIENCE:
				process.kill()
				os.wait4(process.pid, 0)
				process.returncode = 0
				raise TimeoutError
			time.sleep(0.0005)


def best(command):
	"""The round with the least CPU time: what disturbs a machine only ever adds, and to short rounds most."""
	found = [Measured(command)]
	if found[0].late:
		return found[0]
	rounds = SHORT_ROUNDS if found[0].cpu < SHORT else ROUNDS if found[0].clock < LONG else 1
	found += [Measured(command) for _ in range(rounds - 1)]
	return min(found, key=lambda m: m.cpu)


def well(m):
	"""Of Merlon: what ended without a verdict was not measured."""
	if m.late or m.status not in (0, 1):
		sys.exit(f"merlon did not do what was to be measured: {(FOLDER / 'out').read_text()[-500:]}")
	return m


def cpu_of(m):
	return f"{m.cpu * 1000:.1f} ms" if m.cpu < 0.02 else f"{m.cpu:.3f} s"


def merlon(*arguments):
	ledger = FOLDER / "ledger"
	shutil.rmtree(ledger, ignore_errors=True)
	return [str(MERLON), "scan", *arguments, "--report", f"json={FOLDER / 'merlon.json'}", "--ledger", str(ledger)]


def peer(name):
	program = PEERS / PEER_COMMANDS[name][0]
	return [str(program), *PEER_COMMANDS[name][1:]] if program.exists() else None


def made(name):
	"""A workload, by a program of its own: a child's peak of memory counts from its parent's."""
	return json.loads(subprocess.run([sys.executable, str(WORKLOADS), name, str(FOLDER)], check=True, capture_output=True, text=True).stdout)


def row(name, found, ours):
	if found.late:
		print(f"| {name} | more than {PATIENCE} s | | | was stopped |")
	else:
		ratio = "1" if found is ours else f"{found.cpu / ours.cpu:.0f} ×"
		print(f"| {name} | {cpu_of(found)} | {ratio} | {found.memory:.0f} MiB | {found.status} |")
	sys.stdout.flush()


def compare(title, path, about, peers):
	"""A table: Merlon with everything on (sandbox, digest, ledger), without digests, and each peer as it comes."""
	print(f"\n### {title}\n\n{about}\n")
	print("| | CPU | against Merlon | peak memory | ended with |\n|---|---:|---:|---:|---|")
	ours = best([*merlon(), path])
	row("**Merlon**", ours, ours)
	verdict = best([str(MERLON), "scan", "--no-digest", "--report", f"json={FOLDER / 'merlon.json'}", path])
	row("Merlon, verdict only (`--no-digest`, no ledger)", verdict, ours)
	for name in peers:
		command = peer(name)
		if command:
			row(name, best([*command, path]), ours)
		else:
			print(f"| {name} | not installed | | | |")
	return ours, verdict


def head():
	model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
	version = subprocess.run([str(MERLON), "--version"], capture_output=True, text=True).stdout.strip()
	print(f"# Measurements\n\nBy `make bench`: {version}, {model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, "
	      f"{time.strftime('%Y-%m-%d')}. CPU time is of all processes together. Merlon runs as it is delivered: sandbox on, SHA-256 of "
	      "every file, evidence in a ledger on disk. The best of three rounds, of thirty where one takes less than 0.1 s of CPU; one round of what takes more than 5 s.")


def small():
	work = made("many")
	ours, _ = compare("Very many small pickles", work["path"], f"{work['count']:,} pickles of {work['mean']} bytes on average.", ["picklescan", "modelscan"])
	print(f"\nMerlon: {work['count'] / ours.cpu:,.0f} pickles a second a core (asked for: 20,000).")


def few():
	work = made("few")
	compare("Many small pickles", work["path"], f"{work['count']:,} pickles of {work['mean']:,} bytes on average, from 100 bytes to 39 KB (asked for: 20 times the fastest peer).", ["picklescan", "modelscan", "modelaudit"])


def dense():
	work = made("dense")
	compare("A dense pickle", work["path"], f"One pickle of {work['count']:,} opcodes, {work['bytes'] / 1e6:.1f} MB (asked for: 100 times picklescan, under 64 MB).",
	        ["picklescan", "modelscan", "fickling", "modelaudit"])


def bytes_read(paths):
	"""What a scan from a cold cache brings into memory: by the kernel's account, not by Merlon's."""
	left = sum(map(cache.drop, paths))
	Measured([str(MERLON), "scan", "--no-digest", "--report", f"json={FOLDER / 'merlon.json'}", *map(str, paths)])
	said = json.load(open(FOLDER / "merlon.json"))["summary"]["bytes_read"]
	return f"read from a cold cache, by pages of 4 KiB as the kernel counts them: {sum(map(cache.resident, paths)) - left:,} bytes ({left:,} were still there before); Merlon says it looked at {said:,}"


def checkpoint():
	work = made("checkpoint")
	compare("A PyTorch checkpoint", work["path"], f"300 tensors, {work['bytes'] / 1e6:.0f} MB (asked for: 5 ms of CPU to the verdict, under 1 % read).",
	        ["picklescan", "modelscan", "fickling", "modelaudit"])
	print(f"\nOf {work['bytes']:,} bytes {bytes_read([work['path']])}.")


def shards():
	work = made("shards")
	verdict = best([str(MERLON), "scan", "--no-digest", work["path"]])
	print(f"\n### A sharded checkpoint\n\n50 safetensors shards with their index, {work['bytes'] / 1e9:.0f} GB, sparse (asked for: a verdict under 1 s within 64 MB): "
	      f"{verdict.clock:.3f} s by the clock, {cpu_of(verdict)} of CPU, {verdict.memory:.0f} MiB, ended with {verdict.status}. "
	      f"Of {work['bytes']:,} bytes {bytes_read(sorted(pathlib.Path(work['path']).iterdir()))}.")
	shutil.rmtree(work["path"])


def hashing():
	work = made("weights")
	print("\n### Hashing\n")
	ours, floor = best([str(MERLON), "scan", work["path"]]), best(["openssl", "dgst", "-sha256", work["path"]])
	print(f"One safetensors file of {work['bytes'] / 1e9:.0f} GB from the page cache: {work['bytes'] / ours.cpu / 1e9:.2f} GB/s of CPU with verdict and digest, "
	      f"`openssl dgst -sha256` {work['bytes'] / floor.cpu / 1e9:.2f} GB/s (asked for: within 10 % of it).")
	os.unlink(work["path"])


def start():
	path, kept = made("one")["path"], FOLDER / "kept-ledger"
	shutil.rmtree(kept, ignore_errors=True)
	ways = {"without evidence": lambda: [str(MERLON), "scan", path],
	        "into a ledger that is there": lambda: [str(MERLON), "scan", "--ledger", str(kept), path],
	        "into a new ledger, made and made durable": lambda: merlon(path)}
	print("\n### From start to end with one small file\n\n(asked for: a verdict in under 15 ms)\n")
	print("| | fastest by the clock | median | CPU |\n|---|---:|---:|---:|")
	for way, command in ways.items():
		rounds = [well(Measured(command())) for _ in range(41)]
		print(f"| {way} | {min(m.clock for m in rounds) * 1000:.1f} ms | {statistics.median(m.clock for m in rounds) * 1000:.1f} ms | {min(m.cpu for m in rounds) * 1000:.1f} ms |")


def ledger():
	print("\n### Ledger\n")
	count, folder = 1_000_000, FOLDER / "bench-ledger"
	shutil.rmtree(folder, ignore_errors=True)
	appended = well(Measured([str(LEDGER_BENCH), str(folder), str(count)]))
	print(f"Appending {count:,} records of a scan, each acknowledged when it is on the disk: {count / appended.clock:,.0f} records a second "
	      f"by the clock, {count / appended.cpu:,.0f} a second of CPU (asked for: 100,000). ", end="")
	verified = well(best([str(MERLON), "ledger", "verify", str(folder)]))
	print(f"Verifying all of them: {count / verified.clock:,.0f} a second by the clock, {count / verified.cpu:,.0f} a second of CPU "
	      f"(asked for: 500,000), {verified.memory:.0f} MiB.")
	shutil.rmtree(folder, ignore_errors=True)


def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	wanted = sys.argv[5:]
	head()
	for part in (small, few, dense, checkpoint, shards, hashing, start, ledger):
		if not wanted or part.__name__ in wanted:
			part()
			sys.stdout.flush()


if __name__ == "__main__":
	main()
