import { describe, expect, it } from "vitest";
import { parseToml } from "../../scripts/model-facts/toml.ts";

describe("TOML of models.dev", () => {
  const cases: readonly (readonly [title: string, text: string, expected: object])[] = [
    [
      "keeps numbers as they were written",
      "a = 0.30\nb = 1_000_000",
      { a: { number: "0.30" }, b: { number: "1000000" } },
    ],
    [
      "reads words, quoted keys and texts",
      `a = true\n"b c" = "d # \\" e" # f`,
      { a: true, "b c": 'd # " e' },
    ],
    [
      "reads tables and tables within them",
      "[a]\nb = 'x'\n[a.c]\nd = false",
      { a: { b: "x", c: { d: false } } },
    ],
    [
      "reads lists of tables",
      "[[a.b]]\nc = 'x'\n[[a.b]]\nd = { e = 1, f = ['y'] }",
      { a: { b: [{ c: "x" }, { d: { e: { number: "1" }, f: ["y"] } }] } },
    ],
    [
      "reads lists over several lines",
      "a = [\n  'x', # one\n  'y',\n]\nb = []",
      { a: ["x", "y"], b: [] },
    ],
    ["reads texts of several lines", 'a = """\nx\ny"""', { a: "\nx\ny" }],
  ];
  for (const [title, text, expected] of cases)
    it(title, () => expect(parseToml(text)).toEqual(expected));

  it("refuses what it does not understand", () => {
    expect(() => parseToml("a = ")).toThrow("not understood");
    expect(() => parseToml("= 1")).toThrow("not understood");
  });
});
