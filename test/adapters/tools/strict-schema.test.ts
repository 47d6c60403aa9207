import { describe, expect, it } from "vitest";
import { isStrictSchema } from "../../../src/adapters/tools/strict-schema.ts";
import type { Json } from "../../../src/json/json.ts";

const text = { type: "string" };
const closed = {
  type: "object",
  properties: { a: text },
  required: ["a"],
  additionalProperties: false,
};

const cases: readonly (readonly [title: string, schema: Json | undefined, strict: boolean])[] = [
  ["a closed object that demands all", closed, true],
  ["one without properties", { type: "object", properties: {}, additionalProperties: false }, true],
  ["one inside of another", { ...closed, properties: { a: closed } }, true],
  [
    "a list of such objects",
    { ...closed, properties: { a: { type: "array", items: closed } } },
    true,
  ],
  ["a choice of such objects", { ...closed, properties: { a: { anyOf: [closed, text] } } }, true],
  ["definitions of such objects", { ...closed, $defs: { b: closed } }, true],
  ["an optional property", { ...closed, required: [] }, false],
  ["an open object", { type: "object", properties: { a: text }, required: ["a"] }, false],
  ["an open object inside", { ...closed, properties: { a: { type: "object" } } }, false],
  [
    "an open object in a list",
    { ...closed, properties: { a: { items: { type: "object" } } } },
    false,
  ],
  ["an open definition", { ...closed, $defs: { b: { type: "object" } } }, false],
  ["a keyword that strict schemas lack", { ...closed, allOf: [] }, false],
  ["no schema", undefined, false],
  ["text", text, false],
];

describe("a schema that can be followed strictly", () => {
  for (const [title, schema, strict] of cases) {
    it(`${strict ? "is" : "is not"} ${title}`, () => {
      expect(isStrictSchema(schema)).toBe(strict);
    });
  }
});
