// server.mjs sessions|stateless [PORT]: an MCP server by the official SDK, for both eras of the protocol; says where it listens.
import { randomUUID } from "node:crypto";
import http from "node:http";
import { Readable } from "node:stream";
import { McpServer as SessionServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { McpServer as StatelessServer, createMcpHandler } from "@modelcontextprotocol/server";
import { z } from "zod";

const [era, port] = process.argv.slice(2);
const text = said => ({ content: [{ type: "text", text: said }] });

// `notify` tells the client something while the call runs.
function addTools(server, notify) {
	server.registerTool("weather", { description: "Tells the weather of a town.", inputSchema: z.object({ town: z.string().meta({ "x-mcp-header": "Town" }) }), outputSchema: z.object({ town: z.string(), sky: z.string() }) },
		({ town }) => {
			const structuredContent = { town, sky: "grey" };
			return { ...text(JSON.stringify(structuredContent)), structuredContent };
		});
	server.registerTool("echo", { description: "Says what it was told.", inputSchema: z.object({ text: z.string() }), outputSchema: z.object({ result: z.string() }) },
		({ text: said }) => ({ ...text(said), structuredContent: { result: said } }));
	server.registerTool("count", { description: "Counts, and tells how far it is.", inputSchema: z.object({ to: z.number().int() }) },
		async ({ to }, context) => {
			const told = notify(context);
			for (let n = 1; n <= to; n++) {
				if (told.token !== undefined)
					await told.send({ method: "notifications/progress", params: { progressToken: told.token, progress: n, total: to, message: `at ${n}` } });
				await new Promise(done => setTimeout(done, 20));
			}
			return text(`counted to ${to}`);
		});
	server.registerTool("fail", { description: "Fails.", inputSchema: z.object({}) }, () => { throw new Error("nothing works"); });
	server.registerResource("notes", "notes://today", { description: "Notes of the day" }, uri => ({ contents: [{ uri: uri.href, text: "Buy bread." }] }));
	server.registerPrompt("review", { description: "Reviews code.", argsSchema: z.object({ code: z.string() }).shape }, ({ code }) => ({ messages: [{ role: "user", content: { type: "text", text: `Please review ${code}` } }] }));
	return server;
}

// One server a session, as the SDK has it.
const sessions = new Map();

async function serveSession(request, response) {
	let transport = sessions.get(request.headers["mcp-session-id"]);
	if (!transport && request.headers["mcp-session-id"])
		return void response.writeHead(404).end();
	if (!transport) {
		transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: id => sessions.set(id, transport), onsessionclosed: id => sessions.delete(id) });
		const server = new SessionServer({ name: "talks", version: "1" }, { capabilities: { logging: {} }, instructions: "Ask for the weather by town." });
		await addTools(server, extra => ({ token: extra._meta?.progressToken, send: extra.sendNotification })).connect(transport);
	}
	await transport.handleRequest(request, response);
}

function statelessServer() {
	const server = new StatelessServer({ name: "talks", version: "2" }, { instructions: "Ask for the weather by town." });
	return addTools(server, context => ({ token: context.mcpReq._meta?.progressToken, send: context.mcpReq.notify }));
}

const handler = createMcpHandler(statelessServer, { legacy: "reject" });

async function serveStateless(request, response) {
	const body = ["GET", "HEAD"].includes(request.method) ? undefined : Readable.toWeb(request);
	const answer = await handler.fetch(new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers: request.headers, body, duplex: "half" }));
	response.writeHead(answer.status, Object.fromEntries(answer.headers));
	if (!answer.body)
		return void response.end();
	Readable.fromWeb(answer.body).on("error", () => response.destroy()).pipe(response);
}

const serve = { sessions: serveSession, stateless: serveStateless }[era];
const listener = http.createServer((request, response) => serve(request, response).catch(error => {
	console.error(error);
	response.destroy();
}));
listener.listen(Number(port ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}/mcp`));
