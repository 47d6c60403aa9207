import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../../src/core/rules/linear-pattern.ts";
import { compileSearch } from "../../../src/core/rules/pattern-search.ts";
import { PatternFault, parsePattern } from "../../../src/core/rules/pattern-syntax.ts";

const atoms = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\d", "\\w", "\\s", "x", "é", "\\.");
const patterns = fc.letrec((tie) => ({
  pattern: fc.oneof({ maxDepth: 4 }, atoms, tie("joined"), tie("choice"), tie("repeat")),
  joined: fc.tuple(tie("pattern"), tie("pattern")).map(([one, other]) => `${one}${other}`),
  choice: fc.tuple(tie("pattern"), tie("pattern")).map(([one, other]) => `(?:${one}|${other})`),
  repeat: fc
    .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{1,2}", "{2,}", "*?"))
    .map(([one, count]) => `(${one})${count}`),
})).pattern;
const framed = fc
  .tuple(fc.constantFrom("", "^", "\\b"), patterns, fc.constantFrom("", "$", "\\b", "\\B"))
  .map(([start, pattern, end]) => `${start}${String(pattern)}${end}`);
const subjects = fc.string({
  unit: fc.constantFrom("a", "b", "x", "é", "1", " ", ".", "𝒳"),
  maxLength: 12,
});

describe("a linear pattern", () => {
  it("finds what JavaScript's own finds", () => {
    fc.assert(
      fc.property(framed, subjects, (pattern, text) => {
        // V8 finds `\B` between the halves of a character, where there is no place.
        fc.pre(!(pattern.endsWith("\\B") && text.includes("𝒳")));
        expect(compilePattern(pattern)(text)).toBe(new RegExp(pattern, "u").test(text));
      }),
      { numRuns: 1000 },
    );
  });

  it("occurs where JavaScript's own does", () => {
    fc.assert(
      fc.property(framed, subjects, (pattern, text) => {
        fc.pre(!(pattern.endsWith("\\B") && text.includes("𝒳")));
        // JavaScript and RE2 differ in how often what may be empty is repeated.
        fc.pre(!/[*?}].*\)(?:[*+?]|\{)/.test(pattern));
        const match = new RegExp(pattern, "u").exec(text);
        const { start, end } = compileSearch(pattern).first(text, 0) ?? {};
        expect(start).toBe(match?.index);
        expect(end).toBe(match === null ? undefined : match.index + match[0].length);
      }),
      { numRuns: 1000 },
    );
  });

  it("knows all characters that a letter fits in any case", () => {
    for (const letter of "fhijkstwy7") {
      const { root } = parsePattern(`(?i)${letter}`);
      const [node] = root.kind === "sequence" ? root.nodes : [];
      if (node?.kind !== "character") throw new Error("no character");
      const codes = Array.from({ length: 0x10000 }, (_, code) => code);
      expect(codes.filter(node.fits)).toEqual(node.codes);
    }
  });

  const cases: readonly [pattern: string, text: string, found: boolean][] = [
    ["(?i)hallo", "sag HALLO", true],
    ["(?i)grüsse|straße", "GRÜSSE", true],
    ["hallo", "HALLO", false],
    ["(?P<name>a)b", "ab", true],
    ["\\Aab\\z", "ab", true],
    ["a{3,}", "aa", false],
    ["[a-c\\d-]+$", "x-1", true],
    ["a{,2}", "a{,2}", true],
    ["", "", true],
    ["(a*)*b", "aaab", true],
    ["()*", "x", true],
  ];
  for (const [pattern, text, found] of cases)
    it(`${pattern} is ${found ? "" : "not "}found in ${text}`, () =>
      expect(compilePattern(pattern)(text)).toBe(found));

  it("takes as many steps for a text that would have others go back", () => {
    const steps = (pattern: string, length: number): number => {
      let looked = 0;
      const text = {
        length: length + 1,
        codePointAt: (at: number) => {
          looked += 1;
          return at < length ? 0x61 : at === length ? 0x21 : undefined;
        },
        charCodeAt: (at: number) => (at < length ? 0x61 : 0x21),
      };
      compilePattern(pattern)(text as unknown as string); // a text that counts
      return looked;
    };
    for (const pattern of [
      "(a+)+b",
      "(a|a)*b",
      "(a*)*b",
      ".*a.*a.*a.*b",
      "(a?){50}a{50}b",
      "(.*)(.*)(.*)b",
    ])
      expect(steps(pattern, 2000)).toBeLessThan(2010);
  });
});

describe("a pattern is refused", () => {
  const cases: readonly [pattern: string, message: string, at: number][] = [
    ["(a)\\1", "references to groups cannot be done in linear time", 3],
    [
      "a(?=b)",
      "only (...), (?:...) and (?<name>...) are groups here: looking ahead or behind cannot be done in linear time, and (?i) stands at the start",
      1,
    ],
    [
      "(?<!a)b",
      "only (...), (?:...) and (?<name>...) are groups here: looking ahead or behind cannot be done in linear time, and (?i) stands at the start",
      0,
    ],
    ["a)b", "a `)` without its `(`", 1],
    ["a(b", "a `(` without its `)`", 1],
    ["[ab", "a `[` without its `]`", 0],
    ["[b-a]", "a range of a class goes down", 0],
    ["*a", "nothing stands before a repetition", 0],
    ["a**", "a repetition follows a repetition", 2],
    ["a{300}", "a repetition counts beyond 100", 1],
    ["a{3,1}", "a repetition counts down", 1],
    ["\\q", "there is no escape \\q", 0],
    ["(a{100}){100}", "the pattern is too large when its repetitions are counted out", 0],
    [
      "((((){100}){100}){100}){100}",
      "the pattern is too large when its repetitions are counted out",
      0,
    ],
    [`${"(".repeat(40)}${")".repeat(40)}`, "groups are nested more than 32 deep", 32],
    ["a".repeat(501), "a pattern may have 500 characters", 0],
  ];
  for (const [pattern, message, at] of cases)
    it(pattern.slice(0, 40), () => {
      const thrown = (): unknown => {
        try {
          return compilePattern(pattern);
        } catch (error) {
          return error;
        }
      };
      const fault = thrown();
      expect(fault).toBeInstanceOf(PatternFault);
      expect(fault).toMatchObject({ message, at });
    });

  it("and nothing else is thrown, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (pattern) => {
        try {
          compilePattern(pattern)("some text");
        } catch (error) {
          expect(error).toBeInstanceOf(PatternFault);
        }
      }),
    );
  });
});
