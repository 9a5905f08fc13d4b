// polled.mjs URL: the official SDK's client calls a tool whose server ends the stream before the answer; prints what it heard.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const client = new Client({ name: "polled", version: "1" });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
console.log(JSON.stringify(await client.callTool({ name: "test_reconnection", arguments: {} }).catch(error => error.message)));
await client.close();
