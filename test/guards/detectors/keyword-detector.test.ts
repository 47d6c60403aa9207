import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keywordDetector } from "../../../src/guards/detectors/keywords/keyword-detector.ts";
import { foldPart } from "../../../src/guards/detectors/keywords/text-parts.ts";

/** Characters of words: those that are folded by themselves, and those whose neighbours count. */
const letters = fc.string({
  unit: fc.constantFrom(..."aBkéßſﬁÅσςΣİіЖж각１Ｗ７_\u0301\u200b\u00ad"),
  minLength: 1,
  maxLength: 5,
});

const variants: readonly ((word: string) => string)[] = [
  (word) => word,
  (word) => word.toUpperCase(),
  (word) => word.toLowerCase(),
  (word) => word.normalize("NFD"),
  (word) => word.normalize("NFKC"),
  (word) => Array.from(word).join("\u200b"),
];

describe("a detector of keywords", () => {
  it("finds words that are the same when they are folded, and no others", () => {
    fc.assert(
      fc.property(letters, letters, fc.constantFrom(...variants), (word, other, variant) => {
        fc.pre(foldPart(word) !== "");
        const { find } = keywordDetector([[word, "WORD"]]);
        for (const text of [variant(word), other]) {
          const isSame = foldPart(text) === foldPart(word);
          const found = find(`"(${text})!`);
          expect(found).toEqual(isSame ? [{ start: 2, end: 2 + text.length, kind: "WORD" }] : []);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("finds letters that are words, and signs", () => {
    for (const word of ["中", "！", "𝐚", "😀", "ก", "—"]) {
      const { find } = keywordDetector([[word, "WORD"]]);
      const text = `x ${word}y${word} ${word}`;
      expect(find(text).length).toBeGreaterThan(0);
      expect(find(text).at(-1)).toMatchObject({ end: text.length });
      // Once more, now that each character is known.
      expect(find(text)).toEqual(find(text));
    }
  });
});
