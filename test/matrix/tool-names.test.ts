import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, isArray, type Json } from "../vendors/json-value.ts";
import type { RecordedRequest } from "../vendors/start-vendor-server.ts";
import { agentUpstreams } from "./agents/agent-upstreams.ts";
import { post } from "./post.ts";
import { gatewayKey, type Matrix, startMatrix } from "./start-matrix.ts";
import type { UpstreamRow } from "./upstream-row.ts";

/** Names that some vendor refuses, and two that fall together where only separators are fitted. */
const names = [
  `mcp__${"a_long_name_".repeat(10)}abc`,
  "weather.now",
  "weather/now",
  "files:read",
  "wetter_für",
  "天气",
  "1password",
  "weather_now",
];

/** The names that each vendor takes: those of its page. */
const usual = /^[a-zA-Z0-9_-]{1,64}$/;
const taken: Readonly<Record<string, RegExp>> = {
  anthropic: /^[a-zA-Z0-9_-]{1,128}$/,
  bedrock_invoke: /^[a-zA-Z0-9_-]{1,128}$/,
  vertex: /^[a-zA-Z0-9_-]{1,128}$/,
  gemini: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/,
  cohere: /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/,
  ollama: /^/,
};

const parameters = { type: "object", properties: { city: { type: "string" } } };

interface Client {
  readonly path: string;
  readonly body: (model: string, tools: readonly string[], stream: boolean) => object;
}

/** Each with an earlier call of the first tool, which is to be called again. */
const clients: Readonly<Record<string, Client>> = {
  "Chat Completions": {
    path: "/v1/chat/completions",
    body: (model, tools, stream) => ({
      model,
      stream,
      messages: [
        { role: "user", content: "go" },
        {
          role: "assistant",
          tool_calls: [
            { id: "call12345", type: "function", function: { name: tools[0], arguments: "{}" } },
          ],
        },
        { role: "tool", tool_call_id: "call12345", content: "42" },
        { role: "assistant", content: "done" },
        { role: "user", content: "again" },
      ],
      tools: tools.map((name) => ({
        type: "function",
        function: { name, description: "d", parameters },
      })),
      tool_choice: { type: "function", function: { name: tools[0] } },
    }),
  },
  Messages: {
    path: "/v1/messages",
    body: (model, tools, stream) => ({
      model,
      stream,
      max_tokens: 99,
      messages: [
        { role: "user", content: "go" },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "call12345", name: tools[0], input: {} }],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "call12345", content: "42" }],
        },
        { role: "assistant", content: "done" },
        { role: "user", content: "again" },
      ],
      tools: tools.map((name) => ({ name, description: "d", input_schema: parameters })),
      tool_choice: { type: "tool", name: tools[0] },
    }),
  },
};

/** The names of the tools that a vendor was sent, in order. */
function declared({ json }: RecordedRequest): readonly string[] {
  const body = asObject(json) ?? {};
  return named([body.tools ?? null, asObject(body.toolConfig)?.tools ?? null]);
}

function named(json: Json | undefined): readonly string[] {
  if (isArray(json)) return json.flatMap((each) => named(each));
  const object = asObject(json);
  if (object === undefined) return [];
  const name = asString(object.name);
  if (name !== undefined && object.description !== undefined) return [name];
  return Object.values(object).flatMap((each) => named(each));
}

describe("names of tools", () => {
  let matrix: Matrix;
  const agent = new Agent({ keepAlive: true });
  beforeAll(async () => {
    matrix = await startMatrix(agentUpstreams);
  });
  afterAll(async () => {
    agent.destroy();
    expect(matrix.bugs).toEqual([]);
    await matrix.close();
  });

  /** Sends a request, whose answer has to call the first tool by the caller's own name. */
  async function play(upstream: UpstreamRow, { path, body }: Client, tools: readonly string[]) {
    const model = `${upstream.name}/${upstream.model}-tools`;
    for (const stream of [false, true]) {
      const reply = await post(
        agent,
        `${matrix.url}${path}`,
        { authorization: `Bearer ${gatewayKey}`, "content-type": "application/json" },
        Buffer.from(JSON.stringify(body(model, tools, stream))),
      );
      const called = expect.stringContaining(`"${tools[0]}"`);
      expect([reply.status, reply.body.toString()]).toEqual([200, called]);
      const request = matrix.upstream(upstream).vendor.requests.at(-1);
      if (request === undefined) throw new Error("nothing was sent");
      const sent = declared(request);
      // Where no tool can be chosen by its name, it is the only one that is sent.
      expect([1, names.length]).toContain(sent.length);
      expect(new Set(sent).size).toBe(sent.length);
      for (const each of sent) expect(each).toMatch(taken[upstream.name] ?? usual);
      expect(upstream.readToolTurn(request).calls.map(({ name }) => name)).toEqual([sent[0]]);
    }
  }

  for (const upstream of agentUpstreams) {
    // Names of its own clients are the vendor's affair.
    const own = ["anthropic", "vertex"].includes(upstream.name) ? "Messages" : "";
    for (const [title, client] of Object.entries(clients)) {
      if (title === own) continue;
      it.each(names.map((name, at) => [name.slice(0, 20), at] as const))(
        `are as ${upstream.name} takes them, and the caller's own again: %s of ${title}`,
        (_, at) => play(upstream, client, [...names.slice(at), ...names.slice(0, at)]),
      );
    }
  }
});
