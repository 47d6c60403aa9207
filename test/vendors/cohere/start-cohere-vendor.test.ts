import { CohereClientV2, CohereError } from "cohere-ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../json-value.ts";
import { prefaceText, thinkingText, unicodeText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { startCohereVendor } from "./start-cohere-vendor.ts";
import { validateChat } from "./validate-chat.ts";

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
const hello = { role: "user" as const, content: "hi there" };

describe("the simulated Cohere, called by the official client", () => {
  let vendor: Vendor;
  let client: CohereClientV2;
  beforeAll(async () => {
    vendor = await startCohereVendor({ apiKey: "k" });
    client = new CohereClientV2({ token: "k", environment: vendor.url });
  });
  afterAll(() => vendor.close());
  const once = { maxRetries: 0 };

  it("echoes the last user message", async () => {
    const { message, usage } = await client.chat({ model: "x-text", messages: [hello] }, once);
    expect(message.content).toEqual([{ type: "text", text: "You said: hi there" }]);
    expect(usage?.tokens?.inputTokens).toBeGreaterThan(0);
  });

  it("streams thoughts and words", async () => {
    let told = "";
    for await (const event of await client.chatStream(
      { model: "x-thinking", messages: [hello] },
      once,
    )) {
      if (event.type !== "content-delta") continue;
      const content = event.delta?.message?.content;
      told += content?.thinking ?? content?.text ?? "";
    }
    expect(told).toBe(`${thinkingText}You said: hi there`);
  });

  it("plans, calls a tool and quotes its result", async () => {
    const asked = { model: "x-text-and-tools", tools };
    const { message } = await client.chat({ ...asked, messages: [hello] }, once);
    expect(message.toolPlan).toBe(prefaceText);
    const [call] = message.toolCalls ?? [];
    const told = { role: "tool" as const, toolCallId: call?.id ?? "", content: "21 degrees" };
    const answered = [
      hello,
      { role: "assistant" as const, toolCalls: message.toolCalls ?? [] },
      told,
    ];
    const second = await client.chat({ ...asked, messages: answered }, once);
    expect(second.message.content).toEqual([{ type: "text", text: "The tool said: 21 degrees" }]);
  });

  it("keeps text whole across writes", async () => {
    let text = "";
    for await (const event of await client.chatStream(
      { model: "x-unicode", messages: [hello] },
      once,
    )) {
      if (event.type === "content-delta") text += event.delta?.message?.content?.text ?? "";
    }
    expect(text).toBe(unicodeText);
  });

  it("embeds and ranks", async () => {
    const asked = {
      model: "x",
      inputType: "search_query" as const,
      embeddingTypes: ["float" as const],
    };
    const { embeddings } = await client.embed({ ...asked, texts: ["a", "b"] }, once);
    expect(embeddings.float?.map((vector) => vector.length)).toEqual([8, 8]);
    const documents = ["Paris is in France", "Rails is a Ruby framework", "Ruby is a language"];
    const { results } = await client.rerank(
      { model: "x", query: "ruby language", documents, topN: 2 },
      once,
    );
    expect(results.map(({ index }) => index)).toEqual([2, 1]);
  });

  it.each([
    ["e429", 429],
    ["e500", 500],
    ["context-length", 400],
  ])("fails as %s", async (scenario, statusCode) => {
    const failure = await client
      .chat({ model: `x-${scenario}`, messages: [hello] }, once)
      .catch((error) => error);
    expect(failure).toBeInstanceOf(CohereError);
    expect(failure).toMatchObject({ statusCode });
  });
});

describe("validateChat", () => {
  const create = (rest: JsonObject): JsonObject => ({ model: "m", messages: [hello], ...rest });
  const call = { id: "t", type: "function", function: { name: "f", arguments: "{}" } };
  const faults: readonly (readonly [title: string, body: JsonObject, says: RegExp])[] = [
    ["a member of another dialect", create({ n: 2 }), /^unknown field: parameter 'n'/],
    ["no messages", create({ messages: [] }), /must not be empty/],
    ["a temperature above 1", create({ temperature: 2 }), /^temperature must be between 0 and 1/],
    ["a p of 1", create({ p: 1 }), /^p must be between/],
    [
      "an empty turn",
      create({ messages: [hello, { role: "assistant", content: [] }] }),
      /content must not be empty/,
    ],
    [
      "a picture in instructions",
      create({ messages: [{ role: "system", content: [{ type: "image_url" }] }] }),
      /not valid/,
    ],
    [
      "an open call",
      create({ messages: [hello, { role: "assistant", tool_calls: [call] }, hello] }),
      /was not answered/,
    ],
    [
      "a stray result",
      create({ messages: [hello, { role: "tool", tool_call_id: "t", content: "x" }] }),
      /must follow/,
    ],
    ["OpenAI's choice", create({ tools, tool_choice: "auto" }), /^tool_choice must be one of/],
    [
      "OpenAI's format",
      create({ response_format: { type: "json_schema" } }),
      /must be one of text, json_object/,
    ],
    [
      "JSON beside tools",
      create({ tools, response_format: { type: "json_object" } }),
      /json_object is not supported with tools/,
    ],
  ];
  for (const [title, body, says] of faults) {
    it(`refuses ${title}`, () => {
      expect(validateChat(body)).toMatch(says);
    });
  }
});
