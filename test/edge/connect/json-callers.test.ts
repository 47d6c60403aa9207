import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { startAnthropicVendor } from "../../vendors/anthropic/start-anthropic-vendor.ts";
import type { Vendor } from "../../vendors/start-vendor-server.ts";

const said = { role: "ROLE_USER", parts: [{ text: { text: "hello" } }] };

describe("a JSON caller of the contract", () => {
  let vendor: Vendor;
  let gateway: RunningGateway;
  beforeAll(async () => {
    vendor = await startAnthropicVendor({ apiKey: "a" });
    gateway = await startGateway({
      config: `
server: { host: 127.0.0.1, port: 0 }
providers:
  sim: { kind: sim }
  claude: { kind: anthropic, base_url: "${vendor.url}", api_key: { value: a } }
models:
  - { name: lax, unknown_fields: drop, targets: [{ model: claude/claude-sonnet-4-5 }] }
  - { name: lax-sim, unknown_fields: FORWARD, targets: [{ model: sim/echo }] }
`,
      world: { record: () => undefined },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await vendor.close();
  });

  const call = async (method: string, body: object) => {
    const reply = await fetch(`${gateway.url}/parlance.${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: reply.status, json: JSON.stringify(await reply.json()) };
  };
  const complete = (chat: object) => call("chat.v1.ChatService/Complete", { chat });

  const refused: readonly (readonly [
    title: string,
    method: string,
    body: object,
    words: RegExp,
  ])[] = [
    [
      "content in place of parts",
      "chat.v1.ChatService/Complete",
      { chat: { model: "sim/echo", messages: [{ role: "user", content: "hi" }] } },
      /chat\.messages\[0\]\.content: is no member of parlance\.chat\.v1\.Message, which has role, parts/,
    ],
    [
      "a mistyped name",
      "chat.v1.ChatService/Complete",
      { chat: { model: "sim/echo", maxOutputToken: 3, messages: [said] } },
      /chat\.maxOutputToken: .*did you mean maxOutputTokens\?/,
    ],
    [
      "an unknown member of the request itself",
      "chat.v1.ChatService/CountTokens",
      { chat: { model: "sim/echo", messages: [said] }, zz: 1 },
      /zz: is no member of parlance\.chat\.v1\.CountTokensRequest/,
    ],
    [
      "an unknown word of an enum",
      "chat.v1.ChatService/Complete",
      { chat: { model: "sim/echo", verbosity: "loud", messages: [said] } },
      /chat\.verbosity: must be one of low, medium, high/,
    ],
    [
      "an embedding",
      "embed.v1.EmbedService/Embed",
      { embedding: { model: "sim/embed", input: ["a"] } },
      /is no member of/,
    ],
    ["a model to describe", "admin.v1.ModelService/GetModel", { id: "x" }, /id: is no member of/],
  ];
  for (const [title, method, body, words] of refused) {
    it(`is refused ${title} by the path of the request`, async () => {
      const { status, json } = await call(method, body);
      expect([status, json]).toEqual([400, expect.stringMatching(words)]);
    });
  }

  it("may write enum values short and in any case", async () => {
    const { status, json } = await complete({
      model: "sim/echo",
      verbosity: "low",
      toolChoice: { mode: "none" },
      tools: [{ function: { name: "f", parametersJson: "{}" } }],
      messages: [{ ...said, role: "user" }, { ...said, role: "ASSISTANT" }, said],
    });
    expect([status, json]).toEqual([200, expect.stringContaining("hello")]);
  });

  it("has unknown members dropped and reported where its model says so", async () => {
    const chat = { model: "lax", messages: [{ ...said, zz: 1 }], yy: { a: 1 } };
    const { status, json } = await complete(chat);
    expect(status).toBe(200);
    expect(json).toContain('"field":"chat.messages[0].zz","outcome":"FIELD_OUTCOME_DROPPED"');
    expect(json).toContain('"field":"chat.yy","outcome":"FIELD_OUTCOME_DROPPED"');
    const here = await complete({ ...chat, model: "lax-sim" });
    expect([here.status, here.json]).toEqual([200, expect.stringContaining("chat.yy")]);
  });

  it("gets the same over gRPC's JSON and in a stream", async () => {
    const body = Buffer.from(
      JSON.stringify({ chat: { model: "sim/echo", maxOutputToken: 3, messages: [said] } }),
    );
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length, 1);
    const reply = await fetch(`${gateway.url}/parlance.chat.v1.ChatService/StreamComplete`, {
      method: "POST",
      headers: { "content-type": "application/connect+json" },
      body: Buffer.concat([head, body]),
    });
    expect(await reply.text()).toContain("did you mean maxOutputTokens?");
  });
});
