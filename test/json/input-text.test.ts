import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createInputText, inputOf } from "../../src/json/input-text.ts";

function read(json: string, size: number): { readonly pieces: string[]; readonly rest: string } {
  const input = createInputText();
  const pieces: string[] = [];
  for (let at = 0; at < json.length; at += size) pieces.push(input.read(json.slice(at, at + size)));
  return { pieces, rest: input.end() };
}

const escaped = (json: string): string =>
  json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

describe("the text in an input that arrives in pieces", () => {
  it("is the same however the JSON is cut, and every piece holds whole characters", () => {
    const texts = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 9 }), fc.boolean(), (text, size, ascii) => {
        const value = ascii ? escaped(JSON.stringify(text)) : JSON.stringify(text);
        const { pieces, rest } = read(` {\n"input" : ${value} }`, size);
        expect(pieces.join("") + rest).toBe(text);
        for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
      }),
    );
  });

  it("grows with the JSON", () => {
    const { pieces, rest } = read('{"input":"one\\ntwo"}', 5);
    expect(pieces).toEqual(["", "", "one\n", "two"]);
    expect(rest).toBe("");
  });

  const whole: readonly (readonly [title: string, json: string, text: string])[] = [
    ["text that is no JSON", "*** Begin Patch", "*** Begin Patch"],
    ["an object without the member", '{"patch":"x"}', '{"patch":"x"}'],
    ["another member before it", '{"why":"so","input":"x"}', "x"],
    ["a member that is no text", '{"input":[1]}', '{"input":[1]}'],
    ["an empty object", "{}", ""],
    ["nothing", "", ""],
    ["an object that is cut in an escape", '{"input":"ab\\u00', "ab"],
  ];
  for (const [title, json, text] of whole) {
    it(`is read at the end of ${title}`, () => {
      const { pieces, rest } = read(json, 3);
      expect(pieces.join("") + rest).toBe(text);
    });
  }

  it("is the member of arguments that came whole", () => {
    expect(inputOf('{"input":"a\\tb"}')).toBe("a\tb");
  });
});
