import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/json/json.ts";
import { startGateway } from "../../../src/serve.ts";
import { bedrockInvokeUpstream } from "../../matrix/upstreams/bedrock.ts";
import { asObject, parseJson } from "../../vendors/json-value.ts";

const schema = { type: "object", properties: {} };
const mark = { type: "ephemeral", scope: "global" };
const user = { role: "user", content: "hi" };

interface Row {
  readonly title: string;
  readonly body: object;
  /** What Bedrock gets of it; null: nothing of that name. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly report: RegExp;
}

const rows: readonly Row[] = [
  {
    title: "whom a cache serves",
    body: { system: [{ type: "text", text: "Be brief.", cache_control: mark }] },
    sent: { system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }] },
    report: /system\.0\.cache_control\.scope=DROPPED/,
  },
  {
    title: "how arguments of a tool are streamed",
    body: { tools: [{ name: "f", input_schema: schema, eager_input_streaming: true }] },
    sent: { tools: [{ name: "f", input_schema: schema }] },
    report: /tools\.0\.eager_input_streaming=DROPPED/,
  },
  {
    title: "whom a cache of tools serves",
    body: { tools: [{ name: "f", input_schema: schema, cache_control: mark }] },
    sent: { tools: [{ name: "f", input_schema: schema, cache_control: { type: "ephemeral" } }] },
    report: /tools\.0\.cache_control\.scope=DROPPED/,
  },
  {
    title: "a tool that is found later, with its beta",
    body: { tools: [{ name: "f", input_schema: schema, defer_loading: true }] },
    sent: {
      tools: [{ name: "f", input_schema: schema, defer_loading: true }],
      anthropic_beta: ["tool-search-tool-2025-10-19"],
    },
    report: /^$/,
  },
  {
    title: "examples of a tool, with their beta",
    body: { tools: [{ name: "f", input_schema: schema, input_examples: [{}] }] },
    sent: {
      tools: [{ name: "f", input_schema: schema, input_examples: [{}] }],
      anthropic_beta: ["tool-examples-2025-10-29"],
    },
    report: /^$/,
  },
  {
    title: "edits of the context, with their beta",
    body: { context_management: { edits: [] } },
    sent: { context_management: { edits: [] }, anthropic_beta: ["context-management-2025-06-27"] },
    report: /^$/,
  },
  {
    title: "the automatic mark of the cache as one of the last block",
    body: { cache_control: { type: "ephemeral" } },
    sent: {
      cache_control: null,
      messages: [
        {
          role: "user",
          content: [{ type: "text", text: "hi", cache_control: { type: "ephemeral" } }],
        },
      ],
    },
    report: /^cache=EMULATED/,
  },
  {
    title: "models to fall back to",
    body: { fallbacks: [{ model: "m" }] },
    sent: { fallbacks: null },
    report: /fallbacks=DROPPED/,
  },
];

describe("a client of Messages whose model is served by InvokeModel", () => {
  it.each(rows)("has $title fitted", async ({ body, sent, report }) => {
    const vendor = await bedrockInvokeUpstream.start();
    const gateway = await startGateway({
      config: `
server: { host: 127.0.0.1, port: 0 }
providers: { aws: { ${bedrockInvokeUpstream.provider(vendor.url)} } }`,
    });
    try {
      const model = `aws/${bedrockInvokeUpstream.model}-text`;
      const reply = await fetch(`${gateway.url}/v1/messages`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "anthropic-version": "2023-06-01",
          "anthropic-beta": "server-side-fallback-2026-06-01",
        },
        body: JSON.stringify({ model, max_tokens: 5, messages: [user], ...body }),
      });
      const text = await reply.text();
      expect([reply.status, asObject(parseJson(text))?.error]).toEqual([200, undefined]);
      const json: JsonObject = Object(vendor.requests[0]?.json);
      for (const [name, wanted] of Object.entries(sent)) expect(json[name] ?? null).toEqual(wanted);
      expect(reply.headers.get("x-parlance-fidelity") ?? "").toMatch(report);
    } finally {
      await gateway.close();
      await vendor.close();
    }
  });
});
