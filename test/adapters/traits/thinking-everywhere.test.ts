import { describe, expect, it } from "vitest";
import { startGateway } from "../../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../../policies/emulation/start-shaped-vendor.ts";

const thought = "They greet me.";
const said = "Hello!";
const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

/** How hosts say the thinking of an open model: as a message, and in pieces. */
const forms: Readonly<Record<string, { readonly whole: object; readonly pieces: object[] }>> = {
  "between tags": {
    whole: { content: `<think>\n${thought}</think>\n\n${said}` },
    pieces: ["<th", "ink>\n", thought, "</th", "ink>\n", `\n${said}`].map((content) => ({
      content,
    })),
  },
  "in reasoning": {
    whole: { reasoning: thought, content: said },
    pieces: [{ reasoning: thought }, { content: said }],
  },
  "in reasoning_content": {
    whole: { reasoning_content: thought, content: said },
    pieces: [{ reasoning_content: thought }, { content: said }],
  },
};

const hosts = [
  ["groq", "qwen/qwen3-32b"],
  ["cerebras", "zai-glm-4.7"],
  ["together_ai", "deepseek-ai/DeepSeek-R1"],
  ["fireworks_ai", "accounts/fireworks/models/qwen3-235b-a22b"],
  ["openai_compatible", "my-model"],
] as const;

interface Client {
  readonly path: (stream: boolean) => string;
  readonly body: (stream: boolean) => object;
  /** What shows that the thinking is thinking, and what is said. */
  readonly shown: RegExp;
}

const user = { role: "user", content: "Hi" };
const clients: Readonly<Record<string, Client>> = {
  Messages: {
    path: () => "/v1/messages",
    body: (stream) => ({ model: "one", stream, max_tokens: 99, messages: [user] }),
    shown: /"thinking":"They greet me\.".*"text":"Hello!"/s,
  },
  "Responses, which asks for a summary": {
    path: () => "/v1/responses",
    body: (stream) => ({ model: "one", stream, input: "Hi", reasoning: { summary: "auto" } }),
    shown: /summary_text","text":"They greet me\.".*"text":"Hello!"/s,
  },
  "Google's API": {
    path: (stream) =>
      stream
        ? "/v1beta/models/one:streamGenerateContent?alt=sse"
        : "/v1beta/models/one:generateContent",
    body: () => ({
      contents: [{ role: "user", parts: [{ text: "Hi" }] }],
      generationConfig: { thinkingConfig: { includeThoughts: true } },
    }),
    shown: /"text":"They greet me\.","thought":true|"thought":true,"text":"They greet me\."/,
  },
  Ollama: {
    path: () => "/api/chat",
    body: (stream) => ({ model: "one", stream, messages: [user], think: true }),
    shown: /"thinking":"They greet me\."/,
  },
  "Cohere's API": {
    path: () => "/v2/chat",
    body: (stream) => ({ model: "one", stream, messages: [user] }),
    shown: /"thinking":"They greet me\.".*"text":"Hello!"/s,
  },
};

function frames(pieces: readonly object[]): string {
  const chunk = (delta: object, finish: string | null, more: object = {}) =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 7, model: "m", choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  return `${pieces.map((delta) => chunk(delta, null)).join("")}${chunk({}, "stop", { usage })}data: [DONE]\n\n`;
}

describe("thinking of an open model", () => {
  for (const [kind, model] of hosts) {
    for (const [form, { whole, pieces }] of Object.entries(forms)) {
      for (const [client, { path, body, shown }] of Object.entries(clients)) {
        for (const stream of [false, true]) {
          it(`that ${kind} sends ${form} is read as such by a client of ${client}${stream ? ", streamed" : ""}`, async () => {
            const vendor = await startShapedVendor((_, response) => {
              if (stream) {
                response.writeHead(200, { "content-type": "text/event-stream" });
                response.end(frames(pieces));
                return;
              }
              const message = { role: "assistant", ...whole };
              const choices = [{ index: 0, message, finish_reason: "stop" }];
              sendJson(response, {
                id: "c",
                object: "chat.completion",
                created: 7,
                model: "m",
                choices,
                usage,
              });
            });
            const gateway = await startGateway({
              providers: { v: { kind, base_url: vendor.url, api_key: { value: "k" } } },
              models: [{ name: "one", targets: [{ model: `v/${model}` }] }],
            });
            const reply = await fetch(`${gateway.url}${path(stream)}`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify(body(stream)),
            });
            const text = await reply.text();
            expect(reply.status).toBe(200);
            expect(text).toMatch(shown);
            expect(text).toContain(said);
            expect(text).not.toMatch(/<\/?th/);
          });
        }
      }
    }
  }
});
