// hostile_mcp.mjs BASE KEY: reads as the official MCP clients for Node read, of both eras; a line {dialect, model} comes in, all strings they show go out as one line.
import { Client as StatelessClient, StreamableHTTPClientTransport as StatelessTransport } from "@modelcontextprotocol/client";
import { Client as SessionClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as SessionTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import readline from "node:readline";

const [base, key] = process.argv.slice(2);
const requestInit = { headers: { authorization: "Bearer " + key } };
const reconnectionOptions = { maxRetries: 0, initialReconnectionDelay: 1, maxReconnectionDelay: 1, reconnectionDelayGrowFactor: 1 };
const abilities = { capabilities: { sampling: {}, elicitation: {}, roots: {} } };
const eras = {
	sessions: url => [new SessionClient({ name: "hostile", version: "1" }, abilities), new SessionTransport(url, { requestInit, reconnectionOptions })],
	stateless: url => [new StatelessClient({ name: "hostile", version: "2" }, { ...abilities, versionNegotiation: { mode: { pin: "2026-07-28" } } }), new StatelessTransport(url, { requestInit, reconnectionOptions })],
};
const options = { timeout: 500 };
const ask = {
	"tools/call": (client, era, heard) => era === "sessions" ? client.callTool({ name: "t", arguments: {} }, undefined, { ...options, onprogress: heard }) : client.callTool({ name: "t", arguments: {} }, { ...options, onprogress: heard }),
	"tools/list": client => client.listTools(undefined, options),
	"prompts/get": client => client.getPrompt({ name: "p" }, options),
	"resources/read": client => client.readResource({ uri: "a:b" }, options),
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

const told = error => [error?.name, error?.message, error?.cause?.message, ...strings(error?.data)].join(" ");

for await (const line of readline.createInterface({ input: process.stdin })) {
	const { dialect, model } = JSON.parse(line);
	const [, era, method] = dialect.split(" ");
	const [client, transport] = eras[era](new URL(`${base}/mcp/${model}`));
	const all = [];
	const heard = value => void all.push(...strings(value));
	let failed = "";
	client.fallbackNotificationHandler = async one => heard(one);
	client.fallbackRequestHandler = async one => (heard(one), {});
	client.onerror = error => { failed += told(error); };
	try {
		await client.connect(transport, options);
		heard([client.getServerVersion(), client.getInstructions()]);
		if (ask[method])
			heard(await ask[method](client, era, heard));
		await new Promise(done => setTimeout(done, 5));       // what comes behind the answer
	} catch (error) {
		failed += told(error);
	}
	await client.close().catch(() => { });
	for (const text of [...all])
		try {
			all.push(...strings(JSON.parse(text)));
		} catch { }
	console.log(JSON.stringify({ text: all.join("\n"), failed }));
}
process.exit(0);
