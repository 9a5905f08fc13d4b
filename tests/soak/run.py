#!/usr/bin/env python3
"""run.py MERLON FOLDER SECONDS: honest and hostile callers at once, for a long time.

The memory of every process is sampled; at the end no sanitizer may have
complained, nobody may have died, and what the model saw is what the ledger has.
"""

import collections
import json
import os
import pathlib
import random
import re
import shutil
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "talks"), str(HERE.parent / "interop")]
import gate
import smuggled
import upstream

MERLON, FOLDER, SECONDS = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(), float(sys.argv[3])
END = 0
DONE, PROBLEMS = collections.Counter(), []
# No question is as long as another, so that each can be found in the ledger by its length.
LENGTHS, LOCK = iter(range(1 << 30)), threading.Lock()


def padding():
	with LOCK:
		return "p" * (next(LENGTHS) % 200000)


def loop(name):
	"""Again and again, until the end; what goes wrong with a caller who means well is kept."""
	def wrap(function):
		def run(gateway, rng):
			while time.monotonic() < END:
				try:
					function(gateway, rng)
					DONE[name] += 1
				except Exception as e:
					if name.startswith("honest"):
						PROBLEMS.append(f"{name}: {type(e).__name__}: {e}")
					DONE[name + ", cut"] += 1
		run.name = name
		return run
	return wrap


@loop("honest: plain, on a kept connection")
def plain(g, rng):
	c = g.connect()
	for _ in range(rng.randrange(1, 30)):
		r, body = g.ask("hello" + padding(), c)
		assert r.status == 200 and json.loads(body)["choices"][0]["message"]["content"].startswith("HELLO"), (r.status, body[:100])
	c.close()


@loop("honest: streams")
def stream(g, rng):
	r, body = g.ask("stream", stream=True, user=padding())
	assert r.status == 200 and body.endswith(b"data: [DONE]\n\n"), (r.status, body[-100:])


@loop("honest: in chunks, torn")
def torn(g, rng):
	body = g.message("hello" + padding())
	data = g.head("Transfer-Encoding: chunked", "Connection: close") + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[at:at + 4000] for at in range(0, len(body), 4000))) + b"0\r\n\r\n"
	with g.socket() as s:
		while data:
			size = rng.randrange(1, 30000)
			s.sendall(data[:size])
			data = data[size:]
		assert s.recv(65536).startswith(b"HTTP/1.1 200")


@loop("a model that errs or cuts")
def errs(g, rng):
	g.ask(rng.choice(["busy", "overloaded", "cut"]), stream=rng.random() < 0.5, user=padding())


@loop("leaves in the middle")
def leaves(g, rng):
	with g.socket() as s:
		s.sendall(g.request("stream", stream=True, user=padding()))
		s.recv(rng.randrange(1, 4000))


@loop("a wrong key, a shut route, a body nobody can read")
def refused(g, rng):
	g.ask("hello", key="wrong")
	with g.socket() as s:
		body = rng.choice([b"{", b"[" * 5000, b'{"model":"m","messages":[],"messages":[]}', b"\xff\xfe", rng.randbytes(300)])
		s.sendall(g.head(f"Content-Length: {len(body)}", path=rng.choice(["/v1/chat/completions", "/v1/files", "/v1/messages", "/mcp"])) + body)
		s.recv(65536)


@loop("smuggling")
def smuggles(g, rng):
	_, data = rng.choice(smuggled.REQUESTS)
	with g.socket(1) as s:
		s.sendall(data.replace(b"KEY", g.key.encode()))
		s.settimeout(0.2)
		while s.recv(65536):
			pass


@loop("mutated requests")
def mutated(g, rng):
	data = bytearray(g.request("hello"))
	for _ in range(rng.randrange(1, 6)):
		at = rng.randrange(len(data))
		data[at:at + rng.randrange(0, 3)] = rng.randbytes(rng.randrange(0, 4))
	with g.socket(1) as s:
		s.sendall(data)
		s.settimeout(0.2)
		s.recv(65536)


@loop("crawls, then goes")
def crawls(g, rng):
	with g.socket() as s:
		for byte in g.request("hello")[:rng.randrange(1, 60)]:
			s.sendall(bytes([byte]))
			time.sleep(0.05)


@loop("waits without a word")
def waits(g, rng):
	with g.socket():
		time.sleep(rng.uniform(0.1, 8))


CALLERS = [plain] * 4 + [stream] * 4 + [torn] * 2 + [errs] * 2 + [leaves] * 2 + [refused, smuggles, smuggles, mutated, mutated] + [crawls] * 3 + [waits] * 10


def memory(pid):
	"""KiB of its own; the journals are files."""
	return int(re.search(r"RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def sample(gateway, samples):
	while time.monotonic() < END:
		try:
			samples.append({pid: memory(pid) for pid in [gateway.process.pid, *gateway.children()]})
		except (OSError, TypeError):
			pass
		time.sleep(max(0.5, SECONDS / 200))


def growth(samples):
	"""Of each process: KiB in the median of the second and of the last fifth; the first is for warming up."""
	fifth = max(1, len(samples) // 5)
	def median(part, pid):
		values = sorted(s[pid] for s in part if pid in s)
		return values[len(values) // 2] if values else 0
	return {pid: (median(samples[fifth:2 * fifth], pid), median(samples[-fifth:], pid)) for pid in samples[-1]}


def main():
	global END
	shutil.rmtree(FOLDER, ignore_errors=True)
	FOLDER.mkdir(parents=True)
	tally, model = gate.Tally(), upstream.start()
	environment = {**os.environ, "ASAN_OPTIONS": f"detect_leaks=1:quarantine_size_mb=8:log_path={FOLDER}/asan", "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={FOLDER}/ubsan"}
	gateway = gate.Gateway(MERLON, FOLDER, model.server_port, "--workers", "2", environment=environment)
	samples, begun, before = [], time.monotonic(), gateway.children()
	END = begun + SECONDS
	seed = int(os.environ.get("SEED", "1"))
	threads = [threading.Thread(target=caller, args=(gateway, random.Random(seed + i)), daemon=True) for i, caller in enumerate(CALLERS)]
	threads.append(threading.Thread(target=sample, args=(gateway, samples)))
	for t in threads:
		t.start()
	for t in threads:
		t.join(SECONDS + 60)
	after = gateway.children()
	took = time.monotonic() - begun
	time.sleep(1)
	status = gateway.end()
	for name, count in sorted(DONE.items()):
		print(f"{count:8,} {name}")
	for pid, (early, late) in growth(samples).items():
		print(f"process {pid}: {early / 1024:.1f} MiB after a fifth, {late / 1024:.1f} MiB at the end")
		tally.check("its memory does not grow", late < early * 1.15 + 8192, (early, late))
	tally.check("who means well is served", not PROBLEMS, (len(PROBLEMS), PROBLEMS[:3]))
	tally.check("nobody died", before == after, (before, after))
	tally.check("it ends well", status == 0, (status, gateway.log.read_text()[-500:]))
	complaints = [f.read_text()[:1500] for f in FOLDER.glob("*san.*")]
	tally.check("no sanitizer complains", not complaints, complaints[:1])
	records = gateway.records()
	lengths = collections.Counter(length for _, _, length in model.seen)
	tally.check("no record is there twice", len({r["id"] for r in records}) == len(records), len(records))
	reached = [r for r in records if r["answer"]["status"] or r["outcome"] in ("left", "lost", "stopped", "halted")]
	tally.check("what the model saw is on record", len(model.seen) <= len(reached), (len(model.seen), len(reached)))
	recorded = collections.Counter(r["request"]["bytes"] for r in records)
	missing = {size: count - recorded[size] for size, count in lengths.items() if recorded[size] < count}
	tally.check("each question by its length", not missing, list(missing.items())[:5])
	answered = sum(bool(r["answer"]["status"]) for r in records)
	print(f"{took:.0f} seconds, {len(model.seen):,} requests reached the model, {len(records):,} exchanges on record, {answered:,} of them with an answer of the model")
	good, said = gateway.verify()
	tally.check("the ledger verifies", good, said)
	return tally.end()


if __name__ == "__main__":
	sys.exit(main())
