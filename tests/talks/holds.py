#!/usr/bin/env python3
"""holds.py MERLON FOLDER: what a policy holds waits for a person, who lets it go on or not, and all of it is on record."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import gate
import gateway
from faults import workers_of
from gate import control
from gateway import FOLDER, MERLON, Model, Server, check, chunk
from routes import START, WORK, Configured, url

POLICY = """
policy: careful
models: any
hosts: any
tools:
  - {names: pay, measure: hold}
  - look
finds:
  - {name: forbidden, texts: [abomination]}
  - {name: delicate, texts: [delicate]}
  - {name: canary, texts: [heliotrope]}
  - {name: private, texts: [whisper]}
rules:
  - {name: never, finds: forbidden, measure: deny, in: answer}
  - {name: ask about it, finds: delicate, measure: hold, in: request}
  - {name: ask before it is said, finds: private, measure: hold, in: answer}
  - {name: no canary, finds: canary, measure: redact, placeholder: "[gone]"}
"""


def events(*all):
	return [(f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n" for name, data in all]


def blocks(*deltas):
	message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
	return events(("message_start", {"type": "message_start", "message": message}), ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
	              *(("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": d}}) for d in deltas),
	              ("content_block_stop", {"type": "content_block_stop", "index": 0}), ("message_delta", {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 2}}), ("message_stop", {"type": "message_stop"}))


def lines(*parts):
	return [json.dumps({"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": p}, "done": False}) + "\n" for p in parts] + [json.dumps({"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}) + "\n"]


def response(*deltas):
	whole = "".join(deltas)
	item = {"id": "i", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": whole, "annotations": []}]}
	head = {"id": "r", "object": "response", "created_at": 1, "model": "m", "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
	place = {"item_id": "i", "output_index": 0, "content_index": 0}
	all = [("response.created", {"response": {**head, "status": "in_progress", "output": []}}), ("response.output_item.added", {"output_index": 0, "item": {**item, "status": "in_progress", "content": []}}),
	       ("response.content_part.added", {**place, "part": {"type": "output_text", "text": "", "annotations": []}}), *(("response.output_text.delta", {**place, "delta": d}) for d in deltas),
	       ("response.output_text.done", {**place, "text": whole}), ("response.content_part.done", {**place, "part": item["content"][0]}), ("response.output_item.done", {"output_index": 0, "item": item}),
	       ("response.completed", {"response": {**head, "status": "completed", "output": [item]}})]
	return events(*((name, {"type": name, "sequence_number": i, **data}) for i, (name, data) in enumerate(all)))


TOLD = [("message", {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "soon"}}), ("message", {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "I whisper"}]}})]
STREAMS = {"/v1/messages": ("text/event-stream", blocks("I ", "whis", "per low")), "/api/chat": ("application/x-ndjson", lines("I ", "whis", "per low")),
           "/v1/responses": ("text/event-stream", response("I ", "whis", "per low")), "/mcp/slow": ("text/event-stream", events(*TOLD))}


class Careful(Model):
	"""Says what it is told to; keeps what it was asked."""

	def do_POST(self):
		body = json.loads(self.rfile.read(int(self.headers["content-length"])))
		Careful.seen.append(body)
		if self.path in STREAMS:
			kind, events = STREAMS[self.path]
			self.stream([(e, 0) for e in events], kind=kind)
			return
		if body.get("method") == "tools/call":
			self.whole(200, {"jsonrpc": "2.0", "id": body["id"], "result": {"content": [{"type": "text", "text": "paid"}]}})
			return
		wish = body["messages"][-1]["content"]
		message = {"role": "assistant", "content": "fine"}
		if "pay" in wish:
			message = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "pay", "arguments": '{"amount": 500}'}}]}
		if "secret" in wish:
			message["content"] = "I whisper: heliotrope"
		if body.get("stream"):
			parts = {"tell a secret": ("Well, ", "I whis", "per: helio", "trope."), "whisper, then forbidden": ("I whisper", " of an ", "abomination"), "whisper at length": ("I whisper ", *["y" * 10000] * 12)}.get(wish, ("I ", "whis", "per"))
			events = [chunk(part) for part in parts]
			if "pay" in wish:
				call = {"index": 0, "id": "c", "type": "function", "function": {"name": "pay", "arguments": ""}}
				events = [chunk("").replace('"content": ""', '"tool_calls": ' + json.dumps([c])) for c in (call, {"index": 0, "function": {"arguments": '{"amo'}}, {"index": 0, "function": {"arguments": 'unt": 500}'}})]
			self.stream([(e, 0) for e in events] + ([] if "nothing" in wish else [(chunk("", "stop"), 0), ("data: [DONE]\n\n", 0)]))
		elif "slowly" in wish:
			self.stream([(chunk("w "), 0.1)] * 100)
		else:
			self.whole(200, {"id": "x", "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})


class Asking(threading.Thread):
	"""One question; its answer when there is one."""

	def __init__(self, g, wish, **more):
		super().__init__(daemon=True)
		self.g, self.wish, self.more, self.status, self.body = g, wish, more, None, b""
		self.connection = g.connect()
		self.start()

	def run(self):
		try:
			r, self.body = self.g.ask(self.wish, self.connection, **self.more)
			self.status = r.status
		except Exception as e:          # whatever becomes of a caller whose gateway is shot at
			self.status = type(e).__name__

	def answered(self):
		self.join(20)
		return self.status, self.code()

	def code(self):
		try:
			return json.loads(self.body).get("error", {}).get("code")
		except ValueError:
			return None

	def vanish(self):
		self.connection.sock.shutdown(socket.SHUT_RDWR)


def merlon(*arguments):
	r = subprocess.run([MERLON, *map(str, arguments)], capture_output=True, text=True, timeout=30)
	return r.returncode, r.stdout, r.stderr


def waiting(g, count=1):
	"""What waits, once so many do."""
	found = []
	for _ in range(400):
		try:
			found = json.loads(control(g, "GET", "/holds")[1])["holds"]
		except OSError:
			pass                    # another steward takes the place of one that was killed
		if len(found) == count:
			break
		time.sleep(0.025)
	return found


def text_of(hold, says="approve", by="the lead", reason="agreed", **other):
	"""What a person says, as it is written on the wire."""
	h = {"shown": "-", **hold, **other}
	at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
	return (f"merlon approval v1\nexchange {h['id']}\nsays {says}\nhalf {h['half']}\ndigest {h['digest']}\nshown {h['shown'] if says == 'approve' else '-'}\n"
		f"caller {h['caller']}\nexpires {h['expires']}\nat {at}\nby {by}\nreason {reason}\n").encode()


def show(g, hold, by="the lead", says="show whole"):
	"""What that person is shown: the digest, how much is left out, and the text; the digest is that of the text."""
	status, said = control(g, "POST", "/shows", text_of(hold, says=says, by=by))
	if status != 200:
		return status, said
	head, text = said.split("\n\n", 1)
	first, salt, digest, left_out = head.split("\n")
	salt, digest = bytes.fromhex(salt.split()[1]), digest.split()[1]
	assert first == "merlon shown v1" and hashlib.sha256(salt + text.encode()).hexdigest() == digest
	return digest, int(left_out.split()[1]), text


def approve(g, hold, by="the lead", **other):
	"""As the program does: shown, then approved."""
	seen = show(g, hold, by)
	return control(g, "POST", "/decisions", text_of(hold, by=by, **{"shown": seen[0], **other}))


def decided(g, exchange):
	"""What the record of an exchange says about approvals, and how it ended."""
	return [(r["outcome"], [(a["decision"], a["half"]) for a in r.get("approvals", [])]) for r in g.records() if r["id"] == exchange]


def by_hand(g):
	"""As a person does it, with the program."""
	asking = Asking(g, "a delicate heliotrope")
	hold, = waiting(g)
	check("a request that is held does not reach the model", Careful.seen == [] and asking.status is None, Careful.seen)
	check("it is listed with who, where and what", (hold["caller"], hold["route"], hold["model"], hold["rule"], hold["half"], hold["tool"]) == ("first", "usual", "m", "ask about it", "request", ""), hold)
	code, out, err = merlon("gateway", "holds", "--config", g.file)
	check("the program lists it", code == 0 and hold["id"] in out and "ask about it" in out and "first" in out, (out, err))
	check("on lines of 80 columns", all(len(line) <= 80 for line in out.splitlines()), out)
	check("without a word of the content", "heliotrope" not in out and "heliotrope" not in json.dumps(hold))
	code, out, err = merlon("gateway", "approve", hold["id"][:8], "--ledger", g.ledger, "--digest", hold["digest"])
	check("what nobody was shown is not approved", code == 2 and "nobody was shown" in err and waiting(g), (code, err))
	code, out, err = merlon("gateway", "holds", "--show", hold["id"][:8], "--ledger", g.ledger, "--as", "Ada")
	digest = out.rsplit("\n", 2)[1]
	check("the program shows it, as the policy leaves it, with what is found in it", code == 0 and "| a delicate [gone]\n" in out and "found delicate at 2 to 10\n  > a delicate" in out and '"model": "m"' in out, (out, err))
	check("and the digest of what it shows", len(digest) == 64 and waiting(g)[0]["shown"] == digest, digest)
	code, out, err = merlon("gateway", "approve", hold["id"][:8], "--ledger", g.ledger)
	check("without that digest it is not approved", code == 2 and "--digest is missing" in err and waiting(g), (code, err))
	code, out, err = merlon("gateway", "approve", hold["id"][:8], "--ledger", g.ledger, "--digest", "0" * 64)
	check("nor with another", code == 2 and "another digest" in err and waiting(g), (code, err))
	code, out, err = merlon("gateway", "approve", hold["id"][:8], "--ledger", g.ledger, "--digest", digest[:12], "--as", "Bob")
	check("nor by somebody who was not shown it", code == 2 and "not shown to that person" in err and waiting(g), (code, err))
	code, out, err = merlon("gateway", "approve", hold["id"][:8], "--ledger", g.ledger, "--as", "Ada", "--reason", "agreed with the ward", "--digest", digest[:12])
	check("the program approves it", code == 0 and "approved" in out, (code, out, err))
	check("then it goes on", asking.answered() == (200, None), asking.body)
	check("as the policy leaves it", Careful.seen[0]["messages"][0]["content"] == "a delicate [gone]", Careful.seen)
	check("an approval counts once", merlon("gateway", "approve", hold["id"], "--ledger", g.ledger, "--digest", digest)[0] == 2)
	asking = Asking(g, "a delicate matter")
	hold2, = waiting(g)
	code, out, err = merlon("gateway", "refuse", hold2["id"], "--ledger", g.ledger, "--reason", "not today")
	check("the program refuses", code == 0 and asking.answered() == (403, "refused"), (code, out, err, asking.body))
	check("and the model never hears of it", len(Careful.seen) == 1)
	check("nothing waits then", merlon("gateway", "holds", "--ledger", g.ledger)[1] == "Nothing waits for a person.\n")
	code, out, err = merlon("gateway", "approve", "123456", "--ledger", WORK)
	check("without a gateway it says so", code == 2 and "no gateway" in err, err)
	check("without an id it says how", merlon("gateway", "approve", "--ledger", g.ledger)[0] == 64)
	return hold["id"], hold2["id"]


def bound(g):
	"""An approval counts for one exchange, one body, one caller, once, and from one who was shown it."""
	asking = Asking(g, "a delicate thing")
	hold, = waiting(g)
	changed = hold["digest"][:-1] + ("0" if hold["digest"][-1] != "0" else "1")
	for what, other in (("another body", {"digest": changed}), ("another caller", {"caller": "second"}), ("a later end", {"expires": "2099-01-01T00:00:00.000Z"}), ("the other half", {"half": "answer"})):
		check(f"an approval of {what} is refused", control(g, "POST", "/decisions", text_of(hold, **other))[0] == 409)
	check("one of an exchange that is not there too", control(g, "POST", "/decisions", text_of(hold, id="0" * 32))[0] == 404)
	check("nor does one of what they were not shown", control(g, "POST", "/decisions", text_of(hold))[0] == 409)
	check("nor one of something else than they were shown", approve(g, hold, shown="0" * 64)[0] == 409)
	good = text_of(hold, shown=show(g, hold)[0])
	for what, body in (("a word more", good + b"and more\n"), ("no name", text_of(hold, by="")), ("half of it", good[:60]), ("nothing", b""), ("another word", text_of(hold, says="perhaps"))):
		check(f"an approval with {what} is none", control(g, "POST", "/decisions", body)[0] in (400, 409))
	check("none of that let it go on", asking.status is None and len(waiting(g)) == 1)
	check("as it is, it counts", control(g, "POST", "/decisions", good)[0] == 200 and asking.answered()[0] == 200, asking.body)
	check("and not twice", control(g, "POST", "/decisions", good)[0] == 404)
	again = Asking(g, "a delicate thing")
	waiting(g)
	check("nor for the same question once more", control(g, "POST", "/decisions", good)[0] == 404 and again.status is None)
	code = control(g, "POST", "/decisions", text_of(waiting(g)[0], says="refuse"))[0]
	check("which is another exchange", code == 200 and again.answered() == (403, "refused"), again.body)


def shown(g):
	"""What is shown is the whole of what goes on; nothing in it moves a terminal; and it stays nowhere."""
	hostile = "a delicate \x1b]0;owned\x07\x1b[2J \u202egnp\u2066\u200b\ufeff\U000e0041 \u27e8U+0041\u27e9\r\n5f0c81  request, 48 s left" + " " * 200 + "approved"
	asking = Asking(g, hostile, temperature=0.25, user="\x1b[31m" + "z" * 5000 + "ENDMARK")
	hold, = waiting(g)
	_, left_out, part = show(g, hold, says="show")
	check("what is long is shown by its beginning, and says so", 3500 < left_out < 5000 and "bytes more\n" in part and "ENDMARK" not in part, (left_out, part[-300:]))
	check("which is not enough to approve it", control(g, "POST", "/decisions", text_of(hold))[0] == 409 and "shown" not in waiting(g)[0])
	code, out, err = merlon("gateway", "holds", "--show", hold["id"], "--ledger", g.ledger)
	check("nor when the program shows it so", code == 0 and "--whole shows them" in out and "shown" not in waiting(g)[0], out)
	digest, left_out, text = show(g, hold)
	check("the whole is the whole", left_out == 0 and "ENDMARK" in text and '"temperature": 0.25' in text, text[-300:])
	code, out, err = merlon("gateway", "holds", "--show", hold["id"], "--whole", "--ledger", g.ledger)
	check("the program shows the same", code == 0 and text in out and digest in out, out[:300])
	dangerous = [c for c in out if c != "\n" and (not c.isprintable() or 0xE000 <= ord(c) <= 0xF8FF)]
	check("and not a character that a terminal would obey, or that hides", not dangerous, dangerous)
	for name in ("U+001B", "U+0007", "U+202E", "U+2066", "U+200B", "U+FEFF", "U+E0041", "U+27E8", "U+000D"):
		check(f"{name} is there to be seen", f"\u27e8{name}\u27e9" in out, out[:600])
	check("lines stay in their margin", all(len(line) <= 80 for line in out.splitlines()) and not any(line.startswith("5f0c81") or line.strip().startswith("approved") for line in out.splitlines()), out[:600])
	check("what goes on is what was shown", control(g, "POST", "/decisions", text_of(hold, shown=digest))[0] == 200 and asking.answered()[0] == 200 and Careful.seen[-1]["messages"][0]["content"] == hostile, asking.body)
	check("an approval is no question", control(g, "POST", "/shows", text_of(hold))[0] == 400 and control(g, "POST", "/decisions", text_of(hold, says="show"))[0] == 400)
	check("what waits no more is not shown", show(g, hold)[0] == 404)
	regions = list(gate.memory(g.process.pid, "rw-s"))
	check("the window through which it was seen is empty again", any(len(r) > 1 << 24 for r in regions) and not any(b"ENDMARK" in r for r in regions), [len(r) for r in regions])
	return hold["id"]


def strangers(g):
	"""Even where the socket's mode would let them, only the gateway's own user and root are answered."""
	if os.getuid() != 0:
		print("another user at the socket: takes root to try; skipped")
		return
	os.chmod(g.ledger, 0o711)
	os.chmod(g.ledger / "control", 0o666)
	pid = os.fork()
	if pid == 0:
		try:
			os.chdir(g.ledger)
			os.setuid(65534)
			with socket.socket(socket.AF_UNIX) as s:
				s.connect("control")
				try:
					s.sendall(b"GET /holds HTTP/1.1\r\nHost: x\r\n\r\n")
					os._exit(1 if s.recv(100) else 0)
				except OSError:
					os._exit(0)
		finally:
			os._exit(2)
	said = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	os.chmod(g.ledger / "control", 0o600)
	os.chmod(g.ledger, 0o700)
	check("another user is not answered", said == 0, said)


def answers(g):
	"""What the model says may be held too."""
	asking = Asking(g, "tell a secret")
	hold, = waiting(g)
	check("a whole answer is held before a byte of it goes out", hold["half"] == "answer" and hold["rule"] == "ask before it is said" and asking.status is None, hold)
	approve(g, hold)
	check("and goes on as the policy leaves it", asking.answered()[0] == 200 and b"I whisper: [gone]" in asking.body, asking.body)
	asking = Asking(g, "tell a secret")
	control(g, "POST", "/decisions", text_of(waiting(g)[0], says="refuse"))
	check("or does not", asking.answered() == (403, "refused") and b"whisper" not in asking.body, asking.body)
	asking = Asking(g, "please pay")
	hold, = waiting(g)
	check("a call of a tool is shown by its name and the digest of its arguments", hold["tool"] == "pay" and len(hold["arguments"]) == 64 and hold["half"] == "answer", hold)
	approve(g, hold)
	check("and goes on when a person agrees", asking.answered()[0] == 200 and b'"pay"' in asking.body, asking.body)
	asking = Asking(g, "delicate: pay")
	first, = waiting(g)
	approve(g, first)
	for _ in range(200):
		second = waiting(g)
		if second and second[0]["half"] == "answer":
			break
	check("who agreed to a question has not agreed to what comes of it", second and second[0]["id"] == first["id"] and second[0]["tool"] == "pay", second)
	approve(g, second[0])
	check("twice agreed, it goes on", asking.answered()[0] == 200, asking.body)
	return first["id"]


def joined(body):
	"""What a client makes of a stream: its text, and the arguments of its calls."""
	events = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: {")]
	deltas = [c["delta"] for e in events for c in e.get("choices", [])]
	return "".join(d.get("content") or "" for d in deltas), "".join(call["function"].get("arguments", "") for d in deltas for call in d.get("tool_calls", []))


def streams(g):
	"""Of a stream that is held the rest is gathered, shown whole, and goes on or does not."""
	asking = Asking(g, "anything", stream=True)
	hold, = waiting(g)
	check("a stream is held, and what went before it went out", hold["half"] == "answer" and asking.status is None, hold)
	digest, left_out, text = show(g, hold)
	check("its rest is shown, its parts as one text", left_out == 0 and "rest of a stream" in text and "| whisper\n" in text and "found private" in text, text)
	control(g, "POST", "/decisions", text_of(hold, shown=digest))
	check("then it goes on, as it came", asking.answered()[0] == 200 and joined(asking.body)[0] == "I whisper" and asking.body.endswith(b"[DONE]\n\n") and b"held" not in asking.body, asking.body)
	agreed = hold["id"]
	asking = Asking(g, "tell a secret", stream=True)
	hold, = waiting(g)
	text = show(g, hold)[2]
	check("what follows is judged all the same", "| I whisper: [gone]." in text and "heliotrope" not in text, text)
	control(g, "POST", "/decisions", text_of(hold, says="refuse"))
	asking.answered()
	check("one that is refused ends as one that is denied", asking.status == 200 and b"whisper" not in asking.body and b"gone" not in asking.body and b'"refused"' in asking.body and asking.body.endswith(b"[DONE]\n\n"), asking.body)
	refused = hold["id"]
	asking = Asking(g, "please pay", stream=True)
	hold, = waiting(g)
	check("a call in a stream is shown as a call", hold["tool"] == "pay" and "call of a tool pay" in show(g, hold)[2] and '"amount": 500' in show(g, hold)[2], show(g, hold))
	approve(g, hold)
	check("and goes on with its arguments", asking.answered()[0] == 200 and json.loads(joined(asking.body)[1]) == {"amount": 500}, asking.body)
	asking = Asking(g, "whisper, then forbidden", stream=True)
	asking.answered()
	check("what is denied after it was held is not put before anybody", asking.status == 200 and b"whisper" not in asking.body and b'"denied"' in asking.body and waiting(g, 0) == [], asking.body)
	asking = Asking(g, "whisper, then nothing", stream=True)
	asking.answered()
	check("nor is what its model cuts off", asking.status == 200 and b"whisper" not in asking.body and b'"upstream_cut"' in asking.body and waiting(g, 0) == [], asking.body)
	asking = Asking(g, "whisper at length", stream=True)
	asking.answered()
	check("nor is more than is kept of an answer", asking.status == 200 and b"whisper" not in asking.body and b"longer than what is kept" in asking.body and asking.body.endswith(b"[DONE]\n\n"), asking.body[-300:])
	return agreed, refused


class Elsewhere(Asking):
	"""A stream of another dialect is asked for."""

	def run(self):
		path, body = self.wish
		self.connection.request("POST", path, json.dumps(body), {"authorization": "Bearer " + self.g.key, "content-type": "application/json", "accept": "application/json, text/event-stream"})
		r = self.connection.getresponse()
		self.body, self.status = r.read(), r.status


def dialects(g):
	"""A stream that is held goes on as it came, to the byte, whatever it is spoken in."""
	asked = {"/v1/messages": {"model": "m", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "x"}]}, "/api/chat": {"model": "m", "messages": [{"role": "user", "content": "x"}]},
	         "/v1/responses": {"model": "m", "input": "x", "stream": True, "store": False}, "/tools/mcp/slow": {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "look", "arguments": {}}}}
	for path, body in asked.items():
		came = "".join(STREAMS[path.removeprefix("/tools")][1]).encode()
		asking = Elsewhere(g, (path, body))
		hold, = waiting(g)
		text = show(g, hold)[2]
		check(f"{path}: its rest is shown", "| whisper low\n" in text or "| I whisper\n" in text, text)
		approve(g, hold)
		check(f"{path}: and goes on as it came", asking.answered()[0] == 200 and asking.body == came, asking.body)
		asking = Elsewhere(g, (path, body))
		hold, = waiting(g)
		control(g, "POST", "/decisions", text_of(hold, says="refuse"))
		asking.answered()
		check(f"{path}: or ends as one that is denied", asking.status == 200 and b"whis" not in asking.body and b"A person has refused it" in asking.body, asking.body)


class Calling(Asking):
	"""A tool is called over MCP."""

	def run(self):
		body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "pay", "arguments": {"amount": 500}}})
		self.connection.request("POST", "/tools/mcp", body, {"authorization": "Bearer " + self.g.key, "content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"})
		r = self.connection.getresponse()
		self.body, self.status = r.read(), r.status


def tools(g):
	"""A call of a tool is a request by itself."""
	calling, seen = Calling(g, ""), len(Careful.seen)
	hold, = waiting(g)
	check("a call over MCP waits, with the tool and the digest of its arguments", (hold["half"], hold["tool"], hold["route"]) == ("request", "pay", "tools") and len(hold["arguments"]) == 64 and len(Careful.seen) == seen, hold)
	approve(g, hold)
	check("and is made when a person agrees", calling.answered()[0] == 200 and b"paid" in calling.body and Careful.seen[-1]["params"]["arguments"] == {"amount": 500}, calling.body)
	calling, seen = Calling(g, ""), len(Careful.seen)
	hold2, = waiting(g)
	check("the same arguments in another call have another digest", hold2["arguments"] != hold["arguments"])
	control(g, "POST", "/decisions", text_of(hold2, says="refuse"))
	calling.join(20)
	told = json.loads(calling.body)
	check("a model whose call was refused is told so as an answer", calling.status == 200 and told["id"] == 7 and told["result"]["isError"] and "A person has refused it" in told["result"]["content"][0]["text"] and len(Careful.seen) == seen, calling.body)


def gone(g):
	"""Who leaves is forgotten, who is halted is not let go on; both are on record."""
	asking = Asking(g, "a delicate goodbye")
	hold, = waiting(g)
	asking.vanish()
	check("who leaves does not wait any more", waiting(g, 0) == [] and approve(g, hold)[0] == 404)
	asking = Asking(g, "a delicate halt")
	halted, = waiting(g)
	g.process.send_signal(signal.SIGUSR1)
	check("a halt ends what waits", asking.answered()[0] != 200 and waiting(g, 0) == [], asking.status)
	check("and nothing can be approved meanwhile", control(g, "POST", "/decisions", text_of(halted))[0] == 503)
	g.process.send_signal(signal.SIGUSR1)
	for _ in range(200):
		if g.ask("hello")[0].status == 200:
			break
		time.sleep(0.025)
	return hold["id"], halted["id"]


def killed(g):
	"""A steward that is killed forgets nothing; a worker that is killed leaves a record."""
	asking = Asking(g, "a delicate murder")
	hold, = waiting(g)
	steward = next(pid for pid in g.children() if any(os.readlink(f).startswith("socket:") for f in pathlib.Path(f"/proc/{pid}/fd").iterdir()) and "under-way." not in pathlib.Path(f"/proc/{pid}/maps").read_text())
	os.kill(steward, signal.SIGKILL)
	for _ in range(200):
		if steward not in g.children():
			break
		time.sleep(0.025)
	check("another steward still knows what waits", [h["id"] for h in waiting(g)] == [hold["id"]])
	check("and lets it go on", approve(g, hold)[0] == 200 and asking.answered()[0] == 200, asking.status)
	asking = Asking(g, "a delicate murder")
	hold, = waiting(g)
	for pid in g.children():
		maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
		if "under-way." in maps and not any("ledger.sqlite" in os.readlink(f) for f in pathlib.Path(f"/proc/{pid}/fd").iterdir()):
			os.kill(pid, signal.SIGKILL)
	check("what a dead worker held waits no more", asking.answered()[0] != 200 and waiting(g, 0) == [], asking.status)
	check("and cannot be approved", approve(g, hold)[0] == 404)
	for _ in range(200):
		try:
			if g.ask("hello")[0].status == 200:
				break
		except OSError:
			time.sleep(0.05)
	return hold["id"]


def reloaded(g):
	"""What waits goes on waiting as it began; a gateway that ends says no."""
	asking = Asking(g, "a delicate change")
	hold, = waiting(g)
	worker, = workers_of(g)
	os.kill(worker, signal.SIGSTOP)
	before = set(g.children())
	with socket.socket(socket.AF_UNIX) as s:
		s.connect(str(g.ledger / "control"))
		body = text_of(hold, says="show whole")
		s.sendall(f"POST /shows HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
		time.sleep(0.2)
		g.process.send_signal(signal.SIGHUP)
		check("who is about to be shown something at a reload has to ask again", s.recv(1) == b"")
	gate.in_time(lambda: "read again" in g.log.read_text() and len(before - set(g.children())) == 1)
	os.kill(worker, signal.SIGCONT)
	check("what waits waits through a reload", [h["id"] for h in waiting(g)] == [hold["id"]])
	code = approve(g, hold)[0]
	check("can be shown, and goes on", code == 200 and asking.answered()[0] == 200, (code, asking.status))
	asking = Asking(g, "a delicate end")
	waiting(g)
	check("a gateway that ends with something waiting ends", g.end() == 0)
	check("and says no to who waits", asking.answered() == (503, "held"), (asking.status, asking.body))


def metrics(g):
	found = g.metrics()
	check("what waited is counted", int(found["merlon_held_total"]) > 5 and int(found["merlon_approved_total"]) > 3 and int(found["merlon_not_approved_total"]) >= 3 and found["merlon_held"] == "0", {k: v for k, v in found.items() if "held" in k or "approved" in k})


def impatient(routes):
	"""Nobody answers; too many wait; nobody is ever asked."""
	g = Configured("impatient", START + "holds: {wait: 3s, most: 1, most-of-one: 1}\n" + routes)
	first = Asking(g, "a delicate wait")
	hold, = waiting(g)
	second = Asking(g, "a delicate crowd")
	check("more than may wait do not", second.answered() == (429, "held"), second.body)
	stream = Asking(g, "anything", stream=True)
	check("nor does the rest of a stream", stream.answered()[0] == 200 and b'"held"' in stream.body and b"whisper" not in stream.body, (stream.status, stream.body))
	check("whom nobody answers is refused", first.answered() == (403, "held"), first.body)
	check("and an approval after that comes too late", approve(g, hold)[0] == 404)
	g.end()
	records = g.records()
	check("that is on record", decided(g, hold["id"]) == [("refused", [("none", "request")])] and len(records) == 3, records)
	check("no decision is", g.records("approval") == [])
	g = Configured("never", START + "holds: {wait: 0s}\n" + routes)
	r, body = g.ask("a delicate wish")
	check("where nobody is asked it is refused at once", r.status == 403 and json.loads(body)["error"]["code"] == "held", body)
	g.end()


def begin():
	"""A model, and what the configurations have in common."""
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	server = Server(("127.0.0.1", 0), Careful)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	(WORK / "careful.yaml").write_text(POLICY)
	return f"upstreams: {{m: {{servers: ['{url(server)}']}}}}\npolicy: careful.yaml\nroutes:\n  - {{name: tools, prefix: /tools, dialects: mcp, upstreams: m}}\n  - {{name: usual, upstreams: m, answer-most: 64KiB}}\n"


def main():
	routes = begin()
	g = Configured("holds", START + routes)
	agreed, refused = by_hand(g)
	bound(g)
	strangers(g)
	looked = shown(g)
	twice = answers(g)
	streamed, unstreamed = streams(g)
	dialects(g)
	tools(g)
	left, halted = gone(g)
	lost = killed(g)
	metrics(g)
	reloaded(g)
	check("what was approved is on record so", decided(g, agreed) == [("answered", [("approve", "request")])], decided(g, agreed))
	check("what was refused too", decided(g, refused) == [("refused", [("refuse", "request")])], decided(g, refused))
	check("what was asked twice says both", decided(g, twice) == [("answered", [("approve", "request"), ("approve", "answer")])], decided(g, twice))
	check("a stream that was approved is answered", decided(g, streamed) == [("answered", [("approve", "answer")])], decided(g, streamed))
	check("one that was refused has stopped", decided(g, unstreamed) == [("stopped", [("refuse", "answer")])], decided(g, unstreamed))
	for what, exchange, outcome in (("who left", left, "left"), ("who was halted", halted, "halted"), ("whose worker was killed", lost, "lost")):
		check(f"{what} is on record, undecided", decided(g, exchange) == [(outcome, [("none", "request")])], decided(g, exchange))
	approval = [r for r in g.records("approval") if r["exchange"] == agreed and r["decision"] != "none"][0]
	check("a decision is a record of its own: who, why, about what, how long it took", approval["by"] == "Ada" and approval["reason"] == "agreed with the ward" and approval["uid"] == os.getuid() and approval["user"] and approval["decision"] == "approve" and approval["waited-ms"] >= 0 and len(approval["digest"]) == 64, approval)
	events = [(r["decision"], r["left-out"] > 0 if "left-out" in r else None, r["by"]) for r in g.records("approval") if r["exchange"] == looked]
	user = approval["user"]
	check("who was shown what is on record", events == [("none", True, "the lead"), ("none", True, user), ("none", False, "the lead"), ("none", False, user), ("approve", None, "the lead")], events)
	salts = (g.ledger / "salts").read_bytes()
	salt = next(salts[at + 16:at + 32] for at in range(0, len(salts), 32) if salts[at:at + 16].hex() == refused)
	asked = json.dumps({"model": "m", "messages": [{"role": "user", "content": "a delicate matter"}]}).encode()
	digest = next(r["digest"] for r in g.records("approval") if r["exchange"] == refused)
	check("the digest is that of the body as it would have been sent, with the salt", digest == hashlib.sha256(salt + asked).hexdigest(), digest)
	code, out, err = merlon("replay", agreed, "--ledger", g.ledger, "--policy", WORK / "careful.yaml")
	check("and a verdict that a person overruled is reproduced all the same", code == 0 and "hold" in out, (code, out, err))
	everything = json.dumps(g.records() + g.records("approval"))
	everything += (WORK / "holds.log").read_text()
	check("and nothing of the content", not any(word in everything for word in ("heliotrope", "whisper", "amount", "ENDMARK")))
	check("nor anywhere else in the ledger's folder", not any(b"ENDMARK" in f.read_bytes() for f in g.ledger.rglob("*") if f.is_file()))
	verified = subprocess.run([MERLON, "ledger", "verify", str(g.ledger)], capture_output=True, text=True)
	check("the ledger verifies", verified.returncode == 0, verified.stdout + verified.stderr)
	impatient(routes)
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
