import { create, type Message, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallReportSchema } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { StreamCompleteResponseSchema } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { printTextDelta } from "../../../../src/edge/connect/streams/print-text-delta.ts";

const said = (choice: number, part: number, text: string) =>
  create(StreamCompleteResponseSchema, {
    event: { event: { case: "textDelta", value: { choice, part, text } } },
  });

describe("text of a streamed answer", () => {
  it("is printed as its descriptor has it, whatever it is", () => {
    const numbers = fc.oneof(fc.constantFrom(0, 1, 127, 128, 1_000_000), fc.nat(0xffffffff));
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "\n", "é", "\u{1f600}", "\udc00") }),
      fc.constantFrom("", "\ud800", "x".repeat(127), "x".repeat(128), "é".repeat(300)),
    );
    fc.assert(
      fc.property(numbers, numbers, texts, (choice, part, text) => {
        const message = said(choice, part, text);
        const expected = toBinary(StreamCompleteResponseSchema, message);
        expect(Buffer.compare(printTextDelta(message) ?? new Uint8Array(), expected)).toBe(0);
      }),
    );
  });

  const others: readonly (readonly [title: string, message: Message])[] = [
    [
      "that brings a report",
      create(StreamCompleteResponseSchema, {
        ...said(0, 0, "x"),
        report: create(CallReportSchema),
      }),
    ],
    [
      "that is a finish",
      create(StreamCompleteResponseSchema, {
        event: { event: { case: "finish", value: {} } },
      }),
    ],
    ["without an event", create(StreamCompleteResponseSchema)],
    ["of another type", create(CallReportSchema)],
    [
      "with fields that nobody knows",
      {
        ...said(0, 0, "x"),
        $unknown: [{ no: 99, wireType: 0, data: Uint8Array.of(1) }],
      },
    ],
  ];
  for (const [title, message] of others) {
    it(`leaves a message ${title} to its descriptor`, () => {
      expect(printTextDelta(message)).toBeUndefined();
    });
  }
});
