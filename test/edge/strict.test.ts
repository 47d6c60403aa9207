import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelService } from "../../gen/parlance/admin/v1/model_service_pb.js";
import { FieldOutcome } from "../../gen/parlance/call/v1/call_report_pb.js";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { startAnthropicVendor } from "../vendors/anthropic/start-anthropic-vendor.ts";
import { startOpenAiVendor } from "../vendors/openai/start-openai-vendor.ts";
import type { Vendor } from "../vendors/start-vendor-server.ts";

const keys = { plain: "plain-key-0123456789", careful: "careful-key-0123456789" } as const;

describe("a call that would lose something", () => {
  let anthropic: Vendor;
  let openai: Vendor;
  let gateway: RunningGateway;

  beforeAll(async () => {
    anthropic = await startAnthropicVendor({ apiKey: "a" });
    openai = await startOpenAiVendor({ apiKey: "o" });
    gateway = await startGateway({
      config: `
server: { host: 127.0.0.1, port: 0 }
providers:
  claude: { kind: anthropic, base_url: "${anthropic.url}", api_key: { value: a } }
  openai: { kind: openai, base_url: "${openai.url}/v1", api_key: { value: o } }
models:
  - { name: usual, targets: [{ model: claude/claude-sonnet-4-5 }] }
  - { name: strict, strict: true, targets: [{ model: claude/claude-sonnet-4-5 }] }
  - { name: elsewhere, strict: true, targets: [{ model: claude/claude-sonnet-4-5 }], fallbacks: [openai/gpt-5-mini] }
  - { name: refuses, unknown_fields: REFUSE, targets: [{ model: claude/claude-sonnet-4-5 }] }
  - { name: forwards, unknown_fields: FORWARD, targets: [{ model: claude/claude-sonnet-4-5 }] }
keys:
  - { name: plain, value: { value: ${keys.plain} } }
  - { name: careful, strict: true, value: { value: ${keys.careful} } }
`,
      world: { record: () => undefined },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await anthropic.close();
    await openai.close();
  });

  const ask = async (
    model: string,
    members: object,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const before = anthropic.requests.length;
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${keys.plain}`,
        "content-type": "application/json",
        ...headers,
      },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], ...members }),
    });
    const json: unknown = await reply.json();
    return {
      status: reply.status,
      json,
      fidelity: reply.headers.get("x-parlance-fidelity") ?? "",
      sent: anthropic.requests.slice(before),
    };
  };

  it("is made, and its reply tells what was lost", async () => {
    const { status, fidelity, sent } = await ask("usual", { seed: 7, temperature: 1.5 });
    expect({ status, calls: sent.length }).toEqual({ status: 200, calls: 1 });
    expect(fidelity).toContain("sampling.seed=DROPPED");
    expect(fidelity).toContain("sampling.temperature=CLAMPED");
  });

  const strictCases: readonly (readonly [
    title: string,
    model: string,
    headers: Readonly<Record<string, string>>,
  ])[] = [
    ["the caller asks for it", "usual", { "x-parlance-strict": "true" }],
    ["its model says so", "strict", {}],
    ["its key says so", "usual", { authorization: `Bearer ${keys.careful}` }],
  ];
  for (const [title, model, headers] of strictCases) {
    it(`is refused before the vendor is called where ${title}`, async () => {
      const { status, json, sent } = await ask(model, { seed: 7, temperature: 1.5 }, headers);
      expect({ status, calls: sent.length }).toEqual({ status: 400, calls: 0 });
      expect(json).toMatchObject({
        error: {
          type: "invalid_request_error",
          message: expect.stringMatching(/sampling\.temperature, sampling\.seed/),
        },
      });
    });

    it(`is made where it loses nothing and ${title}`, async () => {
      const { status, fidelity } = await ask(
        model,
        { temperature: 0.5, user: "me", parallel_tool_calls: true, store: false },
        headers,
      );
      expect(status).toBe(200);
      expect(fidelity).not.toMatch(/DROPPED|CLAMPED/);
    });
  }

  it("is refused by a vendor of the caller's own dialect as well", async () => {
    const messages = [
      { role: "user", content: "hello" },
      { role: "assistant", content: "hi", reasoning_content: "A THOUGHT" },
      { role: "user", content: "again" },
    ];
    const strict = { "x-parlance-strict": "true" };
    const { status, json } = await ask("openai/gpt-5-mini", { messages }, strict);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { param: "messages[1].parts[0].reasoning" } });
    const { fidelity } = await ask("openai/gpt-5-mini", { messages });
    expect(fidelity).toBe("messages[1].parts[0].reasoning=DROPPED");
  });

  it("goes to a target that loses nothing", async () => {
    const { status, sent } = await ask("elsewhere", { seed: 7 });
    expect({ status, calls: sent.length }).toEqual({ status: 200, calls: 0 });
  });

  it("is told a wrong word for strict", async () => {
    const { status, json } = await ask("usual", {}, { "x-parlance-strict": "maybe" });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: "x-parlance-strict: must be true or false" } });
  });

  it("with unknown fields is refused by a model that takes none, with their names", async () => {
    const { status, json, sent } = await ask("refuses", { top_a: 0.5 });
    expect({ status, calls: sent.length }).toEqual({ status: 400, calls: 0 });
    expect(json).toMatchObject({
      error: { message: expect.stringContaining("top_a") },
    });
  });

  it("with unknown fields is sent with them by a model that forwards them", async () => {
    const { sent, fidelity } = await ask("forwards", { container: "c-1" });
    expect(sent.map(({ rawBody }) => JSON.parse(rawBody.toString()).container)).toEqual(["c-1"]);
    expect(fidelity).toContain("container=FORWARDED");
  });

  it("with unknown fields is sent without them by any other model, which says so", async () => {
    const { sent, fidelity } = await ask("usual", { container: "c-1" });
    expect(fidelity).toContain("container=DROPPED");
    expect(sent.map(({ rawBody }) => JSON.parse(rawBody.toString()).container)).toEqual([
      undefined,
    ]);
  });

  it("is told of unknown fields in a header whatever their names are", async () => {
    const { status, fidelity } = await ask("usual", { "a b\r\nc": 1, "\ud800": 2 });
    expect(status).toBe(200);
    expect(fidelity).toContain("a%20b%0D%0Ac=DROPPED");
    expect(fidelity).toContain("%EF%BF%BD=DROPPED");
  });

  describe("with an unknown member deep in a message", () => {
    const deep = {
      messages: [{ role: "user", content: [{ type: "text", text: "hello", zz: { mode: "x" } }] }],
      thinking: { type: "enabled", budget_tokens: 1024, clear_thinking: false },
      max_tokens: 2048,
    };
    const paths = ["messages[0].content[0].zz", "thinking.clear_thinking"];
    const bodyOf = (sent: readonly { readonly rawBody: Buffer }[]): unknown =>
      JSON.parse(sent[0]?.rawBody.toString() ?? "null");

    it("is sent without it, which is reported by the caller's path", async () => {
      const { status, fidelity, sent } = await ask("usual", deep);
      expect(status).toBe(200);
      for (const path of paths) expect(fidelity).toContain(`${path}=DROPPED`);
      expect(JSON.stringify(bodyOf(sent))).not.toMatch(/zz|clear_thinking/);
    });

    it("is refused by a model that takes none, and where the call is strict", async () => {
      for (const [model, headers] of [
        ["refuses", {}],
        ["usual", { "x-parlance-strict": "true" }],
      ] as const) {
        const { status, json, sent } = await ask(model, deep, headers);
        expect({ status, calls: sent.length }).toEqual({ status: 400, calls: 0 });
        for (const path of paths)
          expect(json).toMatchObject({ error: { message: expect.stringContaining(path) } });
      }
    });

    it("is sent with it in its place by a model that forwards", async () => {
      const { status, sent } = await ask("forwards", deep);
      expect(bodyOf(sent)).toMatchObject({
        messages: [{ content: [{ type: "text", text: "hello", zz: { mode: "x" } }] }],
        thinking: { clear_thinking: false },
      });
      // The simulated vendor refuses what the real one does not know.
      expect(status).toBe(400);
    });
  });

  it("can be foreseen: DescribeModel gives the tables of the model's dialects", async () => {
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const client = createClient(ModelService, transport);
    const headers = { authorization: `Bearer ${keys.plain}` };
    const { model, fidelity } = await client.describeModel({ name: "usual" }, { headers });
    expect(model?.name).toBe("usual");
    expect(fidelity.map(({ dialect, operation }) => `${dialect} ${operation}`)).toEqual([
      "anthropic-messages chat",
    ]);
    const seed = fidelity[0]?.fields.find(({ field }) => field === "sampling.seed");
    expect(seed?.fates.map(({ outcome }) => outcome)).toEqual([FieldOutcome.DROPPED]);
    await expect(client.describeModel({ name: "nope" }, { headers })).rejects.toThrow(
      "there is no model nope",
    );
  });
});
