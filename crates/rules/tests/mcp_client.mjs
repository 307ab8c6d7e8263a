// Talks to `rules mcp` with the official SDK for JavaScript and checks what it answers.
//   npm install @modelcontextprotocol/sdk
//   node mcp_client.mjs COMMAND [ARGUMENTS...]
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command, args }));
assert.equal(client.getServerVersion().name, "sellonce-rules");

const { tools } = await client.listTools();
assert.deepEqual(tools.map((tool) => tool.name), [
  "rules_for_paths", "get_rule", "get_template", "check_code", "explain_finding",
]);
const schema = JSON.stringify(tools);
assert.ok(schema.length < 1500 * 3, `${schema.length} characters of schema`);

const call = async (name, args) => {
  const result = await client.callTool({ name, arguments: args });
  return { text: result.content[0].text, isError: result.isError === true };
};
assert.match((await call("rules_for_paths", { paths: ["src/checkout.ts"] })).text, /INV001/);
assert.match((await call("get_rule", { id: "inv001" })).text, /## Don't/);
assert.match((await call("explain_finding", { id: "PAY001" })).text, /Not a mistake if/);
assert.ok(!(await call("get_template", { id: "INV001" })).isError);
const race = `async function buy(sku, n) {
  const item = await prisma.inventory.findUnique({ where: { sku } });
  if (item.available < n) throw new Error("sold out");
  await prisma.inventory.update({ where: { sku }, data: { available: item.available - n } });
}`;
assert.match((await call("check_code", { path: "buy.ts", text: race })).text, /INV001/);

// What is wrong is answered, never a crash.
for (const [name, args] of [
  ["get_rule", { id: "XYZ999" }], ["get_rule", {}], ["get_rule", { id: 7 }], ["get_rule", { colour: "red" }],
  ["rules_for_paths", { paths: "src" }], ["check_code", { path: "a.cobol", text: "" }], ["nothing", {}],
  ["check_code", { path: "a.ts", text: "x".repeat(2_000_000) }], ["get_template", { id: "INV001", stack: "cobol" }],
]) {
  assert.ok((await call(name, args)).isError, `${name} ${JSON.stringify(args).slice(0, 40)}`);
}
await assert.rejects(client.readResource({ uri: "rule://nothing" }));
await assert.rejects(client.getPrompt({ name: "nothing" }));

const { resources } = await client.listResources();
assert.ok(resources.length >= 16);
assert.match((await client.readResource({ uri: "rule://LIM001" })).contents[0].text, /gift/);
assert.match((await client.readResource({ uri: "skill://commerce-money" })).contents[0].text, /PRC002/);
const { prompts } = await client.listPrompts();
assert.equal(prompts.length, 2);
assert.match((await client.getPrompt({ name: "plan_saga", arguments: { stack: "ts-pg" } })).messages[0].content.text, /CHK002/);
await client.close();
console.log(`ok: ${tools.length} tools, ${schema.length} characters of schema, ${resources.length} resources`);
