import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJson } from "../../src/json/is-json.ts";
import { parseJson } from "../../src/json/json.ts";

const words = [
  '{"a":1}',
  "[]",
  '"x"',
  "-0.5e+3",
  "true",
  '{"a":[{"b":"\\u00e9\\n"}],"c":null}',
  ' {"é":"ü"}\n',
];
const edits = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "0",
  "-",
  ".",
  "e",
  "u",
  " ",
  "\n",
  "\u0000",
  "t",
  "/",
  "é",
  "",
];

describe("whether bytes are JSON", () => {
  it("is what a parse says, for every text that is one edit from JSON", () => {
    for (const word of words) {
      for (let at = 0; at <= word.length; at += 1) {
        for (const edit of edits) {
          for (const text of [
            word.slice(0, at) + edit + word.slice(at),
            word.slice(0, at) + edit + word.slice(at + 1),
          ]) {
            expect([text, isJson(Buffer.from(text))]).toEqual([text, parseJson(text).ok]);
          }
        }
      }
    }
  });

  it("is what a parse says, for any JSON and for any bytes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
        expect(isJson(Buffer.from(JSON.stringify(value, null, indent)))).toBe(true);
      }),
    );
    const pieces = fc
      .array(fc.constantFrom(...edits, ...words))
      .map((all) => Buffer.from(all.join("")));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), pieces), (bytes) => {
        expect(isJson(bytes)).toBe(parseJson(bytes).ok);
      }),
      { numRuns: 2000 },
    );
  });

  const rows: readonly (readonly [title: string, bytes: Buffer])[] = [
    ["a byte that no UTF-8 has", Buffer.from('{"a":"\xff"}', "latin1")],
    ["a byte order mark", Buffer.from("\ufeff{}")],
    ["nothing", Buffer.alloc(0)],
    ["nesting at the bound", Buffer.from("[".repeat(512) + "]".repeat(512))],
    ["nesting beyond the bound", Buffer.from("[".repeat(513) + "]".repeat(513))],
    ["a million open brackets", Buffer.alloc(1_000_000, "[")],
    ["a million open objects", Buffer.from('{"a":'.repeat(200_000))],
  ];
  for (const [title, bytes] of rows) {
    it(`is what a parse says: ${title}`, () => {
      expect(isJson(bytes)).toBe(parseJson(bytes).ok);
    });
  }
});
