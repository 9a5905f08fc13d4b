#!/usr/bin/env python3
"""The official Python clients, through the gateway at BASE with KEY: one line a case."""

import asyncio
import json
import os
import sys

import anthropic
import ollama
import openai
import pydantic
from importlib.metadata import version

BASE, KEY = os.environ["BASE"], os.environ["KEY"]
LIMITED = os.environ["LIMITED"], os.environ["LIMITED_KEY"]          # where m-* alone may be asked for
MODELS = ["m-1", "x-1", "x-2", "m-2", "x-3", "m-3"]
SENTENCE = "Paris is the capital of France, nämlich 🗼."
CASES = []


class City(pydantic.BaseModel):
	city: str


def case(client, what):
	def add(function):
		CASES.append((client, what, function))
		return function
	return add


def raises(kind, function, holds=lambda e: True):
	try:
		got = function()
	except kind as e:
		assert holds(e), repr(e)
		return e
	raise AssertionError(f"no {kind}, but {got!r}")


def user(text):
	return [{"role": "user", "content": text}]


# ---- openai ----

def gpt(key=KEY, **more):
	return openai.OpenAI(api_key=key, base_url=BASE + "/v1", max_retries=more.pop("max_retries", 0), timeout=20, **more)


FUNCTION = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}


@case("openai", "a plain chat")
def _():
	r = gpt().chat.completions.create(model="m", messages=user("hello"))
	assert r.choices[0].message.content == "HELLO" and r.usage.total_tokens == 5


@case("openai", "the exchange's name stands in the answer's headers")
def _():
	r = gpt().chat.completions.with_raw_response.create(model="m", messages=user("hello"))
	assert len(r.headers["merlon-exchange"]) == 32


@case("openai", "a streamed chat, with usage")
def _():
	chunks = list(gpt().chat.completions.create(model="m", messages=user("stream"), stream=True, stream_options={"include_usage": True}))
	assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == SENTENCE
	assert chunks[-1].usage.total_tokens == 5


@case("openai", "chat.completions.stream()")
def _():
	with gpt().chat.completions.stream(model="m", messages=user("stream")) as s:
		deltas = "".join(e.delta for e in s if e.type == "content.delta")
		assert deltas == SENTENCE and s.get_final_completion().choices[0].message.content == SENTENCE


@case("openai", "chat.completions.parse() into a model of pydantic")
def _():
	assert gpt().chat.completions.parse(model="m", messages=user("structure"), response_format=City).choices[0].message.parsed == City(city="Paris")


@case("openai", "a tool call, and its result sent back")
def _():
	c = gpt()
	m = c.chat.completions.create(model="m", messages=user("tool"), tools=[FUNCTION]).choices[0].message
	assert json.loads(m.tool_calls[0].function.arguments) == {"city": "Paris", "unit": "°C"}
	r = c.chat.completions.create(model="m", messages=[*user("tool"), m, {"role": "tool", "tool_call_id": m.tool_calls[0].id, "content": "sunny"}], tools=[FUNCTION])
	assert r.choices[0].message.content == "SUNNY"


@case("openai", "a streamed tool call")
def _():
	with gpt().chat.completions.stream(model="m", messages=user("tool"), tools=[FUNCTION]) as s:
		call = s.get_final_completion().choices[0].message.tool_calls[0]
	assert json.loads(call.function.arguments) == {"city": "Paris", "unit": "°C"}


@case("openai", "two choices, parts of content, an image")
def _():
	r = gpt().chat.completions.create(model="m", n=2, messages=[{"role": "system", "content": "s"}, {"role": "user", "content": [
		{"type": "text", "text": "hello"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}])
	assert [c.message.content for c in r.choices] == ["HELLO", "HELLO"]


@case("openai", "a question of a megabyte")
def _():
	assert len(gpt().chat.completions.create(model="m", messages=user("x" * 1_000_000)).choices[0].message.content) == 1_000_000


@case("openai", "models")
def _():
	assert [m.id for m in gpt().models.list()] == MODELS
	assert gpt().models.retrieve("x-1").id == "x-1"


@case("openai", "models, where some alone may be asked for")
def _():
	c = gpt(LIMITED[1]).with_options(base_url=LIMITED[0] + "/v1")
	assert [m.id for m in c.models.list()] == ["m-1", "m-2", "m-3"]
	assert c.models.retrieve("m-2").id == "m-2"
	raises(openai.NotFoundError, lambda: c.models.retrieve("x-1"), lambda e: e.code == "unknown_model")


@case("openai", "a wrong key is AuthenticationError")
def _():
	raises(openai.AuthenticationError, lambda: gpt("wrong").chat.completions.create(model="m", messages=user("hello")), lambda e: e.code == "invalid_api_key")


@case("openai", "429 of the model is RateLimitError")
def _():
	raises(openai.RateLimitError, lambda: gpt().chat.completions.create(model="m", messages=user("busy")), lambda e: e.code == "rate_limit_exceeded")


@case("openai", "a retry after 429 succeeds")
def _():
	assert gpt(max_retries=2).chat.completions.create(model="m", messages=user("busy once, python")).choices[0].message.content == "BUSY ONCE, PYTHON"


@case("openai", "what the gateway refuses is NotFoundError with its code")
def _():
	raises(openai.NotFoundError, lambda: gpt().fine_tuning.jobs.list(), lambda e: e.code == "unknown_route")


@case("openai", "a stream that is cut is an APIError, after what came")
def _():
	got = []
	def read():
		for c in gpt().chat.completions.create(model="m", messages=user("cut"), stream=True):
			got.append(c.choices[0].delta.content or "")
	raises(openai.APIError, read)
	assert "".join(got) == "Paris ", got


@case("openai", "a stream that the client leaves")
def _():
	c = gpt()
	s = c.chat.completions.create(model="m", messages=user("stream"), stream=True)
	next(iter(s))
	s.close()
	assert c.chat.completions.create(model="m", messages=user("hello")).choices[0].message.content == "HELLO"


@case("openai", "a hundred at once, half of them streams")
def _():
	async def one(c, i):
		if i % 2:
			return (await c.chat.completions.create(model="m", messages=user(f"n{i}"))).choices[0].message.content == f"N{i}"
		return "".join([x.choices[0].delta.content or "" async for x in await c.chat.completions.create(model="m", messages=user("stream"), stream=True)]) == SENTENCE
	async def all_of_them():
		async with openai.AsyncOpenAI(api_key=KEY, base_url=BASE + "/v1", max_retries=0, timeout=60) as c:
			return await asyncio.gather(*(one(c, i) for i in range(100)))
	assert all(asyncio.run(all_of_them()))


@case("openai", "a completion, whole and streamed")
def _():
	assert gpt().completions.create(model="m", prompt="hello").choices[0].text == "HELLO"
	assert "".join(c.choices[0].text for c in gpt().completions.create(model="m", prompt="stream", stream=True)) == SENTENCE


@case("openai", "embeddings")
def _():
	assert [d.embedding for d in gpt().embeddings.create(model="m", input=["a", "b"]).data] == [[1.0, 2.0]] * 2


@case("openai", "a response")
def _():
	assert gpt().responses.create(model="m", input="hello").output_text == "HELLO"


@case("openai", "a streamed response, and responses.stream()")
def _():
	assert "".join(e.delta for e in gpt().responses.create(model="m", input=user("stream"), stream=True) if e.type == "response.output_text.delta") == SENTENCE
	with gpt().responses.stream(model="m", input="stream") as s:
		assert s.get_final_response().output_text == SENTENCE


@case("openai", "a response that calls a tool, whole and streamed")
def _():
	tools = [{"type": "function", "name": "get_weather", "strict": False, "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]
	call = gpt().responses.create(model="m", input="tool", tools=tools).output[0]
	assert json.loads(call.arguments) == {"city": "Paris", "unit": "°C"}
	r = gpt().responses.create(model="m", tools=tools, input=[*user("tool"), call.model_dump(), {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}])
	assert r.output_text == "SUNNY"
	with gpt().responses.stream(model="m", input="tool", tools=tools) as s:
		assert json.loads(s.get_final_response().output[0].arguments) == {"city": "Paris", "unit": "°C"}


@case("openai", "a response whose stream is cut never looks complete")
def _():
	got = []
	try:
		for e in gpt().responses.create(model="m", input="cut", stream=True):
			got.append(e.type)
	except openai.APIError:
		got.append("error")
	assert "response.output_text.delta" in got and "response.completed" not in got and got[-1] in ("response.incomplete", "response.failed", "error"), got


# ---- anthropic ----

def claude(key=KEY, **more):
	return anthropic.Anthropic(api_key=key, base_url=BASE, max_retries=more.pop("max_retries", 0), timeout=20, **more)


def message(wish, client=None, **more):
	return (client or claude()).messages.create(model="m", max_tokens=99, messages=user(wish), **more)


WEATHER = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


@case("anthropic", "a plain message")
def _():
	assert message("hello", system="be short").content[0].text == "HELLO"


@case("anthropic", "a streamed message")
def _():
	assert "".join(e.delta.text for e in message("stream", stream=True) if e.type == "content_block_delta") == SENTENCE


@case("anthropic", "messages.stream()")
def _():
	with claude().messages.stream(model="m", max_tokens=99, messages=user("stream")) as s:
		assert "".join(s.text_stream) == SENTENCE and s.get_final_message().usage.output_tokens == 9


@case("anthropic", "thinking, whole and streamed")
def _():
	assert [b.type for b in message("think").content] == ["thinking", "text"]
	with claude().messages.stream(model="m", max_tokens=99, messages=user("think")) as s:
		assert s.get_final_message().content[0].thinking == "hm"


@case("anthropic", "a tool use, whole and streamed, and its result")
def _():
	m = message("tool", tools=[WEATHER])
	assert m.content[0].input == {"city": "Paris", "unit": "°C"} and m.stop_reason == "tool_use"
	with claude().messages.stream(model="m", max_tokens=99, messages=user("tool"), tools=[WEATHER]) as s:
		assert s.get_final_message().content[0].input == {"city": "Paris", "unit": "°C"}
	r = claude().messages.create(model="m", max_tokens=99, tools=[WEATHER], messages=[*user("tool"), {"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in m.content]},
		{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}, {"type": "text", "text": "thanks"}]}])
	assert r.content[0].text == "THANKS"


@case("anthropic", "tokens counted, models listed")
def _():
	assert claude().messages.count_tokens(model="m", messages=user("hello")).input_tokens == 7
	assert [m.id for m in claude().models.list()] == [m.id for m in claude().models.list(limit=4)] == MODELS


@case("anthropic", "models, where some alone may be asked for, page by page")
def _():
	c = claude(LIMITED[1]).with_options(base_url=LIMITED[0])
	assert [[m.id for m in c.models.list(**more)] for more in ({}, {"limit": 4}, {"limit": 3})] == [["m-1", "m-2", "m-3"]] * 3
	assert c.models.retrieve("m-2").id == "m-2"
	raises(anthropic.NotFoundError, lambda: c.models.retrieve("x-1"), lambda e: e.body["error"]["code"] == "unknown_model")


@case("anthropic", "a wrong key is AuthenticationError")
def _():
	raises(anthropic.AuthenticationError, lambda: message("hello", claude("wrong")), lambda e: e.body["type"] == "error")


@case("anthropic", "429 and 529 of the model are its errors; a retry succeeds")
def _():
	raises(anthropic.RateLimitError, lambda: message("busy"), lambda e: e.body["error"]["type"] == "rate_limit_error")
	raises(anthropic.InternalServerError, lambda: message("overloaded"), lambda e: e.status_code == 529)
	assert message("busy once, anthropic", claude(max_retries=2)).content[0].text == "BUSY ONCE, ANTHROPIC"


@case("anthropic", "what the gateway refuses is NotFoundError in the shape of the API")
def _():
	raises(anthropic.NotFoundError, lambda: claude().messages.batches.list(), lambda e: e.body["type"] == "error" and "message" in e.body["error"])


@case("anthropic", "a stream that is cut is an error, after what came")
def _():
	got = []
	def read():
		for e in message("cut", stream=True):
			got.extend([e.delta.text] if e.type == "content_block_delta" else [])
	raises(anthropic.APIError, read)
	assert got == ["Paris "], got


@case("anthropic", "sixty at once, half of them streams")
def _():
	async def one(c, i):
		if i % 2:
			return (await c.messages.create(model="m", max_tokens=9, messages=user(f"n{i}"))).content[0].text == f"N{i}"
		async with c.messages.stream(model="m", max_tokens=9, messages=user("stream")) as s:
			return (await s.get_final_message()).content[0].text == SENTENCE
	async def all_of_them():
		async with anthropic.AsyncAnthropic(api_key=KEY, base_url=BASE, max_retries=0, timeout=60) as c:
			return await asyncio.gather(*(one(c, i) for i in range(60)))
	assert all(asyncio.run(all_of_them()))


# ---- ollama ----

def llama(key=KEY):
	return ollama.Client(host=BASE, headers={"authorization": f"Bearer {key}"}, timeout=20)


@case("ollama", "a chat, whole and streamed")
def _():
	assert llama().chat("m", user("hello")).message.content == "HELLO"
	assert "".join(p.message.content for p in llama().chat("m", user("stream"), stream=True)) == SENTENCE


@case("ollama", "generate, whole and streamed")
def _():
	assert llama().generate("m", "hello").response == "HELLO"
	assert "".join(p.response for p in llama().generate("m", "stream", stream=True)) == SENTENCE


@case("ollama", "a tool call, whole and streamed")
def _():
	assert llama().chat("m", user("tool"), tools=[FUNCTION]).message.tool_calls[0].function.arguments["city"] == "Paris"
	assert [p.message.tool_calls[0].function.name for p in llama().chat("m", user("tool"), tools=[FUNCTION], stream=True) if p.message.tool_calls] == ["get_weather"]


@case("ollama", "embeddings, models")
def _():
	assert llama().embed("m", ["a", "b"]).embeddings == [[1.0, 2.0]] * 2
	assert [m.model for m in llama().list().models] == MODELS


@case("ollama", "models, where some alone may be asked for")
def _():
	c = ollama.Client(host=LIMITED[0], headers={"authorization": f"Bearer {LIMITED[1]}"}, timeout=20)
	assert [m.model for m in c.list().models] == [m.model for m in c.ps().models] == ["m-1", "m-2", "m-3"]
	raises(ollama.ResponseError, lambda: c.show("x-1"), lambda e: e.status_code == 404)


@case("ollama", "a wrong key, 429 of the model, and a refusal are ResponseError with their status")
def _():
	raises(ollama.ResponseError, lambda: llama("wrong").chat("m", user("hello")), lambda e: e.status_code == 401)
	raises(ollama.ResponseError, lambda: llama().chat("m", user("busy")), lambda e: e.status_code == 429 and e.error == "slow down")
	raises(ollama.ResponseError, lambda: llama().pull("m"), lambda e: e.status_code == 404 and isinstance(e.error, str))


@case("ollama", "a stream that is cut is an error, after what came")
def _():
	got = []
	def read():
		for p in llama().chat("m", user("cut"), stream=True):
			got.append(p.message.content)
	raises(ollama.ResponseError, read)
	assert got == ["Paris "], got


def main():
	failed = 0
	for client, what, function in CASES:
		try:
			function()
			verdict = "ok  "
		except Exception as e:              # a client may fail in any way of its own
			verdict, failed = "FAIL", failed + 1
			what += f": {type(e).__name__}: {e}"[:240].replace("\n", " ")
		print(f"{verdict} {client} {version(client)} (Python): {what}", flush=True)
	return failed > 0


sys.exit(main())
