#!/usr/bin/env python3
"""run.py MERLON PROGRAMS PEERS FOLDER [PART...]: the gateway beside others in one run, as a page in Markdown.

PART: exchanges, records, streams, idle, halt. CPU time is utime and stime of all processes
of a gateway, by the kernel; memory is their proportional set size. The model and
the callers are tests/bench/gateway/load.c and run on the same cores.
"""

import json
import os
import pathlib
import platform
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

MERLON, PROGRAMS, PEERS, FOLDER = (pathlib.Path(a).absolute() for a in sys.argv[1:5])
WITHOUT, LOAD, COPIER = PROGRAMS / "without-records", PROGRAMS / "load", PROGRAMS / "copier"
PARTS = sys.argv[5:] or ["exchanges", "records", "streams", "idle", "halt"]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "talks"))
import gate
import halting

TICKS = os.sysconf("SC_CLK_TCK")
ROUNDS = int(os.environ.get("ROUNDS", "15"))
ENVIRONMENT = {**os.environ, "LITELLM_TELEMETRY": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "NO_PROXY": "127.0.0.1", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}


def tree(pid):
	"""A process and all under it."""
	found = [pid]
	for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
		for child in task.read_text().split():
			found += tree(int(child))
	return found


def cpu(pid):
	"""Seconds of CPU of all of them, of those that ended included."""
	ticks = 0
	for p in tree(pid):
		fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
		ticks += sum(int(f) for f in fields[11:15])
	return ticks / TICKS


def memory(pid):
	"""MiB."""
	total = 0
	for p in tree(pid):
		rollup = pathlib.Path(f"/proc/{p}/smaps_rollup").read_text()
		total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
	return total / 1024


class Gateway:
	"""In front of the model at a port; `path` and `headers` are what its callers send."""
	path, headers = "/v1/chat/completions", []
	patience, environment = 20, ENVIRONMENT
	workers, cores = 2, None        # cores: those it may run on, where not all

	def __init__(self, upstream):
		self.port, self.upstream, self.folder = gate.free_port(), upstream, FOLDER / self.name.split()[0]
		shutil.rmtree(self.folder, ignore_errors=True)
		self.folder.mkdir(parents=True)
		self.process = subprocess.Popen([str(a) for a in self.command()], stdout=open(self.folder / "out", "w"), stderr=subprocess.STDOUT, cwd=self.folder, env=self.environment, start_new_session=True, preexec_fn=self.stay)
		for _ in range(self.patience * 10):
			try:
				socket.create_connection(("127.0.0.1", self.port), 1).close()
				break
			except OSError:
				time.sleep(0.1)
			if self.process.poll() is not None:
				raise RuntimeError(f"{self.name} did not start: " + (self.folder / "out").read_text()[-300:])
		self.ready()

	def stay(self):
		if self.cores:
			os.sched_setaffinity(0, self.cores)

	def ready(self):
		pass

	def drive(self, **options):
		return load(self.port, path=self.path, headers=self.headers, **options)

	def end(self):
		try:
			os.killpg(self.process.pid, signal.SIGTERM)
			self.process.wait(20)
		except subprocess.TimeoutExpired:
			os.killpg(self.process.pid, signal.SIGKILL)
			self.process.wait()


class Merlon(Gateway):
	name, program, ledger = "merlon", MERLON, "ledger"

	def command(self):
		return [self.program, "gateway", "--upstream", f"http://127.0.0.1:{self.upstream}", "--listen", f"127.0.0.1:{self.port}", "--ledger", self.where(), "--workers", self.workers]

	def where(self):
		return self.folder / self.ledger

	def ready(self):
		key = (self.where() / "key").read_text().strip()
		self.headers = [f"Authorization: Bearer {key}"]

	def end(self):
		self.process.send_signal(signal.SIGTERM)
		self.process.wait(60)


class MerlonWithout(Merlon):
	name, program = "without records", WITHOUT


class MerlonInMemory(Merlon):
	name = "memory"

	def where(self):
		return pathlib.Path("/dev/shm/merlon-bench-ledger")

	def __init__(self, upstream):
		shutil.rmtree(self.where(), ignore_errors=True)
		super().__init__(upstream)

	def end(self):
		super().end()
		shutil.rmtree(self.where(), ignore_errors=True)


class Nginx(Gateway):
	name = "nginx"

	def command(self):
		f = self.folder
		(f / "conf").write_text(f"""daemon off; worker_processes {self.workers}; worker_rlimit_nofile 20000; pid {f}/pid; error_log {f}/log crit;
events {{ worker_connections 20000; }}
http {{
	access_log off; client_body_temp_path {f}/b; proxy_temp_path {f}/p; fastcgi_temp_path {f}/f; uwsgi_temp_path {f}/u; scgi_temp_path {f}/s;
	keepalive_requests 10000000; keepalive_timeout 300s;
	upstream u {{ server 127.0.0.1:{self.upstream}; keepalive 256; keepalive_requests 10000000; }}
	server {{ listen 127.0.0.1:{self.port} reuseport backlog=8192; location / {{ proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }}
}}""")
		return ["nginx", "-p", f, "-c", f / "conf", "-e", f / "log"]


class Copier(Gateway):
	name = "copier"

	def command(self):
		return [COPIER, self.port, self.upstream, self.workers]


class LiteLLM(Gateway):
	name, patience = "litellm", 90
	key = "sk-" + secrets.token_hex(24)
	environment = {**ENVIRONMENT, "LITELLM_MASTER_KEY": key}
	headers = [f"Authorization: Bearer {key}"]

	def command(self):
		(self.folder / "config.yaml").write_text(f"model_list:\n  - model_name: m\n    litellm_params: {{model: openai/m, api_base: \"http://127.0.0.1:{self.upstream}/v1\", api_key: x}}\n")
		return [PEERS / "venv/bin/litellm", "--config", self.folder / "config.yaml", "--host", "127.0.0.1", "--port", self.port, "--num_workers", "1"]


class Portkey(Gateway):
	name = "portkey"

	def command(self):
		return ["node", PEERS / "node_modules/@portkey-ai/gateway/build/start-server.js", f"--port={self.port}", "--headless"]

	def ready(self):
		self.headers = ["Authorization: Bearer x", "x-portkey-provider: openai", f"x-portkey-custom-host: http://127.0.0.1:{self.upstream}/v1"]


class Model:
	def __init__(self, **options):
		self.process = subprocess.Popen([str(LOAD), "serve", *as_options(options)], stdout=subprocess.PIPE, text=True)
		self.port = int(self.process.stdout.readline())

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.process.kill()
		self.process.wait()


def as_options(options):
	return [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value))]


def drive(port, path="/v1/chat/completions", headers=(), **options):
	command = [str(LOAD), "drive", "--port", str(port), "--path", path, *as_options(options)]
	for h in headers:
		command += ["--header", h]
	return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def load(port, **options):
	return json.loads(drive(port, **options).communicate()[0])


# ---- CPU an exchange ----

def exchange(kind, model, requests):
	g = kind(model.port)
	try:
		g.drive(requests=max(64, requests // 10))
		before = cpu(g.process.pid)
		r = g.drive(requests=requests, seconds=200)
		used = cpu(g.process.pid) - before
	finally:
		g.end()
	if r["failed"]:
		raise RuntimeError(f"{kind.name}: {r['failed']} of {r['requests']} failed: " + (g.folder / "out").read_text()[-300:])
	return {"cpu_us": used / r["requests"] * 1e6, "rate": r["requests"] / r["seconds"], "p50": r["p50_us"], "p99": r["p99_us"]}


def rounds(amounts, once=()):
	"""Each way in every round, or in the first: what else the machine does weighs on all, so a round is compared with itself."""
	found = {kind: [] for kind in amounts}
	with Model() as model:
		for turn in range(ROUNDS):
			for kind, requests in amounts.items():
				if turn == 0 or kind not in once:
					found[kind].append(exchange(kind, model, requests))
	return found


def exchanges():
	found = rounds({Merlon: 60000, Nginx: 60000, Copier: 60000, Portkey: 4000, LiteLLM: 1500}, once=(Portkey, LiteLLM))
	middle = {kind: {what: statistics.median(r[what] for r in results) for what in ("cpu_us", "rate", "p50", "p99")} for kind, results in found.items()}
	times = sorted(mine["cpu_us"] / theirs["cpu_us"] for mine, theirs in zip(found[Merlon], found[Nginx]))
	print("### An exchange of a kilobyte\n\n64 callers on kept connections, one after the other on each; a question and an answer of about 1 KB. Merlon keeps a record of every exchange on the disk; nginx only passes on, without an access log; "
	      "the copier (`tests/bench/gateway/copier.c`) joins two connections and copies bytes without reading them, the least that any proxy can cost here.\n")
	print(f"The medians of {ROUNDS} rounds for Merlon, nginx and the copier, one round for the others. Asked for: at most 1.5 times nginx's CPU, at least 50 times less than LiteLLM's.\n")
	print("| | CPU an exchange | against Merlon | exchanges a second | median | 99 of 100 |\n|---|---:|---:|---:|---:|---:|")
	names = {Merlon: "**Merlon**, records on", Nginx: version(["nginx", "-v"]), Copier: "copier", Portkey: "Portkey gateway 1.15.2 (Node)", LiteLLM: "LiteLLM proxy 1.106.2"}
	mine = middle[Merlon]["cpu_us"]
	for kind, name in names.items():
		m = middle[kind]
		print(f"| {name} | {m['cpu_us']:,.1f} µs | {m['cpu_us'] / mine:.2f} × | {m['rate']:,.0f} | {m['p50'] / 1000:.1f} ms | {m['p99'] / 1000:.1f} ms |")
	print(f"\nMerlon uses {statistics.median(times):.2f} times nginx's CPU ({times[0]:.2f} to {times[-1]:.2f} from round to round), and {middle[LiteLLM]['cpu_us'] / mine:.0f} times less than LiteLLM's.\n", flush=True)


# ---- what the records cost ----

def records():
	found = rounds({MerlonWithout: 60000, MerlonInMemory: 60000, Merlon: 60000})
	print("### What records cost\n\nThe program as it is delivered has no way to run without records; for this table alone one is linked that keeps none (`tests/bench/gateway/without_records.c`). "
	      "A record is on the disk (fdatasync of the records and of their salts, SQLite with `synchronous` as delivered) before its exchange counts as kept.\n")
	print(f"The medians of {ROUNDS} rounds; model and callers share the cores with the gateway. Asked for: under 20 % of throughput.\n")
	print("| | exchanges a second | against none, median (least to most) | CPU an exchange |\n|---|---:|---:|---:|")
	for kind, name in ((MerlonWithout, "without records"), (MerlonInMemory, "ledger in memory"), (Merlon, "**ledger on disk**")):
		rates, used = ([r[what] for r in found[kind]] for what in ("rate", "cpu_us"))
		lost = sorted((rate / none["rate"] - 1) * 100 for rate, none in zip(rates, found[MerlonWithout]))
		print(f"| {name} | {statistics.median(rates):,.0f} | {statistics.median(lost):+.1f} % ({lost[0]:+.1f} to {lost[-1]:+.1f}) | {statistics.median(used):.1f} µs |")
	print(flush=True)


# ---- streams ----

EVENTS = 200
STREAM_TABLE = "| streams | | median | 99 of 100 | added, median | memory a stream | CPU an event |\n|---:|---|---:|---:|---:|---:|---:|"


def straight(model, count):
	"""Without a gateway: what the model and the callers use is theirs."""
	before = cpu(model.process.pid)
	r = load(model.port, connections=count, requests=count, streams=1, seconds=60)
	return r, 0, cpu(model.process.pid) - before + r["own_cpu"]


def streamed(kind, model, count):
	g = kind(model.port)
	try:
		g.drive(requests=2000)
		empty, before = memory(g.process.pid), cpu(g.process.pid)
		process = drive(g.port, path=g.path, headers=g.headers, connections=count, requests=count, streams=1, seconds=60)
		time.sleep(7)
		full = memory(g.process.pid)
		r = json.loads(process.communicate()[0])
		used = cpu(g.process.pid) - before
	finally:
		g.end()
	return r, (full - empty) * 1024 / count, used


def stream_row(count, kind, model, direct):
	r, kb, used = streamed(kind, model, count)
	name = "**Merlon**" if issubclass(kind, Merlon) else kind.name
	if r["failed"] or r["events"] != EVENTS * count:
		return f"| {count:,} | {name} | {r['failed']:,} not at their end after {r['seconds']:.0f} s, {r['events']:,} of {EVENTS * count:,} events | | | {kb:.1f} KB | |"
	return f"| {count:,} | {name} | {r['p50_us'] / 1000:.2f} ms | {r['p99_us'] / 1000:.1f} ms | {(r['p50_us'] - direct['p50_us']) / 1000:+.2f} ms | {kb:.1f} KB | {used / r['events'] * 1e6:.1f} µs |"


def stream_rows(count, kinds, model):
	direct, _, used = straight(model, count)
	print(f"| {count:,} | straight to the model | {direct['p50_us'] / 1000:.2f} ms | {direct['p99_us'] / 1000:.1f} ms | | | {used / direct['events'] * 1e6:.1f} µs, model and callers |", flush=True)
	for kind in kinds:
		print(stream_row(count, kind, model, direct), flush=True)


def on_one_core(kind, core):
	return type(kind.__name__, (kind,), {"workers": 1, "cores": {core}})


def streams_apart():
	"""Half the streams before half the cores, which nobody else uses."""
	all_cores = sorted(os.sched_getaffinity(0))
	print("\nThe same with a core that is the gateway's alone, and another for model and callers: half of what was asked for on half of the cores, three times. That is as near as a machine of two cores comes to a gateway that has two to itself. "
	      "Straight to the model it takes longer here than above, because model and callers share one core.\n")
	print(STREAM_TABLE)
	os.sched_setaffinity(0, all_cores[1:2])
	with Model(events=EVENTS, pace_ms=50) as model:
		for _ in range(3):
			stream_rows(2500, [on_one_core(kind, all_cores[0]) for kind in (Merlon, Nginx, Copier)], model)
	os.sched_setaffinity(0, all_cores)


def streams():
	print("### Streams\n\nEach of 200 events at 20 a second; the model, the callers and the gateway share two cores. An event carries the time it was sent at; the delay is to when its caller has read it. "
	      "Asked for with 5,000 streams: less than 1 ms more than straight to the model in the median, under 40 KB a stream.\n")
	print("With 5,000 streams two cores have 20 µs for an event, in which the model has to send it, the gateway to pass it on and the caller to read it: the sum of the last column's first row and any other's. "
	      "Where that is more, events wait for each other, and the copier, which does nothing but that, shows how long at the least. CPU an event then falls, because what waits together is read together.\n")
	print(STREAM_TABLE)
	with Model(events=EVENTS, pace_ms=50) as model:
		for count in (500, 1000, 2000, 5000):
			stream_rows(count, (Merlon, Nginx, Copier), model)
	if len(os.sched_getaffinity(0)) > 1:
		streams_apart()
	print()


# ---- idle callers ----

def idle():
	count = 10000
	print(f"### {count:,} callers who wait\n\nEach on a kept connection, after one exchange. Asked for: under 200 MB.\n")
	print("| | before | with them | a caller |\n|---|---:|---:|---:|")
	with Model() as model:
		for kind, name in ((Merlon, "**Merlon**"), (Nginx, "nginx")):
			g = kind(model.port)
			try:
				empty = memory(g.process.pid)
				process = drive(g.port, path=g.path, headers=g.headers, connections=count, requests=count, seconds=60, hold=4)
				r = json.loads(process.stdout.readline())
				time.sleep(1)
				full = memory(g.process.pid)
				process.wait()
			finally:
				g.end()
			failed = f" ({r['failed']} failed)" if r["failed"] else ""
			print(f"| {name}{failed} | {empty:.1f} MiB | {full:.1f} MiB | {(full - empty) * 1024 / count:.1f} KB |", flush=True)
	print()


# ---- the kill switch ----

def halt():
	tries = int(os.environ.get("TRIES", "20"))
	print(f"### The kill switch\n\n{tries} times each, with a stream under way, an exchange that waits for a person, and callers who begin new ones without pause: milliseconds from the pull until their connections ended, and until a new exchange was let in for the last time. Asked for: 100 ms.\n")
	print("| | a stream, median | worst | held, median | worst | new, median | worst |\n|---|---:|---:|---:|---:|---:|---:|")
	shutil.rmtree(FOLDER / "halt", ignore_errors=True)
	h = halting.Halting(MERLON, FOLDER / "halt")
	try:
		for how in halting.HOW:
			results = [h.once(how) for _ in range(tries)]
			if not all(r["refused"] == 503 and r["goes on"] and not r["whole"] and r["held status"] != 200 for r in results):
				print(f"| {how} | did not halt what it should |", flush=True)
				continue
			figures = [(sorted(r[what] for r in results)[tries // 2], max(r[what] for r in results)) for what in ("stream", "held", "new")]
			print(f"| {how} | " + " | ".join(f"{median:.0f} ms | {worst:.0f} ms" for median, worst in figures) + " |", flush=True)
	finally:
		h.end()
	print()


def version(command):
	r = subprocess.run(command, capture_output=True, text=True)
	return (r.stdout + r.stderr).splitlines()[0].replace("nginx version: ", "")


def processor():
	lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
	return next((l.split(":")[1].strip() for l in lines if l.startswith("model name")), platform.machine())


def main():
	FOLDER.mkdir(parents=True, exist_ok=True)
	print("# The gateway, measured\n")
	print(f"By `make bench-gateway`: {version([str(MERLON), 'version'])}, {processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, {time.strftime('%Y-%m-%d')}. "
	      "CPU time is utime and stime of all processes of a gateway, memory their proportional set size. The model and the callers (`tests/bench/gateway/load.c`) run on the same cores: rates and delays are of the whole, CPU time is of the gateway alone.\n", flush=True)
	for part in PARTS:
		print(f"Load when what follows began: {os.getloadavg()[0]:.1f}.\n")
		{"exchanges": exchanges, "records": records, "streams": streams, "idle": idle, "halt": halt}[part]()


if __name__ == "__main__":
	main()
