import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import {
  finish,
  messageStart,
  partEnd,
  reasoningDelta,
  textDelta,
  toolCallStart,
  usageEvent,
} from "../../src/events/make-events.ts";
import { createSeenAnswer } from "../../src/events/seen-answer.ts";

function usage(inputTokens: bigint, outputTokens: bigint): Event {
  return usageEvent(create(UsageSchema, { inputTokens, outputTokens }));
}

function textOf(events: readonly Event[]): string {
  return events.map(({ event }) => (event.case === "textDelta" ? event.value.text : "")).join("");
}

describe("an answer that two vendors write", () => {
  it("is the same wherever the first breaks off, however the second begins", () => {
    const piece = fc.stringMatching(/^[ a\n]{0,6}$/);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(), fc.nat(3), (pieces, cut, size) => {
        const answer = pieces.join("");
        const seen = createSeenAnswer();
        const before = pieces.slice(0, cut % (pieces.length + 1));
        const heard = [...seen.take([messageStart("1", "m", "")])];
        for (const text of before) heard.push(...seen.take([textDelta(0, text)]));
        const prefill = (seen.text() ?? "").trimEnd();
        seen.breakOff();
        heard.push(...seen.take([messageStart("2", "n", "")]));
        const rest = answer.slice(prefill.length);
        for (let at = 0; at < rest.length; at += size + 1)
          heard.push(...seen.take([textDelta(0, rest.slice(at, at + size + 1))]));
        expect(textOf(heard)).toBe(answer);
        expect(heard.filter(({ event }) => event.case === "messageStart")).toHaveLength(1);
      }),
    );
  });

  it("has the parts of both in one order, and the usage of both", () => {
    const seen = createSeenAnswer();
    seen.take([messageStart("1", "m", ""), textDelta(0, "One"), usage(10n, 1n)]);
    seen.breakOff();
    expect(
      seen.take([
        messageStart("2", "n", ""),
        textDelta(0, " two"),
        partEnd(0),
        toolCallStart(1, "c", "f"),
        usage(11n, 2n),
        finish(FinishReason.TOOL_CALLS, "", ""),
      ]),
    ).toEqual([
      textDelta(0, " two"),
      partEnd(0),
      toolCallStart(1, "c", "f"),
      usage(21n, 3n),
      finish(FinishReason.TOOL_CALLS, "", ""),
    ]);
  });

  it("has words of their own for a part that had ended, and for what stands before words", () => {
    const ended = createSeenAnswer();
    ended.take([textDelta(0, "One"), partEnd(0)]);
    ended.breakOff();
    expect(ended.take([textDelta(0, " two")])).toEqual([textDelta(1, " two")]);
    const thought = createSeenAnswer();
    thought.take([textDelta(0, "One")]);
    thought.breakOff();
    expect(thought.take([reasoningDelta("x", 0, "hm", "", ""), textDelta(1, " two")])).toEqual([
      reasoningDelta("x", 1, "hm", "", ""),
      textDelta(2, " two"),
    ]);
  });

  it("may be broken off more than once", () => {
    const seen = createSeenAnswer();
    const heard = [...seen.take([textDelta(0, "a "), usage(1n, 1n)])];
    seen.breakOff();
    heard.push(...seen.take([textDelta(0, " b\n"), usage(2n, 2n)]));
    expect(seen.text()).toBe("a b\n");
    seen.breakOff();
    heard.push(...seen.take([textDelta(0, "\nc"), usage(4n, 4n)]));
    expect(textOf(heard)).toBe("a b\nc");
    expect(heard.at(-1)).toEqual(usage(7n, 7n));
  });
});

describe("an answer is not gone on with", () => {
  for (const [title, event] of [
    ["that thinks", reasoningDelta("x", 0, "hm", "", "")],
    ["that calls a tool", toolCallStart(1, "c", "f")],
    ["that has finished", finish(FinishReason.STOP, "", "")],
  ] as const)
    it(title, () => {
      const seen = createSeenAnswer();
      seen.take([textDelta(0, "One"), event]);
      expect(seen.text()).toBeUndefined();
    });

  it("of several choices", () => {
    const seen = createSeenAnswer();
    const value = {
      $typeName: "parlance.chat.v1.TextDelta",
      choice: 1,
      part: 0,
      text: "x",
    } as const;
    seen.take([{ $typeName: "parlance.chat.v1.Event", event: { case: "textDelta", value } }]);
    expect(seen.text()).toBeUndefined();
  });
});
