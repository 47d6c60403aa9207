import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { createDialects } from "../../../src/adapters/dialects.ts";
import { type FacadeName, facades } from "../../../src/adapters/registry.ts";
import type { Dialect } from "../../../src/core/dialect.ts";
import type { Quirks } from "../../../src/core/quirks.ts";
import { type JsonObject, parseJson } from "../../../src/json/json.ts";

const { loaded, load } = createDialects();
const targets = [
  "openai-chat",
  "openai-responses",
  "anthropic-messages",
  "gemini",
  "bedrock-converse",
  "cohere",
  "ollama",
];
await load(targets);

const place = { type: "approximate", city: "Vienna", country: "AT" };

/** How clients ask for a search, by their dialect; `forced`: and for nothing else. */
const clients: readonly (readonly [FacadeName, (forced: boolean) => object])[] = [
  ["anthropic-messages", anthropicBody],
  ["openai-responses", responsesBody],
  ["openai-chat", chatBody],
];

function anthropicBody(forced: boolean): object {
  return {
    max_tokens: 100,
    messages: [{ role: "user", content: "search cats" }],
    tools: [{ type: "web_search_20250305", name: "web_search", user_location: place }],
    ...(forced ? { tool_choice: { type: "tool", name: "web_search" } } : {}),
  };
}

function responsesBody(forced: boolean): object {
  return {
    input: "search cats",
    tools: [{ type: "web_search", user_location: place }],
    ...(forced ? { tool_choice: { type: "web_search" } } : {}),
  };
}

function chatBody(forced: boolean): object {
  return {
    messages: [{ role: "user", content: "search cats" }],
    tools: [{ type: "openrouter:web_search", user_location: place }],
    ...(forced ? { tool_choice: "required" } : {}),
  };
}

async function chatOf(client: FacadeName, body: object): Promise<Chat> {
  const facade = await facades[client].load();
  const bytes = Buffer.from(JSON.stringify({ model: "m", ...body }));
  const parsed = parseJson(bytes);
  const decoded = facade.codecs.chat?.decodeRequest({
    json: (parsed.ok ? parsed.value : {}) as JsonObject, // the text was made of an object
    bytes,
  });
  if (decoded?.ok !== true) throw new Error(JSON.stringify(decoded?.fault));
  return decoded.value.message as Chat; // the request of a chat
}

interface Sent {
  readonly refusal?: string;
  readonly body: string;
  readonly report: readonly string[];
}

function send(target: string, chat: Chat, model: string, quirks: Quirks = {}): Sent {
  const dialect: Dialect | undefined = loaded.get(target);
  const encoded = dialect?.codecs.chat?.encodeRequest(chat, { model, stream: false, quirks });
  if (encoded === undefined) throw new Error(`no chat in ${target}`);
  if (!encoded.ok) return { refusal: encoded.fault.message, body: "", report: [] };
  const report = encoded.value.report
    .filter(({ field }) => /tool|search/.test(field))
    .map(({ field, outcome }) => `${field}=${FieldOutcome[outcome]}`);
  return { body: String(encoded.value.request.body), report };
}

const searching: readonly (readonly [
  target: string,
  model: string,
  sent: RegExp,
  quirks?: Quirks,
])[] = [
  ["openai-responses", "gpt-5", /"type":"web_search"/],
  ["anthropic-messages", "claude-sonnet-4-5", /"type":"web_search_20250305","name":"web_search"/],
  ["gemini", "gemini-2.5-flash", /"googleSearch":\{\}/],
  ["bedrock-converse", "amazon.nova-2-lite-v1:0", /"nova_grounding"/],
  ["openai-chat", "gpt-4o-search-preview", /"web_search_options":\{/],
  ["openai-chat", "any", /"web_search_options":\{/, { webSearch: true } as Quirks],
];

const silent: readonly (readonly [target: string, model: string])[] = [
  ["openai-chat", "gpt-4o"],
  ["bedrock-converse", "anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["cohere", "command-a-03-2025"],
  ["ollama", "llama3.2"],
];

describe("a web search of another dialect's client", () => {
  for (const [client, bodyOf] of clients) {
    for (const [target, model, sent, quirks] of searching) {
      if (client === target) continue;
      it(`of ${client} is that of ${target} (${model})`, async () => {
        for (const forced of [false, true]) {
          const result = send(target, await chatOf(client, bodyOf(forced)), model, quirks);
          expect(result.refusal).toBeUndefined();
          expect(result.body).toMatch(sent);
          expect(result.report).toContain("tools[0].builtin=MAPPED");
          expect(result.report.filter((one) => one.startsWith("tools[0].builtin="))).toHaveLength(
            1,
          );
          expect(result.report).not.toContain("web_search=EMULATED");
        }
      });
    }
    for (const [target, model] of silent) {
      if (client === target) continue;
      it(`of ${client} is refused by ${target} (${model}), where it is all that is wanted`, async () => {
        for (const forced of [false, true])
          expect(send(target, await chatOf(client, bodyOf(forced)), model).refusal).toContain(
            "tools[0].builtin: the vendor has no web search",
          );
      });
    }
  }

  it("keeps the place, and says what is not carried over", async () => {
    const chat = await chatOf("anthropic-messages", {
      max_tokens: 9,
      messages: [{ role: "user", content: "x" }],
      tools: [
        { type: "web_search_20260318", name: "web_search", max_uses: 3, user_location: place },
        { name: "f", input_schema: { type: "object" } },
      ],
    });
    const { body, report } = send("openai-responses", chat, "gpt-5");
    expect(body).toContain('"user_location":{"type":"approximate","city":"Vienna","country":"AT"}');
    expect(report).toContain("tools[0].builtin.json=DROPPED");
  });

  it("is left out with a report beside other tools, where the vendor has none", async () => {
    const chat = await chatOf("openai-responses", {
      input: "x",
      tools: [{ type: "web_search" }, { type: "function", name: "f", parameters: {} }],
    });
    const { refusal, report } = send("ollama", chat, "llama3.2");
    expect(refusal).toBeUndefined();
    expect(report).toContain("tools[0].builtin=DROPPED");
  });

  it("is demanded of a vendor that can be made to search, by its own rule", async () => {
    const messages = await chatOf("anthropic-messages", anthropicBody(true));
    expect(send("openai-responses", messages, "gpt-5").body).toContain(
      '"tool_choice":{"type":"web_search"}',
    );
    const responses = await chatOf("openai-responses", responsesBody(true));
    expect(send("anthropic-messages", responses, "claude-sonnet-4-5").body).toContain(
      '"tool_choice":{"type":"tool","name":"web_search"}',
    );
    expect(send("gemini", responses, "gemini-2.5-flash").report).toContain("tool_choice=DROPPED");
  });
});
