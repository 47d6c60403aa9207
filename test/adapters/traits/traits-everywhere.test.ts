import { describe, expect, it } from "vitest";
import { startGateway } from "../../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../../policies/emulation/start-shaped-vendor.ts";

const QUESTION = "Two words?";
const BEGUN = "Once upon";

/** A client of a dialect: a conversation whose last turn is an answer to be gone on with. */
interface Client {
  readonly path: (model: string) => string;
  readonly body: (model: string) => object;
}

const turns = [
  { role: "user", content: QUESTION },
  { role: "assistant", content: BEGUN },
];
const contents = turns.map(({ role, content }) => ({
  role: role === "user" ? "user" : "model",
  parts: [{ text: content }],
}));
const blocks = turns.map(({ role, content }) => ({ role, content: [{ text: content }] }));

const clients: Readonly<Record<string, Client>> = {
  "openai-chat": {
    path: () => "/v1/chat/completions",
    body: (model) => ({ model, messages: turns }),
  },
  "openai-responses": { path: () => "/v1/responses", body: (model) => ({ model, input: turns }) },
  "anthropic-messages": {
    path: () => "/v1/messages",
    body: (model) => ({ model, max_tokens: 99, messages: turns }),
  },
  gemini: {
    path: (model) => `/v1beta/models/${model}:generateContent`,
    body: () => ({ contents }),
  },
  "bedrock-converse": {
    path: (model) => `/model/${encodeURIComponent(model)}/converse`,
    body: () => ({ messages: blocks }),
  },
  cohere: { path: () => "/v2/chat", body: (model) => ({ model, messages: turns }) },
  ollama: {
    path: () => "/api/chat",
    body: (model) => ({ model, messages: turns, stream: false }),
  },
};

interface Host {
  readonly kind: string;
  readonly dialect: string;
  /** Models of which it is known that they go on with no answer. */
  readonly refusing: readonly string[];
  /** One that does. */
  readonly taking?: string;
}

const hosts: readonly Host[] = [
  {
    kind: "openai_compatible",
    dialect: "openai-chat",
    refusing: ["claude-sonnet-4-6", "google/gemini-3.6-flash"],
    taking: "claude-sonnet-4-5",
  },
  {
    kind: "openrouter",
    dialect: "openai-chat",
    refusing: ["anthropic/claude-opus-4.7"],
    taking: "google/gemini-2.5-flash",
  },
  {
    kind: "openai_responses_compatible",
    dialect: "openai-responses",
    refusing: ["anthropic/claude-opus-4.6"],
    taking: "gpt-4.1",
  },
  {
    kind: "anthropic",
    dialect: "anthropic-messages",
    refusing: ["claude-opus-4-6", "claude-sonnet-5"],
    taking: "claude-haiku-4-5",
  },
  {
    kind: "bedrock",
    dialect: "bedrock-converse",
    refusing: ["us.anthropic.claude-sonnet-4-6"],
    taking: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  },
  {
    kind: "gemini",
    dialect: "gemini",
    refusing: ["gemini-3.6-flash", "gemini-3.5-flash-lite"],
    taking: "gemini-3.5-flash",
  },
  { kind: "ollama", dialect: "ollama", refusing: ["claude-opus-4-6"], taking: "llama3.2" },
  { kind: "cohere", dialect: "cohere", refusing: ["command-a-03-2025"] },
];

describe("an answer that a model is to go on with", () => {
  for (const { kind, dialect, refusing, taking } of hosts) {
    for (const [client, { path, body }] of Object.entries(clients)) {
      const send = async (model: string, strict = false) => {
        const vendor = await startShapedVendor((_, response) =>
          sendJson(response, { error: { message: "seen" } }, 400),
        );
        const gateway = await startGateway({
          providers: {
            v: {
              kind,
              base_url: kind === "anthropic" ? vendor.url : `${vendor.url}/v1`,
              api_key: { value: "k" },
              ...(kind === "bedrock" ? { aws: { region: "us-east-1" } } : {}),
            },
          },
          models: [{ name: "one", strict, targets: [{ model: `v/${model}` }] }],
        });
        await fetch(`${gateway.url}${path("one")}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body("one")),
        });
        return vendor.seen[0]?.body ?? "";
      };

      for (const model of refusing) {
        it(`is asked for by the user where ${model} at ${kind} refuses one of a client of ${client}`, async () => {
          const sent = lastTurn(await send(model, true));
          expect(sent.role).toBe("user");
          expect(JSON.stringify(sent)).toContain("Go on with your last answer");
        });
      }
      if (taking === undefined) continue;
      it(`is sent to ${taking} at ${kind} for a client of ${client}`, async () => {
        const sent = lastTurn(await send(taking, true));
        expect(sent.role).toBe(dialect === "gemini" ? "model" : "assistant");
        expect(JSON.stringify(sent)).toContain(BEGUN);
      });
    }
  }
});

interface Turn {
  readonly role?: string;
}

function lastTurn(body: string): Turn {
  const json: Readonly<Record<string, readonly Turn[] | undefined>> = JSON.parse(body || "{}");
  return (json.messages ?? json.contents ?? json.input)?.at(-1) ?? {};
}
