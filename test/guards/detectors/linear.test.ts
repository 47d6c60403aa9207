import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { describe, it } from "vitest";
import { GuardSchema } from "../../../gen/parlance/config/v1/guard_pb.js";
import { createDetector, isLocalCheck } from "../../../src/guards/detectors/create-detector.ts";
import { patternDetector } from "../../../src/guards/detectors/patterns/pattern-detector.ts";
import { expectLinear } from "../../cpu-growth.ts";
import { type Draw, drawBy } from "../corpus/draw.ts";

/** Guards with parts that hostile texts are made of, each repeated. */
const attacks: readonly (readonly [settings: JsonObject, parts: readonly string[]])[] = [
  [
    { pii: { names: ["a a a a b"] } },
    [
      ...[
        "a@",
        "a.",
        "a@b.",
        "4",
        "4 ",
        "4111 ",
        "4242 4242 4242 4242 ",
        "DE89 ",
        "+1 ",
        "00 ",
        "(1",
      ],
      ...["1.", "f:", "::", "AB 12 ", "X1", "a a ", "\u200b", "１", "tel ", "AAAAAA11"],
    ],
  ],
  [
    { secrets: {} },
    [
      ...[
        "a",
        "sk-",
        "sk-a1",
        "eyJ",
        "eyJa.",
        "-----BEGIN PRIVATE KEY-----",
        "-----END ",
        "key ",
        "key=",
      ],
      ...["password=", "://a:", "bearer ", "Aa1", "A1b2C3d4 ", "/"],
    ],
  ],
  [{ keywords: { words: ["a a a a a a a a b", "c"] } }, ["a ", "a", " ", "é", "中", "\u0301", "𝐚"]],
  [{ patterns: { patterns: { A: "a.*b|a", B: "(x+x+)+y", C: "\\s+$" } } }, ["a", "x", " ", "ab"]],
  [{ injection: {} }, ["ignore ", "all ", "ignore all ", "rules ", "you are now ", "<|im_start|>"]],
  [{ unicode: {} }, ["\u200b", "\u202e", "\u{e0041}", "\ufe0f", "аa", "🏴", "a"]],
  [
    { urls: { denied_domains: ["x.example"] } },
    ["http://", "http://a.", "www.", "a.", "http://a@", "h"],
  ],
  [{ canary: { texts: ["aaaaaaaaaaaaaaaab"], instructions: true } }, ["a", " ", "\u200b", "ab"]],
  [
    { json_schema: { schema_json: '{"uniqueItems":true,"items":{"pattern":"^(a+)+$"}}' } },
    ["[", '[1,"', "aaaa", "a"],
  ],
];

/** On texts such as `aaaa!` an engine that goes back takes exponential or cubic time. */
const catastrophes = [
  "(a+)+$",
  "(a|a)*b",
  "(a|ab)*c",
  "^(([ab])+.)+[A-Z]([ab])+$",
  "(.*a){12}",
  "\\b(?:\\w+\\s?)+$",
  "a.*b.*1.*x",
  "(?i)ab*a+b+A*1",
];

/** A pattern of nested repetitions and choices. */
function patternBy(draw: Draw, depth: number): string {
  const part = () => patternBy(draw, depth - 1);
  if (depth === 0) return draw.one(["a", "b", "1", ".", "\\w", "[ab]", "\\s", "[^a]"]);
  switch (draw.below(4)) {
    case 0:
      return `(${part()}|${part()})`;
    case 1:
      return `(${part()})${draw.one(["*", "+", "?", "{2}", "{0,3}", "*?"])}`;
    default:
      return part() + part();
  }
}

describe("a detector takes time linear in a hostile text", () => {
  for (const [settings, parts] of attacks) {
    const { check } = fromJson(GuardSchema, { name: "hostile", ...settings });
    if (!isLocalCheck(check)) throw new Error("the guard asks a service");
    const { find, openFrom } = createDetector(check);
    for (const part of parts)
      it(`${check.case}: ${JSON.stringify(part)}`, () => {
        const work = (size: number) => {
          const text = part.repeat(Math.ceil((size * 8) / part.length));
          return () => [find(text), openFrom?.(text)];
        };
        expectLinear(`${check.case} of ${part}`, work, { size: 100 });
      });
  }
  it("patterns: those that make others go back, and what a seed makes", () => {
    const draw = drawBy(11);
    const made = Array.from({ length: 12 }, () => patternBy(draw, 4));
    const detectors = [...catastrophes, ...made].map((pattern) => patternDetector("A", pattern));
    const words = Array.from({ length: 2 }, () => draw.word("ab1 .", 3));
    const work = (size: number) => {
      const texts = words.map((word) => `${word.repeat(size)}!`);
      return () =>
        detectors.map(({ find, openFrom }) => texts.map((text) => [find(text), openFrom?.(text)]));
    };
    expectLinear("patterns", work, { size: 30 });
  });

  it("jsonSchema: equal items", () => {
    const { check } = fromJson(GuardSchema, {
      name: "hostile",
      json_schema: { schema_json: '{"uniqueItems":true}' },
    });
    if (!isLocalCheck(check)) throw new Error("the guard asks a service");
    const { find } = createDetector(check);
    expectLinear("equal items", (size) => {
      const text = JSON.stringify(Array.from({ length: size }, (_, at) => ({ at })));
      return () => find(text);
    });
  });
});
