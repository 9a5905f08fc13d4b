#!/usr/bin/env python3
"""policy.py MERLON FOLDER: what a policy does to exchanges that go through `merlon gateway`, whole and in streams."""

import json
import shutil
import subprocess
import sys
import threading

import gateway
from gateway import FOLDER, MERLON, Model, Server, check, chunk
from routes import START, WORK, Configured, url

SECRET = "heliotrope-7741"
POLICY = f"""
policy: strict
models: [m, m-1]
hosts: any
tools:
  - names: pay
    arguments:
      amount: {{type: number, most: 100}}
  - look
finds:
  - {{name: canary, texts: [{SECRET}, marigold]}}
  - {{name: forbidden, texts: [blue whale]}}
rules:
  - {{name: no-canary, finds: canary, measure: redact, placeholder: "[gone]"}}
  - {{name: no-whale, finds: forbidden, measure: deny, in: answer}}
disclose: "AI: "
"""


def call(name, arguments, index=0):
	return "data: " + json.dumps({"id": "x", "model": "m-1", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, "id": "c", "type": "function", "function": {**({"name": name} if name else {}), "arguments": arguments}}]}, "finish_reason": None}]}) + "\n\n"


class Speaking(Model):
	"""Streams what the user's text asks for."""

	def do_POST(self):
		body = json.loads(self.rfile.read(int(self.headers["content-length"])))
		Speaking.seen.append(body)
		wish = body["messages"][-1]["content"]
		if wish == "whole":
			self.whole(200, {"id": "x", "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": f"the word is {SECRET}."}}]})
			return
		if wish == "look about":        # arguments that are JSON itself
			arguments = {"days": 2, "at": SECRET, "list": [3, f"and {SECRET}"]}
			if self.path == "/v1/messages":
				self.whole(200, {"id": "x", "type": "message", "role": "assistant", "model": "m-1", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": arguments}], "stop_reason": "tool_use"})
				return
			line = json.dumps({"model": "m-1", "message": {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "look", "arguments": arguments}}]}, "done": False}) + "\n"
			self.stream([(line, 0), (json.dumps({"model": "m-1", "message": {"role": "assistant", "content": ""}, "done": True}) + "\n", 0)], kind="application/x-ndjson")
			return
		if wish == "torn whole":
			self.whole(200, b'{"id": "x", "id": "y"}')
			return
		parts = {
			"split": [chunk(c) for c in f"so {SECRET} it is, heliotrope-77 too"],
			"whale": [chunk(w) for w in ("once ", "upon ", "a blue ", "wh", "ale", " swam")],
			"pay 5": [call("pay", '{"am'), call(None, 'ount": 5}')],
			"pay 500": [call("pay", '{"am'), call(None, 'ount": 500}')],
			"torn": [chunk("fine "), "data: {not json\n\n", chunk("so far")],
			"steal": [call("steal", "{}")],
			"look": [call("look", json.dumps({"at": SECRET})[:9]), call(None, json.dumps({"at": SECRET})[9:])],
		}.get(wish, [chunk("fine")])
		self.stream([(p, 0) for p in parts + [chunk("", "stop"), "data: [DONE]\n\n"]])


def said(body):
	"""The text, the joined arguments, and the errors of a stream."""
	text, arguments, errors = "", "", []
	for line in body.decode().splitlines():
		if not line.startswith("data: {"):
			continue
		event = json.loads(line[6:])
		errors += [event["error"]["code"]] if "error" in event else []
		for choice in event.get("choices", []):
			text += choice["delta"].get("content") or ""
			for c in choice["delta"].get("tool_calls", []):
				arguments += c["function"].get("arguments", "")
	return text, arguments, errors


def judged_again(g):
	"""By the record alone: what it does not say twice is known all the same."""
	judged = [r["id"] for r in g.records() if r.get("policy")]
	verdicts = [subprocess.run([MERLON, "replay", i, "--ledger", str(g.ledger), "--policy", str(WORK / "strict.yaml"), "--policy", str(WORK / "watch.yaml")], capture_output=True, text=True) for i in judged]
	check("every record gives its verdict again", len(judged) > 15 and all("\nthe same verdict" in v.stdout for v in verdicts), [v.stdout + v.stderr for v in verdicts if "\nthe same verdict" not in v.stdout])
	before = None
	for scope, stranger in (("callers: [anna]", "callers: [bob]"), ("teams: [wards]", "teams: [others]"), ("upstreams: [m]", "upstreams: [n]"), ("dialects: [openai-chat]", "dialects: [mcp]"), ("models: [m]", "models: [k]")):
		changes = [would_change(g, f"models:\n  - {{names: '*', measure: deny, for: {{{s}}}}}\n  - '*'\n") for s in (scope, stranger)]
		before = before or changes[1]
		check(f"{scope} is known of every record", changes[0] > changes[1] == before, changes)
	check("how far a request was examined, too", would_change(g, "models: any\npartly-examined: deny\n") == before + 1)


def would_change(g, models):
	(WORK / "again.yaml").write_text("policy: again\nhosts: any\ntools: any\n" + models)
	r = subprocess.run([MERLON, "policy", "test", str(WORK / "again.yaml"), "--ledger", str(g.ledger)], capture_output=True, text=True)
	return sum("would be deny" in line for line in r.stdout.splitlines())


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	server = Server(("127.0.0.1", 0), Speaking)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	r = subprocess.run([MERLON, "key", "add", "anna", "--keys", str(WORK / "keys.yaml"), "--team", "wards"], capture_output=True, text=True, check=True)
	(WORK / "strict.yaml").write_text(POLICY)
	(WORK / "watch.yaml").write_text(POLICY + "mode: observe\n")
	routes = f"""
upstreams: {{m: {{servers: ['{url(server)}']}}}}
policy: strict.yaml
callers: {{keys: keys.yaml}}
routes:
  - {{name: usual, upstreams: m}}
  - {{name: lax, prefix: /lax, upstreams: m, unexamined: pass}}
  - {{name: watched, prefix: /watched, upstreams: m, policy: watch.yaml}}
"""
	g = Configured("policy", START + routes)
	g.key = r.stdout.split()[-1]

	def ask(wish, path="/v1/chat/completions", model="m", **more):
		c = g.connect()
		c.request("POST", path, json.dumps({"model": model, "messages": [{"role": "user", "content": wish}], **more}), {"content-type": "application/json", "authorization": "Bearer " + g.key})
		r = c.getresponse()
		return r.status, r.read()

	status, body = ask("whole")
	check("a secret in a whole answer goes out as its placeholder, after the disclosure", status == 200 and json.loads(body)["choices"][0]["message"]["content"] == "AI: the word is [gone].", body)
	status, body = ask("split", stream=True)
	check("a secret that comes letter by letter too", said(body) == ("AI: so [gone] it is, heliotrope-77 too", "", []) and body.endswith(b"[DONE]\n\n"), said(body))
	status, body = ask("whale", stream=True)
	check("what is forbidden ends the stream before it is said", said(body)[0] == "AI: once upon " and said(body)[2] == ["denied"] and body.endswith(b"[DONE]\n\n"), body)
	check("a call that keeps to its limits goes on", said(ask("pay 5", stream=True)[1])[1] == '{"amount": 5}')
	status, body = ask("pay 500", stream=True)
	check("one that does not never reaches the client", said(body)[1:] == ("", ["denied"]), body)
	status, body = ask("steal", stream=True)
	check("nor does one of a tool nobody knows", b"steal" not in body.replace(b"merlon", b"") or said(body)[2] == ["denied"], body)
	check("arguments are redacted too", json.loads(said(ask("look", stream=True)[1])[1]) == {"at": "[gone]"})
	gone = {"days": 2, "at": "[gone]", "list": [3, "and [gone]"]}
	status, body = ask("look about", "/v1/messages", max_tokens=9)
	check("those that are no string as well", status == 200 and json.loads(body)["content"][0]["input"] == gone, body)
	status, body = ask("look about", "/api/chat")
	check("and in a stream", status == 200 and json.loads(body.splitlines()[0]).get("message", {}).get("tool_calls", [{}])[0].get("function", {}).get("arguments") == gone, body)
	history = [{"role": "user", "content": "look"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {"days": 2, "at": SECRET}}]}, {"role": "user", "content": "look about"}]
	status, body = ask("", "/v1/messages", max_tokens=9, messages=history)
	check("and in what a caller sends along of before", Speaking.seen[-1]["messages"][1:2] and Speaking.seen[-1]["messages"][1]["content"][0]["input"] == {"days": 2, "at": "[gone]"}, (status, body, Speaking.seen[-1]))
	status, body = ask("torn", "/lax/v1/chat/completions", stream=True)
	check("what cannot be read goes on where the route says so", b"not json" in body and b"so far" in body and body.endswith(b"[DONE]\n\n"), body)
	check("a whole answer, too", ask("torn whole", "/lax/v1/chat/completions") == (200, b'{"id": "x", "id": "y"}'))
	status, body = ask("hello", model="other")
	check("a model nobody named is denied", status == 403 and json.loads(body)["error"]["code"] == "denied", body)
	status, body = ask(f"is {SECRET} safe?")
	check("what the caller says is redacted before it goes on", Speaking.seen[-1]["messages"][0]["content"] == "is [gone] safe?", Speaking.seen[-1])
	look = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}
	check("a tool that is known may be offered", ask("hello", stream=True, tools=[look])[0] == 200)
	look["function"]["parameters"]["properties"]["marigold"] = {"type": "string"}
	status, body = ask("hello", stream=True, tools=[look])
	check("what would have to be redacted in the name of a property is refused: another name would be another tool", status == 403 and json.loads(body)["error"]["code"] == "denied", body)
	status, body = ask("hello", stream=True, metadata={"marigold": "x"})
	check("so is the key of any other object", status == 403, body)
	picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}]}
	check("a picture goes on, not examined", ask("", messages=[picture, {"role": "user", "content": "hello"}], stream=True)[0] == 200)
	for wish in ("split", "whale", "pay 500", "steal"):
		status, body = ask(wish, path="/watched/v1/chat/completions", stream=True)
		check(f"where it only watches, {wish!r} passes as it came", status == 200 and not said(body)[2] and "[gone]" not in body.decode() and "AI: " not in body.decode(), body)
	g.end()
	records = [r for r in g.records() if r.get("policy")]
	decided = {(r["policy"]["mode"], r["policy"]["by"], r["policy"]["decision"], r["policy"]["done"]) for r in records}
	check("records say what was decided, and what was done", {("enforce", "no-canary", "redact", "redact"), ("enforce", "no-whale", "deny", "deny"), ("observe", "no-whale", "deny", "allow")} <= decided, decided)
	unread = [(r["policy"]["by"], r["policy"]["decision"], r["policy"]["done"], r["answer"]["examined"]) for r in records if r.get("policy", {}).get("facts", {}).get("route") == "lax"]
	check("also that a policy would have denied what a route let through unread", unread == [("unexamined", "deny", "allow", "not")] * 2, unread)
	check("and holds nothing of what was said", not any(SECRET in json.dumps(r) or "whale" in json.dumps(r["answer"]) for r in records), records[:1])
	judged_again(g)
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
