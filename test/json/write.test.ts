import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rawJson, type Writable, writeJson } from "../../src/json/write.ts";

const cases: readonly (readonly [title: string, value: Writable, text: string])[] = [
  [
    "writes a raw text byte for byte",
    { a: rawJson('{ "z":1, "a":9007199254740993 }') },
    '{"a":{ "z":1, "a":9007199254740993 }}',
  ],
  [
    "writes an integer beyond 2^53 in full",
    { seed: 9223372036854775807n },
    '{"seed":9223372036854775807}',
  ],
  [
    "leaves out undefined members beside raw ones",
    { a: undefined, b: rawJson("1"), c: undefined },
    '{"b":1}',
  ],
  ["leaves out undefined members without raw ones", { a: undefined, b: 1 }, '{"b":1}'],
  ["escapes keys and strings", { 'q"': ["\u0000é", rawJson("[]")] }, '{"q\\"":["\\u0000é",[]]}'],
  ["writes undefined as null in an array", [undefined, rawJson("0")], "[null,0]"],
  ["writes a scalar at the root", "x", '"x"'],
  ["writes undefined at the root as null", undefined, "null"],
];

describe("writeJson", () => {
  for (const [title, value, text] of cases) {
    it(title, () => {
      expect(writeJson(value)).toBe(text);
    });
  }

  it("looks at a value as often in the depth as on the surface", () => {
    let looks = 0;
    const plain = {
      get member() {
        looks += 1;
        return "a";
      },
    };
    const deep = Array.from({ length: 300 }).reduce<Writable>(
      (inner) => [inner],
      [plain, rawJson("1")],
    );
    expect(writeJson(deep)).toBe(`${"[".repeat(301)}{"member":"a"},1${"]".repeat(301)}`);
    expect(looks).toBe(2);
  });

  it("prints as JSON.stringify does, whether or not a raw text makes it go by hand", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: Writable = JSON.parse(text);
        const printed = JSON.stringify(value);
        expect(writeJson(value)).toBe(printed);
        expect(writeJson({ inner: value, list: [value, 1n], raw: rawJson(printed) })).toBe(
          `{"inner":${printed},"list":[${printed},1],"raw":${printed}}`,
        );
      }),
    );
  });
});
