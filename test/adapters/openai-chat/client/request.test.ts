import { describe, expect, it } from "vitest";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { openAiChatFacade as openAiChatFacadeOriginal } from "../../../../src/adapters/openai-chat/index.ts";
import { isObject, parseJson } from "../../../../src/json/json.ts";
import { clientSide } from "../../sides.ts";

const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

function decode(text: string) {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error("not an object");
  return openAiChatFacade.decodeRequest(parsed.value, Buffer.from(text));
}

function decoded(body: object | string) {
  const result = decode(typeof body === "string" ? body : JSON.stringify(body));
  if (!result.ok) throw new Error(result.fault.message);
  return result.value;
}

const user = { role: "user", content: "Hi" };
const ok = { model: "m", messages: [user] };

const violations: readonly (readonly [title: string, body: object, fields: readonly string[]])[] = [
  ["nothing at all", {}, ["model", "messages"]],
  ["an unknown role", { ...ok, messages: [{ role: "robot", content: "x" }] }, ["messages[0].role"]],
  ["a missing role", { ...ok, messages: [{ content: "x" }] }, ["messages[0].role"]],
  ["a message that is no object", { ...ok, messages: ["x"] }, ["messages[0]"]],
  [
    "content of a wrong type",
    { ...ok, messages: [{ role: "user", content: 5 }] },
    ["messages[0].content"],
  ],
  ["missing content", { ...ok, messages: [{ role: "user" }] }, ["messages[0].content"]],
  [
    "a part without a type",
    { ...ok, messages: [{ role: "user", content: [{ text: "x" }] }] },
    ["messages[0].content[0].type"],
  ],
  [
    "a broken data URL",
    {
      ...ok,
      messages: [
        {
          role: "user",
          content: [{ type: "image_url", image_url: { url: "data:image/png;base64,@@" } }],
        },
      ],
    },
    ["messages[0].content[0].image_url.url"],
  ],
  [
    "a tool message without its call",
    { ...ok, messages: [{ role: "tool", content: "x" }] },
    ["messages[0].tool_call_id"],
  ],
  [
    "a call without a name",
    {
      ...ok,
      messages: [{ role: "assistant", tool_calls: [{ id: "a", type: "function", function: {} }] }],
    },
    ["messages[0].tool_calls[0].function.name"],
  ],
  [
    "several wrong knobs at once",
    { ...ok, temperature: "hot", n: 0, stop: [1], stream: "yes" },
    ["stream", "stop[0]", "temperature", "n"],
  ],
  ["an unknown effort", { ...ok, reasoning_effort: "huge" }, ["reasoning_effort"]],
  ["a seed that is no integer", { ...ok, seed: 1.5 }, ["seed"]],
  ["a seed of more than 64 bits", { ...ok, seed: 1e30 }, ["seed"]],
  [
    "a schema that is missing",
    { ...ok, response_format: { type: "json_schema" } },
    ["response_format.json_schema"],
  ],
  ["a tool without a function", { ...ok, tools: [{ type: "function" }] }, ["tools[0].function"]],
  ["metadata that is no text", { ...ok, metadata: { a: 1 } }, ["metadata.a"]],
];

describe("decodeRequest of the openai-chat facade", () => {
  for (const [title, body, fields] of violations) {
    it(`refuses ${title}, naming every field`, () => {
      const result = decode(JSON.stringify(body));
      expect(result.ok).toBe(false);
      if (!result.ok) expect(result.fault.fields?.map(({ field }) => field)).toEqual(fields);
    });
  }

  it("reads null as not set", () => {
    const { chat } = decoded({
      ...ok,
      temperature: null,
      stop: null,
      tools: null,
      seed: null,
      stream: null,
      future: null,
    });
    expect(chat.sampling).toBeUndefined();
    expect(chat.extrasJson).toEqual({});
  });

  it("keeps unknown members byte for byte", () => {
    const { chat } = decoded(
      '{"model":"m","messages":[{"role":"user","content":"Hi","x":1.0}],"f":{ "n": 12345678901234567890 }}',
    );
    expect(chat.extrasJson).toEqual({ "openai-chat": '{"f":{ "n": 12345678901234567890 }}' });
    expect(chat.messages[0]?.extrasJson).toEqual({ "openai-chat": '{"x":1.0}' });
  });

  it("keeps parts of an unknown type byte for byte", () => {
    const { chat } = decoded(
      '{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"new", "n":1.0}]}]}',
    );
    expect(chat.messages[0]?.parts[1]?.content).toMatchObject({
      case: "opaque",
      value: { dialect: "openai-chat", json: '{"type":"new", "n":1.0}' },
    });
  });

  it("reads a seed to its last digit", () => {
    expect(
      decoded('{"model":"m","messages":[{"role":"user","content":"Hi"}],"seed":9007199254740993}')
        .chat.sampling?.seed,
    ).toBe(9007199254740993n);
  });

  it("turns former functions into tools and finds a result's call by name", () => {
    const { chat } = decoded({
      model: "m",
      functions: [{ name: "f", parameters: { type: "object" } }],
      function_call: { name: "f" },
      messages: [
        user,
        { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
        { role: "function", name: "f", content: "42" },
      ],
    });
    expect(chat.tools[0]?.tool).toMatchObject({
      case: "function",
      value: { name: "f", parametersJson: '{"type":"object"}' },
    });
    expect(chat.toolChoice?.choice).toEqual({ case: "name", value: "f" });
    expect(chat.messages[1]?.parts[0]?.content).toMatchObject({
      case: "toolCall",
      value: { id: "call_1", name: "f" },
    });
    expect(chat.messages[2]?.parts[0]?.content).toMatchObject({
      case: "toolResult",
      value: { toolCallId: "call_1" },
    });
  });

  it("reads cache marks on parts, messages and tools", () => {
    const { chat } = decoded({
      model: "m",
      messages: [
        {
          role: "system",
          content: [{ type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } }],
        },
        { role: "user", content: "b", cache_control: { type: "ephemeral" } },
      ],
      tools: [
        {
          type: "function",
          function: { name: "f" },
          cache_control: { type: "ephemeral", ttl: "5m" },
        },
      ],
    });
    expect(chat.messages[0]?.parts[0]?.cache?.ttl).toBe(CacheTtl.CACHE_TTL_1H);
    expect(chat.messages[1]?.parts[0]?.cache?.ttl).toBe(CacheTtl.CACHE_TTL_UNSPECIFIED);
    expect(chat.tools[0]?.cache?.ttl).toBe(CacheTtl.CACHE_TTL_5M);
  });

  it("takes signed reasoning back from thinking blocks", () => {
    const { chat } = decoded({
      model: "m",
      messages: [
        user,
        {
          role: "assistant",
          content: "A",
          reasoning_content: "hm",
          thinking_blocks: [
            { type: "thinking", thinking: "hm", signature: "s" },
            { type: "redacted_thinking", data: "d" },
          ],
        },
      ],
    });
    expect(chat.messages[1]?.parts.map(({ content }) => content)).toMatchObject([
      { case: "reasoning", value: { text: "hm", signature: "s", dialect: "anthropic-messages" } },
      { case: "reasoning", value: { encrypted: "d", dialect: "anthropic-messages" } },
      { case: "text", value: { text: "A" } },
    ]);
  });

  it("leaves words beside a proof that says it proves none", () => {
    const proof = {
      type: "reasoning.text",
      text: "",
      signature: "s",
      format: "google-gemini-v1",
      index: 2,
    };
    const { chat } = decoded({
      model: "m",
      messages: [
        user,
        { role: "assistant", content: "A", reasoning_content: "hm", reasoning_details: [proof] },
      ],
    });
    expect(chat.messages[1]?.parts.map(({ content }) => content)).toMatchObject([
      { case: "reasoning", value: { text: "hm", signature: "", dialect: "" } },
      { case: "reasoning", value: { text: "", signature: "s", dialect: "gemini" } },
      { case: "text", value: { text: "A" } },
    ]);
  });

  it("takes parts of other dialects back byte for byte", () => {
    const { chat } = decoded(
      '{"model":"m","messages":[{"role":"assistant","content":"A","provider_specific_fields":{"parts":[{"dialect":"d","part":{"n":1.0}},{"own": 2}]}}]}',
    );
    expect(chat.messages[0]?.parts.slice(1).map(({ content }) => content.value)).toMatchObject([
      { dialect: "d", json: '{"n":1.0}' },
      { dialect: "openai-chat", json: '{"own": 2}' },
    ]);
  });

  it("prefers max_completion_tokens and tells whether usage was asked for", () => {
    const read = decoded({
      ...ok,
      max_tokens: 1,
      max_completion_tokens: 2,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect([read.chat.maxOutputTokens, read.stream]).toEqual([2, true]);
  });

  it("keeps the bytes and the type of a data URL", () => {
    const { chat } = decoded({
      model: "m",
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "data:image/webp;base64,AP8Q", detail: "low" } },
          ],
        },
      ],
    });
    expect(chat.messages[0]?.role).toBe(Role.USER);
    expect(chat.messages[0]?.parts[0]?.content).toMatchObject({
      case: "image",
      value: {
        source: { case: "data", value: new Uint8Array([0, 255, 16]) },
        mediaType: "image/webp",
        detail: 2,
      },
    });
  });
});
