import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { parseToolId } from "../../../../src/adapters/gemini/tool-id.ts";
import { decodeResponse } from "../../../../src/adapters/gemini/vendor/response.ts";
import { decodeEvent, end } from "../../../../src/adapters/gemini/vendor/stream.ts";
import { begin } from "../../../../src/adapters/gemini/vendor/stream-state.ts";
import type { Fault } from "../../../../src/core/faults/fault.ts";
import { collect } from "../../../../src/events/collect.ts";

const SIGNATURE = Buffer.from("a proof").toString("base64");
const USAGE = {
  promptTokenCount: 10,
  candidatesTokenCount: 4,
  thoughtsTokenCount: 3,
  cachedContentTokenCount: 6,
  totalTokenCount: 17,
};

function answer(parts: readonly unknown[], rest: object = {}, top: object = {}): object {
  return {
    candidates: [{ content: { role: "model", parts }, ...rest }],
    responseId: "r1",
    modelVersion: "gemini-x",
    ...top,
  };
}

function play(frames: readonly (object | string)[]): {
  readonly events: Event[];
  readonly fault?: Fault;
} {
  let state = begin();
  const events: Event[] = [];
  for (const frame of frames) {
    const step = decodeEvent(state, {
      event: "",
      data: Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)),
    });
    if (!step.ok) return { events, fault: step.fault };
    state = step.state;
    events.push(...step.events);
  }
  const last = end(state);
  return last.ok ? { events: [...events, ...last.value] } : { events, fault: last.fault };
}

function completionOf(frames: readonly (object | string)[]) {
  const { events, fault } = play(frames);
  if (fault !== undefined) throw new Error(fault.message);
  return collect(events);
}

function partsOf(frames: readonly (object | string)[]) {
  return completionOf(frames).choices[0]?.message?.parts.map((part) => part.content) ?? [];
}

const STOP = { finishReason: "STOP" };

describe("answers", () => {
  test("thoughts, text and usage", () => {
    const completion = completionOf([
      answer([{ text: "let ", thought: true }]),
      answer([{ text: "me", thought: true }]),
      answer([{ text: "Hel" }]),
      answer([{ text: "lo" }], STOP, {
        usageMetadata: USAGE,
        createTime: "2026-01-02T03:04:05.678Z",
      }),
    ]);
    const [reasoning, said] = completion.choices[0]?.message?.parts ?? [];
    expect(reasoning?.content).toMatchObject({
      case: "reasoning",
      value: { text: "let me", signature: "", dialect: "" },
    });
    expect(said?.content).toMatchObject({ case: "text", value: { text: "Hello" } });
    expect(completion).toMatchObject({ id: "r1", model: "gemini-x" });
    expect(completion.choices[0]).toMatchObject({
      finishReason: FinishReason.STOP,
      vendorFinishReason: "STOP",
    });
    expect(completion.usage).toMatchObject({
      inputTokens: 10n,
      outputTokens: 7n,
      reasoningTokens: 3n,
      cacheReadTokens: 6n,
      totalTokens: 17n,
    });
  });

  test("tokens of the vendor's tools and of modalities are counted", () => {
    const usageMetadata = {
      ...USAGE,
      toolUsePromptTokenCount: 5,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 2 },
        { modality: 2, tokenCount: 8 },
      ],
      candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 4 }],
      trafficType: "ON_DEMAND",
      serviceTier: "flex",
    };
    const { usage } = completionOf([answer([{ text: "x" }], STOP, { usageMetadata })]);
    expect(usage).toMatchObject({
      inputTokens: 15n,
      inputTextTokens: 2n,
      inputImageTokens: 8n,
      outputAudioTokens: 4n,
      serviceTier: "flex",
    });
    expect(usage?.extrasJson).toEqual({
      gemini: '{"toolUsePromptTokenCount":5,"trafficType":"ON_DEMAND"}',
    });
  });

  test("parallel calls keep their own proofs, in their ids as well, and their arguments' spelling", () => {
    const frame = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"a","args":{"n": 1.0}},"thoughtSignature":"${SIGNATURE}"},{"functionCall":{"name":"a","args":{},"id":"v1"}}]},"finishReason":"STOP"}],"responseId":"r"}`;
    const [one, two] = partsOf([frame]);
    expect(one).toMatchObject({
      case: "toolCall",
      value: { name: "a", signature: SIGNATURE, input: { value: '{"n": 1.0}' } },
    });
    expect(two).toMatchObject({
      case: "toolCall",
      value: { id: "v1", signature: "", input: { value: "{}" } },
    });
    const id = one?.case === "toolCall" ? one.value.id : "";
    expect(parseToolId(id)).toEqual({ id: "", signature: SIGNATURE });
    expect(completionOf([frame]).choices[0]?.finishReason).toBe(FinishReason.TOOL_CALLS);
    expect(partsOf([frame])).toEqual(partsOf([frame]));
  });

  test("arguments that come in pieces are put together", () => {
    const piece = (jsonPath: string, value: object, willContinue = true) =>
      answer([{ functionCall: { partialArgs: [{ jsonPath, ...value }], willContinue } }]);
    const [call] = partsOf([
      answer([{ functionCall: { name: "f", willContinue: true } }]),
      piece("$.city", { stringValue: "Zü" }),
      piece("$.city", { stringValue: "rich" }),
      piece("$.days[1]['a b']", { numberValue: 2 }),
      piece("$.ok", { boolValue: true }),
      piece("$.none", { nullValue: "NULL_VALUE" }),
      answer([{ functionCall: {} }]),
      answer([{ text: "" }], STOP),
    ]);
    const expected = '{"city":"Zürich","days":[null,{"a b":2}],"ok":true,"none":null}';
    expect(call).toMatchObject({
      case: "toolCall",
      value: { name: "f", input: { value: expected } },
    });
  });

  test("a call without anything in it is none, and ends the one before it at most", () => {
    const whole = { functionCall: { partialArgs: [{ jsonPath: "$.a", numberValue: 1 }] } };
    const parts = partsOf([
      answer([{ functionCall: { name: "f", willContinue: true } }]),
      answer([whole]),
      answer([{ functionCall: {} }], STOP),
    ]);
    expect(parts).toMatchObject([
      { case: "toolCall", value: { name: "f", input: { value: '{"a":1}' } } },
    ]);
  });

  test("candidates without an index are counted by their place", () => {
    const candidate = (text: string) => ({
      content: { role: "model", parts: [{ text }] },
      finishReason: "STOP",
    });
    const { choices } = completionOf([{ candidates: [candidate("a"), candidate("b")] }]);
    expect(
      choices.map(({ index, message }) => [index, message?.parts[0]?.content.value]),
    ).toMatchObject([
      [0, { text: "a" }],
      [1, { text: "b" }],
    ]);
  });

  test("the proof of a text follows it without words", () => {
    const parts = partsOf([
      answer([{ text: "a" }]),
      answer([{ text: "b", thoughtSignature: "s" }]),
      answer([{ text: "c" }], STOP),
    ]);
    expect(parts).toMatchObject([
      { case: "text", value: { text: "ab" } },
      { case: "reasoning", value: { text: "", signature: "s", dialect: "gemini" } },
      { case: "text", value: { text: "c" } },
    ]);
  });

  test("pictures, sound in pieces and what is not modelled", () => {
    const sound = (data: string) =>
      answer([{ inlineData: { mimeType: "audio/L16;rate=24000", data } }]);
    const parts = partsOf([
      answer([{ inlineData: { mimeType: "image/png", data: "cG5n" }, thoughtSignature: "s" }]),
      sound("AAE="),
      sound("AgM="),
      '{"candidates":[{"content":{"parts":[{"executableCode":{"code":"1.0", "language":"PYTHON"}}]},"finishReason":"STOP"}]}',
    ]);
    expect(parts).toMatchObject([
      { case: "image", value: { mediaType: "image/png", source: { case: "data" } } },
      { case: "reasoning", value: { signature: "s" } },
      {
        case: "audio",
        value: { format: "audio/L16;rate=24000", source: { value: new Uint8Array([0, 1, 2, 3]) } },
      },
      {
        case: "opaque",
        value: {
          dialect: "gemini",
          json: '{"executableCode":{"code":"1.0", "language":"PYTHON"}}',
        },
      },
    ]);
  });

  test("sources are cited in characters, though the vendor counts bytes", () => {
    const groundingMetadata = {
      groundingChunks: [
        { web: { uri: "https://a.example", title: "A" } },
        { retrievedContext: { title: "no address" } },
      ],
      groundingSupports: [
        {
          segment: { startIndex: 3, endIndex: 9, text: "Zürich" },
          groundingChunkIndices: [0, 1, 7],
        },
      ],
      webSearchQueries: ["q"],
    };
    groundingMetadata.groundingSupports[0] = {
      segment: { startIndex: 3, endIndex: 10, text: "Zürich" },
      groundingChunkIndices: [0, 1, 7],
    };
    const completion = completionOf([
      answer([{ text: "é " }]),
      answer([{ text: "Zürich." }], { ...STOP, groundingMetadata }),
    ]);
    const said = completion.choices[0]?.message?.parts[0]?.content;
    expect(said).toMatchObject({
      case: "text",
      value: {
        citations: [
          {
            title: "A",
            source: { case: "web", value: { url: "https://a.example" } },
            answer: { start: 2, end: 8 },
          },
          {
            source: { case: "opaque", value: { dialect: "gemini" } },
            answer: { start: 2, end: 8 },
          },
        ],
      },
    });
    expect(JSON.parse(completion.extrasJson.gemini ?? "")).toEqual({
      candidates: [{ index: 0, groundingMetadata }],
    });
  });

  test("likelihoods", () => {
    const logprobsResult = {
      chosenCandidates: [{ token: "a", logProbability: -0.1 }],
      topCandidates: [
        {
          candidates: [
            { token: "a", logProbability: -0.1 },
            { token: "b", logProbability: -3 },
          ],
        },
      ],
    };
    const { choices } = completionOf([answer([{ text: "a" }], { ...STOP, logprobsResult })]);
    expect(choices[0]?.logprobs?.content).toMatchObject([
      { token: "a", logprob: -0.1, top: [{ token: "a" }, { token: "b", logprob: -3 }] },
    ]);
  });

  test("several candidates stay apart", () => {
    const two = (one: string, other: string, rest: object = {}) => ({
      candidates: [
        { index: 1, content: { parts: [{ text: other }] }, ...rest },
        { index: 0, content: { parts: [{ text: one }] }, ...rest },
      ],
    });
    const { choices } = completionOf([two("a", "x"), two("b", "y", STOP)]);
    expect(choices.map((choice) => choice.message?.parts[0]?.content.value)).toMatchObject([
      { text: "ab" },
      { text: "xy" },
    ]);
  });

  const finishes: readonly (readonly [word: string | number, reason: FinishReason])[] = [
    ["MAX_TOKENS", FinishReason.LENGTH],
    [2, FinishReason.LENGTH],
    ["SAFETY", FinishReason.CONTENT_FILTER],
    ["RECITATION", FinishReason.CONTENT_FILTER],
    ["PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER],
    ["MODEL_ARMOR", FinishReason.CONTENT_FILTER],
    ["MALFORMED_FUNCTION_CALL", FinishReason.ERROR],
    ["OTHER", FinishReason.ERROR],
    ["SOMETHING_NEW", FinishReason.ERROR],
  ];
  for (const [word, reason] of finishes) {
    test(`an answer that ends with ${word}`, () => {
      expect(completionOf([answer([], { finishReason: word })]).choices[0]?.finishReason).toBe(
        reason,
      );
    });
  }

  test("a reason in every frame ends the answer once", () => {
    const { events } = play([answer([{ text: "a" }], STOP), answer([{ text: "b" }], STOP)]);
    expect(events.filter((event) => event.event.case === "finish")).toHaveLength(1);
  });

  test("a blocked prompt is an answer that a filter ended", () => {
    const blocked = {
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 3 },
    };
    for (const completion of [completionOf([blocked]), decodedValue(decodeResponse(blocked))]) {
      expect(completion?.choices).toMatchObject([
        { finishReason: FinishReason.CONTENT_FILTER, vendorFinishReason: "SAFETY" },
      ]);
    }
  });

  test("a list of answers, as a stream without server-sent events is, reads as the stream", () => {
    const frames = [
      answer([{ text: "a" }]),
      answer([{ text: "b" }], STOP, { usageMetadata: USAGE }),
    ];
    expect(decodedValue(decodeResponse(JSON.parse(JSON.stringify(frames))))).toEqual(
      completionOf(frames),
    );
    expect(completionOf([JSON.stringify(frames)])).toEqual(completionOf(frames));
  });
});

describe("answers that break", () => {
  const cases: readonly (readonly [
    title: string,
    frames: readonly (object | string)[],
    reason: ErrorReason,
  ])[] = [
    ["a stream that stops in the middle", [answer([{ text: "a" }])], ErrorReason.UPSTREAM_CUT],
    ["a stream without a frame", [], ErrorReason.UPSTREAM_CUT],
    [
      "an error in the middle",
      [
        answer([{ text: "a" }]),
        { error: { code: 503, status: "UNAVAILABLE", message: "The model is overloaded." } },
      ],
      ErrorReason.UPSTREAM_OVERLOADED,
    ],
    [
      "an error in a list",
      [
        `[${JSON.stringify(answer([{ text: "a" }]))},{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]`,
      ],
      ErrorReason.UPSTREAM_RATE_LIMITED,
    ],
    ["a frame that is not JSON", ["{"], ErrorReason.UPSTREAM_MALFORMED],
    ["a frame that is a number", ["7"], ErrorReason.UPSTREAM_MALFORMED],
  ];
  for (const [title, frames, reason] of cases) {
    test(title, () => {
      expect(play(frames).fault?.reason).toBe(reason);
    });
  }

  for (const body of [{}, [], null, { usageMetadata: USAGE }, { error: { message: "x" } }]) {
    test(`the body ${JSON.stringify(body)} is a fault`, () => {
      expect(decodeResponse(body).ok).toBe(false);
    });
  }

  test("garbage never throws", () => {
    const key = fc.constantFrom(
      "candidates",
      "content",
      "parts",
      "text",
      "functionCall",
      "partialArgs",
      "jsonPath",
      "inlineData",
      "groundingMetadata",
      "usageMetadata",
      "index",
      "args",
      "data",
      "mimeType",
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, true, -1, 1e300, "x", "$.a[0]"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            json.map((value) => JSON.stringify(value)),
            fc.string(),
          ),
          { maxLength: 4 },
        ),
        (frames) => {
          const { events } = play(frames);
          collect(events);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function decodedValue<T>(decoded: { readonly ok: boolean; readonly value?: T }): T | undefined {
  return decoded.value;
}
