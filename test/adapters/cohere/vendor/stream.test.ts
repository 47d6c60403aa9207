import { describe, expect, it } from "vitest";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  cohere as cohereDialect,
  cohereFacade as cohereFacadeOriginal,
} from "../../../../src/adapters/cohere/index.ts";
import type { Frame } from "../../../../src/core/dialect.ts";
import { collect } from "../../../../src/events/collect.ts";
import { clientSide, vendorSide } from "../../sides.ts";
import { context, decodeFrames, foldText, unwrap } from "../wire-frames.ts";

const cohere = vendorSide(cohereDialect);
const cohereFacade = clientSide(cohereFacadeOriginal);

const sse = (...events: readonly object[]): string =>
  events
    .map(
      (event) => `event: ${"type" in event ? event.type : ""}\ndata: ${JSON.stringify(event)}\n\n`,
    )
    .join("");
const lines = (...events: readonly object[]): readonly Frame[] =>
  events.map((event) => ({ event: "", data: Buffer.from(JSON.stringify(event)) }));

const start = {
  type: "message-start",
  id: "i",
  delta: { message: { role: "assistant", content: [], tool_plan: "" } },
};
const content = (type: string, index: number, piece: object) => ({
  type,
  index,
  delta: { message: { content: piece } },
});
const call = (type: string, index: number, piece: object) => ({
  type,
  index,
  delta: { message: { tool_calls: piece } },
});
const finish = (reason: string, members: object = {}) => ({
  type: "message-end",
  delta: { finish_reason: reason, ...members },
});
const end = finish("COMPLETE", {
  usage: {
    tokens: { input_tokens: 9, output_tokens: 4, reasoning_tokens: 2 },
    billed_units: { input_tokens: 1 },
    cached_tokens: 8,
  },
});

describe("a stream", () => {
  it("of thoughts, a text and its citation is read as parts in that order", () => {
    const cited = {
      start: 0,
      end: 2,
      text: "15",
      sources: [{ type: "tool", id: "t:0", tool_output: { content: "15°C" } }],
    };
    const { id, choices, usage } = foldText(
      sse(
        start,
        content("content-start", 0, { type: "thinking", thinking: "" }),
        content("content-delta", 0, { thinking: "hm" }),
        content("content-start", 1, { type: "text", text: "" }),
        content("content-delta", 1, { text: "15°" }),
        {
          ...content("content-delta", 1, { text: "C" }),
          logprobs: { text: "C", token_ids: [1], logprobs: [-0.1] },
        },
        {
          type: "citation-start",
          index: 0,
          delta: { message: { citations: { ...cited, content_index: 1 } } },
        },
        { type: "citation-end", index: 0 },
        { type: "content-end", index: 1 },
        end,
      ).concat("data: [DONE]\n\n"),
    );
    expect(id).toBe("i");
    expect(choices[0]).toMatchObject({
      finishReason: FinishReason.STOP,
      vendorFinishReason: "COMPLETE",
      message: {
        parts: [
          { content: { case: "reasoning", value: { text: "hm", signature: "" } } },
          {
            content: {
              case: "text",
              value: { text: "15°C", citations: [{ citedText: "15°C", answer: { end: 2 } }] },
            },
          },
        ],
      },
      logprobs: { content: [{ token: "C", logprob: -0.1 }] },
    });
    expect(usage).toMatchObject({
      inputTokens: 9n,
      cacheReadTokens: 8n,
      outputTokens: 4n,
      reasoningTokens: 2n,
    });
    expect(usage?.extrasJson).toEqual({ cohere: '{"billed_units":{"input_tokens":1}}' });
  });

  it("of a plan and calls keeps the plan apart, and a call without input has an empty object", () => {
    const { choices } = foldText(
      sse(
        start,
        { type: "tool-plan-delta", delta: { message: { tool_plan: "I will" } } },
        { type: "tool-plan-delta", delta: { message: { tool_plan: " look" } } },
        call("tool-call-start", 0, {
          id: "a",
          type: "function",
          function: { name: "f", arguments: "" },
        }),
        call("tool-call-delta", 0, { function: { arguments: '{"x":' } }),
        call("tool-call-delta", 0, { function: { arguments: "1}" } }),
        { type: "tool-call-end", index: 0 },
        call("tool-call-start", 1, {
          id: "b",
          type: "function",
          function: { name: "g", arguments: "" },
        }),
        { type: "tool-call-end", index: 1 },
        finish("TOOL_CALL"),
      ),
    );
    expect(choices[0]?.finishReason).toBe(FinishReason.TOOL_CALLS);
    expect(choices[0]?.message?.parts.map((part) => part.content.value)).toMatchObject([
      { text: "I will look", id: "tool_plan", dialect: "cohere" },
      { id: "a", name: "f", input: { value: '{"x":1}' } },
      { id: "b", name: "g", input: { value: "{}" } },
    ]);
  });

  it("keeps citations of thoughts aside", () => {
    const aside = { start: 0, end: 1, type: "THINKING_CONTENT" };
    const { extrasJson, choices } = foldText(
      sse(
        start,
        { type: "citation-start", index: 0, delta: { message: { citations: aside } } },
        end,
      ),
    );
    expect(extrasJson).toEqual({ cohere: JSON.stringify({ citations: [aside] }) });
    expect(choices[0]?.message?.parts).toEqual([]);
  });

  it("of v1 is read line by line", () => {
    const events = decodeFrames(
      lines(
        { event_type: "stream-start", generation_id: "g" },
        { event_type: "text-generation", text: "A" },
        { event_type: "text-generation", text: "h" },
        {
          event_type: "citation-generation",
          citations: [{ start: 0, end: 1, text: "A", document_ids: ["d"] }],
        },
        { event_type: "tool-calls-generation", tool_calls: [{ name: "f", parameters: { x: 1 } }] },
        {
          event_type: "stream-end",
          finish_reason: "COMPLETE",
          response: { meta: { tokens: { input_tokens: 3 } } },
        },
      ),
    );
    const { id, choices, usage } = collect(unwrap(events));
    expect([id, usage?.inputTokens, choices[0]?.finishReason]).toEqual([
      "g",
      3n,
      FinishReason.TOOL_CALLS,
    ]);
    expect(choices[0]?.message?.parts.map((part) => part.content.value)).toMatchObject([
      { text: "Ah", citations: [{ answer: { start: 0, end: 1 } }] },
      { name: "f", input: { value: '{"x":1}' } },
    ]);
  });

  const broken: readonly (readonly [title: string, text: string, reason: ErrorReason])[] = [
    ["that breaks off is cut", sse(start), ErrorReason.UPSTREAM_CUT],
    ["without anything is cut", "", ErrorReason.UPSTREAM_CUT],
    ["with only its end mark is cut", "data: [DONE]\n\n", ErrorReason.UPSTREAM_CUT],
    [
      "that ends with ERROR has failed",
      sse(start, finish("ERROR", { error: "boom" })),
      ErrorReason.UPSTREAM_INTERNAL,
    ],
    [
      "that ends with TIMEOUT has run out of time",
      sse(start, finish("TIMEOUT")),
      ErrorReason.UPSTREAM_TIMEOUT,
    ],
    [
      "of an error tells it",
      'data: {"message":"too many tokens: no"}\n\n',
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    ["of garbage is malformed", "data: {\n\n", ErrorReason.UPSTREAM_MALFORMED],
  ];
  for (const [title, text, reason] of broken) {
    it(title, () => expect(() => foldText(text)).toThrow());
    it(`${title}, by its reason`, () => {
      const frames = text.split("\n\n").flatMap((each): Frame[] => {
        const data = /^data: (.*)$/m.exec(each)?.[1];
        return data === undefined ? [] : [{ event: "", data: Buffer.from(data) }];
      });
      expect(decodeFrames(frames)).toMatchObject({ ok: false, fault: { reason } });
    });
  }

  it("that fails in the middle ends with ERROR for the client, and is read as a failure again", () => {
    const fault = { reason: ErrorReason.UPSTREAM_CUT, message: "cut" };
    const text = cohereFacade.encodeStreamError(cohereFacade.begin(context), fault).join("");
    expect(() => foldText(text)).toThrow("cut");
  });
});

describe("a whole answer", () => {
  const read = (json: object) =>
    cohere.decodeResponse(JSON.parse(JSON.stringify(json)), Buffer.from(JSON.stringify(json)));

  it("of another kind of content keeps its words", () => {
    const { choices } = unwrap(
      read({ message: { content: [{ type: "image", n: 1 }] }, finish_reason: "MAX_TOKENS" }),
    );
    expect(choices[0]).toMatchObject({
      finishReason: FinishReason.LENGTH,
      message: {
        parts: [
          {
            content: {
              case: "opaque",
              value: { dialect: "cohere", json: '{"type":"image","n":1}' },
            },
          },
        ],
      },
    });
  });

  const document = (members: object) => ({ type: "document", id: "doc:2", document: members });
  const citations: readonly (readonly [title: string, source: object, expected: object])[] = [
    [
      "of a page of the web",
      document({ url: "https://a.example", title: "T", snippet: "s" }),
      { case: "web" },
    ],
    [
      "of a document of the prompt",
      document({ title: "T", snippet: "s" }),
      { case: "document", value: { index: 2 } },
    ],
    [
      "of a tool",
      { type: "tool", id: "t:0", tool_output: { title: "T", content: "s" } },
      { case: "opaque" },
    ],
  ];
  for (const [title, source, expected] of citations) {
    it(`has a citation ${title}`, () => {
      const citation = { start: 0, end: 2, text: "hi", sources: [source], type: "TEXT_CONTENT" };
      const { choices } = unwrap(
        read({ message: { content: [{ type: "text", text: "hi" }], citations: [citation] } }),
      );
      const [part] = choices[0]?.message?.parts ?? [];
      expect(part?.content).toMatchObject({
        value: {
          citations: [
            { title: "T", citedText: "s", source: expected, answer: { start: 0, end: 2 } },
          ],
        },
      });
    });
  }

  it("without a message is malformed, and one that reports an error has failed", () => {
    expect(read({ id: "i" })).toMatchObject({
      ok: false,
      fault: { reason: ErrorReason.UPSTREAM_MALFORMED },
    });
    expect(read({ id: "i", message: "no" })).toMatchObject({ ok: false, fault: { message: "no" } });
    expect(read({ message: { content: [] }, finish_reason: "ERROR" })).toMatchObject({ ok: false });
  });
});

describe("an error", () => {
  const cases: readonly (readonly [status: number, body: string, reason: ErrorReason])[] = [
    [400, '{"message":"invalid request: no"}', ErrorReason.UPSTREAM_INVALID_REQUEST],
    [400, '{"message":"x","error_type":"TOO_MANY_TOKENS"}', ErrorReason.UPSTREAM_CONTEXT_LENGTH],
    [
      400,
      '{"message":"too many tokens: size limit exceeded"}',
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    [
      400,
      '{"message":"too many tokens: max tokens must be less"}',
      ErrorReason.UPSTREAM_INVALID_REQUEST,
    ],
    [401, '{"message":"invalid api token"}', ErrorReason.UPSTREAM_UNAUTHENTICATED],
    [402, '{"message":"pay"}', ErrorReason.UPSTREAM_BILLING],
    [404, '{"message":"model not found"}', ErrorReason.UPSTREAM_NOT_FOUND],
    [429, '{"message":"limited to 40 API calls / minute"}', ErrorReason.UPSTREAM_RATE_LIMITED],
    [429, '{"message":"limited to 1000 API calls / month"}', ErrorReason.UPSTREAM_BILLING],
    [500, "<html><title>Oops</title></html>", ErrorReason.UPSTREAM_INTERNAL],
    [503, "", ErrorReason.UPSTREAM_UNAVAILABLE],
  ];
  for (const [status, body, reason] of cases) {
    it(`${status} ${body} is ${ErrorReason[reason]}`, () => {
      const fault = cohere.decodeError(status, { "retry-after": "2" }, Buffer.from(body));
      expect(fault).toMatchObject({ reason, upstreamStatus: status, retryAfterMs: 2000 });
      expect(fault.message).not.toBe("");
      expect(JSON.parse(cohereFacade.encodeError(fault))).toMatchObject({ message: fault.message });
    });
  }
});
