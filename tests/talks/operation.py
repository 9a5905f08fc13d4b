#!/usr/bin/env python3
"""operation.py MERLON FOLDER: the kill switch, certificates that end, names that lead elsewhere, and what is erased."""

import hashlib
import http.client
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import gateway
import halting
from gate import control, in_time
from gateway import FOLDER, MERLON, Model, Server, check
from routes import START, WORK, Configured

PRELOAD = WORK / "names.so"


# ---- the kill switch ----

def halts():
	h = halting.Halting(MERLON, WORK / "halts")
	for how in halting.HOW:
		r = h.once(how)
		check(f"halted by {how}, a stream is cut", not r["whole"] and r["stream"] < 5000, r)
		check(f"halted by {how}, what waits for a person is refused", r["held status"] != 200, r)
		check(f"halted by {how}, nobody new is let in", r["refused"] == 503, r)
		check(f"and then it goes on ({how})", r["goes on"], r)
		print(f"halted by {how}: the stream ended after {r['stream']:.0f} ms, what was held after {r['held']:.0f} ms, the last exchange was let in after {r['new']:.0f} ms")
	check("it ends when told to", h.end() == 0)


def halts_while_it_waits():
	"""The supervisor looks a name up that takes its time: nothing waits for that."""
	names = WORK / "slow-names"
	names.write_text("model.test 127.0.0.1\n")
	with preloaded(names):
		h = halting.Halting(MERLON, WORK / "slow", host="model.test")
	for how in halting.HOW:
		names.write_text("model.test ~\n")
		stream, held = h.under_way()
		before = h.log.read_text().count("read again")
		h.process.send_signal(signal.SIGHUP)
		time.sleep(0.3)
		h.pull(how)
		stream.join(20)
		held.join(20)
		refused, busy = h.refusal(), h.log.read_text().count("read again") == before
		check(f"while the supervisor waits for something, {how} halts", busy and held.status != 200 and refused == 503, (busy, held.status, refused))
		names.write_text("model.test 127.0.0.1\n")
		check("and the supervisor comes back", in_time(lambda: h.log.read_text().count("read again") > before))
		h.pull(how, again=True)
		check(f"and then it goes on ({how})", h.until_it_answers())
	h.end()


def status(g):
	"""Of an exchange, when it is not cut off by a process that ends."""
	for _ in range(100):
		try:
			return g.ask("hello")[0].status
		except (OSError, http.client.HTTPException):
			time.sleep(0.05)


def halts_that_last():
	"""Whoever starts it again, after a crash or on purpose, does not let it go on by that."""
	g = Configured("lasting", START + f"upstreams: {{m: {{servers: ['http://127.0.0.1:{serve('127.0.0.1').server_port}']}}}}\nroutes: [{{upstreams: m}}]\n")
	pulls = {"signal": (lambda: g.process.send_signal(signal.SIGUSR1),) * 2, "socket": (lambda: control(g, "POST", "/halt"), lambda: control(g, "POST", "/go-on")), "file": ((g.ledger / "halt").touch, (g.ledger / "halt").unlink)}
	for how, (pull, lift) in pulls.items():
		pull()
		check(f"halted by {how}", in_time(lambda: status(g) == 503))
		check(f"and that is kept ({how})", in_time(lambda: (g.ledger / ("halt" if how == "file" else "halted")).exists()))
		g.process.send_signal(signal.SIGKILL if how == "signal" else signal.SIGTERM)
		g.process.wait(20)
		g.begin(MERLON, g.ledger, g.log, ["--config", str(g.file)])
		check(f"it is still when it begins again ({how})", status(g) == 503)
		lift()
		check(f"and goes on when that is taken back ({how})", in_time(lambda: status(g) == 200))
	check("nothing is remembered of it", not (g.ledger / "halted").exists())
	g.end()


def halted_before_it_begins():
	"""Whoever stands before the door when it opens finds it halted."""
	model = serve("127.0.0.1")
	g = Configured("halted", START + f"upstreams: {{m: {{servers: ['http://127.0.0.1:{model.server_port}']}}}}\nroutes: [{{upstreams: m}}]\n")
	request = g.request("hello")
	check("it ends", g.end() == 0)
	(g.ledger / "halt").touch()
	answers = []

	def knock():
		while b"HTTP/1.1 503" not in answers:
			try:
				with socket.create_connection(("127.0.0.1", g.port), 1) as s:
					s.settimeout(5)
					s.sendall(request)
					answers.append(s.recv(12))
			except OSError:
				time.sleep(0.0005)
	knocking = threading.Thread(target=knock, daemon=True)
	knocking.start()
	g.begin(MERLON, g.ledger, WORK / "halted.log", ["--config", str(g.file)])
	knocking.join(20)
	check("what was halted when it ended is when it begins", set(answers) == {b"HTTP/1.1 503"} and model.asked == 0, answers)
	check("and ends", g.end() == 0)


def operators_over_reloads():
	"""Another process answers operators after a reload: nobody who asks meanwhile is turned away."""
	model = serve("127.0.0.1")
	g = Configured("operators", START + f"upstreams: {{m: {{servers: ['http://127.0.0.1:{model.server_port}']}}}}\nroutes: [{{upstreams: m}}]\n")
	answers, over = [], threading.Event()

	def ask_again_and_again():
		while not over.is_set():
			try:
				answers.append(control(g, "GET", "/healthz"))
			except OSError as e:
				answers.append(repr(e))
	asking = threading.Thread(target=ask_again_and_again)
	asking.start()
	log = WORK / "operators.log"
	for i in range(5):
		g.process.send_signal(signal.SIGHUP)
		in_time(lambda: log.read_text().count("read again") > i)
	time.sleep(0.3)
	over.set()
	asking.join(20)
	check("operators are answered over five reloads", len(answers) > 20 and all(a == (200, "alive\n") for a in answers), [a for a in answers if a != (200, "alive\n")][:3])
	g.end()


# ---- names ----

class preloaded:
	"""What is started here looks names up in a file of ours."""

	def __init__(self, names):
		self.more = {"LD_PRELOAD": str(PRELOAD), "NAMES": str(names), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

	def __enter__(self):
		self.before = {k: os.environ.get(k) for k in self.more}
		os.environ.update(self.more)

	def __exit__(self, *_):
		for k, v in self.before.items():
			os.environ.pop(k) if v is None else os.environ.update({k: v})


def serve(address, port=0):
	class Here(Model):
		def do_POST(self):
			self.server.asked += 1
			super().do_POST()
	s = Server((address, port), Here)
	s.asked = 0
	threading.Thread(target=s.serve_forever, daemon=True).start()
	return s


def names():
	first = serve("127.0.0.1")
	second = serve("127.0.0.2", first.server_port)
	file = WORK / "names"

	def lead(to):
		fresh = WORK / "names.new"
		fresh.write_text(f"model.test {to}\n")
		fresh.rename(file)
	lead("127.0.0.1")
	with preloaded(file):
		g = Configured("moving", START + f"resolve-every: 500ms\nupstreams: {{m: {{servers: ['http://model.test:{first.server_port}']}}}}\nroutes: [{{upstreams: m}}]\n")
	said = lambda: (WORK / "moving.log").read_text()
	check("a name leads where it leads", g.ask("hello")[0].status == 200 and (first.asked, second.asked) == (1, 0), (first.asked, second.asked))
	streaming = threading.Thread(target=lambda: results.append(g.ask("slow", stream=True)[1]))
	results = []
	streaming.start()
	check("a stream is under way there", in_time(lambda: first.asked == 2))
	lead("!")
	check("that it cannot be looked up is said", in_time(lambda: "cannot be looked up" in said()), said())
	check("and what was known stays", g.ask("hello")[0].status == 200 and first.asked == 3, (first.asked, second.asked))
	time.sleep(1.2)
	check("it is said once", said().count("cannot be looked up") == 1, said())
	lead("127.0.0.2")
	check("a name that leads elsewhere is followed", in_time(lambda: g.ask("hello")[0].status == 200 and second.asked > 0), (first.asked, second.asked))
	before = first.asked
	check("by all that comes then", [g.ask("hello")[0].status for _ in range(5)] == [200] * 5 and first.asked == before, (first.asked, before))
	streaming.join(30)
	check("what was under way came to its end where it was", results and results[0].count(b'"w "') == 100, results[0][-200:] if results else "")
	check("nothing was refused", "leads elsewhere" in said() and g.end() == 0, said())
	for wrong, why in (("100ms", "more often"), ("often", "duration")):
		(WORK / "wrong.yaml").write_text(f"listen: [{{address: '127.0.0.1:1'}}]\nledger: l\nresolve-every: {wrong}\nupstreams: {{m: {{servers: ['http://127.0.0.1:1']}}}}\nroutes: [{{upstreams: m}}]\n")
		r = subprocess.run([MERLON, "gateway", "--config", str(WORK / "wrong.yaml"), "--check"], capture_output=True, text=True)
		check(f"resolve-every: {wrong} is refused", r.returncode == 64 and why in r.stderr, r.stderr)


# ---- certificates ----

def certificate(name, days):
	"""Its own authority, ends in so many days from now."""
	when = lambda d: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + d * 86400))
	conf = WORK / "ca.conf"
	conf.write_text(f"[ca]\ndefault_ca = here\n[here]\ndatabase = {WORK}/ca.index\nserial = {WORK}/ca.serial\nnew_certs_dir = {WORK}\ndefault_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\n")
	(WORK / "ca.index").write_text("")
	(WORK / "ca.serial").write_text("01\n")
	openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
	openssl("ca", "-batch", "-config", "ca.conf", "-selfsign", "-keyfile", f"{name}.key", "-in", f"{name}.csr", "-out", f"{name}.pem", "-notext", "-startdate", when(-60), "-enddate", when(days))
	(WORK / f"{name}.key").chmod(0o600)


def openssl(*arguments):
	subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=WORK)


def certificates():
	model = serve("127.0.0.1")
	for name, days in (("fresh", 300), ("ending", 20.5), ("ended", -2.5)):
		certificate(name, days)

	def text(listener, *upstreams):
		tls = "".join(f"  {n}: {{servers: ['http://127.0.0.1:{model.server_port}'], tls: {{certificate: {n}.pem, key: {n}.key}}}}\n" for n in upstreams)
		return f"listen:\n  - address: LISTEN\n  - {{address: 'localhost:{gateway.free_port()}', tls: {{certificate: {listener}.pem, key: {listener}.key}}}}\nledger: LEDGER\nworkers: 1\nupstreams:\n{tls}routes: [{{upstreams: {upstreams[0]}}}]\n"
	g = Configured("certificates", text("ending", "fresh", "ending", "ended"))
	found = {m[1]: float(m[2]) for m in re.finditer(r"^merlon_certificate_seconds\{(.*?)\} (-?\d+)$", control(g, "GET", "/metrics")[1], re.M)}
	days = {k: round(v / 86400, 1) for k, v in found.items()}
	check("metrics say how long each certificate lasts", days == {'side="listener",name="2"': 20.5, 'side="upstream",name="fresh"': 300.0, 'side="upstream",name="ending"': 20.5, 'side="upstream",name="ended"': -2.5}, days)
	said = lambda: (WORK / "certificates.log").read_text()
	check("the log warns of what ends within 30 days, or has", in_time(lambda: said().count("EXPIRES IN 20 DAYS") == 2 and said().count("HAS EXPIRED, 2 days ago") == 1) and "fresh.pem" not in said(), said())
	check("one that has ended is no reason not to serve, where it is shown to a server", g.ask("hello")[0].status == 200)
	checked = subprocess.run([MERLON, "gateway", "--config", str(g.file), "--check"], capture_output=True, text=True)
	check("--check says it too", checked.returncode == 0 and checked.stdout.count("IT EXPIRES") == 2 and checked.stdout.count("IT HAS EXPIRED") == 1, checked.stdout)
	g.end()
	for listener, upstream, why in (("ended", "fresh", "has expired"), ("fresh", "missing", "cannot be read")):
		g.write(text(listener, upstream))
		r = subprocess.run([MERLON, "gateway", "--config", str(g.file), "--check"], capture_output=True, text=True)
		check(f"a certificate that {why} is refused", r.returncode == 64 and why in r.stderr, r.stderr)


# ---- erasure ----

def salts_of(g):
	kept = (g.ledger / "salts").read_bytes()
	return {kept[at:at + 16].hex(): kept[at + 16:at + 32] for at in range(0, len(kept), 32)}


def erase(g, *arguments):
	r = subprocess.run([MERLON, "ledger", "erase", *arguments], capture_output=True, text=True)
	return r.returncode, r.stdout + r.stderr


def erasure():
	"""While the gateway runs: no digest of what was erased can be reproduced, nothing else changes, and it is on record."""
	g = Configured("erasure", START + f"upstreams: {{m: {{servers: ['http://127.0.0.1:{serve('127.0.0.1').server_port}']}}}}\nroutes: [{{upstreams: m}}]\n")
	for i in range(12):
		g.ask("hello", user=str(i))
	in_time(lambda: len(g.records()) == 12)
	records, salts = g.records(), salts_of(g)
	body = g.message("hello", user="3")
	of_body = lambda salts: [r["id"] for r in records if r["request"]["digest"] == hashlib.sha256(salts[r["id"]] + body).hexdigest()]
	meant = of_body(salts)
	check("a digest tells whose request some bytes were", len(meant) == 1, meant)
	lying = lambda: sum(salts[meant[0]] in f.read_bytes() for f in g.ledger.iterdir() if f.is_file())
	check("its salt lies in one file alone", in_time(lambda: lying() == 1), lying())
	for what, arguments in (("an id that is not on record", (str(g.ledger), "--reason", "x", meant[0], "0" * 32)), ("no id", (str(g.ledger), "--reason", "x")), ("no reason", (str(g.ledger), meant[0])), ("an empty one", (str(g.ledger), "--reason", "", meant[0])), ("a caller that there is not", (str(g.ledger), "--reason", "x", "--caller", "firrst")), ("nobody", (str(g.ledger), "--reason", "x", "--caller", "")), ("an id and a caller", (str(g.ledger), "--reason", "x", "--caller", "first", meant[0])), ("no ledger", (str(WORK / "nowhere"), "--reason", "x", meant[0]))):
		code, said = erase(g, *arguments)
		check(f"{what} erases nothing", code != 0 and salts_of(g) == salts and not (WORK / "nowhere").exists(), said)
	code, said = erase(g, str(g.ledger), "--reason", "asked for", meant[0])
	check("an exchange is erased while others go on", code == 0 and "1 exchange:" in said and of_body(salts_of(g)) == [] and lying() == 0, said)
	check("and no other", {k: v for k, v in salts_of(g).items() if k != meant[0]} == {k: v for k, v in salts.items() if k != meant[0]})
	found = g.records("erasure")
	check("which is on record", found == [{"exchange": meant[0], "reason": "asked for", "uid": os.getuid(), "user": pwd.getpwuid(os.getuid()).pw_name}], found)
	check("the gateway goes on keeping them", g.status("hello") == 200 and in_time(lambda: len(salts_of(g)) == 13))
	name = records[0]["caller"]
	code, said = erase(g, str(g.ledger), "--reason", "left", "--caller", name)
	check("and so are all of a caller, each recorded once", code == 0 and "12 exchanges" in said and "1 more had been" in said and set(salts_of(g).values()) == {bytes(16)} and len(g.records("erasure")) == 13, said)
	erasures_at_once(g)
	good, said = g.verify()
	check("the ledger verifies as before", good, said)
	g.end()
	salts_that_are_not_there()


def erasures_at_once(g):
	for i in range(40):
		g.ask("hello", user=str(i))
	in_time(lambda: len(g.records()) == 53)
	many = [subprocess.Popen([MERLON, "ledger", "erase", "--reason", "left", "--caller", "first", str(g.ledger)], stdout=subprocess.DEVNULL) for _ in range(4)]
	codes, erased = [p.wait() for p in many], [r["exchange"] for r in g.records("erasure")]
	check("four at once record each once", codes == [0] * 4 and len(erased) == len(set(erased)) == 53, (codes, len(erased), len(set(erased))))


def salts_that_are_not_there():
	"""What was not overwritten is not on record as if it were."""
	g = Configured("saltless", START + f"upstreams: {{m: {{servers: ['http://127.0.0.1:{serve('127.0.0.1').server_port}']}}}}\nroutes: [{{upstreams: m}}]\n")
	for i in range(3):
		g.ask("hello", user=str(i))
	in_time(lambda: len(g.records()) == 3)
	g.end()
	salts, ids = g.ledger / "salts", [r["id"] for r in g.records()]
	data = salts.read_bytes()
	salts.write_bytes(data[:-32])
	gone = next(i for i in ids if bytes.fromhex(i) not in salts.read_bytes())
	code, said = erase(g, str(g.ledger), "--reason", "x", *ids)
	check("of an exchange without a salt nothing is recorded, and it is said", code == 2 and "no salt of 1 more" in said and {r["exchange"] for r in g.records("erasure")} == set(ids) - {gone}, (code, said))
	salts.write_bytes(data)
	code, said = erase(g, str(g.ledger), "--reason", "x", gone)
	check("once it is back it can be", code == 0 and g.records("erasure")[-1]["exchange"] == gone, (code, said))
	for what, make in (("a pipe", lambda: os.mkfifo(salts)), ("a device", lambda: salts.symlink_to("/dev/zero")), ("a folder", salts.mkdir)):
		salts.unlink()
		make()
		try:
			r = subprocess.run([MERLON, "ledger", "erase", "--reason", "x", str(g.ledger), gone], capture_output=True, text=True, timeout=10)
			found = r.returncode, r.stderr
		except subprocess.TimeoutExpired:
			found = None, "it waits"
		check(f"salts that are {what} are none", found[0] == 2 and "cannot be overwritten" in found[1], found)


# ---- files that are named ----

def odd_files():
	"""A pipe or a folder where the configuration names a file is a mistake, and nobody waits for it."""
	certificate("plain", 300)
	os.mkfifo(WORK / "odd-pipe")
	(WORK / "odd-folder").mkdir()
	agreement = (pathlib.Path(__file__).resolve().parents[2] / "examples" / "gateway" / "provider.terms.yaml").read_text()
	issuer = "callers: {tokens: [{name: a, issuer: a, audience: a, algorithms: [ES256], "
	at = lambda what: f"upstreams: {{m: {{servers: ['https://127.0.0.1:1'], {what}}}}}\n"
	places = {
		"a policy": "policy: ODD\n", "keys": "callers: {keys: ODD}\n", "keys of an issuer": issuer + "keys: ODD}]}\n", "an issuer's authority": issuer + "keys: 'https://127.0.0.1:1/', authority: ODD}]}\n",
		"the key of an upstream": at("key: {file: ODD}"), "an agreement": at("terms: ODD"), "authorities": at("tls: {authorities: ODD}"), "a certificate for servers": at("tls: {certificate: ODD, key: plain.key}"),
		"a private key for servers": at("tls: {certificate: plain.pem, key: ODD}"), "a certificate": "TLS{certificate: ODD, key: plain.key}", "a private key": "TLS{certificate: plain.pem, key: ODD}",
		"authorities for callers": "TLS{certificate: plain.pem, key: plain.key, callers: ODD}",
	}

	def check_file(text):
		tls = f", tls: {text[3:]}" if text.startswith("TLS") else ""
		(WORK / "odd.yaml").write_text(f"listen: [{{address: '127.0.0.1:1'{tls}}}]\nledger: l\nroutes: [{{upstreams: m}}]\n" + ("" if tls else text) + ("" if "upstreams: {" in text else "upstreams: {m: {servers: ['http://127.0.0.1:1']}}\n"))
		return run(WORK / "odd.yaml")

	def run(file):
		try:
			return subprocess.run([MERLON, "gateway", "--config", str(file), "--check"], capture_output=True, text=True, timeout=10)
		except subprocess.TimeoutExpired:
			return subprocess.CompletedProcess([], None, "", "it hangs")
	for odd in ("odd-pipe", "odd-folder"):
		for what, text in places.items():
			r = check_file(text.replace("ODD", odd))
			check(f"{odd} is not taken for {what}", r.returncode == (2 if "private key" in what else 64) and "no regular file" in r.stderr, (r.returncode, r.stderr))
		r = run(WORK / odd)
		check(f"nor for a configuration ({odd})", r.returncode == 64 and "it is no regular file" in r.stderr, r.stderr)
		(WORK / "odd.terms.yaml").write_text(agreement.replace("agreement.txt", odd))
		r = check_file(at("terms: odd.terms.yaml"))
		check(f"nor for the text of an agreement ({odd})", r.returncode == 0 and "BUT ITS TEXT HAS CHANGED, OR CANNOT BE READ" in " ".join(r.stdout.split()), (r.returncode, r.stdout, r.stderr))


# ---- the ledger's folder ----

def checked_ledger(ledger, merlon=MERLON, **how):
	"""What --check says of it, and whether anything was made or changed."""
	file = WORK / "ledgers.yaml"
	file.write_text(f"listen: [{{address: '127.0.0.1:1'}}]\nledger: {ledger}\nupstreams: {{m: {{servers: ['http://127.0.0.1:1']}}}}\nroutes: [{{upstreams: m}}]\n")
	if how:
		file = shutil.copy(file, ledger.parent)
	there = lambda: sorted((str(p), p.stat().st_mtime_ns) for p in [*ledger.parent.rglob("*"), ledger.parent] if p.exists())
	before = there()
	r = subprocess.run([merlon, "gateway", "--config", str(file), "--check"], capture_output=True, text=True, **how)
	return r.returncode, r.stderr, "left as it was" if there() == before else "CHANGED"


def ledgers():
	"""--check looks at the folder of the evidence as a start does, and makes nothing."""
	folder = WORK / "ledgers"
	folder.mkdir()
	(folder / "file").touch()
	check("a folder that can be made is fine", checked_ledger(folder / "fresh") == (0, "", "left as it was"), checked_ledger(folder / "fresh"))
	for ledger, why in ((folder / "no" / "where", "cannot be made: No such file or directory"), (folder / "file" / "x", "cannot be made: Not a directory"), (folder / "file", "cannot be written to: Not a directory")):
		status, said, _ = checked_ledger(ledger)
		check(f"{ledger.name}: {why}", status == 2 and f"{ledger}: {why}" in said, (status, said))
	(folder / "link").symlink_to(folder / "nowhere")
	check("a link that leads nowhere is no folder", checked_ledger(folder / "link")[::2] == (2, "left as it was"), checked_ledger(folder / "link"))
	for odd in ("salts", "gateway.lock", "records.jsonl"):
		(folder / f"odd {odd}" / odd).mkdir(parents=True)
		status, said, left = checked_ledger(folder / f"odd {odd}")
		check(f"nor is one fine where {odd} is no file", (status, left) == (2, "left as it was") and f"has a file {odd} that is no regular file" in said, (status, said, left))
	g = Configured("held", START + "upstreams: {m: {servers: ['http://127.0.0.1:1']}}\nroutes: [{upstreams: m}]\n")
	status, said, _ = checked_ledger(g.ledger)
	check("who holds it is said, and no mistake", status == 0 and f"{g.ledger}: a gateway keeps its evidence in this folder" in said, (status, said))
	check("it ends", g.end() == 0)
	check("then nobody does", checked_ledger(g.ledger) == (0, "", "left as it was"), checked_ledger(g.ledger))
	if os.geteuid() != 0:
		print("the ledger of others: only root may be somebody else; skipped")
		return
	others = pathlib.Path(tempfile.mkdtemp(prefix="merlon-"))       # the folder of this repository may be shut to others
	others.chmod(0o755)
	shutil.copytree(g.ledger, others / "theirs", ignore=shutil.ignore_patterns("control"))
	try:
		merlon = shutil.copy(MERLON, others)
		subprocess.run([merlon, "version"], user=65534, check=True, capture_output=True)
		for name, mode, why in (("theirs", 0o755, "cannot be written to: Permission denied"), ("theirs", 0o777, "has a file records.jsonl that cannot be read and written: Permission denied"), ("fresh", 0o755, "cannot be made: Permission denied")):
			(others / "theirs").chmod(mode)
			status, said, _ = checked_ledger(others / name, merlon, user=65534)
			check(f"of others, {name} of mode {mode:o}: {why}", status == 2 and f"{others / name}: {why}" in said, (status, said))
	except OSError:
		print("the ledger of others: nobody else may run anything here; skipped")
	shutil.rmtree(others)


# ---- metrics ----

KEYS = {"prometheus": "roles: [monitoring], routes: none", "reader": "roles: [reader]", "nothing": "team: wards"}


def scrape(g, who=None, connection=None, method="GET", path="/metrics", **more):
	"""Status, kind and text."""
	c = connection or g.connect()
	c.request(method, path, headers={**({"authorization": f"Bearer key-of-{who}-and-no-other"} if who else {}), **more})
	r = c.getresponse()
	return r.status, r.headers.get("content-type"), r.read().decode()


def code(answer):
	return answer[0], json.loads(answer[2])["error"]["code"] if answer[2][:1] == "{" else answer[2][:40]


def samples(text):
	return {line.rsplit(" ", 1)[0] for line in text.splitlines() if line[0] != "#"}


def scrape_by_curl(port, *options):
	r = subprocess.run(["curl", "-sk", "--http2", "-w", "%{http_version}", *options, f"https://localhost:{port}/metrics"], capture_output=True, text=True, cwd=WORK)
	return r.stdout[-1:], r.stdout[:-1]


def scrapes():
	"""Metrics for callers of a role, over the listeners, and for nobody else."""
	model, port = serve("127.0.0.1"), gateway.free_port()
	certificate("watcher", 300)
	(WORK / "keys.yaml").write_text("".join(f"- {{name: {n}, hash: 'sha256:{hashlib.sha256(f'key-of-{n}-and-no-other'.encode()).hexdigest()}', {rest}}}\n" for n, rest in KEYS.items()))
	section = "metrics: {roles: [monitoring]}\n"
	text = f"""listen:
  - address: LISTEN
  - {{address: 'localhost:{port}', tls: {{certificate: watcher.pem, key: watcher.key, callers: watcher.pem, callers-required: no}}}}
ledger: LEDGER
workers: 2
callers: {{keys: keys.yaml, certificates: {{'subject:CN=watcher': {{name: watcher, roles: [monitoring]}}}}}}
budgets: [{{name: all, concurrent: 9}}]
upstreams: {{m: {{servers: ['http://127.0.0.1:{model.server_port}']}}}}
routes: [{{upstreams: m}}]
"""
	g = Configured("scrapes", section + text)
	g.key = "key-of-reader-and-no-other"
	check("somebody else asks", g.ask("hello")[0].status == 200)
	c = g.connect()
	first, kept = scrape(g, "prometheus", c), c.sock
	check("who has the role may read metrics", first[:2] == (200, "text/plain; version=0.0.4; charset=utf-8") and "\nmerlon_answered_total 1\n" in first[2], first)
	check("again and again over one connection", [scrape(g, "prometheus", c)[0] for _ in range(3)] == [200] * 3 and c.sock is kept)
	over_socket = control(g, "GET", "/metrics")[1]
	check("they are those of the socket", samples(first[2]) == samples(over_socket) and {"merlon_held", "merlon_halted", 'merlon_budget_limit{budget="all",subject="",unit="exchanges"}', 'merlon_certificate_seconds{side="listener",name="2"}'} <= samples(first[2]), samples(first[2]) ^ samples(over_socket))
	for what, options in (("a key", ("-H", "Authorization: Bearer key-of-prometheus-and-no-other")), ("a certificate", ("--cert", "watcher.pem", "--key", "watcher.key"))):
		version, found = scrape_by_curl(port, *options)
		check(f"over HTTP/2 with {what}", version == "2" and samples(found) == samples(over_socket), (version, found[:200]))
	check("over HTTP/2 not without", "invalid_api_key" in scrape_by_curl(port)[1])
	check("another role may not", code(scrape(g, "reader")) == (403, "denied"))
	check("nor who has none", code(scrape(g, "nothing")) == (403, "denied"))
	check("nor nobody", code(scrape(g)) == (401, "invalid_api_key") and code(scrape(g, "somebody")) == (401, "invalid_api_key"))
	check("nor a page in a browser", code(scrape(g, "prometheus", origin="https://localhost")) == (403, "foreign_origin"))
	check("and nothing else is there", [scrape(g, "prometheus", method=m, path=p)[0] for m, p in (("POST", "/metrics"), ("HEAD", "/metrics"), ("GET", "/metrics?x"), ("GET", "/metrics/"))] == [404] * 4)
	g.key = "key-of-prometheus-and-no-other"
	check("who watches may do nothing else", g.ask("hello")[0].status == 403 and model.asked == 1, model.asked)
	control(g, "POST", "/halt")
	check("it is halted", in_time(lambda: g.status("hello") == 503))
	time.sleep(0.2)                 # each worker cuts what it has, once
	check("who is halted is watched all the same", "\nmerlon_halted 1\n" in scrape(g, "prometheus")[2])
	check("by no others", code(scrape(g, "reader")) == (403, "denied") and code(scrape(g)) == (401, "invalid_api_key"))
	control(g, "POST", "/go-on")
	checked = subprocess.run([MERLON, "gateway", "--config", str(g.file), "--check"], capture_output=True, text=True)
	check("--check says who may", "metrics (GET /metrics) with one of these roles: monitoring." in " ".join(checked.stdout.split()), checked.stdout)
	g.write(text)
	g.process.send_signal(signal.SIGHUP)
	check("where the configuration lets nobody, nobody may", in_time(lambda: scrape(g, "prometheus")[0] == 404) and scrape(g)[0] == 401)
	checked = subprocess.run([MERLON, "gateway", "--config", str(g.file), "--check"], capture_output=True, text=True)
	check("and --check says so", "metrics" in checked.stdout.lower() and "monitoring" not in checked.stdout, checked.stdout)
	check("it ends", g.end() == 0)
	found = [(r["outcome"], r["why"]) for r in g.records() if r["route"] == "GET /metrics"]
	check("who was let in left no record, who was refused did", {w for _, w in found} == {"invalid_api_key", "denied", "foreign_origin", "unknown_route"} and {o for o, _ in found} == {"refused"} and sum(w == "denied" for _, w in found) == 3, found)


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", str(PRELOAD), str(pathlib.Path(__file__).resolve().parents[1] / "tools" / "names.c")], check=True)
	for part in (halts, halts_while_it_waits, halts_that_last, halted_before_it_begins, operators_over_reloads, names, certificates, erasure, scrapes, odd_files, ledgers):
		part()
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
