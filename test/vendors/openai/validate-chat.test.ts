import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../json-value.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { startOpenAiVendor } from "./start-openai-vendor.ts";
import { validateChat } from "./validate-chat.ts";

const hello = [{ role: "user", content: "hi" }];
const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
const tools = [
  { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } },
];
const chat = (rest: JsonObject): JsonObject => ({ model: "gpt-4o", messages: hello, ...rest });
const said = (...messages: JsonObject[]): JsonObject => ({ model: "gpt-4o", messages });

describe("validateChat", () => {
  const faults = [
    ["no model", { messages: hello }, /^you must provide a model parameter$/, null, null],
    [
      "no messages",
      { model: "m" },
      /Missing required parameter: 'messages'/,
      "messages",
      "missing_required_parameter",
    ],
    ["an empty conversation", chat({ messages: [] }), /empty array/, "messages", "empty_array"],
    [
      "an unknown member",
      chat({ top_k: 5 }),
      /^Unrecognized request argument supplied: top_k$/,
      null,
      null,
    ],
    [
      "an unknown role",
      said({ role: "human", content: "x" }),
      /^Invalid value: 'human'/,
      "messages[0].role",
      "invalid_value",
    ],
    [
      "a null user content",
      said({ role: "user", content: null }),
      /expected a string, got null/,
      "messages.[0].content",
      null,
    ],
    [
      "an Anthropic image",
      said({ role: "user", content: [{ type: "image", source: {} }] }),
      /^Invalid value: 'image'/,
      "messages[0].content[0]",
      "invalid_value",
    ],
    [
      "a cache mark",
      said({ role: "user", content: [{ type: "text", text: "x", cache_control: {} }] }),
      /Unknown parameter/,
      "messages[0].content[0].cache_control",
      "unknown_parameter",
    ],
    [
      "an image without a scheme",
      said({ role: "user", content: [{ type: "image_url", image_url: { url: "AAAA" } }] }),
      /valid URL/,
      "messages[0].content[0].image_url.url",
      "invalid_value",
    ],
    [
      "a result without a call",
      said(...hello, { role: "tool", tool_call_id: "c1", content: "x" }),
      /must be a response to a preceeding message/,
      "messages.[1].role",
      null,
    ],
    [
      "a call without a result",
      said(...hello, { role: "assistant", tool_calls: [call] }, ...hello),
      /did not have response messages: c1$/,
      "messages.[2].role",
      null,
    ],
    [
      "arguments that are an object",
      said({
        role: "assistant",
        tool_calls: [{ ...call, function: { name: "f", arguments: {} } }],
      }),
      /expected a string, but got an object/,
      "messages[0].tool_calls[0].function.arguments",
      "invalid_type",
    ],
    [
      "a hot temperature",
      chat({ temperature: 99 }),
      /^Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 99.0 instead.$/,
      "temperature",
      "decimal_above_max_value",
    ],
    [
      "max_tokens on a reasoning model",
      chat({ model: "gpt-5-mini", max_tokens: 5 }),
      /^Unsupported parameter: 'max_tokens'/,
      "max_tokens",
      "unsupported_parameter",
    ],
    [
      "a knob of sampling on a reasoning model",
      chat({ model: "gpt-5-mini", stop: ["x"] }),
      /^Unsupported parameter: 'stop' is not supported with this model.$/,
      "stop",
      "unsupported_parameter",
    ],
    [
      "an effort on a model that does not reason",
      chat({ model: "gpt-4.1", reasoning_effort: "low" }),
      /^Unrecognized request argument supplied: reasoning_effort$/,
      null,
      null,
    ],
    [
      "an effort that the model does not have",
      chat({ model: "o3", reasoning_effort: "minimal" }),
      /^Unsupported value: 'minimal' is not supported with this model. Supported values are: 'low', 'medium', and 'high'.$/,
      "reasoning_effort",
      "unsupported_value",
    ],
    [
      "temperature on a reasoning model",
      chat({ model: "o3", temperature: 0.2 }),
      /^Unsupported value: 'temperature'/,
      "temperature",
      "unsupported_value",
    ],
    [
      "tool_choice without tools",
      chat({ tool_choice: "auto" }),
      /only allowed when 'tools'/,
      "tool_choice",
      null,
    ],
    [
      "an Anthropic tool_choice",
      chat({ tools, tool_choice: { type: "any" } }),
      /^Invalid value: 'any'/,
      "tool_choice.type",
      "invalid_value",
    ],
    [
      "an Anthropic tool",
      chat({ tools: [{ name: "f", input_schema: {} }] }),
      /'tools\[0\].type'/,
      "tools[0].type",
      "missing_required_parameter",
    ],
    [
      "a tool name with a dot",
      chat({ tools: [{ type: "function", function: { name: "a.b" } }] }),
      /does not match pattern/,
      "tools[0].function.name",
      "invalid_value",
    ],
    [
      "stream options without a stream",
      chat({ stream_options: { include_usage: true } }),
      /only allowed when 'stream'/,
      "stream_options",
      null,
    ],
    [
      "json mode without the word",
      chat({ response_format: { type: "json_object" } }),
      /must contain the word 'json'/,
      "messages",
      null,
    ],
    [
      "an open strict schema",
      chat({
        response_format: {
          type: "json_schema",
          json_schema: { name: "s", strict: true, schema: { type: "object" } },
        },
      }),
      /'additionalProperties' is required/,
      "response_format",
      null,
    ],
    [
      "five stop sequences",
      chat({ stop: ["a", "b", "c", "d", "e"] }),
      /maximum length 4/,
      "stop",
      "array_above_max_length",
    ],
  ] as const;
  it.each(faults)("rejects %s in OpenAI's words", (_, body, message, param, code) => {
    expect(validateChat(body, false)).toEqual({
      message: expect.stringMatching(message),
      type: "invalid_request_error",
      param,
      code,
    });
  });

  const accepted = [
    [
      "a whole tool turn",
      said(
        ...hello,
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: "x" },
      ),
    ],
    [
      "every knob",
      chat({
        temperature: 0,
        top_p: 1,
        n: 2,
        seed: 1,
        stop: ["a"],
        logit_bias: { 1: 2 },
        logprobs: true,
        top_logprobs: 2,
        max_completion_tokens: 9,
        tools,
        tool_choice: "auto",
        parallel_tool_calls: false,
        stream: true,
        stream_options: {},
      }),
    ],
    ["null for unset", chat({ temperature: null, tools: null, tool_choice: null, stop: null })],
    [
      "reasoning taken back",
      said(...hello, { role: "assistant", content: "x", reasoning_content: "y" }, ...hello),
    ],
  ] as const;
  it.each(accepted)("accepts %s", (_, body) => {
    expect(validateChat(body, false)).toBeUndefined();
  });

  it("lets unknown members pass when lenient", () => {
    expect(
      validateChat(chat({ top_k: 5, messages: [{ role: "user", content: "x", extra: 1 }] }), true),
    ).toBeUndefined();
  });

  it("answers any JSON object with a verdict and never throws", () => {
    const body = fc.record(
      {
        model: fc.string(),
        messages: fc.jsonValue(),
        tools: fc.jsonValue(),
        tool_choice: fc.jsonValue(),
        response_format: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (value) => validateChat(JSON.parse(JSON.stringify(value)), true) !== null),
    );
  });
});

describe("the simulated OpenAI, called badly", () => {
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await startOpenAiVendor({ apiKey: "sk-good" });
  });
  afterAll(() => vendor.close());

  const good = { authorization: "Bearer sk-good", "content-type": "application/json" };
  const embed = (rest: object) =>
    JSON.stringify({ model: "text-embedding-3-small", input: "x", ...rest });
  const calls = [
    [
      "no key",
      "/v1/chat/completions",
      { "content-type": "application/json" },
      "{}",
      401,
      "You didn't provide an API key",
    ],
    [
      "a wrong key",
      "/v1/chat/completions",
      { ...good, authorization: "Bearer sk-bad" },
      "{}",
      401,
      "Incorrect API key provided: sk-******",
    ],
    [
      "a body that is not JSON",
      "/v1/chat/completions",
      good,
      "{",
      400,
      "We could not parse the JSON body",
    ],
    ["an unknown path", "/v1/messages", good, "{}", 404, "Invalid URL (POST /v1/messages)"],
    ["an empty input", "/v1/embeddings", good, embed({ input: [] }), 400, "'$.input' is invalid"],
    [
      "mixed inputs",
      "/v1/embeddings",
      good,
      embed({ input: ["a", 1] }),
      400,
      "'$.input' is invalid",
    ],
    [
      "negative dimensions",
      "/v1/embeddings",
      good,
      embed({ dimensions: -1 }),
      400,
      "-1 is less than the minimum of 1 - 'dimensions'",
    ],
    [
      "an unknown encoding",
      "/v1/embeddings",
      good,
      embed({ encoding_format: "int8" }),
      400,
      "'int8' is not one of",
    ],
  ] as const;
  it.each(calls)("answers %s", async (_, path, headers, body, status, message) => {
    const response = await fetch(`${vendor.url}${path}`, { method: "POST", headers, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining(message) },
    });
  });
});
