import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { loadEveryDialect } from "../../../src/adapters/dialects.ts";
import type { Decoded, Encoded, Frame } from "../../../src/core/dialect.ts";
import { type VendorSide, vendorSide } from "../sides.ts";

const dialects = await loadEveryDialect();

function dialectOf(name: string): VendorSide<unknown> {
  const dialect = dialects.get(name);
  if (dialect === undefined) throw new Error(`no dialect ${name}`);
  return vendorSide(dialect);
}

const chat = dialectOf("sagemaker-chat");
const asked = create(ChatSchema, {
  model: "x",
  messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text: "one" } } }] }],
});
const messages = [{ role: "user", content: "one" }];

function sent(encoded: Decoded<Encoded>): readonly [path: string, body: object] {
  if (!encoded.ok) throw new Error(encoded.fault.message);
  return [encoded.value.request.path, JSON.parse(String(encoded.value.request.body))];
}

describe("a call of an endpoint", () => {
  const cases: readonly (readonly [model: string, stream: boolean, path: string, body: object])[] =
    [
      ["e-1", false, "/endpoints/e-1/invocations", { messages }],
      [
        "e-1",
        true,
        "/endpoints/e-1/invocations-response-stream",
        { messages, stream: true, stream_options: { include_usage: true } },
      ],
      ["e-1/meta/llama", false, "/endpoints/e-1/invocations", { model: "meta/llama", messages }],
      ["e?1", false, "/endpoints/e%3F1/invocations", { messages }],
    ];
  for (const [model, stream, path, body] of cases) {
    it(`of ${model} goes to ${path}`, () => {
      expect(sent(chat.encodeRequest(asked, { model, stream, quirks: {} }))).toEqual([path, body]);
    });
  }

  it("for vectors has the same path", () => {
    const spec = create(EmbedSpecSchema, {
      model: "x",
      inputs: [{ input: { case: "text", value: "a" } }],
    });
    const encoded = chat.embed.encodeRequest(spec, { model: "e", stream: false, quirks: {} });
    expect(sent(encoded)).toEqual(["/endpoints/e/invocations", { input: "a" }]);
  });

  it("in the native words of its container says in the body that it streams", () => {
    const [path, body] = sent(
      dialectOf("sagemaker-tgi").encodeRequest(asked, { model: "e", stream: true, quirks: {} }),
    );
    expect([path, body]).toMatchObject([
      "/endpoints/e/invocations-response-stream",
      { inputs: "one", stream: true },
    ]);
  });
});

const chunk = (delta: object, finish: string | null) =>
  JSON.stringify({
    id: "c",
    model: "m",
    created: 1,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
const answers = [
  chunk({ role: "assistant", content: "hé " }, null),
  chunk({ content: "you" }, null),
  chunk({}, "stop"),
];
const streams: readonly (readonly [title: string, text: string])[] = [
  ["server-sent events", [...answers, "[DONE]"].map((data) => `data: ${data}\n\n`).join("")],
  [
    "server-sent events of CRLF, with comments",
    `: hi\r\n\r\n${answers.map((data) => `id: 1\r\ndata:${data}\r\n\r\n`).join("")}`,
  ],
  ["lines of JSON", answers.map((data) => `${data}\n`).join("")],
  ["lines of JSON of which the last has no end", answers.join("\n")],
];

function partsOf(bytes: Buffer, cuts: readonly number[]): Frame[] {
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length))].sort(
    (one, other) => one - other,
  );
  return [0, ...ends].map((start, at) => ({
    event: "PayloadPart",
    data: bytes.subarray(start, ends[at]),
  }));
}

function decode(frames: readonly Frame[]): string {
  let state = chat.begin();
  let text = "";
  const watch = chat.passthrough.watch(true);
  for (const frame of frames) {
    const step = chat.decodeEvent(state, frame);
    if (!step.ok) throw new Error(step.fault.message);
    state = step.state;
    expect(watch.see(frame)).not.toHaveProperty("fault");
    for (const { event } of step.events) if (event.case === "textDelta") text += event.value.text;
  }
  expect([chat.end(state).ok, watch.ended()]).toEqual([true, true]);
  return text;
}

describe("a stream of an endpoint", () => {
  for (const [title, text] of streams) {
    it(`is read wherever its parts are cut: ${title}`, () => {
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
          expect(decode(partsOf(Buffer.from(text), cuts))).toBe("hé you");
        }),
      );
    });
  }

  it("that breaks off is no clean end", () => {
    const [, text = ""] = streams[0] ?? [];
    const step = chat.decodeEvent(chat.begin(), {
      event: "PayloadPart",
      data: Buffer.from(text.slice(0, 120)),
    });
    if (!step.ok) throw new Error(step.fault.message);
    expect(chat.end(step.state)).toMatchObject({ ok: false });
    expect(chat.end(chat.begin())).toMatchObject({
      ok: false,
      fault: { reason: ErrorReason.UPSTREAM_CUT },
    });
  });

  const faults: readonly (readonly [event: string, data: string, fault: object])[] = [
    [
      "exception:ModelStreamError",
      '{"ErrorCode":"ModelInvocationTimeExceeded","Message":"slow"}',
      { reason: ErrorReason.UPSTREAM_TIMEOUT, message: "slow", upstreamType: "ModelStreamError" },
    ],
    [
      "exception:ModelStreamError",
      '{"ErrorCode":"StreamBroken","Message":"gone"}',
      { reason: ErrorReason.UPSTREAM_CUT, message: "gone" },
    ],
    ["exception:InternalStreamFailure", "", { reason: ErrorReason.UPSTREAM_INTERNAL }],
    ["PayloadPart", 'data: {"error":{"message":"no"}}\n\n', { message: "no" }],
    ["PayloadPart", "data: {oops\n\n", { reason: ErrorReason.UPSTREAM_MALFORMED }],
  ];
  for (const [event, data, fault] of faults) {
    it(`fails by ${event} ${data.trim()}`, () => {
      const frame = { event, data: Buffer.from(data) };
      expect(chat.decodeEvent(chat.begin(), frame)).toMatchObject({ ok: false, fault });
      expect(chat.passthrough.watch(true).see(frame)).toMatchObject({ forward: false, fault });
    });
  }
});

describe("an error of an endpoint", () => {
  const wrapped = (status: number, message: string) =>
    JSON.stringify({
      ErrorCode: "ModelError",
      Message: "m",
      OriginalStatusCode: status,
      OriginalMessage: message,
    });
  const cases: readonly (readonly [status: number, type: string, body: string, fault: object])[] = [
    [
      424,
      "ModelError",
      wrapped(400, '{"error":{"message":"This model\'s maximum context length is 8 tokens"}}'),
      {
        reason: ErrorReason.UPSTREAM_CONTEXT_LENGTH,
        message: "This model's maximum context length is 8 tokens",
      },
    ],
    [
      424,
      "ModelError",
      wrapped(422, "not JSON"),
      { reason: ErrorReason.UPSTREAM_INVALID_REQUEST, message: "not JSON" },
    ],
    [424, "ModelError", "", { reason: ErrorReason.UPSTREAM_INTERNAL }],
    [
      403,
      "AccessDeniedException",
      '{"Message":"no"}',
      { reason: ErrorReason.UPSTREAM_PERMISSION_DENIED, message: "no" },
    ],
    [
      400,
      "ValidationError",
      '{"Message":"no endpoint"}',
      { reason: ErrorReason.UPSTREAM_INVALID_REQUEST },
    ],
    [429, "ThrottlingException", "{}", { reason: ErrorReason.UPSTREAM_RATE_LIMITED }],
    [503, "ServiceUnavailable", "<html>", { reason: ErrorReason.UPSTREAM_UNAVAILABLE }],
  ];
  for (const [status, type, body, fault] of cases) {
    it(`of ${type} with ${body === "" ? "nothing" : body} is read`, () => {
      const headers = { "x-amzn-errortype": type, "x-amzn-requestid": "r" };
      const told = { upstreamStatus: status, upstreamRequestId: "r", ...fault };
      expect(chat.decodeError(status, headers, Buffer.from(body))).toMatchObject(told);
    });
  }

  it("and garbage are values, never throws", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom("PayloadPart", "exception:X", ""),
        (data, event) => {
          chat.decodeEvent(chat.begin(), { event, data });
          chat.decodeError(424, {}, data);
          chat.passthrough.watch(false).see({ event, data });
        },
      ),
    );
  });
});
