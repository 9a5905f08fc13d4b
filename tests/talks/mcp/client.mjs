// client.mjs sessions|stateless|auto|events URL [KEY]: talks to an MCP server as the official SDK does; prints what it heard, one JSON value a line.
import { Client as StatelessClient, StreamableHTTPClientTransport as StatelessTransport } from "@modelcontextprotocol/client";
import { SSEClientTransport as EventsTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { Client as SessionClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as SessionTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [era, url, key] = process.argv.slice(2);
const say = (what, heard) => console.log(JSON.stringify({ what, ...heard }));
const headers = key ? { Authorization: `Bearer ${key}` } : {};
const negotiation = { sessions: undefined, stateless: { mode: { pin: "2026-07-28" } }, auto: { mode: "auto" } }[era];
const client = ["sessions", "events"].includes(era) ? new SessionClient({ name: "talks", version: "1" }) : new StatelessClient({ name: "talks", version: "2" }, { versionNegotiation: negotiation });
const Transport = { sessions: SessionTransport, events: EventsTransport }[era] ?? StatelessTransport;
const transport = new Transport(new URL(url), { requestInit: { headers } });

// A failure is heard too; silence is none.
async function ask(what, work) {
	const began = Date.now();
	const late = new Promise((_, fail) => setTimeout(() => fail(new Error("no answer in 10 s")), 10000).unref());
	try {
		say(what, { heard: await Promise.race([work(), late]) });
	} catch (error) {
		say(what, { failed: error.message, code: error.code });
	}
	return Date.now() - began;
}

await ask("connect", async () => {
	await client.connect(transport);
	return { server: client.getServerVersion(), instructions: client.getInstructions() };
});
if (era === "events")           // the transport of 2024-11-05: whether it connects is all there is to hear
	process.exit(0);
await ask("list", async () => (await client.listTools()).tools.map(tool => tool.name));
await ask("call", () => client.callTool({ name: "weather", arguments: { town: "Zürich" } }));
await ask("echo", () => client.callTool({ name: "echo", arguments: { text: process.env.ECHO ?? "good morning" } }));
const progress = [];
await ask("count", async () => {
	const options = { onprogress: p => progress.push(p.message) };
	const result = era === "sessions" ? await client.callTool({ name: "count", arguments: { to: 3 } }, undefined, options) : await client.callTool({ name: "count", arguments: { to: 3 } }, options);
	return { result, progress };
});
await ask("fail", () => client.callTool({ name: "fail", arguments: {} }));
await ask("unknown", () => client.callTool({ name: "unknown", arguments: {} }));
await ask("resource", async () => (await client.readResource({ uri: "notes://today" })).contents);
await ask("prompt", async () => (await client.getPrompt({ name: "review", arguments: { code: "x = 1" } })).messages);
if (era === "sessions")
	await ask("end", () => transport.terminateSession());
await client.close();
process.exit(0);
