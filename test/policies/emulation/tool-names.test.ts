import { describe, expect, it, onTestFinished } from "vitest";
import { startAnthropicVendor } from "../../vendors/anthropic/start-anthropic-vendor.ts";
import { startCohereVendor } from "../../vendors/cohere/start-cohere-vendor.ts";
import { startGeminiVendor } from "../../vendors/gemini/start-gemini-vendor.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { Vendor } from "../../vendors/start-vendor-server.ts";
import { startGateway } from "./start-gateway.ts";

const long = "mcp__a_rather_long_server_name__get_failed_pipeline_jobs_from_merge_request";
const parameters = { type: "object", properties: { a: { type: "string" } } };

/** A client's request for a call of a tool, with an earlier call of it in the conversation. */
interface Client {
  readonly path: (model: string, stream: boolean) => string;
  readonly body: (model: string, name: string, stream: boolean) => object;
}

const clients: Readonly<Record<string, Client>> = {
  "Chat Completions": {
    path: () => "/v1/chat/completions",
    body: (model, name, stream) => ({
      model,
      stream,
      messages: [
        { role: "user", content: "go" },
        {
          role: "assistant",
          tool_calls: [{ id: "c1", type: "function", function: { name, arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c1", content: "42" },
        { role: "user", content: "again" },
      ],
      tools: [{ type: "function", function: { name, parameters } }],
      tool_choice: { type: "function", function: { name } },
    }),
  },
  Messages: {
    path: () => "/v1/messages",
    body: (model, name, stream) => ({
      model,
      stream,
      max_tokens: 99,
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: [{ type: "tool_use", id: "c1", name, input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "42" }] },
        { role: "assistant", content: "done" },
        { role: "user", content: "again" },
      ],
      tools: [{ name, input_schema: parameters }],
      tool_choice: { type: "tool", name },
    }),
  },
  Responses: {
    path: () => "/v1/responses",
    body: (model, name, stream) => ({
      model,
      stream,
      input: [
        { role: "user", content: "go" },
        { type: "function_call", call_id: "c1", name, arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "42" },
        { role: "user", content: "again" },
      ],
      tools: [{ type: "function", name, parameters }],
      tool_choice: { type: "function", name },
    }),
  },
  "Google's API": {
    path: (model, stream) =>
      `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: (_model, name) => ({
      contents: [
        { role: "user", parts: [{ text: "go" }] },
        { role: "model", parts: [{ functionCall: { id: "c1", name, args: {} } }] },
        {
          role: "user",
          parts: [{ functionResponse: { id: "c1", name, response: { output: "42" } } }],
        },
        { role: "model", parts: [{ text: "done" }] },
        { role: "user", parts: [{ text: "again" }] },
      ],
      tools: [{ functionDeclarations: [{ name, parametersJsonSchema: parameters }] }],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [name] } },
    }),
  },
};

interface Upstream {
  readonly start: () => Promise<Vendor>;
  readonly kind: string;
  readonly base: string;
  readonly model: string;
  readonly names: readonly string[];
}

const options = { defaultScenario: "tools" } as const;
const upstreams: Readonly<Record<string, Upstream>> = {
  OpenAI: {
    start: () => startOpenAiVendor(options),
    kind: "openai",
    base: "/v1",
    model: "gpt-4.1",
    names: [long, "weather.now", "wetter_für"],
  },
  "OpenAI by Responses": {
    start: () => startOpenAiVendor(options),
    kind: "openai_responses_compatible",
    base: "/v1",
    model: "gpt-4.1",
    names: [long, "weather:now"],
  },
  Anthropic: {
    start: () => startAnthropicVendor(options),
    kind: "anthropic",
    base: "",
    model: "claude-sonnet-4-5",
    names: ["weather.now", "x".repeat(129)],
  },
  Google: {
    start: () => startGeminiVendor(options),
    kind: "gemini",
    base: "",
    model: "gemini-2.5-flash",
    names: [long, "1password"],
  },
  Cohere: {
    start: () => startCohereVendor(options),
    kind: "cohere",
    base: "",
    model: "command-a-03-2025",
    names: ["1password", "weather.now"],
  },
};

/** Whose own clients are not translated: their names are the vendor's affair. */
const own: Readonly<Record<string, string>> = {
  OpenAI: "Responses",
  "OpenAI by Responses": "Responses",
  Anthropic: "Messages",
  Google: "Google's API",
};

describe("names of tools that a vendor refuses", () => {
  for (const [vendorName, upstream] of Object.entries(upstreams)) {
    for (const [clientName, client] of Object.entries(clients)) {
      if (own[vendorName] === clientName) continue;
      it(`are others at ${vendorName}, and the caller's own again for clients of ${clientName}`, async () => {
        const vendor = await upstream.start();
        onTestFinished(() => vendor.close());
        const gateway = await startGateway({
          providers: {
            v: {
              kind: upstream.kind,
              base_url: `${vendor.url}${upstream.base}`,
              api_key: { value: "k" },
            },
          },
        });
        const model = `v/${upstream.model}`;
        for (const name of upstream.names) {
          for (const stream of [false, true]) {
            const response = await fetch(`${gateway.url}${client.path(model, stream)}`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify(client.body(model, name, stream)),
            });
            const answer = await response.text();
            expect([response.status, answer]).toEqual([200, expect.stringContaining(`"${name}"`)]);
            expect(response.headers.get("x-parlance-fidelity")).toContain(".name=MAPPED");
            const sent = JSON.stringify(vendor.requests.at(-1)?.json);
            expect(sent).not.toContain(`"${name}"`);
          }
        }
        expect(gateway.bugs).toEqual([]);
      });
    }
  }

  it("that fit pass as they are, with every other byte", async () => {
    const vendor = await startOpenAiVendor(options);
    onTestFinished(() => vendor.close());
    const gateway = await startGateway({
      providers: { v: { kind: "openai", base_url: `${vendor.url}/v1`, api_key: { value: "k" } } },
    });
    const { path, body } = clients["Chat Completions"] ?? { path: () => "", body: () => ({}) };
    const model = "v/gpt-4.1";
    const text = JSON.stringify(body(model, "get_weather", false), null, 1);
    const response = await fetch(`${gateway.url}${path(model, false)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: text,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-parlance-fidelity")).toBeNull();
    expect(vendor.requests.at(-1)?.rawBody.toString()).toBe(text.replace("v/gpt-4.1", "gpt-4.1"));
  });
});
