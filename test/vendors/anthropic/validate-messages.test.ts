import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../json-value.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { startAnthropicVendor } from "./start-anthropic-vendor.ts";
import { type Judgement, validateMessages } from "./validate-messages.ts";

const old: Judgement = { counts: false, version: "2023-06-01", verifySignatures: true };
const latest: Judgement = { ...old, version: "2026-10-21" };
const hello = { role: "user", content: "hi" };
const create = (rest: JsonObject): JsonObject => ({
  model: "m",
  max_tokens: 2000,
  messages: [hello],
  ...rest,
});
const said = (...messages: JsonObject[]): JsonObject => create({ messages });
const use = { type: "tool_use", id: "t1", name: "f", input: {} };
const result = { type: "tool_result", tool_use_id: "t1", content: "x" };
const tools = [{ name: "f", input_schema: { type: "object" } }];

describe("validateMessages", () => {
  const faults = [
    ["no max_tokens", { model: "m", messages: [hello] }, "max_tokens: Field required"],
    [
      "an unknown member",
      create({ response_format: {} }),
      "response_format: Extra inputs are not permitted",
    ],
    ["an empty conversation", said(), "messages: at least one message is required"],
    [
      "a conversation that starts with the assistant",
      said({ role: "assistant", content: "x" }),
      'messages: first message must use the "user" role',
    ],
    [
      "a system message",
      said({ role: "system", content: "x" }, hello),
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    ],
    [
      "a tool message",
      said(hello, { role: "tool", content: "x" }),
      'messages: Unexpected role "tool". Allowed roles are "user" or "assistant".',
    ],
    [
      "a named message",
      said({ ...hello, name: "bob" }),
      "messages.0.name: Extra inputs are not permitted",
    ],
    [
      "an empty text block",
      said({ role: "user", content: [{ type: "text", text: "" }] }),
      "messages: text content blocks must be non-empty",
    ],
    [
      "a blank text block",
      said({ role: "user", content: [{ type: "text", text: " " }] }),
      "messages: text content blocks must contain non-whitespace text",
    ],
    [
      "an empty message",
      said({ role: "user", content: "" }),
      "messages.0: all messages must have non-empty content except for the optional final assistant message",
    ],
    [
      "a trailing space in a prefill",
      said(hello, { role: "assistant", content: "x " }),
      "messages: final assistant content cannot end with trailing whitespace",
    ],
    [
      "a media type that is no image",
      said({
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/svg+xml", data: "AA==" } },
        ],
      }),
      "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
    ],
    [
      "a string for tool_choice",
      create({ tools, tool_choice: "auto" }),
      "tool_choice: Input should be a valid dictionary or object to extract fields from",
    ],
    [
      "OpenAI's tool_choice",
      create({ tools, tool_choice: { type: "required" } }),
      "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'",
    ],
    [
      "a tool_choice for no tool",
      create({ tools, tool_choice: { type: "tool", name: "g" } }),
      "Tool 'g' not found in provided tools",
    ],
    [
      "a tool without a schema type",
      create({ tools: [{ name: "f", input_schema: {} }] }),
      "tools.0.custom.input_schema.type: Field required",
    ],
    [
      "two tools of one name",
      create({ tools: [...tools, ...tools] }),
      "tools: Tool names must be unique.",
    ],
    [
      "a small thinking budget",
      create({ thinking: { type: "enabled", budget_tokens: 512 } }),
      "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ],
    [
      "a thinking budget above max_tokens",
      create({ thinking: { type: "enabled", budget_tokens: 2000 } }),
      "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ],
    [
      "a forced tool while thinking",
      create({ tools, tool_choice: { type: "any" }, thinking: { type: "adaptive" } }),
      "Thinking may not be enabled when tool_choice forces tool use.",
    ],
    ["a hot temperature", create({ temperature: 1.5 }), "temperature: range: 0..1"],
    [
      "a forged signature",
      said(
        hello,
        { role: "assistant", content: [{ type: "thinking", thinking: "x", signature: "y" }] },
        hello,
      ),
      "messages.1.content.0: Invalid `signature` in `thinking` block",
    ],
    [
      "five cache marks",
      create({
        system: Array.from({ length: 5 }, () => ({
          type: "text",
          text: "x",
          cache_control: { type: "ephemeral" },
        })),
      }),
      "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ],
    [
      "an unknown cache ttl",
      create({
        system: [{ type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1d" } }],
      }),
      "cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
    ],
    [
      "an open output schema",
      create({ output_config: { format: { type: "json_schema", schema: { type: "object" } } } }),
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ],
  ] as const;
  it.each(faults)("rejects %s in Anthropic's words", (_, body, message) => {
    expect(validateMessages(body, old)).toBe(message);
  });

  const turns = [
    [
      "a call without a result",
      said(hello, { role: "assistant", content: [use] }, hello),
      /^messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1\./,
    ],
    [
      "a result after text",
      said(
        hello,
        { role: "assistant", content: [use] },
        { role: "user", content: [{ type: "text", text: "x" }, result] },
      ),
      /^messages.1: `tool_use` ids were found without/,
    ],
    [
      "a result without a call",
      said({ role: "user", content: [result] }),
      /^messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t1\./,
    ],
    [
      "two results of one call",
      said(
        hello,
        { role: "assistant", content: [use] },
        { role: "user", content: [result, result] },
      ),
      /single result/,
    ],
    [
      "two calls of one id",
      said(hello, { role: "assistant", content: [use, use] }, { role: "user", content: [result] }),
      /ids must be unique/,
    ],
    [
      "a tool turn without its thinking",
      create({
        thinking: { type: "enabled", budget_tokens: 1024 },
        messages: [
          hello,
          { role: "assistant", content: [use] },
          { role: "user", content: [result] },
        ],
      }),
      /^messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`/,
    ],
  ] as const;
  it.each(turns)("rejects %s", (_, body, message) => {
    expect(validateMessages(body, old)).toMatch(message);
  });

  const cited = said({
    role: "user",
    content: [{ type: "text", text: "x", citations: [{ type: "char_location" }] }],
  });
  const document = {
    type: "document",
    source: { type: "text", media_type: "text/plain", data: "x" },
  };
  const dated = [
    ["temperature", create({ temperature: 1 }), "temperature: Extra inputs are not permitted"],
    ["top_p", create({ top_p: 0.5 }), "top_p: Extra inputs are not permitted"],
    ["top_k", create({ top_k: 5 }), "top_k: Extra inputs are not permitted"],
    ["citations of a user", cited, expect.stringContaining("citations")],
    [
      "a document of the assistant",
      said(hello, { role: "assistant", content: [document] }, hello),
      expect.stringContaining("'document'"),
    ],
  ] as const;
  it.each(dated)(
    "takes %s in version 2023-06-01 and no longer in 2026-10-21",
    (_, body, message) => {
      expect(validateMessages(body, old)).toBeUndefined();
      expect(validateMessages(body, latest)).toEqual(message);
    },
  );

  const accepted = [
    [
      "a whole tool turn",
      said(
        hello,
        { role: "assistant", content: [use] },
        { role: "user", content: [result, { type: "text", text: "and?" }] },
      ),
    ],
    ["two user messages in a row", said(hello, hello)],
    [
      "every knob",
      create({
        system: "s",
        stop_sequences: ["x"],
        metadata: { user_id: "u" },
        tools,
        tool_choice: { type: "auto", disable_parallel_tool_use: true },
        service_tier: "auto",
        stream: true,
        output_config: { effort: "low" },
      }),
    ],
    [
      "a vendor's own tool",
      create({ tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 2 }] }),
    ],
  ] as const;
  it.each(accepted)("accepts %s in every version", (_, body) => {
    for (const judgement of [old, latest])
      expect(validateMessages(body, judgement)).toBeUndefined();
  });

  it("answers any JSON object with a verdict and never throws", () => {
    const body = fc.record(
      {
        messages: fc.jsonValue(),
        system: fc.jsonValue(),
        tools: fc.jsonValue(),
        tool_choice: fc.jsonValue(),
        thinking: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        body,
        (value) =>
          validateMessages(
            { model: "m", max_tokens: 1, ...JSON.parse(JSON.stringify(value)) },
            old,
          ) !== null,
      ),
    );
  });
});

describe("the simulated Anthropic, called badly", () => {
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await startAnthropicVendor({ apiKey: "good" });
  });
  afterAll(() => vendor.close());

  const version = { "anthropic-version": "2023-06-01" };
  const calls = [
    [
      "no key",
      "/v1/messages",
      version,
      401,
      "authentication_error",
      "x-api-key header is required",
    ],
    [
      "a wrong key",
      "/v1/messages",
      { ...version, "x-api-key": "bad" },
      401,
      "authentication_error",
      "invalid x-api-key",
    ],
    [
      "no version",
      "/v1/messages",
      { "x-api-key": "good" },
      400,
      "invalid_request_error",
      "anthropic-version: header is required",
    ],
    [
      "an unknown version",
      "/v1/messages",
      { "x-api-key": "good", "anthropic-version": "1" },
      400,
      "invalid_request_error",
      'anthropic-version: "1" is not a valid version',
    ],
    [
      "a body that is not JSON",
      "/v1/messages",
      { ...version, "x-api-key": "good" },
      400,
      "invalid_request_error",
      "The request body is not valid JSON",
    ],
    [
      "an unknown path",
      "/v1/chat/completions",
      { ...version, "x-api-key": "good" },
      404,
      "not_found_error",
      "Not found",
    ],
    [
      "a bearer token",
      "/v1/messages",
      { ...version, authorization: "Bearer good" },
      400,
      "invalid_request_error",
      "The request body is not valid JSON",
    ],
  ] as const;
  it.each(calls)("answers %s", async (_, path, headers, status, type, message) => {
    const response = await fetch(`${vendor.url}${path}`, { method: "POST", headers, body: "{" });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      type: "error",
      error: { type, message },
      request_id: response.headers.get("request-id"),
    });
  });
});
