import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  anthropicMessages as anthropicMessagesDialect,
  anthropicMessagesFacade as anthropicMessagesFacadeOriginal,
} from "../../../src/adapters/anthropic-messages/index.ts";
import { modelTraits } from "../../../src/adapters/anthropic-messages/vendor/model-traits.ts";
import { sealCall } from "../../../src/adapters/shared/sealed-reasoning.ts";
import type { Fit } from "../../../src/core/fidelity/fit.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { chatOf, system, user } from "./encode-chat.ts";
import { frame, unwrap } from "./wire-frames.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);
const anthropicMessagesFacade = clientSide(anthropicMessagesFacadeOriginal);

const { passthrough } = anthropicMessages;
const options = { model: "claude-x", stream: true, quirks: {} };

describe("a body that passes through", () => {
  it("is the client's, byte for byte, but for the model", () => {
    const body =
      '{ "max_tokens" : 1e0,\n "mod\\u0065l":"alias", "n":12345678901234567890,"x":{"model":"y"},"x":1}';
    const request = passthrough.request("chat", Buffer.from(body), options);
    expect(Buffer.from(request.body).toString("utf8")).toBe(body.replace('"alias"', '"claude-x"'));
    expect(request).toMatchObject({ method: "POST", path: "/v1/messages" });
    expect(passthrough.request("count_tokens", Buffer.from(body), options).path).toBe(
      "/v1/messages/count_tokens",
    );
  });

  const seal = sealCall({ toolCallId: "t", signature: "S" });
  const turns: readonly (readonly [title: string, block: object, fit: Fit])[] = [
    ["thinking", { type: "thinking", thinking: "hm", signature: seal }, "encoded"],
    ["what is redacted", { type: "redacted_thinking", data: seal }, "encoded"],
    ["no seal", { type: "thinking", thinking: "x", signature: "parlance.not-a-seal" }, "as_is"],
    ["a text", { type: "text", text: "parlance.e30" }, "as_is"],
    ["a result", { type: "tool_result", tool_use_id: "toolu_1" }, "as_is"],
    ["a result of an unfit id", { type: "tool_result", tool_use_id: "call:1" }, "encoded"],
  ];
  for (const [title, block, wanted] of turns) {
    it(`is ${wanted} where it holds ${title}`, () => {
      const json = JSON.parse(
        JSON.stringify({ messages: [{ role: "assistant", content: [block] }] }),
      );
      const origin = { body: Buffer.from(JSON.stringify(json)), json };
      expect(passthrough.fit?.("chat", origin, options)).toBe(wanted);
    });
  }

  it("tells usage, also behind other members and beside words that look like it", () => {
    const body =
      '{"content":[{"type":"text","text":"\\"usage\\":{}"}],"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5},"container":{"usage":{"input_tokens":9}}}';
    expect(passthrough.scanUsage("chat", new JsonText(Buffer.from(body)))).toMatchObject({
      inputTokens: 7n,
      cacheReadTokens: 4n,
      outputTokens: 5n,
    });
    expect(
      passthrough.scanUsage("chat", new JsonText(Buffer.from('{"type":"error"}'))),
    ).toBeUndefined();
  });
});

describe("frames that pass by", () => {
  it("are all forwarded, tell usage as it adds up, and end with message_stop", () => {
    const watch = passthrough.watch(false);
    const start = frame("message_start", {
      type: "message_start",
      message: { usage: { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 1 } },
    });
    const block = frame("content_block_start", {
      type: "content_block_start",
      index: 0,
      content_block: { type: "text", text: "" },
    });
    const delta = frame("content_block_delta", {
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: '"message_stop"' },
    });
    const last = frame("message_delta", {
      type: "message_delta",
      delta: {},
      usage: { output_tokens: 8 },
    });
    expect(watch.see(start)).toMatchObject({
      forward: true,
      usage: { inputTokens: 7n, outputTokens: 1n },
    });
    expect(watch.see(block)).toEqual({ forward: true });
    expect(watch.see(delta)).toEqual({ forward: true });
    expect(watch.see(last)).toMatchObject({
      forward: true,
      usage: { inputTokens: 7n, cacheReadTokens: 4n, outputTokens: 8n },
    });
    expect(watch.ended()).toBe(false);
    const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
    expect(watch.missingEnd()).toBe(stop);
    expect(watch.see(frame("", { type: "message_stop" }))).toMatchObject({ forward: true });
    expect(watch.missingEnd()).toBe("");
    expect(watch.ended()).toBe(true);
  });

  it("tell a failure", () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    for (const name of ["error", ""]) {
      expect(passthrough.watch(true).see(frame(name, error)).fault).toMatchObject({
        reason: ErrorReason.UPSTREAM_OVERLOADED,
      });
    }
    expect(
      passthrough.watch(true).see({ event: "error", data: Buffer.from("x") }).fault,
    ).toMatchObject({
      reason: ErrorReason.UPSTREAM_MALFORMED,
    });
  });
});

describe("token counts", () => {
  it("are asked for with the prompt alone", () => {
    const chat = chatOf({
      messages: [system("S"), user("hi")],
      maxOutputTokens: 5,
      sampling: { temperature: 1 },
      user: "u",
      extrasJson: { "anthropic-messages": '{"speed":"fast","container":"c"}' },
    });
    const { request } = unwrap(
      anthropicMessages.countTokens?.encodeRequest(chat, options) ?? {
        ok: false,
        fault: { reason: 0, message: "" },
      },
    );
    expect(request.path).toBe("/v1/messages/count_tokens");
    expect(JSON.parse(String(request.body))).toEqual({
      model: "claude-x",
      system: "S",
      messages: [{ role: "user", content: "hi" }],
      speed: "fast",
    });
    expect(anthropicMessages.countTokens?.decodeResponse({ input_tokens: 5 })).toEqual({
      ok: true,
      value: 5,
    });
    expect(anthropicMessages.countTokens?.decodeResponse({ input_tokens: "5" })).toMatchObject({
      ok: false,
    });
  });

  it("are told to clients, whose requests need no bound", () => {
    const text = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';
    expect(
      anthropicMessagesFacade.countTokens?.decodeRequest(JSON.parse(text), Buffer.from(text)),
    ).toMatchObject({
      ok: true,
      value: { model: "m" },
    });
    expect(anthropicMessagesFacade.countTokens?.encodeResponse(5)).toBe('{"input_tokens":5}');
  });
});

describe("a model's name", () => {
  const rows: readonly (readonly [name: string, traits: object])[] = [
    [
      "claude-3-haiku-20240307",
      {
        structuredOutput: false,
        budgetThinking: false,
        defaultMaxTokens: 4096,
        temperatureWithTopP: true,
      },
    ],
    ["claude-3-5-sonnet-latest", { budgetThinking: false, defaultMaxTokens: 8192 }],
    [
      "claude-3-7-sonnet-20250219",
      { budgetThinking: true, structuredOutput: false, defaultMaxTokens: 32000 },
    ],
    [
      "claude-sonnet-4-20250514",
      { structuredOutput: false, temperatureWithTopP: true, budgetThinking: true },
    ],
    ["claude-opus-4-1-20250805", { structuredOutput: true, temperatureWithTopP: false }],
    [
      "claude-sonnet-4-5@20250929",
      { structuredOutput: true, adaptiveThinking: false, efforts: [] },
    ],
    ["claude-opus-4-5", { efforts: ["low", "medium", "high"], adaptiveThinking: false }],
    [
      "us.anthropic.claude-opus-4-6-v1:0",
      {
        efforts: ["low", "medium", "high", "max"],
        adaptiveThinking: true,
        budgetThinking: true,
        midConversationSystem: false,
      },
    ],
    [
      "anthropic/claude-opus-4.8",
      {
        budgetThinking: false,
        samplingKnobs: false,
        midConversationSystem: true,
        thinksByDefault: false,
      },
    ],
    ["claude-sonnet-5", { samplingKnobs: false, thinksByDefault: true, alwaysThinks: false }],
    ["claude-opus-5-5", { alwaysThinks: true }],
    ["claude-fable-5-2", { alwaysThinks: true, structuredOutput: true }],
    ["kimi-k2", { structuredOutput: false, budgetThinking: false, samplingKnobs: true }],
    [
      "of-an-unknown-maker",
      {
        structuredOutput: false,
        budgetThinking: true,
        adaptiveThinking: false,
        samplingKnobs: true,
        defaultMaxTokens: 8192,
      },
    ],
  ];
  for (const [name, traits] of rows) {
    it(`${name} says what it takes`, () => {
      expect(modelTraits({ model: name, quirks: {} })).toMatchObject(traits);
    });
  }
});
