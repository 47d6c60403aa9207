import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, ReasoningEffort } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { replicate as replicateDialect } from "../../../src/adapters/replicate/index.ts";
import { vendorSide } from "../sides.ts";

const replicate = vendorSide(replicateDialect);

type ChatInit = MessageInitShape<typeof ChatSchema>;

const said = (role: Role, text: string) => ({
  role,
  parts: [{ content: { case: "text", value: { text } } as const }],
});
const user = said(Role.USER, "one");

function sent(chat: ChatInit, model = "meta/llama", stream = false) {
  const asked = create(ChatSchema, { model: "x", messages: [user], ...chat });
  const encoded = replicate.encodeRequest(asked, { model, stream, quirks: {} });
  if (!encoded.ok) throw new Error(encoded.fault.message);
  const { request, report } = encoded.value;
  return {
    path: request.path,
    waits: request.headers.includes("prefer"),
    body: JSON.parse(String(request.body)),
    report: report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
  };
}

describe("a prediction", () => {
  const places: readonly (readonly [model: string, path: string, version: string | undefined])[] = [
    ["meta/llama", "/models/meta/llama/predictions", undefined],
    ["meta/llama:5797a9", "/predictions", "5797a9"],
    ["deployments/me/mine", "/deployments/me/mine/predictions", undefined],
  ];
  for (const [model, path, version] of places) {
    it(`of ${model} is asked for at ${path}`, () => {
      const { body, ...rest } = sent({}, model);
      expect([rest.path, rest.waits, body.version]).toEqual([path, true, version]);
    });
  }

  for (const model of [
    "a/b/versions",
    "a/../b",
    "deployments/a/b/c",
    "../x/y",
    "deployments/../../files",
  ]) {
    it(`is not asked for of ${model}, which names another path of the vendor's`, () => {
      const asked = create(ChatSchema, { model, messages: [user] });
      const encoded = replicate.encodeRequest(asked, { model, stream: false, quirks: {} });
      expect(encoded).toMatchObject({
        ok: false,
        fault: { reason: ErrorReason.INVALID_REQUEST, fields: [{ field: "model" }] },
      });
    });
  }

  const cases: readonly (readonly [
    title: string,
    chat: ChatInit,
    input: object,
    report: readonly string[],
  ])[] = [
    ["has a prompt", {}, { prompt: "one" }, []],
    [
      "has instructions that stand first as an input of their own",
      { messages: [said(Role.SYSTEM, "be brief"), user] },
      { prompt: "one", system_prompt: "be brief" },
      ["messages[0] MAPPED"],
    ],
    [
      "has a conversation in its prompt",
      { messages: [user, said(Role.ASSISTANT, "two"), said(Role.USER, "three")] },
      { prompt: "User: one\nAssistant: two\nUser: three\nAssistant:" },
      ["messages EMULATED"],
    ],
    [
      "has the inputs that language models share",
      {
        maxOutputTokens: 9,
        sampling: { temperature: 0, topP: 0.5, topK: 3, seed: 4n, stop: ["a", "b"], minP: 0.5 },
      },
      {
        prompt: "one",
        max_tokens: 9,
        temperature: 0,
        top_p: 0.5,
        top_k: 3,
        seed: 4,
        stop_sequences: "a,b",
      },
      ["max_output_tokens MAPPED", "sampling.stop MAPPED", "sampling.min_p DROPPED"],
    ],
    [
      "tells of messages by their places in the chat, whatever became of the first",
      { messages: [said(Role.SYSTEM, "be brief"), user, said(Role.DEVELOPER, "be kind"), user] },
      { prompt: "User: one\nSystem: be kind\nUser: one\nAssistant:", system_prompt: "be brief" },
      ["messages[0] MAPPED", "messages EMULATED", "messages[2].role MAPPED"],
    ],
    [
      "is told that defaults are not sent",
      {
        n: 1,
        modalities: [Modality.TEXT],
        sampling: { logprobs: false },
        responseFormat: { format: { case: "text", value: {} } },
        reasoning: { effort: ReasoningEffort.NONE },
      },
      { prompt: "one" },
      [
        "sampling.logprobs MAPPED",
        "response_format MAPPED",
        "n MAPPED",
        "reasoning MAPPED",
        "modalities MAPPED",
      ],
    ],
    [
      "cannot have a stop sequence with a comma",
      { sampling: { stop: ["a,b"] } },
      { prompt: "one" },
      ["sampling.stop DROPPED"],
    ],
    [
      "has inputs of its own by extras",
      { extrasJson: { replicate: '{"input":{"max_completion_tokens":7,"prompt":"no"}}' } },
      { prompt: "one", max_completion_tokens: 7 },
      ['extras_json["replicate"].input.prompt DROPPED'],
    ],
  ];
  for (const [title, chat, input, report] of cases) {
    it(title, () => expect(sent(chat)).toMatchObject({ body: { input }, report }));
  }

  it("that is streamed is not waited for", () => {
    expect(sent({}, "m/n", true)).toMatchObject({ waits: false, body: { stream: true } });
  });

  it("gives one answer", () => {
    const asked = create(ChatSchema, { model: "x", messages: [user], n: 2 });
    const encoded = replicate.encodeRequest(asked, { model: "m/n", stream: false, quirks: {} });
    expect(encoded).toMatchObject({
      ok: false,
      fault: { reason: ErrorReason.UNSUPPORTED, fields: [{ field: "n" }] },
    });
  });
});

describe("an answer", () => {
  const answer = (json: object) => {
    const text = JSON.stringify(json);
    return replicate.decodeResponse(JSON.parse(text), Buffer.from(text));
  };

  it("is the pieces of the output, with its tokens", () => {
    const metrics = { input_token_count: 3, output_token_count: 2, predict_time: 0.5 };
    const whole = {
      id: "p",
      model: "meta/llama",
      status: "succeeded",
      output: ["hé", "llo"],
      metrics,
    };
    expect(answer({ ...whole, created_at: "2026-11-22T00:00:00Z" })).toMatchObject({
      ok: true,
      value: {
        id: "p",
        model: "meta/llama",
        choices: [{ message: { parts: [{ content: { value: { text: "héllo" } } }] } }],
        usage: { inputTokens: 3n, outputTokens: 2n },
        extrasJson: {
          replicate:
            '{"metrics":{"input_token_count":3,"output_token_count":2,"predict_time":0.5}}',
        },
      },
    });
  });

  const faults: readonly (readonly [title: string, json: object, fault: object])[] = [
    [
      "that failed",
      { id: "p", status: "failed", error: "CUDA" },
      { reason: ErrorReason.UPSTREAM_INTERNAL, message: "CUDA" },
    ],
    ["that was cancelled", { id: "p", status: "canceled" }, { reason: ErrorReason.UPSTREAM_CUT }],
    [
      "that is a picture",
      { id: "p", status: "succeeded", output: { url: 1 } },
      { reason: ErrorReason.UPSTREAM_MALFORMED },
    ],
    [
      "that is an error",
      { detail: "no", status: 402 },
      { reason: ErrorReason.UPSTREAM_BILLING, message: "no" },
    ],
  ];
  for (const [title, json, fault] of faults) {
    it(`${title} is a fault`, () => expect(answer(json)).toMatchObject({ ok: false, fault }));
  }

  it("that is not there yet is asked for again, or its stream is read", () => {
    const { followUp } = replicate;
    expect(followUp?.({ id: "..", status: "starting" })).toBeUndefined();
    const begun = { id: "p 1", status: "starting", urls: { get: "x" } };
    const cancel = { method: "POST", path: "/predictions/p%201/cancel" };
    expect(followUp?.(begun)).toMatchObject({
      request: { method: "GET", path: "/predictions/p%201" },
      abandon: cancel,
    });
    const urls = { stream: "https://stream.replicate.com/v1/files/a?b=c" };
    expect(followUp?.({ ...begun, status: "processing", urls })).toMatchObject({
      request: { origin: "https://stream.replicate.com", path: "/v1/files/a?b=c" },
      delayMs: 0,
      abandon: cancel,
    });
    for (const json of [{ ...begun, status: "succeeded" }, { status: "starting" }, [], "x", null]) {
      expect(followUp?.(json)).toBe(undefined);
    }
  });
});

describe("a stream", () => {
  const frame = (event: string, data: string) => ({ event, data: Buffer.from(data) });

  it("is pieces of text up to its end", () => {
    let state = replicate.begin();
    const events: unknown[] = [];
    const frames = [
      frame("output", "hé "),
      frame("logs", "x"),
      frame("output", "you\nthere"),
      frame("done", "{}"),
    ];
    for (const each of frames) {
      const step = replicate.decodeEvent(state, each);
      if (!step.ok) throw new Error(step.fault.message);
      state = step.state;
      events.push(
        ...step.events.map(({ event }) =>
          event.case === "textDelta" ? event.value.text : event.case,
        ),
      );
    }
    expect(events).toEqual(["messageStart", "hé ", "you\nthere", "finish"]);
    expect(replicate.end(state).ok).toBe(true);
    expect(replicate.end(replicate.begin())).toMatchObject({
      ok: false,
      fault: { reason: ErrorReason.UPSTREAM_CUT },
    });
  });

  for (const [event, data, fault] of [
    ["error", '{"detail":"boom"}', { reason: ErrorReason.UPSTREAM_INTERNAL, message: "boom" }],
    ["error", "boom", { message: "boom" }],
    ["done", '{"reason":"error"}', { reason: ErrorReason.UPSTREAM_INTERNAL }],
    ["done", '{"reason":"canceled"}', { reason: ErrorReason.UPSTREAM_CUT }],
  ] as const) {
    it(`fails by ${event} ${data}`, () => {
      expect(replicate.decodeEvent(replicate.begin(), frame(event, data))).toMatchObject({
        ok: false,
        fault,
      });
      expect(replicate.passthrough.watch(false).see(frame(event, data))).toMatchObject({
        forward: false,
        fault,
      });
    });
  }
});

describe("an error", () => {
  const cases: readonly (readonly [
    status: number,
    body: string,
    reason: ErrorReason,
    message: string,
  ])[] = [
    [
      401,
      '{"title":"Unauthenticated","detail":"no token","status":401}',
      ErrorReason.UPSTREAM_UNAUTHENTICATED,
      "no token",
    ],
    [402, '{"title":"Billing required","detail":"pay"}', ErrorReason.UPSTREAM_BILLING, "pay"],
    [
      422,
      '{"title":"Input validation failed","detail":"- input: prompt is required"}',
      ErrorReason.UPSTREAM_INVALID_REQUEST,
      "- input: prompt is required",
    ],
    [
      429,
      '{"detail":"Request was throttled."}',
      ErrorReason.UPSTREAM_RATE_LIMITED,
      "Request was throttled.",
    ],
    [
      502,
      "<html>",
      ErrorReason.UPSTREAM_UNAVAILABLE,
      "the vendor answered with status 502 and no readable error",
    ],
  ];
  for (const [status, body, reason, message] of cases) {
    it(`of status ${status} is ${ErrorReason[reason]}`, () => {
      const fault = replicate.decodeError(status, { "retry-after": "2" }, Buffer.from(body));
      expect(fault).toMatchObject({ reason, message, upstreamStatus: status, retryAfterMs: 2000 });
    });
  }

  it("and garbage are values, never throws", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 2 }),
        fc.constantFrom("output", "done", "error", ""),
        (value, event) => {
          for (const text of [
            JSON.stringify(value),
            JSON.stringify({ status: "starting", id: "p", urls: value, output: value }),
          ]) {
            const data = Buffer.from(text);
            replicate.decodeResponse(JSON.parse(text), data);
            replicate.followUp?.(JSON.parse(text));
            replicate.decodeEvent(replicate.begin(), { event, data });
            replicate.decodeError(500, {}, data);
          }
        },
      ),
    );
  });
});
