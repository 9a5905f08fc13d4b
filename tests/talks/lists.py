#!/usr/bin/env python3
"""lists.py MERLON FOLDER: who is told by `merlon gateway` of which models."""

import json
import shutil
import sys
import threading

import gateway
from gateway import FOLDER, Model, Server, check
from limits import new_key
from routes import START, WORK, Configured, url

GPT, LLAMA, RUNNING = "/v1/models", "/api/tags", "/api/ps"
CLAUDE = {"anthropic-version": "2023-06-01"}


class Listing(Model):
	"""Says of each path what it is to say, and counts."""

	def do_GET(self):
		self.server.asked.append(self.path)
		status, headers, body = self.server.says.get(self.path.split("?")[0], (404, {}, b'{"error": {"message": "none such"}}'))
		self.whole(status, body, **headers)


def serve():
	s = Server(("127.0.0.1", 0), Listing)
	s.asked, s.says = [], {}
	threading.Thread(target=s.serve_forever, daemon=True).start()
	return s


CONFIG = """
callers: {{keys: keys.yaml}}
upstreams:
  one: {{servers: ['{one}']}}
  two: {{servers: ['{two}']}}
routes:
  - {{name: part, prefix: /part, models: [m1, s-*], upstreams: one, unexamined: pass}}
  - {{name: first, prefix: /both, models: [m1], upstreams: one}}
  - {{name: elsewhere, prefix: /both, models: [m2], upstreams: two}}
  - {{name: rest, prefix: /both, upstreams: one}}
  - {{name: claude, prefix: /claude, dialects: [anthropic], upstreams: one}}
  - {{name: pass, prefix: /pass, upstreams: one, unexamined: pass}}
  - {{name: open, upstreams: one}}
"""


class Talk:
	def __init__(self, g, one, keys):
		self.g, self.one, self.keys = g, one, keys

	def get(self, path, key="usual", **headers):
		c = self.g.connect()
		c.request("GET", path, headers={"authorization": "Bearer " + self.keys[key], **headers})
		r = c.getresponse()
		return r.status, r.read()

	def hears(self, body, path=GPT, key="scoped", at="", status=200, asking={}, **headers):
		"""What comes of a list that the server tells so."""
		self.one.says[path] = status, headers, body.encode() if isinstance(body, str) else body
		return self.get(at + path, key, **asking)

	def refused(self, what, body, path=GPT, **headers):
		status, got = self.hears(body, path, **headers)
		code = json.loads(got)["error"]["code"] if path == GPT else json.loads(got)["code"]
		check(f"{what}: not let through to who may not see all", (status, code) == (502, "not_examined"), (status, got))
		status, got = self.hears(body, path, at="/pass", **headers)
		check(f"{what}: nor where it could go on unexamined", status == 502, (status, got))
		status, got = self.hears(body, path, key="usual", **headers)
		check(f"{what}: others get it as it is", status == 200 and got == (body.encode() if isinstance(body, str) else body), (status, got))


OPENAI = '{"object":"list", "data": [ {"id":"m0","object":"model"} , {"id":"m1","object":"model","permission":[{"id":"p"}]},\n {"id":"m2"}, {"id":"m\\u002d3" , "x":1.50}, {"id":"s-9"} ] }\n'
OF_CLAUDE = '{"data":[{"type":"model","id":"m0","display_name":"M m1"},{"type":"model","id":"s-1"},{"type":"model","id":"m\\u0031"},{"id":"m2"}],"has_more":true,"first_id":"m0","last_id":"m2"}'
OLLAMA = '{"models":[{"name":"m1","model":"m1","size":1},{"name":"m2","model":"m2"},{"name":"m1","model":"m2"},{"name":"m2","model":"m1"},{"model":"s-1"},{"name":"m1:latest"}]}'


def lists(t):
	for what, path, body in (("OpenAI", GPT, OPENAI), ("Anthropic", GPT, OF_CLAUDE), ("Ollama", LLAMA, OLLAMA), ("Ollama's running ones", RUNNING, OLLAMA)):
		check(f"{what}: who may use all gets the same bytes", t.hears(body, path, "usual") == (200, body.encode()), t.hears(body, path, "usual"))
		check(f"{what}: so does who may use whatever there is", t.hears(body, path, "any") == (200, body.encode()), t.hears(body, path, "any"))
		status, got = t.hears(body, path, "none")
		check(f"{what}: who may use none hears of none", status == 200 and list(json.loads(got).values()).count([]) == 1 and b"m1" not in got and b"m2" not in got, got)
	was = '{"object":"list", "data": [  {"id":"m1","object":"model","permission":[{"id":"p"}]},\n  {"id":"m\\u002d3" , "x":1.50} ] }\n'
	check("OpenAI: what stays is byte for byte as it was", t.hears(OPENAI) == (200, was.encode()), t.hears(OPENAI))
	was = '{"object":"list", "data": [  {"id":"m1","object":"model","permission":[{"id":"p"}]},\n   {"id":"s-9"} ] }\n'
	check("a route's models are all that it tells of", t.hears(OPENAI, key="usual", at="/part") == (200, was.encode()), t.hears(OPENAI, key="usual", at="/part"))
	got = json.loads(t.hears(OPENAI, at="/part")[1])
	check("of those, a caller hears of its own", [m["id"] for m in got["data"]] == ["m1"], got)
	was = '{"models":[{"name":"m1","model":"m1","size":1}]}'
	check("Ollama: both names of an entry have to be free", t.hears(OLLAMA, LLAMA) == t.hears(OLLAMA, RUNNING) == (200, was.encode()), t.hears(OLLAMA, LLAMA))
	both = OLLAMA[:-1] + "," + OPENAI.strip()[1:]
	got = json.loads(t.hears(both)[1])
	check("a server that tells both ways tells the same", [len(got["models"]), [m["id"] for m in got["data"]]] == [1, ["m1", "m-3"]], got)
	check("nothing is added to an empty list", t.hears('{"models":null}', LLAMA) == (200, b'{"models":null}') and t.hears('{"data" : [ ]}') == (200, b'{"data" : [ ]}'))
	check("an id that stands there twice is judged twice", t.hears('{"data":[{"id":"m2"},{"id":"m1"},{"id":"m2"},{"id":"m1"}]}')[1] == b'{"data":[{"id":"m1"},{"id":"m1"}]}', t.hears('{"data":[{"id":"m2"},{"id":"m1"},{"id":"m2"},{"id":"m1"}]}'))
	check("no letter is another", t.hears('{"data":[{"id":"M1"},{"id":"m1 "},{"id":"m1"}]}')[1] == b'{"data":[{"id":"m1"}]}')
	check("an answer that has nothing in it says nothing", t.hears("") == (200, b""), t.hears(""))
	check("the version is everybody's", t.hears('{"version":"m2"}', "/api/version") == (200, b'{"version":"m2"}'))


def of_claude(t):
	"""Clients of Anthropic's are known by what they send."""
	was = '{"data":[{"type":"model","id":"m\\u0031"}],"has_more":true,"first_id":"m\\u0031","last_id":"m\\u0031"}'
	check("Anthropic's clients get its lists", t.hears(OF_CLAUDE, asking=CLAUDE) == t.hears(OF_CLAUDE, asking=CLAUDE, at="/claude") == (200, was.encode()), t.hears(OF_CLAUDE, asking=CLAUDE, at="/claude"))
	check("the same bytes, if they may use all", t.hears(OF_CLAUDE, key="usual", asking=CLAUDE) == (200, OF_CLAUDE.encode()))
	refusals = [(status, body["type"], body["error"]["type"], body["error"]["code"]) for status, body in ((status, json.loads(body)) for status, body in (t.get(GPT + "/m2", "scoped", **CLAUDE), t.hears("m2", asking=CLAUDE)))]
	check("and refusals in its words", refusals == [(404, "error", "not_found_error", "unknown_model"), (502, "error", "api_error", "not_examined")], refusals)
	check("others get none where it alone is spoken", t.get("/claude" + GPT)[0] == 404)


def pages(t):
	was = '{"data":[{"type":"model","id":"m\\u0031"}],"has_more":true,"first_id":"m\\u0031","last_id":"m\\u0031"}'
	check("a page begins and ends with what is in it", t.hears(OF_CLAUDE) == (200, was.encode()), t.hears(OF_CLAUDE))
	was = '{"data":[],"has_more":false,"first_id":null,"last_id":null}'
	check("without an entry it is the last one", t.hears(OF_CLAUDE, key="none") == (200, was.encode()), t.hears(OF_CLAUDE, key="none"))
	got = t.hears('{"last_id":"m2","data":[{"id":"m1"}],"first_id":null}')[1]
	check("nor does it end with what is not in it", got == b'{"last_id":"m1","data":[{"id":"m1"}],"first_id":null}', got)
	t.get(GPT + "?limit=2&after_id=m1", "scoped")
	check("its query goes to the server", t.one.asked[-1] == GPT + "?limit=2&after_id=m1", t.one.asked[-1])


UNREADABLE = {
	"no JSON": "m1, m2", "half of one": OPENAI[:-4], "a text behind it": OPENAI + "x", "a stream": 'data: {"data":[]}\n\n', "a list alone": '[{"id":"m2"}]', "an error": '{"error":{"message":"m2"}}', "names alone": '{"data":["m1","m2"]}',
	"a map of them": '{"data":{"m2":{}}}', "a list elsewhere": '{"data":[],"items":[{"id":"m2"}]}', "a list in an entry": '{"data":[{"id":"m1","of":{"models":[{"id":"m2"}]}}]}', "a list in a list": '{"data":[[{"id":"m2"}]]}',
	"an id twice in an entry": '{"data":[{"id":"m1","id":"m2"}]}', "two lists of one name": '{"data":[],"data":[{"id":"m2"}]}', "a key in other letters": '{"data":[{"id":"m1","Id":"m2"}]}', "its list in other letters": '{"data":[],"Data":[{"id":"m2"}]}',
	"an id that is no text": '{"data":[{"id":["m2"]}]}', "none": '{"data":[{"name":"m1"}]}', "an empty one": '{"data":[{"id":""}]}', "a NUL in one": '{"data":[{"id":"m1\\u0000m2"}]}', "pages by number": '{"data":[],"last_id":{"id":"m2"}}',
	"bytes that are no letters": b'{"data":[{"id":"m1"}],"x":"\xff"}', "nested too deep": '{"data":[{"id":"m1","x":' + "[" * 80 + "]" * 80 + "}]}",
}


def unreadable(t):
	for what, body in UNREADABLE.items():
		t.refused(what, body)
	t.refused("names of Ollama in two spellings", '{"models":[{"name":"m1","Model":"m2"}]}', LLAMA)
	t.refused("names of Ollama that are none", '{"models":[{"name":"m1","model":null}]}', LLAMA)
	check("nor is one that a route cannot read", t.hears("m1, m2", key="usual", at="/part")[0] == 502)
	check("what is packed is read for nobody", [json.loads(t.hears(b"\x1f\x8b\x08\x00", key=key, content_encoding="gzip")[1])["error"]["code"] for key in ("usual", "scoped")] == ["upstream_encoded"] * 2)
	got = t.hears(OPENAI, **{"content-type": "text/event-stream"})
	check("what is called a stream is read as the list that it is", got[0] == 200 and got[1].startswith(b'{"object":"list", "data": [  {"id":"m1"'), got)
	status, got = t.hears('{"error":"m2 is not there"}', status=503, retry_after="3")
	check("an error leaves its status, not its words", status == 503 and json.loads(got)["error"]["code"] == "upstream_error" and b"m2" not in got, (status, got))
	check("others hear those", t.hears('{"error":"m2 is not there"}', status=503, key="usual") == (503, b'{"error":"m2 is not there"}'))


def single(t):
	for model in ("m1", "m2", "m-3"):
		t.one.says[f"{GPT}/{model}"] = 200, {}, b'{"id":"%s"}' % model.encode()
	check("one that may be used is told of", t.get(GPT + "/m1", "scoped") == (200, b'{"id":"m1"}') and t.get("/part" + GPT + "/m1") == (200, b'{"id":"m1"}'))
	before = list(t.one.asked)
	asked = [t.get(GPT + "/m2", "scoped"), t.get(GPT + "/nowhere", "scoped"), t.get("/part" + GPT + "/m2"), t.get("/pass" + GPT + "/m2", "scoped"), t.get(GPT + "/m1/m1", "scoped"), t.get(GPT + "/m1", "none")]
	check("one that may not does not exist", all(status == 404 and json.loads(body)["error"]["code"] == "unknown_model" for status, body in asked), asked)
	check("as little as one that there is not", len({body for _, body in asked}) == 1, asked)
	check("and no server is asked", t.one.asked == before, t.one.asked[len(before):])
	check("of none there is nothing to hear", t.get(GPT + "/nowhere")[0] == 404 and t.one.asked[-1] == GPT + "/nowhere")
	c = t.g.connect()
	c.request("POST", "/api/show", '{"model":"m1"}', {"authorization": "Bearer " + t.keys["usual"], "content-type": "application/json"})
	check("what Ollama would show of one is nobody's", c.getresponse().status == 404)
	before = list(t.one.asked)
	asked = [t.get(f"{GPT}/m1?{query}", "scoped") for query in ("model=m2", "api-version=1&id=m2", "beta;id=m2")]
	check("behind its name stands nothing that a server might take for another", all(status == 400 and json.loads(body)["error"]["code"] == "unknown_query" for status, body in asked) and t.one.asked == before, asked)
	check("but what the route lets stand there", t.get(GPT + "/m1?api-version=1", "scoped")[0] == 200 and t.get("/part" + GPT + "/m1?beta=true")[0] == 200)


def several_routes(t, two):
	ids = [m["id"] for m in json.loads(t.hears(OPENAI, key="usual", at="/both")[1])["data"]]
	check("a list tells of what its server may be asked for, by whichever route", ids == ["m0", "m1", "m-3", "s-9"], ids)
	ids = [m["id"] for m in json.loads(t.hears(OPENAI, key="routed", at="/both")[1])["data"]]
	check("that the caller may use", ids == ["m1"], ids)
	ids = [m["id"] for m in json.loads(t.hears(OPENAI, key="behind", at="/both")[1])["data"]]
	check("not of what another route takes before that", ids == ["m0", "m-3", "s-9"], ids)
	t.one.says[GPT + "/m1"] = 200, {}, b'{"id":"m1"}'
	check("nor of it alone", t.get("/both" + GPT + "/m1", "behind")[0] == 404 and t.get("/both" + GPT + "/m1", "routed")[0] == 200, t.get("/both" + GPT + "/m1", "behind"))
	t.one.says[GPT + "/m2"], two.says[GPT + "/m2"] = (200, {}, b'{"id":"m2","at":1}'), (200, {}, b'{"id":"m2","at":2}')
	check("one is told of by the server that is asked for it", t.get("/both" + GPT + "/m2") == (200, b'{"id":"m2","at":2}'), t.get("/both" + GPT + "/m2"))


def main():
	shutil.rmtree(WORK, ignore_errors=True)
	WORK.mkdir(parents=True)
	FOLDER.mkdir(parents=True, exist_ok=True)
	one, two = serve(), serve()
	keys = {"usual": new_key("usual"), "scoped": new_key("scoped", "--model", "m1", "--model", "m-3"), "any": new_key("any", "--model", "*"), "none": new_key("none", "--model", "none"), "routed": new_key("routed", "--route", "first"), "behind": new_key("behind", "--route", "rest")}
	g = Configured("lists", START + CONFIG.format(one=url(one), two=url(two)))
	t = Talk(g, one, keys)
	lists(t)
	of_claude(t)
	pages(t)
	unreadable(t)
	single(t)
	several_routes(t, two)
	t.hears(OPENAI)
	check("it ends when told to", g.end() == 0)
	records = [r for r in g.records() if r["caller"] == "scoped" and r["route"] == "GET " + GPT and r["outcome"] == "answered"]
	last = records[-1]["answer"]
	check("how many were left out is on record", (last["left-out"], last["examined"], last["status"], last["bytes"]) == (3, "not", 200, len(OPENAI)), last)
	check("where any were", not any("left-out" in r["answer"] for r in g.records() if r["caller"] == "any"))
	check("what was not let through, too", sum(r["why"] == "not_examined" for r in g.records()) >= 2 * len(UNREADABLE))
	good, said = g.verify()
	check("the ledger verifies", good, said)
	return gateway.TALLY.end()


if __name__ == "__main__":
	sys.exit(main())
