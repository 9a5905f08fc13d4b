// hostile.mjs BASE KEY: reads as the official clients for Node read; a line {dialect, model, stream} comes in, all strings they show go out as one line.
import Anthropic from "@anthropic-ai/sdk";
import { Ollama } from "ollama";
import OpenAI from "openai";
import readline from "node:readline";

const [base, key] = process.argv.slice(2);
const openai = new OpenAI({ baseURL: base + "/v1", apiKey: key, maxRetries: 0, timeout: 10000 });
const plain = new OpenAI({ baseURL: base, apiKey: key, maxRetries: 0, timeout: 10000 });
const anthropic = new Anthropic({ baseURL: base, apiKey: key, maxRetries: 0, timeout: 10000 });
const ollama = new Ollama({ host: base, headers: { authorization: "Bearer " + key } });
const messages = [{ role: "user", content: "x" }];
const ask = {
	chat: (model, stream) => openai.chat.completions.create({ model, messages, stream, ...(stream ? { n: 2 } : {}) }),
	responses: (model, stream) => openai.responses.create({ model, input: "x", stream }),
	anthropic: (model, stream) => anthropic.messages.create({ model, max_tokens: 9, messages, stream }),
	ollama: (model, stream) => ollama.chat({ model, messages, stream }),
	completions: (model, stream) => openai.completions.create({ model, prompt: "x", stream, ...(stream ? { n: 2 } : {}) }),
	embeddings: (model) => openai.embeddings.create({ model, input: "x" }),
	vllm: (model, stream, path) => plain.post(path, { body: { model, prompt: "x", input: "x", query: "x", documents: ["x"], text_1: "x", text_2: "x", tokens: [1] } }),
	generate: (model, stream) => ollama.generate({ model, prompt: "x", stream }),
	embed: (model) => ollama.embed({ model, input: "x" }),
	"embeddings of ollama": (model) => ollama.embeddings({ model, prompt: "x" }),
};

function* strings(value) {
	if (typeof value === "string")
		yield value;
	else if (value && typeof value === "object")
		for (const [name, one] of Object.entries(value)) {
			yield name;
			yield* strings(one);
		}
}

// Every place in a chunk by its path: what stands at one place in all of them is one text.
function* places(value, path) {
	if (typeof value === "string")
		yield [path, value];
	else if (value && typeof value === "object")
		for (const [name, one] of Object.entries(value))
			yield* places(one, `${path}/${Array.isArray(value) ? one?.index ?? name : name}`);
}

for await (const line of readline.createInterface({ input: process.stdin })) {
	const { dialect, model, stream } = JSON.parse(line);
	const all = [], joined = {};
	let failed = "";
	try {
		const path = dialect.startsWith("vllm ") ? dialect.slice(5) : "";
		const answer = await ask[path ? "vllm" : dialect](model, stream, path);
		if (stream)
			for await (const chunk of answer) {
				all.push(...strings(chunk));
				for (const [path, text] of places(chunk, `${chunk?.index ?? ""}${chunk?.type ?? ""}`))
					joined[path] = (joined[path] ?? "") + text;
			}
		else
			all.push(...strings(answer));
	} catch (error) {
		failed = `${error.name}: ${error.message} ${[...strings(error.error)].join(" ")}`;
	}
	for (const text of [...all, ...Object.values(joined)])
		try {
			all.push(...strings(JSON.parse(text)));
		} catch { }
	console.log(JSON.stringify({ text: [...all, ...Object.values(joined)].join("\n"), failed }));
}
