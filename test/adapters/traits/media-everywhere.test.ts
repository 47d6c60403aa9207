import { describe, expect, it } from "vitest";
import { startGateway } from "../../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../../policies/emulation/start-shaped-vendor.ts";

const text = "What is this?";

type Kind = "image" | "document" | "audio";

/** Bytes of each kind, the type that they are of, and the words that stand in their place. */
const media = {
  image: {
    title: "a picture",
    type: "image/png",
    data: "iVBORw0KGgo=",
    words: "(a picture that cannot be shown to you)",
  },
  document: {
    title: "a document",
    type: "application/pdf",
    data: "JVBERi0xLjQKJSVFT0Y=",
    words: "(a file that cannot be shown to you)",
  },
  audio: {
    title: "a recording",
    type: "audio/wav",
    data: "UklGRiQAAABXQVZFZm10IA==",
    words: "(a recording that cannot be played to you)",
  },
} as const;

const url = (kind: Kind): string => `data:${media[kind].type};base64,${media[kind].data}`;

interface Client {
  readonly path: (model: string) => string;
  readonly body: (model: string, part: object) => object;
  /** How media are said, of the kinds that the dialect has a place for. */
  readonly parts: Partial<Readonly<Record<Kind, object>>>;
}

const clients: Readonly<Record<string, Client>> = {
  "openai-chat": {
    path: () => "/v1/chat/completions",
    body: (model, part) => ({
      model,
      messages: [{ role: "user", content: [{ type: "text", text }, part] }],
    }),
    parts: {
      image: { type: "image_url", image_url: { url: url("image") } },
      document: { type: "file", file: { file_data: url("document") } },
      audio: { type: "input_audio", input_audio: { data: media.audio.data, format: "wav" } },
    },
  },
  "openai-responses": {
    path: () => "/v1/responses",
    body: (model, part) => ({
      model,
      input: [{ role: "user", content: [{ type: "input_text", text }, part] }],
    }),
    parts: {
      image: { type: "input_image", image_url: url("image") },
      document: { type: "input_file", file_data: url("document") },
    },
  },
  "anthropic-messages": {
    path: () => "/v1/messages",
    body: (model, part) => ({
      model,
      max_tokens: 99,
      messages: [{ role: "user", content: [{ type: "text", text }, part] }],
    }),
    parts: {
      image: { type: "image", source: sourceOf("image") },
      document: { type: "document", source: sourceOf("document") },
    },
  },
  gemini: {
    path: (model) => `/v1beta/models/${model}:generateContent`,
    body: (_model, part) => ({ contents: [{ role: "user", parts: [{ text }, part] }] }),
    parts: { image: inline("image"), document: inline("document"), audio: inline("audio") },
  },
  ollama: {
    path: () => "/api/chat",
    body: (model, part) => ({
      model,
      stream: false,
      messages: [{ role: "user", content: text, ...part }],
    }),
    parts: { image: { images: [media.image.data] } },
  },
};

function sourceOf(kind: Kind): object {
  return { type: "base64", media_type: media[kind].type, data: media[kind].data };
}

function inline(kind: Kind): object {
  return { inlineData: { mimeType: media[kind].type, data: media[kind].data } };
}

const all: readonly Kind[] = ["image", "document", "audio"];
const none: readonly Kind[] = [];
const seen: readonly Kind[] = ["image"];
const heard: readonly Kind[] = ["audio"];
const read: readonly Kind[] = ["image", "document"];

/** Models at vendors: what of media reaches them, and what words stand for. */
const hosts: readonly (readonly [
  kind: string,
  model: string,
  shown: readonly Kind[],
  hidden: readonly Kind[],
])[] = [
  ["deepseek", "deepseek-reasoner", none, all],
  ["deepseek", "deepseek-chat", none, all],
  ["groq", "openai/gpt-oss-120b", none, all],
  ["openrouter", "moonshotai/kimi-k2", ["document"], ["image", "audio"]],
  ["openrouter", "moonshotai/kimi-k2.5", read, heard],
  ["openrouter", "anthropic/claude-sonnet-4.5", read, heard],
  ["openrouter", "qwen/qwen3-vl-235b-a22b-instruct", read, heard],
  ["openrouter", "google/gemini-2.5-flash", all, none],
  ["openrouter", "cohere/command-r-plus-08-2024", ["document"], ["image", "audio"]],
  ["openrouter", "z-ai/glm-4.6", ["document"], ["image", "audio"]],
  ["openrouter", "z-ai/glm-4.6v", read, heard],
  ["openai", "o3-mini", none, all],
  ["openai", "gpt-4.1", read, heard],
  ["openai", "gpt-5.1", read, heard],
  ["openai", "gpt-4o-audio-preview", heard, none],
  ["openai_responses_compatible", "gpt-oss-20b", none, all],
  ["ollama", "llama3.1", none, all],
  ["ollama", "qwen3:8b", none, all],
  ["ollama", "qwen3-vl:8b", seen, heard],
  ["bedrock", "meta.llama3-1-8b-instruct-v1:0", none, all],
  ["bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", read, none],
  ["bedrock", "qwen.qwen3-32b-v1:0", none, all],
  ["anthropic", "claude-sonnet-4-5", read, none],
  ["gemini", "gemini-2.5-flash", all, none],
  ["dashscope", "qwen3-max", none, all],
  ["dashscope", "qwen3-omni-flash", ["image", "audio"], none],
  ["together_ai", "Qwen/Qwen3-235B-A22B-Instruct-2507", none, all],
  ["fireworks_ai", "accounts/fireworks/models/glm-4p6", none, all],
  ["zai", "glm-4.5", none, all],
  ["zai", "glm-4.5v", seen, heard],
  ["xai", "grok-3", none, all],
  ["xai", "grok-code-fast-1", none, all],
  ["xai", "grok-4-0709", seen, heard],
  ["mistral", "codestral-2508", ["document"], ["image", "audio"]],
  ["mistral", "ministral-8b-2410", none, ["image", "audio"]],
  ["mistral", "ministral-8b-2512", seen, heard],
  ["mistral", "mistral-medium-2508", seen, heard],
  ["mistral", "mistral-large-2411", none, ["image", "audio"]],
  ["cohere", "command-a-03-2025", none, ["image", "audio"]],
  ["cohere", "command-a-vision-07-2025", seen, heard],
  ["azure_ai", "Cohere-command-r-08-2024", none, ["image", "audio"]],
];

for (const kind of all) {
  const { title, data, words } = media[kind];
  describe(title, () => {
    for (const [vendorKind, model, shown, hidden] of hosts) {
      const sees = shown.includes(kind);
      if (!sees && !hidden.includes(kind)) continue;
      for (const [client, { path, body, parts }] of Object.entries(clients)) {
        const part = parts[kind];
        if (part === undefined) continue;
        it(`of a client of ${client} is ${sees ? "shown" : "not shown"} to ${model} at ${vendorKind}`, async () => {
          const vendor = await startShapedVendor((_, response) =>
            sendJson(response, { error: { message: "seen" } }, 400),
          );
          const gateway = await startGateway({
            providers: {
              v: {
                kind: vendorKind,
                base_url: vendor.url,
                api_key: { value: "k" },
                ...(vendorKind === "bedrock" ? { aws: { region: "us-east-1" } } : {}),
              },
            },
            models: [{ name: "one", targets: [{ model: `v/${model}` }] }],
          });
          const ask = async (strict: string) => {
            const response = await fetch(`${gateway.url}${path("one")}`, {
              method: "POST",
              headers: { "content-type": "application/json", "x-parlance-strict": strict },
              body: JSON.stringify(body("one", part)),
            });
            return response.text();
          };
          await ask("false");
          const sent = vendor.seen[0]?.body ?? "";
          expect(sent).toContain(text);
          expect(sent.includes(data)).toBe(sees);
          expect(sent.includes(words)).toBe(!sees);
          const answer = await ask("true");
          expect(vendor.seen).toHaveLength(sees ? 2 : 1);
          if (!sees) expect(answer).toContain("strict: the target cannot honour");
        });
      }
    }
  });
}
