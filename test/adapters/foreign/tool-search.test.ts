import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { startGateway } from "../../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../../policies/emulation/start-shaped-vendor.ts";

const schema = { type: "object", properties: { goal: { type: "string" } }, required: ["goal"] };
const search = {
  type: "tool_search",
  execution: "client",
  description: "Finds tools.",
  parameters: schema,
};
const found = { type: "function", name: "get_weather", parameters: { type: "object" } };
const input = [
  { role: "user", content: "weather?" },
  {
    type: "tool_search_call",
    call_id: "s0",
    execution: "client",
    status: "completed",
    arguments: { goal: "weather" },
  },
  {
    type: "tool_search_output",
    call_id: "s0",
    execution: "client",
    status: "completed",
    tools: [found],
  },
  { role: "user", content: "go on" },
];

interface Upstream {
  readonly kind: string;
  readonly model: string;
  /** What the vendor gets of tools and of the conversation. */
  readonly sent: readonly RegExp[];
  readonly answer: object;
}

const args = '{"goal":"more"}';
const upstreams: Readonly<Record<string, Upstream>> = {
  "Chat Completions": {
    kind: "openai_compatible",
    model: "any",
    sent: [
      /"name":"tool_search","description":"Finds tools\."/,
      /"name":"get_weather"/,
      /"tool_calls":\[\{"id":"s0","type":"function","function":\{"name":"tool_search"/,
      /"role":"tool","tool_call_id":"s0","content":"Available now: get_weather"/,
    ],
    answer: {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "any",
      choices: [
        {
          index: 0,
          finish_reason: "tool_calls",
          message: {
            role: "assistant",
            content: null,
            tool_calls: [
              { id: "s1", type: "function", function: { name: "tool_search", arguments: args } },
            ],
          },
        },
      ],
    },
  },
  Messages: {
    kind: "anthropic",
    model: "claude-sonnet-4-5",
    sent: [
      /"name":"tool_search"/,
      /"type":"tool_use","id":"s0","name":"tool_search","input":\{"goal":"weather"\}/,
      /"type":"tool_result","tool_use_id":"s0"/,
    ],
    answer: {
      id: "m",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5",
      content: [{ type: "tool_use", id: "s1", name: "tool_search", input: { goal: "more" } }],
      stop_reason: "tool_use",
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  Gemini: {
    kind: "gemini",
    model: "gemini-2.5-flash",
    sent: [/"name":"tool_search"/, /"functionCall":\{[^}]*"name":"tool_search"/, /Available now/],
    answer: {
      candidates: [
        {
          index: 0,
          finishReason: "STOP",
          content: {
            role: "model",
            parts: [{ functionCall: { id: "s1", name: "tool_search", args: { goal: "more" } } }],
          },
        },
      ],
    },
  },
};

describe("a search for tools that the client runs", () => {
  for (const [name, { kind, model, sent, answer }] of Object.entries(upstreams)) {
    it(`is a function of ${name}, and called back as it was`, async () => {
      const vendor = await startShapedVendor((_, response) => sendJson(response, answer));
      const gateway = await startGateway({
        providers: { v: { kind, base_url: vendor.url, api_key: { value: "k" } } },
      });
      const response = await fetch(`${gateway.url}/v1/responses`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-parlance-strict": "true" },
        body: JSON.stringify({ model: `v/${model}`, input, tools: [search] }),
      });
      const { output } = JSON.parse(await response.text());
      expect(output).toEqual([
        expect.objectContaining({
          type: "tool_search_call",
          execution: "client",
          call_id: "s1",
          arguments: { goal: "more" },
        }),
      ]);
      for (const part of sent) expect(vendor.seen[0]?.body).toMatch(part);
      expect(response.headers.get("x-parlance-fidelity")).toContain("tools[0].builtin=EMULATED");
    });
  }

  it("of a client of Messages names in words the tools that it found", async () => {
    const { answer = {} } = upstreams["Chat Completions"] ?? {};
    const vendor = await startShapedVendor((_, response) => sendJson(response, answer));
    const gateway = await startGateway({
      providers: {
        v: { kind: "openai_compatible", base_url: vendor.url, api_key: { value: "k" } },
      },
    });
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "k", maxRetries: 0 });
    const reference = { type: "tool_reference" as const, tool_name: "get_weather" };
    await client.messages.create({
      model: "v/any",
      max_tokens: 9,
      tools: [
        { name: "find", input_schema: { type: "object" } },
        { name: "get_weather", input_schema: { type: "object" }, defer_loading: true },
      ],
      messages: [
        { role: "user", content: "weather?" },
        { role: "assistant", content: [{ type: "tool_use", id: "f", name: "find", input: {} }] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "f", content: [reference] }],
        },
      ],
    });
    const { messages, tools } = JSON.parse(vendor.seen[0]?.body ?? "{}");
    expect(messages.at(-1)).toMatchObject({
      role: "tool",
      content: "Available now: get_weather",
    });
    expect(tools).toHaveLength(2);
  });
});
