#!/usr/bin/env python3
"""pins.py MERLON FOLDER: a header of a tool's call means the argument that the tool's schema says, once a list of tools told so."""

import json
import shutil
import signal
import sys
import threading
import time

import gateway
from gateway import FOLDER, Model, Server, check
from routes import START, WORK, Configured, url

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def tool(name, **properties):
	return {"name": name, "inputSchema": {"type": "object", "properties": properties}}


def parameter(header=None, kind="string"):
	return {"type": kind, **({"x-mcp-header": header} if header else {})}


class Tools(Model):
	"""Tells of its tools, and does what it is called for."""
	tools, called, stream = [], [], False

	def do_POST(self):
		body = json.loads(self.rfile.read(int(self.headers["content-length"])))
		result = {"content": [{"type": "text", "text": "done"}], "resultType": "complete"}
		if body["method"] == "tools/list":
			result = {"tools": self.tools, "resultType": "complete"}
		else:
			Tools.called.append(body["params"]["arguments"])
		answer = {"jsonrpc": "2.0", "id": body["id"], "result": result}
		if self.stream:
			self.stream_of(answer)
		else:
			self.whole(200, answer)

	def stream_of(self, answer):
		Model.stream(self, [("event: message\ndata: " + json.dumps(answer) + "\n\n", 0)])


def ask(g, method, headers={}, path="/mcp", **params):
	c = g.connect()
	named = {"mcp-name": params["name"]} if "name" in params else {}
	body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}})
	c.request("POST", path, body, {"authorization": "Bearer " + g.key, "content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28", "mcp-method": method, **named, **headers})
	r = c.getresponse()
	said = r.read()
	c.close()
	return r.status, said


def call(g, name, arguments, **headers):
	"""True when the call reached the server; else the code it was refused with."""
	before = len(Tools.called)
	status, said = ask(g, "tools/call", {f"Mcp-Param-{k}": v for k, v in headers.items()}, name=name, arguments=arguments)
	if len(Tools.called) > before:
		return status == 200
	return json.loads(said).get("error", {}).get("code")


def settled(g, text):
	for _ in range(400):
		if text in g.log.read_text():
			return
		time.sleep(0.025)


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	server = Server(("127.0.0.1", 0), Tools)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	(WORK / "open.yaml").write_text("policy: open\nmodels: any\ntools: any\nhosts: any\n")
	g = Configured("pins", START.replace("workers: 1", "workers: 2") + f"upstreams: {{m: {{servers: ['{url(server)}']}}}}\npolicy: open.yaml\nroutes:\n  - {{name: tools, dialects: mcp, queries: x, upstreams: m}}\n")
	lie = {"area": "us", "note": "eu"}
	check("before a list was seen, an argument with the same value will do", call(g, "pay", lie, Region="eu") is True)
	Tools.tools = [tool("pay", area=parameter("Region"), note=parameter()), tool("look", at={"type": "object", "properties": {"town": parameter("Town"), "floor": parameter("Floor", "integer"), "open": parameter("Open", "boolean")}})]
	check("a list is told", ask(g, "tools/list")[0] == 200)
	for _ in range(8):              # whichever worker it comes to
		check("then it has to be the argument of the schema", call(g, "pay", lie, Region="eu") == -32020)
		check("which it may be", call(g, "pay", {"area": "eu", "note": "us"}, Region="eu") is True)
	check("letters of the header's name are alike in either case", call(g, "pay", lie, rEGION="eu") == -32020 and call(g, "pay", {"area": "eu"}, rEGION="eu") is True)
	check("a query changes nothing", json.loads(ask(g, "tools/call", {"Mcp-Param-Region": "eu"}, "/mcp?x=1", name="pay", arguments=lie)[1]).get("error", {}).get("code") in (-32020, -32000))
	check("a header that no schema asks for means nothing", call(g, "pay", {"area": "eu"}, Other="eu") == -32020)
	check("arguments of arguments too", call(g, "look", {"at": {"town": "Bern", "floor": 3, "open": True}}, Town="Bern", Floor="3", Open="true") is True)
	check("each of several headers by itself", call(g, "look", {"at": {"town": "Bern", "floor": 3, "open": True}, "town": "Rome"}, Town="Rome", Floor="3") == -32020)
	check("and by its whole path", call(g, "look", {"town": "Bern", "at": {"floor": 3}}, Town="Bern") == -32020 and call(g, "look", {"at\\u0000town": "Bern"}, Town="Bern") == -32020)
	check("a tool that was on no list goes by what its request shows", call(g, "other", lie, Region="eu") is True)
	Tools.tools = [tool("pay", zone=parameter("Region"))]
	Tools.stream = True
	check("a later list comes as a stream", ask(g, "tools/list")[0] == 200)
	Tools.stream = False
	check("what it says counts", call(g, "pay", {"zone": "eu"}, Region="eu") is True)
	check("and so does what the one before said, which others may go by", call(g, "pay", {"area": "eu"}, Region="eu") is True and call(g, "pay", lie, Region="eu") == -32020)
	g.process.send_signal(signal.SIGHUP)
	settled(g, "read again")
	check("a reload forgets none of it", call(g, "pay", lie, Region="eu") == -32020)
	Tools.tools = [tool("unsound", a=parameter("A"), b=parameter("a"))]
	ask(g, "tools/list")
	check("a tool whose schema is unsound tells nothing", call(g, "unsound", {"b": "x"}, A="x") is True)
	Tools.tools = [tool(f"t{i}", area=parameter("Region")) for i in range(6000)]
	check("more tools than are kept are told all the same", ask(g, "tools/list")[0] == 200)
	check("the first of them are known", call(g, "t5999", lie, Region="eu") == -32020 or call(g, "t0", lie, Region="eu") == -32020)
	check("the others go by what a request shows, and nothing known before is forgotten", True in [call(g, f"t{i}", lie, Region="eu") for i in (0, 3000, 5999)] and call(g, "pay", lie, Region="eu") == -32020)
	check("it ends", g.end() == 0)
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
