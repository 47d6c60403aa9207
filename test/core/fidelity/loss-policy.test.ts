import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { adjustUnknown, lossFault, nameMembers } from "../../../src/core/fidelity/loss-policy.ts";

const entry = (field: string, outcome: FieldOutcome): FieldReport => ({
  $typeName: "parlance.call.v1.FieldReport",
  field,
  outcome,
  note: "so it is",
});

describe("strict", () => {
  it("names every field that is dropped or clamped", () => {
    const fault = lossFault([
      entry("user", FieldOutcome.MAPPED),
      entry("sampling.seed", FieldOutcome.DROPPED),
      entry("tool_choice", FieldOutcome.EMULATED),
      entry("sampling.temperature", FieldOutcome.CLAMPED),
    ]);
    expect(fault).toEqual({
      reason: ErrorReason.FIDELITY_LOSS,
      message:
        "strict: the target cannot honour sampling.seed, sampling.temperature; leave out what is lost, or call without strict",
      fields: [
        { field: "sampling.seed", message: "would be dropped: so it is" },
        { field: "sampling.temperature", message: "would be changed: so it is" },
      ],
    });
  });

  it("names as many of very many fields as an answer holds", () => {
    const lost = Array.from({ length: 1000 }, (_, at) =>
      entry(`messages[${at}].name`, FieldOutcome.DROPPED),
    );
    expect(lossFault(lost)?.fields).toHaveLength(64);
  });

  it("lets pass what is mapped, emulated or forwarded", () => {
    const { MAPPED, EMULATED, FORWARDED } = FieldOutcome;
    expect(
      lossFault([entry("a", MAPPED), entry("b", EMULATED), entry("c", FORWARDED)]),
    ).toBeUndefined();
  });
});

describe("unknown fields", () => {
  const extrasJson = {
    "openai-chat": '{"top_a":0.5,"x":{"a":1},"k":1}',
    gemini: '{"x":{"b":2},"k":2}',
  };
  const chat = create(ChatSchema, { model: "m", extrasJson });

  it("of other dialects are left to the dialect where they are dropped", () => {
    expect(adjustUnknown(chat, "gemini", UnknownFields.DROP)).toEqual({
      request: chat,
      report: [],
    });
  });

  it("are forwarded beside the dialect's own, which go before", () => {
    const { request, report } = adjustUnknown(chat, "gemini", UnknownFields.FORWARD);
    expect(JSON.parse(request.extrasJson.gemini ?? "")).toEqual({ top_a: 0.5, x: { b: 2 }, k: 2 });
    expect(Object.keys(request.extrasJson)).toEqual(["gemini"]);
    expect(report.map(({ field, outcome }) => [field, outcome])).toEqual([
      ['extras_json["openai-chat"].top_a', FieldOutcome.FORWARDED],
      ['extras_json["openai-chat"].x', FieldOutcome.FORWARDED],
      ['extras_json["openai-chat"].k', FieldOutcome.FORWARDED],
    ]);
    expect(chat.extrasJson).toEqual(extrasJson);
  });

  it("that are no object cannot be forwarded, which is told", () => {
    const odd = create(ChatSchema, { model: "m", extrasJson: { ollama: "[1]" } });
    expect(
      adjustUnknown(odd, "gemini", UnknownFields.FORWARD).report.map(({ field, outcome }) => [
        field,
        outcome,
      ]),
    ).toEqual([['extras_json["ollama"]', FieldOutcome.DROPPED]]);
  });

  it("that a dialect drops as a whole are told by name", () => {
    const { DROPPED, EMULATED } = FieldOutcome;
    const whole = entry('extras_json["openai-chat"]', DROPPED);
    const others = [entry("sampling.seed", DROPPED), entry('extras_json["gemini"]', EMULATED)];
    expect(nameMembers(chat, [whole, ...others])).toEqual([
      ...["top_a", "x", "k"].map((name) => ({
        ...whole,
        field: `extras_json["openai-chat"].${name}`,
      })),
      ...others,
    ]);
    const odd = create(ChatSchema, { model: "m", extrasJson: { "openai-chat": "{}" } });
    expect(nameMembers(odd, [whole])).toEqual([whole]);
  });

  it("are refused by name", () => {
    const refusal = () => adjustUnknown(chat, "gemini", UnknownFields.REFUSE);
    expect(refusal).toThrow(GatewayError);
    expect(refusal).toThrow(
      'extras_json["openai-chat"].top_a, extras_json["openai-chat"].x, extras_json["openai-chat"].k',
    );
  });

  it("of the dialect itself are neither refused nor told", () => {
    const own = create(ChatSchema, { model: "m", extrasJson: { gemini: "{}" } });
    expect(adjustUnknown(own, "gemini", UnknownFields.REFUSE)).toEqual({
      request: own,
      report: [],
    });
    expect(adjustUnknown(own, "gemini", UnknownFields.FORWARD)).toEqual({
      request: own,
      report: [],
    });
  });
});
