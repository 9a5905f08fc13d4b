// server.mjs sessions|stateless: an MCP server by the official SDK that has what the conformance suite asks for; says where it listens.
import { randomBytes, randomUUID } from "node:crypto";
import http from "node:http";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Server as SessionServer } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { ErrorCode, McpError, ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import {
	CLIENT_CAPABILITIES_META_KEY, McpServer, createMcpHandler, createRequestStateCodec, fromJsonSchema, localhostAllowedHostnames, localhostAllowedOrigins,
	validateHostHeader, validateOriginHeader,
} from "@modelcontextprotocol/server";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

const text = said => ({ type: "text", text: said });
const image = { type: "image", data: PIXEL, mimeType: "image/png" };
const embedded = (uri, mimeType, said) => ({ type: "resource", resource: { uri, mimeType, text: said } });
const object = (properties, ...required) => ({ type: "object", properties, required });
const string = { type: "string" };
const options = (...names) => names.map((title, i) => ({ const: `value${i + 1}`, title }));

// What a server can ask its client for.
const elicit = (message, requestedSchema) => ({ method: "elicitation/create", params: { message, requestedSchema } });
const sample = (prompt, maxTokens = 100) => ({ method: "sampling/createMessage", params: { messages: [{ role: "user", content: text(prompt) }], maxTokens } });
const roots = { method: "roots/list", params: {} };
const name = elicit("What is your name?", object({ name: string }, "name"));
const CAPABILITY = { "elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots" };

// A tool: what it does with its arguments and with whom it may talk meanwhile, and the schema of the arguments.
const asking = (...requests) => async (_, talk) => {
	const answers = [];
	for (const request of requests)
		answers.push(await talk.ask(request));
	return [text(`state-ok ${JSON.stringify(answers)}`)];
};
const tools = {
	test_simple_text: [() => [text("This is a simple text response for testing.")]],
	test_image_content: [() => [image]],
	test_audio_content: [() => [{ type: "audio", data: SILENCE, mimeType: "audio/wav" }]],
	test_embedded_resource: [() => [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]],
	test_multiple_content_types: [() => [text("Multiple content types test:"), image, embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')]],
	test_error_handling: [() => { throw new Error("This tool intentionally returns an error for testing"); }],
	test_tool_with_logging: [async (_, talk) => {
		for (const said of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
			await talk.log(said);
			await sleep(50);
		}
		return [text("logged")];
	}],
	test_tool_with_progress: [async (_, talk) => {
		for (const progress of [0, 50, 100]) {
			await talk.progress(progress);
			await sleep(50);
		}
		return [text("done")];
	}],
	test_sampling: [async ({ prompt }, talk) => [text(`LLM response: ${(await talk.ask({ answer: sample(prompt) })).answer.content.text}`)], object({ prompt: string }, "prompt")],
	test_elicitation: [async ({ message }, talk) => [text(`User response: ${JSON.stringify(await talk.ask({ user: elicit(message, object({ username: string, email: string }, "username", "email")) }))}`)], object({ message: string }, "message")],
	test_elicitation_sep1034_defaults: [asking({ defaults: elicit("Defaults", object({
		name: { type: "string", default: "John Doe" }, age: { type: "integer", default: 30 }, score: { type: "number", default: 95.5 },
		status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" }, verified: { type: "boolean", default: true } })) })],
	test_elicitation_sep1330_enums: [asking({ choices: elicit("Choices", object({
		untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
		titledSingle: { type: "string", oneOf: options("First Option", "Second Option", "Third Option") },
		legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
		untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
		titledMulti: { type: "array", items: { anyOf: options("First Choice", "Second Choice", "Third Choice") } } })) })],
	json_schema_2020_12_tool: [() => [text("fine")], {
		$schema: "https://json-schema.org/draft/2020-12/schema",
		...object({ name: string, address: { $ref: "#/$defs/address" }, contactMethod: { type: "string", enum: ["phone", "email"] }, phone: string, email: string }),
		$defs: { address: { $anchor: "addressDef", type: "object", properties: { street: string, city: string } } },
		allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
		if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] }, then: { required: ["phone"] }, else: { required: ["email"] },
		additionalProperties: false,
	}],
	test_reconnection: [async (_, talk) => {
		talk.close();
		await sleep(300);
		return [text("Here again.")];
	}],
	test_header: [({ region }) => [text(region)], object({ region: { type: "string", "x-mcp-header": "Region" } }, "region")],
	test_missing_capability: [asking({ answer: sample("Anybody?") })],
	test_streaming_elicitation: [asking({ user_name: name })],
	test_logging_tool: [async (_, talk) => {
		await talk.log("heard by who asked for it");
		return [text("logged")];
	}],
	test_trigger_tool_change: [() => {
		stateless.notify.toolsChanged();
		return [text("changed")];
	}],
	test_trigger_prompt_change: [() => {
		stateless.notify.promptsChanged();
		return [text("changed")];
	}],
	test_input_required_result_elicitation: [async (_, talk) => [text(`Hello, ${(await talk.ask({ user_name: name })).user_name.content.name}!`)]],
	test_input_required_result_sampling: [asking({ capital_question: sample("What is the capital of France?") })],
	test_input_required_result_list_roots: [asking({ client_roots: roots })],
	test_input_required_result_request_state: [asking({ confirm: elicit("Please confirm", object({ ok: { type: "boolean" } }, "ok")) })],
	test_input_required_result_tampered_state: [asking({ confirm: elicit("Please confirm", object({ ok: { type: "boolean" } }, "ok")) })],
	test_input_required_result_multiple_inputs: [asking({ user_name: name, greeting: sample("Generate a greeting", 50), client_roots: roots })],
	test_input_required_result_multi_round: [asking({ step1: elicit("Step 1: What is your name?", object({ name: string }, "name")) }, { step2: elicit("Step 2: What is your favorite color?", object({ color: string }, "color")) })],
	test_input_required_result_capabilities: [async (_, talk) => {
		const requests = Object.entries({ user_name: name, greeting: sample("Generate a greeting") });
		return [text(JSON.stringify(await talk.ask(Object.fromEntries(requests.filter(([, request]) => talk.can[CAPABILITY[request.method]])))))];
	}],
};
const schema = tool => tool[1] ?? object({});
const description = name => `Does what the suite asks of ${name}.`;

const resources = {
	"test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
	"test://static-binary": { mimeType: "image/png", blob: PIXEL },
	"test://watched-resource": { mimeType: "text/plain", text: "Watch me." },
};
function read({ uri }) {
	const [, id] = uri.match(/^test:\/\/template\/([^/]+)\/data$/) ?? [];
	const found = id ? { mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) } : resources[uri];
	if (!found)
		throw new McpError(ErrorCode.InvalidParams, "Resource not found", { uri });
	return { contents: [{ uri, ...found }] };
}

const prompts = {
	test_simple_prompt: [[], () => [text("This is a simple prompt for testing.")]],
	test_prompt_with_arguments: [["arg1", "arg2"], ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)]],
	test_prompt_with_embedded_resource: [["resourceUri"], ({ resourceUri }) => [embedded(resourceUri, "text/plain", "Embedded resource content for testing."), text("Please process the embedded resource above.")]],
	test_prompt_with_image: [[], () => [image, text("Please analyze the image above.")]],
	test_input_required_result_prompt: [[], async (_, talk) => [text((await talk.ask({ user_context: elicit("What context should the prompt use?", object({ context: string }, "context")) })).user_context.content.context)]],
};

// Who needs an answer that is not there yet throws the question.
class Question extends Error {}

async function call({ name, arguments: given = {} }, talk) {
	try {
		return { content: await tools[name][0](given, talk) };
	} catch (error) {
		if (error instanceof Question)
			return error.result;
		return { content: [text(error.message)], isError: true };
	}
}

async function prompt({ name, arguments: given = {} }, talk) {
	try {
		return { messages: (await prompts[name][1](given, talk)).map(content => ({ role: "user", content })) };
	} catch (error) {
		if (error instanceof Question)
			return error.result;
		throw error;
	}
}

const methods = {
	"resources/list": () => ({ resources: Object.entries(resources).map(([uri, { mimeType }]) => ({ uri, name: uri, description: description(uri), mimeType })) }),
	"resources/templates/list": () => ({ resourceTemplates: [{ uriTemplate: "test://template/{id}/data", name: "template", description: description("a template") }] }),
	"resources/read": read,
	"prompts/list": () => ({ prompts: Object.entries(prompts).map(([name, [given]]) => ({ name, description: description(name), arguments: given.map(name => ({ name, required: true })) })) }),
	"prompts/get": prompt,
	"completion/complete": () => ({ completion: { values: ["paris", "park", "party"], total: 3, hasMore: false } }),
};
const sessionMethods = {
	...methods,
	"tools/list": () => ({ tools: Object.entries(tools).map(([name, tool]) => ({ name, description: description(name), inputSchema: schema(tool) })) }),
	"tools/call": call,
	"resources/subscribe": () => ({}),
	"resources/unsubscribe": () => ({}),
};
const capabilities = { tools: { listChanged: true }, resources: {}, prompts: { listChanged: true }, completions: {}, logging: {} };

// With sessions: the server asks while the call waits, and what it says is kept for who comes back.
class Events {
	said = [];
	async storeEvent(stream, message) {
		return String(this.said.push({ stream, message }));
	}
	async replayEventsAfter(last, { send }) {
		const { stream } = this.said[last - 1];
		for (const [i, event] of this.said.entries())
			if (i >= last && event.stream === stream && event.message.jsonrpc)      // the first event of a stream says nothing
				await send(String(i + 1), event.message);
		return stream;
	}
}

const sessionTalk = extra => ({
	log: data => extra.sendNotification({ method: "notifications/message", params: { level: "info", data } }),
	progress: progress => extra.sendNotification({ method: "notifications/progress", params: { progressToken: extra._meta?.progressToken, progress, total: 100 } }),
	ask: async requests => Object.fromEntries(await Promise.all(Object.entries(requests).map(async ([key, request]) => [key, await extra.sendRequest(request, ResultSchema)]))),
	close: () => extra.closeSSEStream?.(),
});

const sessions = new Map();

async function serveSession(request, response) {
	let transport = sessions.get(request.headers["mcp-session-id"]);
	if (!transport && request.headers["mcp-session-id"])
		return void response.writeHead(404).end();
	if (!transport) {
		transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: id => sessions.set(id, transport), onsessionclosed: id => sessions.delete(id), eventStore: new Events(), retryInterval: 50 });
		const server = new SessionServer({ name: "conformance", version: "1" }, { capabilities: { ...capabilities, resources: { subscribe: true } } });
		server.fallbackRequestHandler = ({ method, params }, extra) => {
			if (!sessionMethods[method])
				throw new McpError(ErrorCode.MethodNotFound, "Method not found");
			return sessionMethods[method](params ?? {}, sessionTalk(extra));
		};
		await server.connect(transport);
	}
	await transport.handleRequest(request, response);
}

// Without: the question is the answer, the state holds what was answered before, and the call comes again.
const state = createRequestStateCodec({ key: randomBytes(32) });

const statelessTalk = ({ mcpReq }) => ({
	can: mcpReq.envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {},
	log: data => mcpReq.log("info", data),
	progress: progress => mcpReq.notify({ method: "notifications/progress", params: { progressToken: mcpReq._meta?.progressToken, progress, total: 100 } }),
	ask: async requests => {
		const known = { ...mcpReq.requestState(), ...mcpReq.inputResponses };
		const inputRequests = Object.fromEntries(Object.entries(requests).filter(([key]) => !known[key]));
		if (Object.keys(inputRequests).length === 0)
			return known;
		throw Object.assign(new Question(), { result: { resultType: "input_required", inputRequests, requestState: await state.mint(known) } });
	},
	close: () => {},
});

const stateless = createMcpHandler(() => {
	const server = new McpServer({ name: "conformance", version: "2" }, { capabilities, requestState: state });
	for (const [name, tool] of Object.entries(tools))
		server.registerTool(name, { description: description(name), inputSchema: fromJsonSchema(schema(tool)) }, (given, context) => call({ name, arguments: given }, statelessTalk(context)));
	for (const [method, answer] of Object.entries(methods))
		server.server.setRequestHandler(method, ({ params }, context) => answer(params ?? {}, statelessTalk(context)));
	return server;
}, { legacy: "reject" });

async function serveStateless(request, response) {
	const body = ["GET", "HEAD"].includes(request.method) ? undefined : Readable.toWeb(request);
	const gone = new AbortController();
	response.on("close", () => gone.abort());
	const answer = await stateless.fetch(new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers: request.headers, body, duplex: "half", signal: gone.signal }));
	response.writeHead(answer.status, Object.fromEntries(answer.headers));
	if (!answer.body)
		return void response.end();
	Readable.fromWeb(answer.body).on("error", () => response.destroy()).pipe(response);
}

const serve = { sessions: serveSession, stateless: serveStateless }[process.argv[2]];
const listener = http.createServer((request, response) => {
	const { host, origin } = request.headers;
	if (!validateHostHeader(host, localhostAllowedHostnames()).ok || !validateOriginHeader(origin, localhostAllowedOrigins()).ok)
		return void response.writeHead(403).end();
	serve(request, response).catch(error => {
		console.error(error);
		response.destroy();
	});
});
listener.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}/mcp`));
