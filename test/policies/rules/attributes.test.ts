import { beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { rpc } from "./ruled-gateway.ts";

/** Each is a rule whose name is what it says of the call. */
const conditions: Readonly<Record<string, string>> = {
  chat: 'call.operation == "chat"',
  embed: 'call.operation == "embed"',
  rerank: 'call.operation == "rerank"',
  moderate: 'call.operation == "moderate"',
  count: 'call.operation == "count_tokens"',
  m: 'call.model == "m"',
  streams: "call.stream",
  ann: 'call.user == "ann"',
  text: 'call.text == "one"',
  two: "call.message_count == 2",
  one: "call.message_count == 1",
  few: "call.input_tokens > 0 && call.input_tokens < 60",
  many: "call.input_tokens > 700",
  image: "call.has_images",
  pdf: "call.has_files",
  sound: "call.has_audio",
  only_text: 'call.modalities == ["text"]',
  tools: 'call.tools && call.tool_count == 1 && call.tool_names == ["f"]',
  schema: 'call.response_format == "json_schema"',
  object: 'call.response_format == "json_object"',
  plain: 'call.response_format == "text"',
  thinks: "call.reasoning",
  high: 'call.reasoning_effort == "high"',
  bound: "has(call.max_tokens) && call.max_tokens == 50",
  cool: "call.temperature == 0.25",
  tier: 'call.metadata["tier"] == "gold"',
  tagged: '"a" in call.tags',
  tenant: 'call.headers["x-tenant"] == "acme"',
  evening: "call.hour == 22 && call.weekday == 2 && call.time.getFullYear() == 2023",
  berlin: 'call.time.getHours("Europe/Berlin") == 23',
  anonymous: 'call.key == "anonymous" && call.team == ""',
};

const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const parameters = { type: "object", properties: { city: { type: "string" } } };
const user = { role: "user", content: "one" };
const system = { role: "system", content: "Be brief." };

/** Nothing is called here: the last rule refuses, and Explain only explains. */
const nowhere = "http://127.0.0.1:1/v1";

let gateway: RunningGateway;

beforeAll(async () => {
  const rules = Object.entries(conditions).map(([name, when]) => ({
    name,
    when,
    add_tags: [name],
  }));
  gateway = await startGateway({
    port: 0,
    config: JSON.stringify({
      providers: { a: { kind: "openai_compatible", base_url: nowhere } },
      models: [{ name: "m", targets: [{ model: "a/x" }] }],
      rule_headers: ["x-tenant"],
      rules: [...rules, { name: "end", refuse: "enough" }],
    }),
    world: { record: () => undefined, wallMs: () => 1_700_000_000_000 },
  });
  return () => gateway.close();
});

async function found(
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const reply = await fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  expect([reply.status, await reply.text()]).toEqual([403, expect.stringContaining("enough")]);
  const names = reply.headers.get("x-parlance-rule")?.split(", ") ?? [];
  return names.filter((name) => !always.has(name));
}

/** What every call here is. */
const always = new Set(["m", "evening", "berlin", "anonymous", "end"]);

/** What a plain chat is. */
const plain = ["chat", "text", "one", "few", "only_text", "plain"];

describe("conditions know of a call of", () => {
  const openAiTools = [{ type: "function", function: { name: "f", parameters } }];
  const cases: readonly [title: string, path: string, body: object, expected: readonly string[]][] =
    [
      ["OpenAI's chat", "/v1/chat/completions", { model: "m", messages: [user] }, plain],
      [
        "OpenAI's chat, with all it can say",
        "/v1/chat/completions",
        {
          model: "m",
          messages: [system, user],
          stream: true,
          user: "ann",
          tools: openAiTools,
          response_format: { type: "json_object" },
          reasoning_effort: "high",
          max_completion_tokens: 50,
          temperature: 0.25,
          metadata: { tier: "gold", tags: ["a"] },
        },
        [
          "chat",
          "streams",
          "ann",
          "text",
          "two",
          "few",
          "only_text",
          "tools",
          "object",
          "thinks",
          "high",
          "bound",
          "cool",
          "tier",
          "tagged",
        ],
      ],
      [
        "OpenAI's chat, with media",
        "/v1/chat/completions",
        {
          model: "m",
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: "one" },
                { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
                {
                  type: "file",
                  file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
                },
                { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
              ],
            },
          ],
          response_format: { type: "json_schema", json_schema: { name: "s", schema: parameters } },
        },
        ["chat", "text", "one", "many", "image", "pdf", "sound", "schema"],
      ],
      [
        "OpenAI's Responses",
        "/v1/responses",
        {
          model: "m",
          input: "one",
          instructions: "Be brief.",
          user: "ann",
          tools: [{ type: "function", name: "f", parameters }],
          text: { format: { type: "json_schema", name: "s", schema: parameters } },
          reasoning: { effort: "high" },
          max_output_tokens: 50,
          temperature: 0.25,
          metadata: { tier: "gold" },
        },
        [
          "chat",
          "ann",
          "text",
          "two",
          "few",
          "only_text",
          "tools",
          "schema",
          "thinks",
          "high",
          "bound",
          "cool",
          "tier",
        ],
      ],
      [
        "Anthropic's Messages",
        "/v1/messages",
        {
          model: "m",
          max_tokens: 50,
          temperature: 0.25,
          system: "Be brief.",
          messages: [user],
          metadata: { user_id: "ann" },
          tools: [{ name: "f", input_schema: parameters }],
          stream: true,
        },
        [
          "chat",
          "streams",
          "ann",
          "text",
          "two",
          "few",
          "only_text",
          "tools",
          "plain",
          "bound",
          "cool",
        ],
      ],
      [
        "Anthropic's Messages, thinking of a picture",
        "/v1/messages",
        {
          model: "m",
          max_tokens: 5000,
          thinking: { type: "enabled", budget_tokens: 2000 },
          messages: [
            {
              role: "user",
              content: [
                { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
                { type: "text", text: "one" },
              ],
            },
          ],
        },
        ["chat", "text", "one", "many", "image", "plain", "thinks"],
      ],
      [
        "Anthropic's count of tokens",
        "/v1/messages/count_tokens",
        { model: "m", messages: [user] },
        ["count", "text", "one", "few", "only_text", "plain"],
      ],
      [
        "Gemini",
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        {
          systemInstruction: { parts: [{ text: "Be brief." }] },
          contents: [{ role: "user", parts: [{ text: "one" }] }],
          tools: [{ functionDeclarations: [{ name: "f", parameters }] }],
          generationConfig: {
            maxOutputTokens: 50,
            temperature: 0.25,
            responseMimeType: "application/json",
          },
        },
        ["chat", "streams", "text", "two", "few", "only_text", "tools", "object", "bound", "cool"],
      ],
      [
        "Ollama",
        "/api/chat",
        {
          model: "m",
          messages: [system, user],
          tools: openAiTools,
          format: "json",
          options: { num_predict: 50, temperature: 0.25 },
        },
        ["chat", "streams", "text", "two", "few", "only_text", "tools", "object", "bound", "cool"],
      ],
      [
        "Cohere",
        "/v2/chat",
        {
          model: "m",
          messages: [system, user],
          tools: openAiTools,
          max_tokens: 50,
          temperature: 0.25,
        },
        ["chat", "text", "two", "few", "only_text", "tools", "plain", "bound", "cool"],
      ],
      [
        "OpenAI's embeddings",
        "/v1/embeddings",
        { model: "m", input: ["zero", "one"], user: "ann" },
        ["embed", "ann", "text", "two", "few", "only_text", "plain"],
      ],
      [
        "OpenAI's moderations",
        "/v1/moderations",
        { model: "m", input: "one" },
        ["moderate", "text", "one", "few", "only_text", "plain"],
      ],
      [
        "Cohere's rerank",
        "/v2/rerank",
        { model: "m", query: "one", documents: ["a", "b"] },
        ["rerank", "text", "two", "few", "only_text", "plain"],
      ],
    ];
  for (const [title, path, body, expected] of cases)
    it(title, async () => expect(await found(path, body)).toEqual(expected));

  it("headers", async () => {
    const headers = { "x-tenant": "acme", "x-parlance-tags": "a" };
    expect(await found("/v1/chat/completions", { model: "m", messages: [user] }, headers)).toEqual([
      ...plain,
      "tagged",
      "tenant",
    ]);
  });

  it("typed callers", async () => {
    const chat = {
      model: "m",
      messages: [
        { role: "ROLE_SYSTEM", text: "Be brief." },
        {
          role: "ROLE_USER",
          parts: [
            { text: { text: "one" } },
            { document: { data: "JVBERi0=", mediaType: "application/pdf" } },
          ],
        },
      ],
      tools: [{ function: { name: "f", parametersJson: "{}" } }],
      responseFormat: { jsonObject: {} },
      sampling: { temperature: 0.25 },
      maxOutputTokens: 50,
      reasoning: { effort: "REASONING_EFFORT_HIGH" },
      user: "ann",
      metadata: { tier: "gold" },
      tags: ["a"],
    };
    const names = [
      "chat",
      "ann",
      "text",
      "two",
      "few",
      "pdf",
      "tools",
      "object",
      "thinks",
      "high",
      "bound",
      "cool",
      "tier",
      "tagged",
      "tenant",
    ];
    expect(await explained(chat)).toEqual(names);
  });
});

/** A gateway that does not refuse says in Explain which rules hold. */
async function explained(chat: object): Promise<readonly string[]> {
  const open = await startGateway({
    port: 0,
    config: JSON.stringify({
      providers: { a: { kind: "openai_compatible", base_url: nowhere } },
      models: [{ name: "m", targets: [{ model: "a/x" }] }],
      rule_headers: ["x-tenant"],
      rules: Object.entries(conditions).map(([name, when]) => ({ name, when, add_tags: [name] })),
    }),
    world: { record: () => undefined, wallMs: () => 1_700_000_000_000 },
  });
  try {
    const { json } = await rpc({ gateway: open }, "Explain", { chat }, { "x-tenant": "acme" });
    return (json.rules ?? [])
      .filter(({ name, holds }) => holds === true && !always.has(name))
      .map(({ name }) => name);
  } finally {
    await open.close();
  }
}
