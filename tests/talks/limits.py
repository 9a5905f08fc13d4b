#!/usr/bin/env python3
"""limits.py MERLON FOLDER: who may call `merlon gateway`, how much they may use, and which provider may have what."""

import hashlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import gateway
from faults import workers_of
from gate import in_time
from gateway import FOLDER, MERLON, Model, Server, check, free_port
from routes import START, WORK, Configured, Raw, url
import door


LARGE = 8 << 20


class Patient(Model):
	"""Answers after a while when asked to, or when it may."""

	asked, may_answer = threading.Semaphore(0), threading.Event()

	def do_POST(self):
		body = {"messages": [{"content": "hi"}], **json.loads(self.rfile.read(int(self.headers["content-length"])))}
		if body["messages"][-1]["content"] == "wait":
			time.sleep(1)
		if body["messages"][-1]["content"] == "be busy":
			self.whole(503, {"error": {"message": "busy"}}, retry_after="7")
			return
		if body["messages"][-1]["content"] == "wait until you may":
			Patient.asked.release()
			Patient.may_answer.wait(60)
		if body["messages"][-1]["content"] == "begin to say much":     # counts at its beginning, and breaks off
			event = lambda kind, **more: (f"event: {kind}\ndata: " + json.dumps({"type": kind, **more}) + "\n\n", 0)
			self.stream([event("message_start", message={"id": "x", "type": "message", "role": "assistant", "model": "m-1", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}}),
			             event("content_block_start", index=0, content_block={"type": "text", "text": ""}), event("content_block_delta", index=0, delta={"type": "text_delta", "text": "word" * 1000})], end=False)
			return
		Model.seen.append(dict(self.headers))
		content = "x" * LARGE if body["messages"][-1]["content"] == "say much" else "ok"
		self.whole(200, {"id": "x", "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}], "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}})


def ask(g, key, content="hi", model="m", path="/v1/chat/completions", headers={}, **more):
	c = g.connect()
	c.request("POST", path, json.dumps({"model": model, "messages": [{"role": "user", "content": content}], **more}), {"content-type": "application/json", "authorization": "Bearer " + key, **headers})
	r = c.getresponse()
	body = json.loads(r.read())
	return r.status, body.get("error", {}).get("code", ""), body.get("error", {}).get("message", ""), r


OPEN = "/v1/chat/completions"
ASKED = b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'
WITH_TOOL = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function", "function": {"name": "look"}}]}).encode()


def said(g, key, path, body=ASKED, *headers):
	"""Status and code; `headers` may stand twice."""
	c = g.connect()
	c.putrequest("POST" if body else "GET", path)
	for name, value in (("Authorization", "Bearer " + key), ("Content-Length", str(len(body or b""))), *headers):
		c.putheader(name, value)
	c.endheaders(body)
	r = c.getresponse()
	return r.status, json.loads(r.read()).get("error", {}).get("code", "")


def new_key(name, *options):
	r = subprocess.run([MERLON, "key", "add", name, "--keys", str(WORK / "keys.yaml"), *options], capture_output=True, text=True)
	check(f"a key for {name} is made", r.returncode == 0, r.stderr)
	return r.stdout.split()[-1]


CONFIG = """
callers:
  keys: keys.yaml
budgets:
  currency: EUR
  prices: {{"*": {{input: 1, output: 2}}}}
  limits:
    - {{name: few, for: {{caller: few}}, window: 366d, requests: 3}}
    - {{name: tokens, for: {{team: wards}}, window: 366d, tokens: 500}}
    - {{name: words, for: {{caller: wordy}}, window: 366d, tokens: 2400}}
    - {{name: asked, for: {{caller: hasty}}, window: 366d, tokens: 2000}}
    - {{name: numbers, for: {{caller: counting}}, window: 366d, tokens: 6000}}
    - {{name: one at a time, for: {{caller: single}}, concurrent: 1}}
    - {{name: thrice, for: {{caller: kept}}, window: 366d, requests: 3}}
upstreams:
  own: {{servers: ['{own}'], own: true}}
  provider: {{servers: ['{provider}'], terms: agreement.yaml}}
  stranger: {{servers: ['{provider}']}}
routes:
  - {{name: care, prefix: /care, upstreams: provider, purposes: [care], handling: {{training: no, regions: [eu]}}}}
  - {{name: billing, prefix: /billing, upstreams: provider, fallback: own, purposes: [billing]}}
  - {{name: ads, prefix: /ads, upstreams: provider, purposes: [advertising]}}
  - {{name: busy, prefix: /busy, upstreams: own, fallback: stranger, purposes: [care]}}
  - {{name: unknown, prefix: /unknown, upstreams: stranger, purposes: [care]}}
  - {{name: wary, prefix: /wary, upstreams: stranger, handling: {{training: no}}}}
  - {{name: pass, prefix: /pass, upstreams: own, unexamined: pass}}
  - {{name: watched, prefix: /watched, upstreams: own, policy: watch.yaml}}
  - {{name: open, upstreams: own}}
"""
AGREEMENT = """provider: Example
agreement: A-17
purposes: [care]
retention: 30d
region: [eu]
training: no
onward-sale: no
expires: {expires}
text: agreement.txt
digest: sha256:{digest}
clauses: {{purposes: section 3.2, training: section 4.1, expires: section 9}}
"""


def write_agreement(expires="2099-01-01", text="We shall be good."):
	(WORK / "agreement.txt").write_text(text)
	(WORK / "agreement.yaml").write_text(AGREEMENT.format(expires=expires, digest=hashlib.sha256(b"We shall be good.").hexdigest()))


def callers(g, keys):
	check("a key opens", ask(g, keys["few"])[0] == 200)
	check("a key that is not there does not", ask(g, "merlon-" + "0" * 64)[0] == 401)
	check("a caller reaches its own models", ask(g, keys["scoped"], model="small")[0] == 200)
	status, code, message, _ = ask(g, keys["scoped"], model="big")
	check("and no others", (status, code) == (403, "denied"), (status, code, message))
	check("nor other routes", said(g, keys["routed"], OPEN) == (403, "denied") and said(g, keys["routed"], "/watched" + OPEN) == (403, "denied"))
	check("not even to hear what models there are", said(g, keys["routed"], "/v1/models", None) == (403, "denied"), said(g, keys["routed"], "/v1/models", None))
	check("where a policy only watches, its limits hold", said(g, keys["scoped"], "/watched" + OPEN) == said(g, keys["bare"], "/watched" + OPEN, WITH_TOOL) == (403, "denied"), said(g, keys["scoped"], "/watched" + OPEN))
	check("and what is nobody's limit does not", said(g, keys["usual"], "/watched" + OPEN, WITH_TOOL)[0] == 200)
	twice = b'{"model": "small", "model": "big", "messages": [{"role": "user", "content": "hi"}]}'
	check("what cannot be read goes on where the route says so", said(g, keys["usual"], "/pass" + OPEN, twice)[0] == 200)
	check("but not of callers with limits, which nobody can hold it against", [said(g, keys[k], "/pass" + OPEN, twice) for k in ("routed", "scoped", "bare")] == [(403, "denied")] * 3)
	check("an expired key says so", ask(g, keys["old"])[0] == 401 and "expire" in ask(g, keys["old"])[2], ask(g, keys["old"]))
	check("keys stand in the file as digests", not any(k in (WORK / "keys.yaml").read_text() for k in keys.values()))


def budgets(g, keys):
	statuses = [ask(g, keys["few"])[0] for _ in range(3)]
	check("requests are counted", statuses == [200, 200, 429], statuses)
	status, code, message, r = ask(g, keys["few"])
	check("and the refusal says when to come again", code == "budget" and 0 < int(r.headers["retry-after"]) <= 366 * 86400 and "few" in message, (message, dict(r.headers)))
	check("what a request may use at most is reserved", ask(g, keys["ward"], max_tokens=600)[1] == "budget")
	results = [ask(g, keys["ward"], max_tokens=100)[0] for _ in range(20)]
	check("and settled by what it used", results.count(200) == 14 and results[:14] == [200] * 14, results)     # 30 tokens each, 100 and the words reserved
	numbers = lambda path, **more: said(g, keys["counting"], path, json.dumps({"model": "m", **more}).encode())[0]
	codes = [numbers("/v1/completions", prompt=[1] * count, max_tokens=100) for count in (5700, 6100)], [numbers("/v1/completions", prompt=[[1] * count, [2] * count], max_tokens=100) for count in (2700, 3000)]
	check("tokens that stand there as numbers are reserved as so many", codes == ([200, 429], [200, 429]), codes)
	codes = [numbers("/v1/embeddings", input=value) for value in ([1] * 10, [1] * 5000, [[1] * 2500] * 2)]
	check("to be embedded, too", codes == [200, 429, 429], codes)
	waiting = threading.Thread(target=ask, args=(g, keys["single"], "wait"))
	waiting.start()
	time.sleep(0.4)
	check("one at a time is one at a time", ask(g, keys["single"])[1] == "budget")
	waiting.join()
	check("then the next", ask(g, keys["single"])[0] == 200)


def streams_that_break_off(g, keys):
	"""What a model counted before it had said it all is less than what it said."""
	c = g.connect()
	c.request("POST", "/v1/messages", json.dumps({"model": "m", "max_tokens": 2000, "stream": True, "messages": [{"role": "user", "content": "begin to say much"}]}), {"content-type": "application/json", "authorization": "Bearer " + keys["wordy"]})
	body = c.getresponse().read()
	check("a stream that breaks off counts by what it said", b"upstream_cut" in body and ask(g, keys["wordy"], max_tokens=1500)[1] == "budget", body[-200:])


def callers_who_leave(g, keys):
	"""Who does not wait for the answer has asked all the same."""
	c = g.connect()
	c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "max_tokens": 500, "messages": [{"role": "system", "content": "word" * 1000}, {"role": "user", "content": "wait until you may"}]}), {"content-type": "application/json", "authorization": "Bearer " + keys["hasty"]})
	Patient.asked.acquire(timeout=20)
	c.close()
	check("what its caller did not wait for counts by what was asked", in_time(lambda: g.records()[-1]["outcome"] == "left") and g.records()[-1]["tokens"]["input"] > 1000, g.records()[-1])
	check("and does not come back", ask(g, keys["hasty"], max_tokens=1500)[1] == "budget" and ask(g, keys["hasty"], max_tokens=500)[0] == 200)
	Patient.may_answer.set()
	Patient.may_answer.clear()


def recorder_that_dies(g, keys):
	"""Its workers are ended with it: what they had reserved is not kept for ever."""
	c = g.connect()
	c.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "messages": [{"role": "user", "content": "wait until you may"}]}), {"content-type": "application/json", "authorization": "Bearer " + keys["single"]})
	Patient.asked.acquire(timeout=20)
	check("while one is under way, no other is", ask(g, keys["single"])[1] == "budget")
	os.kill(next(pid for pid in g.children() if gateway.role(pid) == "recorder"), signal.SIGKILL)
	in_time(lambda: "keeps the evidence ended" in g.log.read_text())
	statuses = []
	while len(statuses) < 400 and statuses[-1:] not in ([200], [429]):
		time.sleep(0.025)
		try:
			statuses.append(ask(g, keys["single"])[0])
		except OSError as e:
			statuses.append(repr(e))
	check("when the recorder is killed, the next may begin", statuses[-1] == 200, statuses[-3:])
	Patient.may_answer.set()
	Patient.may_answer.clear()
	c.close()


def post(connection, key, words):
	connection.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "messages": [{"role": "user", "content": words}]}), {"content-type": "application/json", "authorization": "Bearer " + key})


def status_of(connection):
	r = connection.getresponse()
	r.read()
	return r.status


def reloaded(g, text):
	before = set(workers_of(g))
	g.write(text)
	g.process.send_signal(signal.SIGHUP)
	come = in_time(lambda: set(workers_of(g)) - before)
	time.sleep(0.2)         # those of before take nobody any more
	return come


def reload_meanwhile(g, keys, text):
	"""What is under way goes on in the same accounts, and so does who keeps a connection."""
	waiting, kept = g.connect(), g.connect()
	post(kept, keys["kept"], "hello")
	check("one of three", status_of(kept) == 200)
	post(waiting, keys["single"], "wait until you may")
	Patient.asked.acquire(timeout=20)
	check("it is reloaded", reloaded(g, text))
	check("what is under way counts after a reload", ask(g, keys["single"])[1] == "budget")
	post(kept, keys["kept"], "hello")
	check("two of three, over the old connection", status_of(kept) == 200)
	check("three of three, over a new one", ask(g, keys["kept"])[0] == 200)
	check("and no fourth", ask(g, keys["kept"])[1] == "budget")
	Patient.may_answer.set()
	check("it comes to its end", status_of(waiting) == 200)
	Patient.may_answer.clear()
	check("and makes room for the next", in_time(lambda: ask(g, keys["single"])[0] == 200))
	check("where something else may be used, what was used is known all the same", reloaded(g, text.replace("name: thrice, for: {caller: kept}, window: 366d, requests: 3", "name: thrice, for: {caller: kept}, window: 366d, requests: 4")) and ask(g, keys["kept"])[0] == 200 and ask(g, keys["kept"])[1] == "budget")
	check("and it is as before again", reloaded(g, text) and ask(g, keys["kept"])[1] == "budget")


def limits_that_change(g, keys, text):
	"""They go on with what is under way, and with what is still counted under the limits of before."""
	def allowing(requests, at_once):
		return text.replace("{caller: kept}, window: 366d, requests: 3", f"{{caller: kept}}, window: 366d, requests: {requests}").replace("concurrent: 1", f"concurrent: {at_once}")
	waiting, kept = g.connect(), g.connect()
	check("it is reloaded with more", reloaded(g, allowing(6, 1)))
	post(kept, keys["kept"], "hello")
	check("five of six", status_of(kept) == 200)
	post(waiting, keys["single"], "wait until you may")
	Patient.asked.acquire(timeout=20)
	check("and with more again", reloaded(g, allowing(7, 2)))
	second = threading.Thread(target=ask, args=(g, keys["single"], "wait"))
	second.start()
	time.sleep(0.4)
	check("what is under way counts where more may be", ask(g, keys["single"])[1] == "budget")
	second.join()
	Patient.may_answer.set()
	check("it comes to its end as well", status_of(waiting) == 200)
	Patient.may_answer.clear()
	post(kept, keys["kept"], "hello")
	check("six over the old connection", status_of(kept) == 200)
	check("seven over a new one", ask(g, keys["kept"])[0] == 200)
	check("and no eighth", ask(g, keys["kept"])[1] == "budget")
	check("and it is as it was", reloaded(g, text) and ask(g, keys["kept"])[1] == "budget")


def revoke_meanwhile(g, keys):
	"""Who keeps a connection is served by who served them before, who knows nothing of new keys, but what was taken away."""
	kept, other, begun = g.connect(), g.connect(), g.socket()
	for c, key in ((kept, "leaked"), (other, "usual")):
		post(c, keys[key], "hello")
		check("a connection is kept", status_of(c) == 200)
	request = g.request("hello").replace(g.key.encode() or b"Bearer ", b"Bearer " + keys["leaked"].encode(), 1)
	begun.sendall(request[:30])
	time.sleep(0.2)
	r = subprocess.run([MERLON, "key", "revoke", "leaked", "--keys", str(WORK / "keys.yaml")], capture_output=True, text=True)
	before = set(workers_of(g))
	g.process.send_signal(signal.SIGHUP)
	check("a key is revoked", r.returncode == 0 and in_time(lambda: set(workers_of(g)) - before), r.stderr)
	post(kept, keys["leaked"], "hello")
	check("it opens nothing, over a connection that was kept either", status_of(kept) == 401)
	begun.sendall(request[30:])
	check("nor for a request that had begun", begun.recv(12) == b"HTTP/1.1 401")
	post(other, keys["usual"], "hello")
	check("and other keys do", status_of(other) == 200)


def terms(g, key):
	check("what an agreement covers goes to its provider", ask(g, key, path="/care/v1/chat/completions")[0] == 200)
	status, code, message, _ = ask(g, key, path="/ads/v1/chat/completions")
	check("what it does not cover is refused, and the clause named", (status, code) == (403, "terms") and "section 3.2" in message, (status, message))
	status, code, message, _ = ask(g, key, path="/care/v1/chat/completions", headers={"merlon-purpose": "advertising"})
	check("what the caller says its data is for counts too", (status, code) == (403, "terms"), (status, message))
	purposes = ",".join(["care"] * 8 + ["advertising"])
	check("the ninth as well", said(g, key, "/care" + OPEN, ASKED, ("Merlon-Purpose", purposes))[0] in (400, 403), said(g, key, "/care" + OPEN, ASKED, ("Merlon-Purpose", purposes)))
	status = said(g, key, "/care" + OPEN, ASKED, ("Merlon-Purpose", "care"), ("Merlon-Purpose", "advertising"))
	check("and what is said in a second field", status[0] in (400, 403), status)
	check("which goes no further", not any(k.lower() == "merlon-purpose" for seen in Model.seen for k in seen))
	check("a fallback of our own may have what the provider may not", ask(g, key, path="/billing/v1/chat/completions")[0] == 200)
	status, code, _, r = ask(g, key, "be busy", path="/busy/v1/chat/completions")
	check("where the one that may have it is busy, and the other may not, the caller is told so", (status, code, r.headers["retry-after"]) == (503, "upstream_busy", "7"), (status, code, r.headers["retry-after"]))
	check("a provider whose agreement nobody knows gets nothing from a route that asks how it is handled", said(g, key, "/wary" + OPEN) == (403, "terms"), said(g, key, "/wary" + OPEN))
	check("a provider without an agreement gets nothing that is for a purpose", ask(g, key, path="/unknown/v1/chat/completions")[1] == "terms")


def changed_terms(g, key):
	for what, arguments in (("a lapsed agreement", {"expires": "2020-01-01"}), ("changed terms", {"text": "We shall be good, mostly."})):
		write_agreement(**arguments)
		g.process.send_signal(signal.SIGHUP)
		time.sleep(1)
		status, code, message, _ = ask(g, key, path="/care/v1/chat/completions")
		check(f"{what}: refused", (status, code) == (403, "terms"), (status, code, message))
	write_agreement()


MEMORY = """
  - {{address: '127.0.0.1:{tls}', tls: {{certificate: '{folder}/rsa.pem', key: '{folder}/rsa.key'}}}}
ledger: LEDGER
workers: 1
memory: 64MiB
upstreams: {{own: {{servers: ['{own}'], own: true}}}}
routes: [{{name: open, upstreams: own}}]
"""
MEMORY_OF_WAITING = """
memory: 64MiB
upstreams: {{own: {{servers: ['http://127.0.0.1:{port}'], own: true}}}}
routes: [{{name: open, upstreams: own}}]
"""


def memory(own):
	"""Fourteen requests of 8 MB at once, where eight have room."""
	door.FOLDER.mkdir(parents=True, exist_ok=True)
	door.make_authority("authority")
	door.make_certificate("rsa", kind="rsa")
	tls = free_port()
	g = Configured("memory", "listen:\n  - address: LISTEN" + MEMORY.format(own=url(own), tls=tls, folder=door.FOLDER))
	large, answers = "x" * LARGE, []

	def ask_one():
		try:
			answers.append(ask(g, g.key, "wait until you may", user=large)[:2])
		except OSError as e:
			answers.append((0, str(e)))

	callers = [threading.Thread(target=ask_one) for _ in range(14)]
	for c in callers:
		c.start()
	refused = lambda: answers.count((503, "overloaded"))
	with_model = 0
	while with_model + len(answers) < len(callers):
		with_model += Patient.asked.acquire(timeout=0.1)
	check("what is more than a worker may hold is refused", 4 <= refused() <= 13, answers)
	check("a small exchange goes on", ask(g, g.key)[0] == 200)
	check("and no more than have room are with the model", with_model <= 8, with_model)
	Patient.may_answer.set()
	for c in callers:
		c.join()
	check("all others are answered", answers.count((200, "")) == 14 - refused(), answers)
	check("then there is room again", ask(g, g.key, user=large)[0] == 200)
	answers_nobody_reads(g, large)
	for ending in STREAMS_END:
		streams_nobody_reads(g, large, tls, ending)
	g.end()


def answers_nobody_reads(g, large):
	"""Whoever asks for much and takes none of it holds memory, too, until they go."""
	question = json.dumps({"model": "m", "messages": [{"role": "user", "content": "say much"}]})
	callers, status = [], 200
	while status == 200 and len(callers) < 20:
		callers.append(g.connect())
		callers[-1].connect()
		callers[-1].sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
		callers[-1].request("POST", "/v1/chat/completions", question, {"content-type": "application/json", "authorization": "Bearer " + g.key})
		select.select([callers[-1].sock], [], [], 30)   # an answer is there, and is let lie
		status, code = ask(g, g.key, user=large)[:2]
	check("answers that nobody reads count", (status, code) == (503, "overloaded") and len(callers) > 2, (status, len(callers)))
	check("a small exchange still goes on", ask(g, g.key)[0] == 200)
	for c in callers:
		c.close()
	check("and no longer when they have gone", *has_room(g, large))


def has_room(g, large):
	statuses = []
	while len(statuses) < 100 and statuses[-1:] != [200]:
		time.sleep(0.05)
		statuses.append(ask(g, g.key, user=large)[0])
	return statuses[-1] == 200, statuses


def read_on(c, ids):
	c.held.clear()
	for id in ids:
		c.h2.acknowledge_received_data(len(c.streams[id].body), id)
		c.h2.increment_flow_control_window(2 * LARGE, id)
	c.flush()
	done = c.wait(*ids, seconds=60)
	check("streams that are read after all come whole", all(s.ended and len(s.body) > LARGE for s in done), [(s.ended, len(s.body)) for s in done])


def end_by_reset(c, ids):
	for id in ids:
		c.h2.reset_stream(id)
	c.flush()


STREAMS_END = {"when they are read": read_on, "when they are reset": end_by_reset, "when their connection ends": lambda c, ids: c.close()}


def streams_nobody_reads(g, large, tls, ending):
	"""The same over HTTP/2, where the window of a stream is shut and its connection is not."""
	c = door.Caller(g, tls)
	c.h2.update_settings({door.h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1000})
	c.flush()
	ids, status = [], 200
	while status == 200 and len(ids) < 20:
		ids.append(c.ask("say much"))
		c.held.add(ids[-1])
		while c.streams[ids[-1]].status is None and c.read():
			pass
		status, code = ask(g, g.key, user=large)[:2]
	check("streams that nobody reads count", (status, code) == (503, "overloaded") and len(ids) > 2, (status, len(ids)))
	STREAMS_END[ending](c, ids)
	check("and no longer " + ending, *has_room(g, large))
	c.close()


def take_all(s):
	while s.recv(1 << 20):
		pass


def requests_that_wait(serve):
	"""So many requests of 8 MB may wait at once for a model that does this with them."""
	model = Raw(serve)
	g = Configured("waiting", START + MEMORY_OF_WAITING.format(port=model.port))
	callers, refused = [], []
	while not refused and len(callers) < 14:
		callers.append(g.socket())
		callers[-1].sendall(g.request("hi", user="x" * LARGE))
		while not refused and len(model.taken) < len(callers):
			refused = select.select(callers, [], [], 0.05)[0]
		time.sleep(0.2)         # it takes what it takes
	said = [s.recv(12) for s in refused]
	check("until there is no room", said == [b"HTTP/1.1 503"], (said, len(callers)))
	for s in (*callers, *model.taken):
		s.close()
	g.end()
	return len(callers) - 1


def requests_nobody_takes():
	taken, lying = requests_that_wait(take_all), requests_that_wait(lambda s: None)
	check("what a model does not take is held once more", 0 < lying < taken, (lying, taken))


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	own, provider = Server(("127.0.0.1", 0), Patient), Server(("127.0.0.1", 0), Patient)
	for s in (own, provider):
		threading.Thread(target=s.serve_forever, daemon=True).start()
	keys = {"few": new_key("few"), "ward": new_key("ward", "--team", "wards"), "single": new_key("single"), "wordy": new_key("wordy"), "hasty": new_key("hasty"), "kept": new_key("kept"), "counting": new_key("counting"), "scoped": new_key("scoped", "--model", "small"), "routed": new_key("routed", "--route", "care"), "bare": new_key("bare", "--tool", "none"), "old": new_key("old", "--expires", "2098-01-01"), "usual": new_key("usual"), "leaked": new_key("leaked")}
	(WORK / "keys.yaml").write_text((WORK / "keys.yaml").read_text().replace("2098-", "2020-"))
	write_agreement()
	(WORK / "watch.yaml").write_text("policy: watch\nmode: observe\nmodels: any\n")
	text = START + CONFIG.format(own=url(own), provider=url(provider))
	g = Configured("limits", text)
	callers(g, keys)
	budgets(g, keys)
	streams_that_break_off(g, keys)
	callers_who_leave(g, keys)
	recorder_that_dies(g, keys)
	reload_meanwhile(g, keys, text)
	limits_that_change(g, keys, text)
	revoke_meanwhile(g, keys)
	terms(g, keys["usual"])
	changed_terms(g, keys["usual"])
	check("a reload forgets no budget", ask(g, keys["few"])[1] == "budget")
	check("it ends when told to", g.end() == 0)
	g = Configured("limits", text)
	check("nor does a restart", ask(g, keys["few"])[1] == "budget")
	g.end()
	memory(own)
	requests_nobody_takes()
	refused = [r for r in g.records() if r["why"] == "terms"]
	check("refusals are on record", len(refused) >= 4 and refused[0]["outcome"] == "refused", len(refused))
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
