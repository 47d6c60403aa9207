import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainWords, vendorWords } from "../../../src/adapters/shared/vendor-words.ts";

describe("what a vendor says of a failure", () => {
  for (const [said, told] of [
    [
      "Incorrect API key provided: sk-proj-abcdefghijklmnop.",
      "Incorrect API key provided: [redacted]",
    ],
    ["key sk-ab***************xyz is invalid", "key [redacted] is invalid"],
    ["key ****-key is invalid", "key [redacted] is invalid"],
    ["Bearer abc.def is invalid", "[redacted] is invalid"],
    ["a **bold** word, 2*3, ** and x-y-z", "a **bold** word, 2*3, ** and x-y-z"],
  ] as const) {
    it(`is told without keys: ${said}`, () => {
      expect(vendorWords(said)).toBe(told);
    });
  }

  it("is bounded, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
        fc.nat(9000),
        (piece, times) => {
          expect(Buffer.byteLength(vendorWords(piece.repeat(times)))).toBeLessThanOrEqual(4096);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("costs no more, however long it is", () => {
    const pieces = [
      "a-",
      "*",
      "***-",
      "Bearer ",
      "Bearer\t",
      "sk-",
      "sk",
      "key",
      "<title",
      "<title>",
      "\u{1f600}",
    ];
    const timeOf = (length: number): number => {
      const began = process.threadCpuUsage();
      for (const piece of pieces) {
        const text = piece.repeat(length / piece.length);
        vendorWords(text);
        plainWords(Buffer.from(`<html>${text}`));
      }
      return process.threadCpuUsage(began).user;
    };
    timeOf(5_000);
    const short = Math.min(timeOf(5_000), timeOf(5_000), timeOf(5_000));
    const long = Math.min(timeOf(400_000), timeOf(400_000), timeOf(400_000));
    // Eighty times the text: but for making it, the cost is that of the bound.
    expect(long).toBeLessThan(20 * short + 50_000);
  });
});
