import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import type { BesideRequest } from "../../../src/core/beside-request.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { fieldEntry } from "../../../src/core/fidelity/field-entry.ts";
import { adjustUnknown, checkDemands } from "../../../src/core/fidelity/unknown-fields.ts";

const { DROP, FORWARD, REFUSE } = UnknownFields;
const { DROPPED, EMULATED } = FieldOutcome;

const typed = (policy: UnknownFields) => ({ dialect: "gemini", policy, beside: undefined });
const short = (report: readonly FieldReport[]) =>
  report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`);
const entry = (field: string, outcome: FieldOutcome) => fieldEntry(field, outcome, "note");

const text = { case: "text", value: { text: "hello" } } as const;

describe("unknown fields of typed callers", () => {
  const extrasJson = {
    "openai-chat": '{"top_a":0.5,"x":{"a":1},"k":1}',
    gemini: '{"x":{"b":2},"k":2}',
  };
  const chat = create(ChatSchema, { model: "m", extrasJson });

  it("are left to the dialect where they are dropped", () => {
    const { request, report } = adjustUnknown(chat, typed(DROP));
    expect(request).toBe(chat);
    expect(report([])).toEqual([]);
  });

  it("are forwarded beside the dialect's own, which go before", () => {
    const { request, report } = adjustUnknown(chat, typed(FORWARD));
    expect(JSON.parse(request.extrasJson.gemini ?? "")).toEqual({ top_a: 0.5, x: { b: 2 }, k: 2 });
    expect(Object.keys(request.extrasJson)).toEqual(["gemini"]);
    expect(short(report([]))).toEqual([
      'extras_json["openai-chat"].top_a FORWARDED',
      'extras_json["openai-chat"].x FORWARDED',
      'extras_json["openai-chat"].k FORWARDED',
    ]);
    expect(chat.extrasJson).toEqual(extrasJson);
  });

  it("that are no object cannot be forwarded, which is reported", () => {
    const odd = create(ChatSchema, { model: "m", extrasJson: { ollama: "[1]" } });
    expect(short(adjustUnknown(odd, typed(FORWARD)).report([]))).toEqual([
      'extras_json["ollama"] DROPPED',
    ]);
  });

  it("that a dialect drops as a whole are reported by name", () => {
    const whole = entry('extras_json["openai-chat"]', DROPPED);
    const others = [entry("sampling.seed", DROPPED), entry('extras_json["gemini"]', EMULATED)];
    expect(adjustUnknown(chat, typed(DROP)).report([whole, ...others])).toEqual([
      ...["top_a", "x", "k"].map((name) => ({
        ...whole,
        field: `extras_json["openai-chat"].${name}`,
      })),
      ...others,
    ]);
    const odd = create(ChatSchema, { model: "m", extrasJson: { "openai-chat": "{}" } });
    expect(adjustUnknown(odd, typed(DROP)).report([whole])).toEqual([whole]);
  });

  it("are refused by name, wherever they are", () => {
    const deep = create(ChatSchema, {
      model: "m",
      messages: [{ parts: [{ content: text, extras: { dialect: "ollama", json: '{"a":1}' } }] }],
    });
    expect(() => adjustUnknown(chat, typed(REFUSE))).toThrow(
      'extras_json["openai-chat"].top_a, extras_json["openai-chat"].x, extras_json["openai-chat"].k',
    );
    expect(() => adjustUnknown(deep, typed(REFUSE))).toThrow("messages[0].parts[0].extras");
  });

  it("of the dialect itself are neither refused nor reported", () => {
    const own = create(ChatSchema, { model: "m", extrasJson: { gemini: "{}" } });
    for (const policy of [REFUSE, FORWARD]) {
      const { request, report } = adjustUnknown(own, typed(policy));
      expect(request).toBe(own);
      expect(report([])).toEqual([]);
    }
  });
});

/** A chat with unknown members at several places, and what is known of them. */
function readChat(): { readonly chat: Chat; readonly beside: BesideRequest } {
  const init: MessageInitShape<typeof ChatSchema> = {
    model: "m",
    extrasJson: { client: '{"top":1}' },
    messages: [
      {
        extrasJson: { client: '{"turn":1}' },
        parts: [
          {
            content: {
              case: "toolResult",
              value: {
                toolCallId: "1",
                content: [{ content: text, extras: { dialect: "client", json: '{"inner":1}' } }],
              },
            },
            extras: { dialect: "client", json: '{"a":{"part":1}}' },
          },
        ],
      },
    ],
    tools: [
      { tool: { case: "function", value: { name: "f", extrasJson: { client: '{"f":1}' } } } },
    ],
  };
  const chat = create(ChatSchema, init);
  const [message] = chat.messages;
  const [part] = message?.parts ?? [];
  const [tool] = chat.tools;
  const inner = part?.content.case === "toolResult" ? part.content.value.content[0] : undefined;
  const members = [
    { path: "turns.0.a.part", extras: part?.extras },
    { path: "turns.0.content.0.inner", extras: inner?.extras },
    { path: "turns.0.turn", extras: message?.extrasJson },
    { path: "tools.0.f", extras: tool?.tool.case === "function" ? tool.tool.value.extrasJson : {} },
    { path: "list.0.lost", extras: undefined },
    { path: "top", extras: chat.extrasJson },
  ];
  return { chat, beside: { dialect: "client", members, demands: [] } };
}

describe("unknown members of a client's request", () => {
  it("are dropped and reported by the client's own paths, and by nothing else", () => {
    const { chat, beside } = readChat();
    const { request, report } = adjustUnknown(chat, { dialect: "gemini", policy: DROP, beside });
    expect(request).toBe(chat);
    const told = report([
      entry('extras_json["client"]', DROPPED),
      entry("messages[0].parts[0].extras", DROPPED),
      entry("sampling.seed", DROPPED),
    ]);
    expect(short(told)).toEqual([
      ...beside.members.map(({ path }) => `${path} DROPPED`),
      "sampling.seed DROPPED",
    ]);
  });

  it("are refused by the client's own paths", () => {
    const { chat, beside } = readChat();
    const refused = () => adjustUnknown(chat, { dialect: "gemini", policy: REFUSE, beside });
    expect(refused).toThrow(GatewayError);
    expect(refused).toThrow("turns.0.a.part, turns.0.content.0.inner, turns.0.turn, tools.0.f");
  });

  it("are forwarded as the target's extras in their places", () => {
    const { chat, beside } = readChat();
    const { request, report } = adjustUnknown(chat, { dialect: "gemini", policy: FORWARD, beside });
    expect(request).toMatchObject({
      extrasJson: { gemini: '{"top":1}' },
      messages: [
        {
          extrasJson: { gemini: '{"turn":1}' },
          parts: [
            {
              extras: { dialect: "gemini", json: '{"a":{"part":1}}' },
              content: { value: { content: [{ extras: { dialect: "gemini" } }] } },
            },
          ],
        },
      ],
      tools: [{ tool: { value: { extrasJson: { gemini: '{"f":1}' } } } }],
    });
    expect(short(report([]))).toEqual(
      beside.members.map(({ path, extras }) =>
        extras === undefined ? `${path} DROPPED` : `${path} FORWARDED`,
      ),
    );
  });

  it("that the dialect does not send after all are reported as dropped", () => {
    const { chat, beside } = readChat();
    const { report } = adjustUnknown(chat, { dialect: "gemini", policy: FORWARD, beside });
    const told = report([
      entry("messages[0].parts[0].extras", DROPPED),
      entry('messages[0].extras_json["gemini"].turn', DROPPED),
      entry('tools[0].function.extras_json["gemini"]', DROPPED),
      entry('extras_json["gemini"].other', DROPPED),
    ]);
    expect(short(told)).toEqual([
      "turns.0.a.part DROPPED",
      "turns.0.content.0.inner FORWARDED",
      "turns.0.turn DROPPED",
      "tools.0.f DROPPED",
      "list.0.lost DROPPED",
      "top FORWARDED",
      'extras_json["gemini"].other DROPPED',
    ]);
  });

  it("reach a target of the client's dialect in every case; what has no place is reported", () => {
    for (const policy of [DROP, REFUSE, FORWARD]) {
      const { chat, beside } = readChat();
      const { request, report } = adjustUnknown(chat, { dialect: "client", policy, beside });
      expect(request).toBe(chat);
      expect(short(report([entry('extras_json["client"].top', DROPPED)]))).toEqual([
        "list.0.lost DROPPED",
        "top DROPPED",
      ]);
    }
  });
});

describe("what only some dialects can honour", () => {
  const demands = [{ path: "thread", message: "send all", dialects: ["own", "kin"] }];
  const beside = { dialect: "own", members: [], demands };

  it("is refused for a target of another dialect, and where nothing is kept", () => {
    for (const dialect of ["other", undefined])
      expect(() => checkDemands(beside, dialect)).toThrow("thread: send all");
  });

  it("passes to a target of one of them", () => {
    for (const dialect of ["own", "kin"]) expect(() => checkDemands(beside, dialect)).not.toThrow();
    expect(() => checkDemands(undefined, "other")).not.toThrow();
  });
});
