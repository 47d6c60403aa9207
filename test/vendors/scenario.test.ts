import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asObject, type JsonObject } from "./json-value.ts";
import { scenarioNames, scenarioOfModel } from "./scenario.ts";
import { schemaExample } from "./schema-example.ts";
import { evenPieces, wordPieces } from "./text-pieces.ts";

describe("scenarioOfModel", () => {
  it.each(scenarioNames)("finds %s as a suffix and as a whole name", (name) => {
    expect(scenarioOfModel(`gpt-4o-${name}`)).toBe(name);
    expect(scenarioOfModel(name)).toBe(name);
  });

  it.each(["gpt-4o", "gpt-5-mini", "claude-haiku-4-5", "text-embedding-3-small", "mytext", ""])(
    "finds none in %j",
    (model) => {
      expect(scenarioOfModel(model)).toBeUndefined();
    },
  );
});

describe("schemaExample", () => {
  const cases: readonly (readonly [string, JsonObject, unknown])[] = [
    [
      "every property of an object",
      { type: "object", properties: { a: { type: "boolean" }, b: { const: 3 } } },
      { a: true, b: 3 },
    ],
    ["the first of an enum", { enum: ["x", "y"] }, "x"],
    ["the first of anyOf", { anyOf: [{ type: "null" }, { type: "string" }] }, null],
    ["what allOf adds up to", { allOf: [{ type: "integer" }, { minimum: 9 }] }, 9],
    ["what a reference names", { $ref: "#/$defs/a", $defs: { a: { type: "integer" } } }, 7],
    ["enough items", { type: "array", minItems: 2, items: { type: "boolean" } }, [true, true]],
    ["the first of several types", { type: ["integer", "null"] }, 7],
    ["a string of a format", { type: "string", format: "date" }, "2026-01-02"],
  ];
  it.each(cases)("gives %s", (_, schema, expected) => {
    expect(schemaExample(schema)).toEqual(expected);
  });

  it("ends for a schema that contains itself", () => {
    const schema = { type: "object", properties: { next: { $ref: "#" } } };
    expect(asObject(schemaExample(schema))?.next).toBeDefined();
  });
});

describe("the pieces of a text", () => {
  it("add up to the text", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(fc.property(text, (value) => wordPieces(value).join("") === value));
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 9 }),
        (value, size) => evenPieces(value, size).join("") === value,
      ),
    );
  });
});
