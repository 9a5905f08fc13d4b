// The official clients for Node, through the gateway at BASE with KEY: one line a case.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import * as z from "zod";

const { BASE, KEY } = process.env;
const SENTENCE = "Paris is the capital of France, nämlich 🗼.";
const cases = [];
const test = (client, what, run) => cases.push({ client, what, run });
const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
const user = (content) => [{ role: "user", content }];
const all = async (stream, take) => { const got = []; for await (const part of stream) got.push(take(part) ?? ""); return got.join(""); };

// What came before the cut came, and then the client fails: half an answer never looks whole.
async function cutAfter(expected, stream, take, kind) {
	let got = "";
	await assert.rejects(async () => { for await (const part of await stream) got += take(part) ?? ""; }, kind);
	assert.equal(got, expected);
}

// ---- openai ----

const gpt = (more) => new OpenAI({ apiKey: KEY, baseURL: BASE + "/v1", maxRetries: 0, timeout: 20000, ...more });
const chat = (content, more, client = gpt()) => client.chat.completions.create({ model: "m", messages: user(content), ...more });
const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];

test("openai", "a plain chat", async () => assert.equal((await chat("hello")).choices[0].message.content, "HELLO"));
test("openai", "a streamed chat", async () => assert.equal(await all(await chat("stream", { stream: true }), (c) => c.choices[0]?.delta.content), SENTENCE));
test("openai", "chat.completions.stream()", async () => {
	const s = gpt().chat.completions.stream({ model: "m", messages: user("stream") });
	let said = "";
	s.on("content", (delta) => (said += delta));
	assert.equal(await s.finalContent(), SENTENCE);
	assert.equal(said, SENTENCE);
});
test("openai", "chat.completions.parse() into a schema of zod", async () => {
	const format = zodResponseFormat(z.object({ city: z.string() }), "city");
	assert.deepEqual((await gpt().chat.completions.parse({ model: "m", messages: user("structure"), response_format: format })).choices[0].message.parsed, { city: "Paris" });
});
test("openai", "a tool call, whole and streamed", async () => {
	assert.deepEqual(JSON.parse((await chat("tool", { tools })).choices[0].message.tool_calls[0].function.arguments), { city: "Paris", unit: "°C" });
	const s = gpt().chat.completions.stream({ model: "m", messages: user("tool"), tools });
	assert.deepEqual(JSON.parse((await s.finalChatCompletion()).choices[0].message.tool_calls[0].function.arguments), { city: "Paris", unit: "°C" });
});
test("openai", "models", async () => assert.equal((await gpt().models.list()).data[0].id, "m-1"));
test("openai", "a wrong key is AuthenticationError", () => assert.rejects(chat("hello", {}, gpt({ apiKey: "wrong" })), (e) => e instanceof OpenAI.AuthenticationError && e.code === "invalid_api_key"));
test("openai", "429 of the model is RateLimitError", () => assert.rejects(chat("busy"), (e) => e instanceof OpenAI.RateLimitError && e.code === "rate_limit_exceeded"));
test("openai", "a retry after 429 succeeds", async () => assert.equal((await chat("busy once, node", {}, gpt({ maxRetries: 2 }))).choices[0].message.content, "BUSY ONCE, NODE"));
test("openai", "what the gateway refuses is NotFoundError with its code", () => assert.rejects(gpt().fineTuning.jobs.list(), (e) => e instanceof OpenAI.NotFoundError && e.code === "unknown_route"));
test("openai", "a stream that is cut is an APIError", () => cutAfter("Paris ", chat("cut", { stream: true }), (c) => c.choices[0]?.delta.content, OpenAI.APIError));
test("openai", "a hundred at once, half of them streams", async () => {
	const client = gpt({ timeout: 60000 });
	await Promise.all(Array.from({ length: 100 }, async (_, i) => {
		if (i % 2) assert.equal((await chat(`n${i}`, {}, client)).choices[0].message.content, `N${i}`);
		else assert.equal(await all(await chat("stream", { stream: true }, client), (c) => c.choices[0]?.delta.content), SENTENCE);
	}));
});
test("openai", "a completion, streamed", async () => assert.equal(await all(await gpt().completions.create({ model: "m", prompt: "stream", stream: true }), (c) => c.choices[0].text), SENTENCE));
test("openai", "embeddings", async () => assert.deepEqual((await gpt().embeddings.create({ model: "m", input: ["a"] })).data[0].embedding, [1, 2]));
test("openai", "a response, whole", async () => assert.equal((await gpt().responses.create({ model: "m", input: "hello" })).output_text, "HELLO"));
test("openai", "responses.stream()", async () => {
	const s = gpt().responses.stream({ model: "m", input: "stream" });
	assert.equal((await s.finalResponse()).output[0].content[0].text, SENTENCE);
});

// ---- anthropic ----

const claude = (more) => new Anthropic({ apiKey: KEY, baseURL: BASE, maxRetries: 0, timeout: 20000, ...more });
const message = (content, more, client = claude()) => client.messages.create({ model: "m", max_tokens: 99, messages: user(content), ...more });
const weather = [{ name: "get_weather", input_schema: { type: "object", properties: { city: { type: "string" } } } }];

test("@anthropic-ai/sdk", "a plain message", async () => assert.equal((await message("hello")).content[0].text, "HELLO"));
test("@anthropic-ai/sdk", "a streamed message", async () => assert.equal(await all(await message("stream", { stream: true }), (e) => e.delta?.text), SENTENCE));
test("@anthropic-ai/sdk", "messages.stream()", async () => {
	const s = claude().messages.stream({ model: "m", max_tokens: 99, messages: user("stream") });
	assert.equal(await s.finalText(), SENTENCE);
});
test("@anthropic-ai/sdk", "a tool use, whole and streamed", async () => {
	assert.deepEqual((await message("tool", { tools: weather })).content[0].input, { city: "Paris", unit: "°C" });
	assert.deepEqual((await claude().messages.stream({ model: "m", max_tokens: 99, messages: user("tool"), tools: weather }).finalMessage()).content[0].input, { city: "Paris", unit: "°C" });
});
test("@anthropic-ai/sdk", "a wrong key is AuthenticationError", () => assert.rejects(message("hello", {}, claude({ apiKey: "wrong" })), (e) => e instanceof Anthropic.AuthenticationError && e.error.type === "error"));
test("@anthropic-ai/sdk", "429 of the model is RateLimitError", () => assert.rejects(message("busy"), Anthropic.RateLimitError));
test("@anthropic-ai/sdk", "what the gateway refuses is NotFoundError", () => assert.rejects(claude().messages.batches.list(), (e) => e instanceof Anthropic.NotFoundError && e.error.type === "error"));
test("@anthropic-ai/sdk", "a stream that is cut is an APIError", () => cutAfter("Paris ", message("cut", { stream: true }), (e) => e.delta?.text, Anthropic.APIError));
test("@anthropic-ai/sdk", "sixty at once, half of them streams", async () => {
	const client = claude({ timeout: 60000 });
	await Promise.all(Array.from({ length: 60 }, async (_, i) => {
		if (i % 2) assert.equal((await message(`n${i}`, {}, client)).content[0].text, `N${i}`);
		else assert.equal(await client.messages.stream({ model: "m", max_tokens: 99, messages: user("stream") }).finalText(), SENTENCE);
	}));
});

// ---- ollama ----

const llama = (key = KEY) => new Ollama({ host: BASE, headers: { authorization: `Bearer ${key}` } });

test("ollama", "a chat, whole and streamed", async () => {
	assert.equal((await llama().chat({ model: "m", messages: user("hello") })).message.content, "HELLO");
	assert.equal(await all(await llama().chat({ model: "m", messages: user("stream"), stream: true }), (p) => p.message.content), SENTENCE);
});
test("ollama", "a wrong key is an error with its status", () => assert.rejects(llama("wrong").chat({ model: "m", messages: user("hello") }), (e) => e.status_code === 401 && typeof e.error === "string"));

// ---- run ----

let failed = 0;
for (const { client, what, run } of cases) {
	let line = "";
	try {
		await run();
	} catch (e) {
		failed++;
		line = `: ${e?.name}: ${e?.message}`.replaceAll("\n", " ").slice(0, 240);
	}
	console.log(`${line ? "FAIL" : "ok  "} ${client} ${version(client)} (Node): ${what}${line}`);
}
process.exit(failed > 0 ? 1 : 0);
