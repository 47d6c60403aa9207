import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/json/json.ts";
import { startGateway } from "../../../src/serve.ts";
import { vertexUpstream } from "../../matrix/upstreams/vertex.ts";
import { asObject, parseJson } from "../../vendors/json-value.ts";

const schema = { type: "object", properties: {} };
const mark = { type: "ephemeral", scope: "global" };
const user = { role: "user", content: "hi" };

interface Row {
  readonly title: string;
  readonly body: object;
  /** What Vertex AI gets of it; null: nothing of that name. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly report: RegExp;
  /** The betas that it gets. */
  readonly betas?: string;
}

/** What Claude Code names, of which Vertex AI knows one. */
const callers =
  "prompt-caching-scope-2026-01-05, interleaved-thinking-2025-05-14,effort-2025-11-24,server-side-fallback-2026-06-01";

const search = (type: string) => ({ type, name: "web_search", max_uses: 8 });
const basic = "web_search_20250305";

const rows: readonly Row[] = [
  {
    title: "a search of the web, with its beta",
    body: { tools: [search(basic)] },
    sent: { tools: [search(basic)] },
    betas: "web-search-2025-03-05",
    report: /^$/,
  },
  {
    title: "a later search of the web as the one that there is",
    body: { tools: [{ ...search("web_search_20260318"), allowed_callers: ["direct"] }] },
    sent: { tools: [search(basic)] },
    betas: "web-search-2025-03-05",
    report: /tools\[0\]\.builtin=MAPPED/,
  },
  {
    title: "nothing where nothing is to fit",
    body: { temperature: 0.5 },
    sent: { temperature: 0.5, anthropic_version: "vertex-2023-10-16" },
    report: /^$/,
  },
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
    },
    betas: "tool-search-tool-2025-10-19",
    report: /^$/,
  },
  {
    title: "examples of a tool, with their beta",
    body: { tools: [{ name: "f", input_schema: schema, input_examples: [{}] }] },
    sent: {
      tools: [{ name: "f", input_schema: schema, input_examples: [{}] }],
    },
    betas: "tool-examples-2025-10-29",
    report: /^$/,
  },
  {
    title: "edits of the context, with their beta",
    body: { context_management: { edits: [] } },
    sent: { context_management: { edits: [] } },
    betas: "context-management-2025-06-27",
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

describe("a client of Messages whose model is served by Vertex AI", () => {
  it.each(rows)("has $title fitted", async ({ body, sent, report, betas }) => {
    const vendor = await vertexUpstream.start();
    const gateway = await startGateway({
      config: `
server: { host: 127.0.0.1, port: 0 }
providers: { gcp: { ${vertexUpstream.provider(vendor.url)} } }`,
    });
    try {
      const model = `gcp/${vertexUpstream.model}-text`;
      const reply = await fetch(`${gateway.url}/v1/messages`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "anthropic-version": "2023-06-01",
          "anthropic-beta": callers,
        },
        body: JSON.stringify({ model, max_tokens: 5, messages: [user], ...body }),
      });
      const text = await reply.text();
      expect([reply.status, asObject(parseJson(text))?.error]).toEqual([200, undefined]);
      const json: JsonObject = Object(vendor.requests[0]?.json);
      const named = vendor.requests[0]?.headers["anthropic-beta"];
      expect(named).toBe([betas, "interleaved-thinking-2025-05-14"].filter(Boolean).join(","));
      for (const [name, wanted] of Object.entries(sent)) expect(json[name] ?? null).toEqual(wanted);
      expect(reply.headers.get("x-parlance-fidelity") ?? "").toMatch(report);
    } finally {
      await gateway.close();
      await vendor.close();
    }
  });
});
