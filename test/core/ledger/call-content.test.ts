import fc from "fast-check";
import { expect, it } from "vitest";
import { boundContent, firstBytes } from "../../../src/core/ledger/call-content.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });

it("what was said is cut off in whole characters, and says so", () => {
  const messages = fc.array(fc.record({ role: fc.constant("user"), text }), { maxLength: 5 });
  fc.assert(
    fc.property(messages, text, fc.integer({ min: 1, max: 100 }), (said, answer, max) => {
      const bound = boundContent({ messages: said, answer, cut: false }, max);
      const prompt = bound.messages.map((one) => one.text).join("");
      expect(Buffer.byteLength(prompt)).toBeLessThanOrEqual(max);
      expect(Buffer.byteLength(bound.answer)).toBeLessThanOrEqual(max);
      expect(answer.startsWith(bound.answer)).toBe(true);
      const isWhole =
        JSON.stringify([bound.messages, bound.answer]) === JSON.stringify([said, answer]);
      expect(bound.cut).toBe(!isWhole);
      expect(said.slice(said.length - bound.messages.length).slice(1)).toEqual(
        bound.messages.slice(1),
      );
    }),
  );
  expect([firstBytes("aé", 2), firstBytes("aé", 3), firstBytes("😀", 3)]).toEqual(["a", "aé", ""]);
});
