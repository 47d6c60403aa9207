import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { huggingfaceTgi as huggingfaceTgiDialect } from "../../../src/adapters/huggingface-tgi/index.ts";
import type { Fault } from "../../../src/core/faults/fault.ts";
import { collect } from "../../../src/events/collect.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { vendorSide } from "../sides.ts";

const huggingfaceTgi = vendorSide(huggingfaceTgiDialect);

function read(frames: readonly (object | string)[]): {
  completion: Completion;
  fault: Fault | undefined;
  watched: boolean;
} {
  let state = huggingfaceTgi.begin();
  const events: Event[] = [];
  const watch = huggingfaceTgi.passthrough.watch(false);
  for (const frame of frames) {
    const data = Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame));
    watch.see({ event: "", data });
    const step = huggingfaceTgi.decodeEvent(state, { event: "", data });
    if (!step.ok) return { completion: collect(events), fault: step.fault, watched: watch.ended() };
    state = step.state;
    events.push(...step.events);
  }
  const last = huggingfaceTgi.end(state);
  return {
    completion: collect(events),
    fault: last.ok ? undefined : last.fault,
    watched: watch.ended(),
  };
}

const token = (text: string, more: object = {}) => ({
  token: { id: 1, text, logprob: -0.5, special: false },
  generated_text: null,
  details: null,
  ...more,
});
const end = {
  token: { id: 2, text: "</s>", logprob: -0.1, special: true },
  generated_text: "Hello you",
  details: { finish_reason: "eos_token", generated_tokens: 3, input_length: 4, seed: null },
};

function whole(body: string) {
  return huggingfaceTgi.decodeResponse(JSON.parse(body), Buffer.from(body));
}

describe("a stream of huggingface-tgi", () => {
  it("is the text of its tokens, but for special ones, with what it took", () => {
    const { completion, fault, watched } = read([token("Hello"), token(" you"), end, "[DONE]"]);
    expect([fault, watched]).toEqual([undefined, true]);
    expect(completion.choices[0]?.message?.parts).toMatchObject([
      { content: { value: { text: "Hello you" } } },
    ]);
    expect(completion.choices[0]).toMatchObject({
      finishReason: FinishReason.STOP,
      vendorFinishReason: "eos_token",
    });
    expect(completion.usage).toMatchObject({ inputTokens: 4n, outputTokens: 3n });
  });

  it("has likelihoods where the likeliest tokens were asked for", () => {
    const top_tokens = [{ id: 5, text: "Ha", logprob: -2, special: false }];
    expect(read([token("Hello"), end]).completion.choices[0]?.logprobs).toBeUndefined();
    expect(
      read([token("Hello", { top_tokens }), end]).completion.choices[0]?.logprobs?.content,
    ).toMatchObject([{ token: "Hello", logprob: -0.5, top: [{ token: "Ha", logprob: -2 }] }]);
  });

  const broken: readonly (readonly [
    title: string,
    frames: readonly (object | string)[],
    reason: ErrorReason,
  ])[] = [
    ["nothing", [], ErrorReason.UPSTREAM_CUT],
    ["no last token", [token("a")], ErrorReason.UPSTREAM_CUT],
    ["half a frame", ['{"token":'], ErrorReason.UPSTREAM_MALFORMED],
    [
      "an error",
      [token("a"), { error: "Request failed during generation", error_type: "generation" }],
      ErrorReason.UPSTREAM_INTERNAL,
    ],
    [
      "a full queue",
      [{ error: "Model is overloaded", error_type: "overloaded" }],
      ErrorReason.UPSTREAM_OVERLOADED,
    ],
  ];
  for (const [title, frames, reason] of broken) {
    it(`that holds ${title} is a fault`, () => {
      const { fault, watched } = read(frames);
      expect([fault?.reason, watched]).toEqual([reason, false]);
    });
  }
});

describe("a whole answer of huggingface-tgi", () => {
  const details =
    '{"finish_reason":"stop_sequence","generated_tokens":2,"seed":10337522019019826656,"prefill":[],"tokens":[]}';
  for (const [title, body] of [
    ["bare", `{"generated_text":"Hi","details":${details}}`],
    ["in a list", `[{"generated_text":"Hi","details":${details}}]`],
  ] as const) {
    it(`is read ${title}, with the seed to its last digit`, () => {
      const decoded = whole(body);
      if (!decoded.ok) throw new Error(decoded.fault.message);
      expect(decoded.value).toMatchObject({
        usage: { outputTokens: 2n },
        extrasJson: { "huggingface-tgi": '{"seed":10337522019019826656}' },
        choices: [
          {
            finishReason: FinishReason.STOP_SEQUENCE,
            message: { parts: [{ content: { value: { text: "Hi" } } }] },
          },
        ],
      });
      expect(decoded.value.usage?.inputTokens).toBeUndefined();
      expect(
        huggingfaceTgi.passthrough.scanUsage("chat", new JsonText(Buffer.from(body))),
      ).toMatchObject({
        outputTokens: 2n,
      });
    });
  }

  const finishes: readonly (readonly [word: string, reason: FinishReason])[] = [
    ["length", FinishReason.LENGTH],
    ["eos_token", FinishReason.STOP],
    ["new", FinishReason.OTHER],
  ];
  for (const [word, reason] of finishes) {
    it(`finishes with ${FinishReason[reason]} for ${word}`, () => {
      const decoded = whole(`{"generated_text":"","details":{"finish_reason":"${word}"}}`);
      expect(decoded.ok && decoded.value.choices[0]?.finishReason).toBe(reason);
    });
  }

  it("without details does not say why it ended", () => {
    const decoded = whole('{"generated_text":"a"}');
    expect(decoded.ok && decoded.value.choices[0]?.finishReason).toBe(FinishReason.UNSPECIFIED);
  });

  for (const body of ["[]", "{}", '"x"', '{"error":"no"}', '{"generated_text":5}']) {
    it(`that is ${body} is a fault`, () => {
      expect(whole(body).ok).toBe(false);
    });
  }
});

describe("an error of huggingface-tgi", () => {
  const cases: readonly (readonly [status: number, body: string, reason: ErrorReason])[] = [
    [
      422,
      '{"error":"`top_p` must be > 0.0","error_type":"validation"}',
      ErrorReason.UPSTREAM_INVALID_REQUEST,
    ],
    [
      422,
      '{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048.","error_type":"validation"}',
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
    [
      429,
      '{"error":"Model is overloaded","error_type":"overloaded"}',
      ErrorReason.UPSTREAM_OVERLOADED,
    ],
    [429, '{"error":"Rate limit reached"}', ErrorReason.UPSTREAM_RATE_LIMITED],
    [
      424,
      '{"error":"Request failed during generation","error_type":"generation"}',
      ErrorReason.UPSTREAM_INTERNAL,
    ],
    [
      500,
      '{"error":"Incomplete generation","error_type":"incomplete_generation"}',
      ErrorReason.UPSTREAM_INTERNAL,
    ],
    [401, "Unauthorized", ErrorReason.UPSTREAM_UNAUTHENTICATED],
    [503, "<html>", ErrorReason.UPSTREAM_UNAVAILABLE],
    [404, "", ErrorReason.UPSTREAM_NOT_FOUND],
  ];
  for (const [status, body, reason] of cases) {
    it(`with status ${status} and ${body === "" ? "nothing" : body} is ${ErrorReason[reason]}`, () => {
      const fault = huggingfaceTgi.decodeError(status, {}, Buffer.from(body));
      expect(fault).toMatchObject({ reason, upstreamStatus: status });
      expect(fault.message).not.toMatch(/^$|[<]html/);
    });
  }

  it("tells how long a model is still being loaded", () => {
    const body = Buffer.from('{"error":"Model x is currently loading","estimated_time":20.5}');
    expect(huggingfaceTgi.decodeError(503, {}, body).retryAfterMs).toBe(20_500);
  });
});

describe("garbage", () => {
  it("in any decoder is a value, never a throw", () => {
    const place = fc.constantFrom(
      (value: unknown) => value,
      (value: unknown) => [value],
      (value: unknown) => ({
        token: value,
        top_tokens: value,
        generated_text: "a",
        details: value,
      }),
      (value: unknown) => ({
        token: { text: value, logprob: value },
        top_tokens: [value],
        details: { prefill: value },
      }),
      (value: unknown) => ({
        generated_text: "a",
        details: { tokens: [value], top_tokens: [value], seed: value },
      }),
      (value: unknown) => ({ error: value, error_type: value, estimated_time: value }),
    );
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 2 }),
        place,
        fc.uint8Array({ maxLength: 9 }),
        (value, put, bytes) => {
          const text = JSON.stringify(put(value));
          huggingfaceTgi.decodeResponse(JSON.parse(text), Buffer.from(text));
          for (const data of [Buffer.from(text), bytes]) {
            huggingfaceTgi.decodeError(500, {}, data);
            huggingfaceTgi.passthrough.scanUsage("chat", new JsonText(data));
            huggingfaceTgi.passthrough.watch(false).see({ event: "", data });
            huggingfaceTgi.decodeEvent(huggingfaceTgi.begin(), { event: "", data });
          }
        },
      ),
    );
  });
});
