import { describe, expect, it } from "vitest";
import { startGateway } from "../../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../../policies/emulation/start-shaped-vendor.ts";

const PNG = "iVBORw0KGgo=";
const image = `data:image/png;base64,${PNG}`;
const text = "What is this?";

interface Client {
  readonly path: (model: string) => string;
  readonly body: (model: string) => object;
}

const clients: Readonly<Record<string, Client>> = {
  "openai-chat": {
    path: () => "/v1/chat/completions",
    body: (model) => ({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text },
            { type: "image_url", image_url: { url: image } },
          ],
        },
      ],
    }),
  },
  "openai-responses": {
    path: () => "/v1/responses",
    body: (model) => ({
      model,
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text },
            { type: "input_image", image_url: image },
          ],
        },
      ],
    }),
  },
  "anthropic-messages": {
    path: () => "/v1/messages",
    body: (model) => ({
      model,
      max_tokens: 99,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text },
            { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
          ],
        },
      ],
    }),
  },
  gemini: {
    path: (model) => `/v1beta/models/${model}:generateContent`,
    body: () => ({
      contents: [
        { role: "user", parts: [{ text }, { inlineData: { mimeType: "image/png", data: PNG } }] },
      ],
    }),
  },
  ollama: {
    path: () => "/api/chat",
    body: (model) => ({
      model,
      stream: false,
      messages: [{ role: "user", content: text, images: [PNG] }],
    }),
  },
};

/** Models that see nothing, and one that does, where several vendors serve them. */
const hosts = [
  ["deepseek", "deepseek-reasoner", false],
  ["groq", "openai/gpt-oss-120b", false],
  ["openrouter", "moonshotai/kimi-k2", false],
  ["openai", "o3-mini", false],
  ["openai", "gpt-4.1", true],
  ["openai_responses_compatible", "gpt-oss-20b", false],
  ["ollama", "llama3.1", false],
  ["bedrock", "meta.llama3-1-8b-instruct-v1:0", false],
  ["bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", true],
  ["anthropic", "claude-sonnet-4-5", true],
  ["gemini", "gemini-2.5-flash", true],
] as const;

describe("a picture", () => {
  for (const [kind, model, sees] of hosts) {
    for (const [client, { path, body }] of Object.entries(clients)) {
      it(`of a client of ${client} is ${sees ? "shown" : "not shown"} to ${model} at ${kind}`, async () => {
        const vendor = await startShapedVendor((_, response) =>
          sendJson(response, { error: { message: "seen" } }, 400),
        );
        const gateway = await startGateway({
          providers: {
            v: {
              kind,
              base_url: vendor.url,
              api_key: { value: "k" },
              ...(kind === "bedrock" ? { aws: { region: "us-east-1" } } : {}),
            },
          },
          models: [{ name: "one", targets: [{ model: `v/${model}` }] }],
        });
        const ask = async (strict: string) => {
          const response = await fetch(`${gateway.url}${path("one")}`, {
            method: "POST",
            headers: { "content-type": "application/json", "x-parlance-strict": strict },
            body: JSON.stringify(body("one")),
          });
          return response.text();
        };
        await ask("false");
        const sent = vendor.seen[0]?.body ?? "";
        expect(sent).toContain(text);
        expect(sent.includes(PNG)).toBe(sees);
        expect(sent.includes("(a picture that cannot be shown to you)")).toBe(!sees);
        const answer = await ask("true");
        expect(vendor.seen).toHaveLength(sees ? 2 : 1);
        if (!sees) expect(answer).toContain("strict: the target cannot honour");
      });
    }
  }
});
