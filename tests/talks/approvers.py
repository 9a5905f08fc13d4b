#!/usr/bin/env python3
"""approvers.py MERLON FOLDER: who may decide about what waits: by signature, two of them, none of them who asks; and how much of a caller's may wait."""

import json
import re
import signal
import socket
import sys
import threading
import time

import gateway
from gate import control
from gateway import check
from holds import POLICY, START, WORK, Asking, Configured, begin, decided, merlon, text_of, waiting


def key(name):
	code, out, err = merlon("attest", "make-key", name, WORK / f"{name}.key")
	return out.strip()


def signed(routes):
	"""Where approvers are named, one of them has to sign."""
	lead, other = key("lead"), key("other")
	g = Configured("signed", START + f"holds: {{approvers: ['{lead}']}}\n" + routes)
	asking = Asking(g, "a delicate signature")
	hold, = waiting(g)
	check("it says that it has to be signed", json.loads(control(g, "GET", "/holds")[1])["signed"] is True)
	code, out, err = merlon("gateway", "holds", "--show", hold["id"], "--ledger", g.ledger)
	check("without a signature nobody is shown it", code == 2 and "signed" in err and "delicate" not in out, (out, err))
	code, out, err = merlon("gateway", "holds", "--show", hold["id"], "--ledger", g.ledger, "--key", WORK / "lead.key")
	digest = out.rsplit("\n", 2)[1]
	check("who signs is", code == 0 and "a delicate signature" in out, (out, err))
	code, out, err = merlon("gateway", "approve", hold["id"], "--ledger", g.ledger, "--digest", digest)
	check("an approval without a signature is refused", code == 2 and "signed" in err, err)
	code, out, err = merlon("gateway", "approve", hold["id"], "--ledger", g.ledger, "--digest", digest, "--key", WORK / "other.key")
	check("one by somebody else too", code == 2 and "signed" in err, err)
	hold, = waiting(g)
	proxy = WORK / "listening"
	proxy.mkdir()
	note = overheard(g, proxy, hold)
	check("what is signed holds the very digest", f"digest {hold['digest']}\n" in note and "— lead " in note, note)
	check("changed by a byte, the signature is nothing", control(g, "POST", "/decisions", note.replace("reason -", "reason x").encode())[0] == 403)
	check("nor is it for another exchange", control(g, "POST", "/decisions", note.replace(hold["id"], "f" * 32).encode())[0] == 403)
	check("still it waits", asking.status is None and len(waiting(g)) == 1)
	check("signed by the one who may, it counts", control(g, "POST", "/decisions", note.encode())[0] == 200 and asking.answered()[0] == 200, asking.body)
	check("and not twice", control(g, "POST", "/decisions", note.encode())[0] == 404)
	g.end()
	seen, approval = g.records("approval")
	check("so is who was shown it", (seen["decision"], seen["key"], seen["left-out"], seen["shown"]) == ("none", "lead", 0, digest) and "— lead " in seen["note"], seen)
	check("the signature is on record, with who signed", approval["note"] == note and approval["key"] == "lead" and approval["exchange"] == hold["id"], approval)
	exchange, = [r for r in g.records() if r["id"] == hold["id"]]
	check("and in the record of the exchange", exchange["approvals"][0]["key"] == "lead" and exchange["approvals"][0]["decision"] == "approve", exchange.get("approvals"))


def two(routes):
	"""Where two have to agree, two persons do, and not who asked."""
	keys = [key(name) for name in ("ada", "bob", "cleo")]
	(WORK / "keys.yaml").unlink(missing_ok=True)
	for name in ("robot", "ada", "bobs-agent"):
		code, out, err = merlon("key", "add", name, "--keys", WORK / "keys.yaml")
		(WORK / f"{name}.secret").write_text(next(w for w in out.split() if w.startswith("mk_") or len(w) > 30))
	approvers = f"[{{key: '{keys[0]}'}}, {{key: '{keys[1]}', callers: [bobs-*]}}, '{keys[2]}']"
	g = Configured("two", START + f"callers: {{keys: keys.yaml}}\nholds: {{approvers: {approvers}}}\n" + routes.replace("careful", "twofold"))
	g.key = (WORK / "robot.secret").read_text()

	def says(who, hold, word="approve", *more):
		if word == "approve":
			code, out, err = merlon("gateway", "holds", "--show", hold["id"], "--whole", "--ledger", g.ledger, "--key", WORK / f"{who}.key")
			more += ("--digest", out.rsplit("\n", 2)[1])
		return merlon("gateway", word, hold["id"], "--ledger", g.ledger, "--key", WORK / f"{who}.key", *more)

	asking = Asking(g, "a delicate pair")
	hold, = waiting(g)
	check("it says that two have to agree, and nobody has", (hold["approvals"], hold["agreed"]) == (2, []), hold)
	code, out, err = says("ada", hold)
	check("the first agrees", code == 0 and "1 more has to agree" in out and asking.status is None, (out, err))
	check("and the list says so", waiting(g)[0]["agreed"] == ["ada"] and "approvals 1 of 2: ada" in merlon("gateway", "holds", "--ledger", g.ledger)[1], waiting(g))
	code, out, err = says("ada", hold, "approve", "--as", "somebody else")
	check("the same person does not count twice, whatever they call themselves", code == 2 and "another person" in err and asking.status is None, (out, err))
	code, out, err = merlon("gateway", "approve", hold["id"], "--ledger", g.ledger, "--key", WORK / "cleo.key", "--digest", waiting(g)[0]["shown"])
	check("nor does one who was not shown it, though the first was", code == 2 and "not shown to that person" in err, err)
	code, out, err = says("bob", hold)
	check("the second lets it go on", code == 0 and "approved" in out and asking.answered()[0] == 200, (out, err))
	both = hold["id"]
	asking = Asking(g, "a delicate quarrel")
	hold, = waiting(g)
	says("ada", hold)
	code, out, err = says("bob", hold, "refuse")
	check("one refusal refuses", code == 0 and asking.answered() == (403, "refused"), (out, err))
	quarrel = hold["id"]
	for who, caller in (("ada", "ada"), ("bob", "bobs-agent")):
		g.key = (WORK / f"{caller}.secret").read_text()
		asking = Asking(g, "a delicate favour")
		hold, = waiting(g)
		code, out, err = says(who, hold)
		check(f"{who} does not agree to what {caller} asks", code == 2 and "for themselves" in err and asking.status is None, (out, err))
		check("but may refuse it", says(who, hold, "refuse")[0] == 0 and asking.answered() == (403, "refused"))
	asking = Asking(g, "a plain favour")
	hold, = waiting(g)
	check("a rule that does not say needs one", hold["approvals"] == 1, hold)
	check("who agrees", says("ada", hold)[0] == 0 and asking.answered()[0] == 200)
	asking = Asking(g, "a delicate and plain one")
	hold, = waiting(g)
	check("of several rules the one that asks for most counts", hold["approvals"] == 2, hold)
	says("cleo", hold)
	g.process.send_signal(signal.SIGTERM)
	check("what one has agreed to ends with the gateway", asking.answered() == (503, "held"), asking.body)
	g.end()
	check("all who agreed are on record", [(a["decision"], a["key"], a["of"]) for r in g.records() if r["id"] == both for a in r["approvals"]] == [("approve", "ada", 2), ("approve", "bob", 2)])
	check("and who agreed before another refused", decided(g, quarrel) == [("refused", [("approve", "request"), ("refuse", "request")])], decided(g, quarrel))
	check("and who agreed where a second did not", decided(g, hold["id"]) == [("refused", [("approve", "request"), ("none", "request")])], decided(g, hold["id"]))


def shared(routes):
	"""One caller leaves places to the others."""
	merlon("key", "add", "greedy", "--keys", WORK / "keys.yaml")
	g = Configured("shared", START + "callers: {keys: keys.yaml}\nholds: {most: 8}\n" + routes)
	g.key = (WORK / "robot.secret").read_text()
	many = [Asking(g, "a delicate wish") for _ in range(2)]
	waiting(g, 2)
	r, body = g.ask("a delicate wish too many")
	check("a quarter of the places is a caller's", r.status == 429 and json.loads(body)["error"]["code"] == "held" and "as much of yours" in body.decode(), body)
	r, body = g.ask("a delicate wish too many", key="nobody's")
	check("who is not known has none", r.status == 401, body)
	g.key = (WORK / "ada.secret").read_text()
	other = Asking(g, "a delicate wish of another")
	holds = waiting(g, 3)
	check("another caller still finds one", len(holds) == 3 and other.status is None, holds)
	first = next(h for h in holds if h["caller"] == "robot")
	control(g, "POST", "/decisions", text_of(first, says="refuse"))
	for _ in range(400):
		if any(asking.status for asking in many):
			break
		time.sleep(0.025)
	g.key = (WORK / "robot.secret").read_text()
	again = Asking(g, "a delicate wish again")
	check("one that is decided gives its place back", len(waiting(g, 3)) == 3 and again.status is None, again.body)
	g.end()
	for asking in (*many, other, again):
		asking.answered()
	check("who found none is on record, undecided", ("refused", [("none", "request")]) in [x for r in g.records() for x in decided(g, r["id"])])


def overheard(g, folder, hold):
	"""What the program sends when it signs: it talks to a socket of ours, which answers as the gateway did."""
	path, heard = folder / "control", []
	listed = control(g, "GET", "/holds")[1].encode()
	with socket.socket(socket.AF_UNIX) as s:
		s.bind(str(path))
		s.listen(2)

		def answer():
			for body in (listed, b"approved\n"):
				c, _ = s.accept()
				with c:
					data = c.recv(65536)
					length = int(re.search(rb"Content-Length: (\d+)", data)[1])
					heard.append(data.split(b"\r\n\r\n", 1)[1][:length])
					c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
		t = threading.Thread(target=answer)
		t.start()
		merlon("gateway", "approve", hold["id"], "--ledger", folder, "--key", WORK / "lead.key", "--digest", hold["shown"])
		t.join(10)
	return heard[-1].decode()


def main():
	routes = begin()
	(WORK / "twofold.yaml").write_text(POLICY.replace("finds: delicate, measure: hold,", "finds: delicate, measure: hold, approvals: 2,").replace("finds: private, measure: hold, in: answer", "finds: plain, measure: hold, in: request").replace("texts: [whisper]", "texts: [plain]").replace("private", "plain"))
	signed(routes)
	two(routes)
	shared(routes)
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
