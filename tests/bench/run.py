#!/usr/bin/env python3
"""run.py MERLON LEDGER-BENCH PEERS FOLDER: Merlon beside its peers in one run, as a page in Markdown.

CPU time of all processes and the largest resident set of any come from the
kernel's account of the children that were waited for; nothing is timed by a clock but what
says so. PEERS is the folder with the peers' programs; a peer that is not there is named.
"""

import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

import workloads

MERLON, LEDGER_BENCH, PEERS, FOLDER = (pathlib.Path(a).resolve() for a in sys.argv[1:5])
ROUNDS = 3
PATIENCE = 600
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


def best(command, rounds=ROUNDS):
	"""The round with the least CPU time: what disturbs a machine only ever adds."""
	found = []
	for _ in range(rounds):
		m = Measured(command)
		if m.late:
			return m
		found.append(m)
	return min(found, key=lambda m: m.cpu)


def merlon(*arguments):
	ledger = FOLDER / "ledger"
	shutil.rmtree(ledger, ignore_errors=True)
	return [str(MERLON), "scan", *arguments, "--report", f"json={FOLDER / 'merlon.json'}", "--ledger", str(ledger)]


def peer(name):
	program = PEERS / PEER_COMMANDS[name][0]
	return [str(program), *PEER_COMMANDS[name][1:]] if program.exists() else None


def compare(title, path, about, peers, each=False):
	"""A table: Merlon with everything on (sandbox, digest, ledger), and each peer as it comes."""
	print(f"\n### {title}\n\n{about}\n")
	print("| | CPU | against Merlon | peak memory | ended with |\n|---|---:|---:|---:|---|")
	ours = best([*merlon(), str(path)])
	print(f"| **Merlon** | {ours.cpu:.3f} s | 1 | {ours.memory:.0f} MiB | {ours.status} |")
	sys.stdout.flush()
	for name in peers:
		command = peer(name)
		if not command:
			print(f"| {name} | not installed | | | |")
			continue
		theirs = best([*command, str(path)], 1)
		if theirs.late:
			print(f"| {name} | more than {PATIENCE} s | | | was stopped |")
		else:
			print(f"| {name} | {theirs.cpu:.3f} s | {theirs.cpu / ours.cpu:.0f} × | {theirs.memory:.0f} MiB | {theirs.status} |")
		sys.stdout.flush()
	return ours


def head():
	model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
	version = subprocess.run([str(MERLON), "--version"], capture_output=True, text=True).stdout.strip()
	print(f"# Measurements\n\nBy `make bench`: {version}, {model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, "
	      f"{time.strftime('%Y-%m-%d')}. CPU time is of all processes together. Merlon runs as it is delivered: sandbox on, SHA-256 of "
	      "every file, evidence in a ledger on disk. The best of three rounds for Merlon, one round for a peer that takes long.")


def small():
	folder, count = workloads.small_pickles(FOLDER)
	ours = compare("Many small pickles", folder, f"{count:,} pickles of 100 to 400 bytes in one folder.", ["picklescan", "modelscan", "modelaudit"])
	print(f"\nMerlon: {count / ours.cpu:,.0f} pickles a second a core (asked for: 20,000).")


def dense():
	path, opcodes = workloads.dense_pickle(FOLDER)
	compare("A dense pickle", path, f"One pickle of {opcodes:,} opcodes, {path.stat().st_size / 1e6:.1f} MB.", ["picklescan", "modelscan", "fickling", "modelaudit"])


def start():
	path = workloads.one_small(FOLDER)
	rounds = sorted((Measured([*merlon(), str(path)]) for _ in range(41)), key=lambda m: m.clock)
	print("\n### From start to verdict of one small file\n")
	print(f"By the clock, with a new ledger: median {statistics.median(m.clock for m in rounds) * 1000:.1f} ms, fastest {rounds[0].clock * 1000:.1f} ms "
	      f"(asked for: under 15 ms); {min(m.cpu for m in rounds) * 1000:.1f} ms of CPU.")


def ledger():
	print("\n### Ledger\n")
	for count in (500_000,):
		folder = FOLDER / "bench-ledger"
		shutil.rmtree(folder, ignore_errors=True)
		appended = Measured([str(LEDGER_BENCH), str(folder), str(count)])
		print(f"Appending {count:,} records of a scan, each acknowledged when it is on the disk: {count / appended.clock:,.0f} records a second "
		      f"by the clock, {count / appended.cpu:,.0f} a second of CPU (asked for: 100,000). ", end="")
		verified = best([str(MERLON), "ledger", "verify", str(folder)])
		print(f"Verifying all of them: {count / verified.clock:,.0f} a second by the clock, {count / verified.cpu:,.0f} a second of CPU "
		      f"(asked for: 500,000), {verified.memory:.0f} MiB.")
		shutil.rmtree(folder, ignore_errors=True)


def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	wanted = sys.argv[5:]
	head()
	for part in (small, dense, start, ledger):
		if not wanted or part.__name__ in wanted:
			part()
			sys.stdout.flush()


if __name__ == "__main__":
	main()
