import { describe, expect, it } from "vitest";
import type { Json } from "../../src/json/json.ts";
import { schemaExample } from "../../src/sim/schema-example.ts";

const cases: [title: string, schema: Json, expected: Json][] = [
  ["gives the constant", { const: [1] }, [1]],
  ["gives the first of an enum", { type: "string", enum: ["b", "a"] }, "b"],
  ["gives null where the enum begins with it", { enum: [null, 1] }, null],
  ["gives the default", { type: "integer", default: 7 }, 7],
  ["takes the first branch", { anyOf: [{ type: "integer" }, { type: "string" }] }, 1],
  ["takes the first type that is not null", { type: ["null", "boolean"] }, true],
  ["gives null where nothing else fits", { type: "null" }, null],
  [
    "merges all of allOf",
    {
      allOf: [{ properties: { a: { type: "integer" } }, required: ["a"] }, { $ref: "#/$defs/b" }],
      $defs: { b: { properties: { b: { const: 2 } }, required: ["b"] } },
    },
    { a: 1, b: 2 },
  ],
  [
    "follows references, also with escaped names",
    { $ref: "#/$defs/a~1b", $defs: { "a/b": { type: "boolean" } } },
    true,
  ],
  [
    "gives required members only",
    { properties: { a: { type: "string" }, b: {} }, required: ["a"] },
    { a: "a" },
  ],
  [
    "gives all members where none is required",
    { properties: { a: { type: "string" } } },
    { a: "a" },
  ],
  [
    "gives a required member that is not described",
    { type: "object", required: ["x"] },
    { x: "x" },
  ],
  [
    "gives as many items as are needed",
    { type: "array", minItems: 2, items: { type: "number" } },
    [1, 1],
  ],
  ["gives no items where none is needed", { type: "array", items: {} }, []],
  [
    "gives the first items of a tuple",
    { type: "array", prefixItems: [{ const: 1 }, { const: "x" }] },
    [1, "x"],
  ],
  ["obeys minimum and step", { type: "integer", minimum: 7, multipleOf: 5 }, 10],
  ["obeys exclusiveMinimum", { type: "integer", exclusiveMinimum: 7 }, 8],
  ["obeys maximum", { type: "integer", maximum: -3 }, -3],
  ["obeys lengths", { type: "string", minLength: 6, maxLength: 6 }, "textte"],
  ["obeys the longest length", { type: "string", maxLength: 2 }, "te"],
  ["knows formats", { type: "string", format: "date" }, "2025-01-31"],
  ["takes a reference to nowhere for null", { $ref: "#/nowhere" }, null],
  ["takes what is no schema for null", 5, null],
];

describe("schemaExample", () => {
  for (const [title, schema, expected] of cases) {
    it(title, () => {
      expect(schemaExample(schema)).toEqual(expected);
    });
  }

  it("ends where a schema needs itself", () => {
    const schema = { type: "object", properties: { self: { $ref: "#" } }, required: ["self"] };
    expect(JSON.stringify(schemaExample(schema))).toContain('{"self":null}');
  });

  const bombs: [title: string, schema: Json][] = [
    [
      "lists in lists",
      Array.from({ length: 10 }).reduce<Json>(
        (items) => ({ type: "array", minItems: 10_000, items }),
        { const: 1 },
      ),
    ],
    [
      "references that multiply",
      {
        $ref: "#/$defs/d0",
        $defs: Object.fromEntries(
          Array.from({ length: 9 }, (_, at) => [
            `d${at}`,
            {
              properties: Object.fromEntries(
                Array.from({ length: 20 }, (_, name) => [
                  `p${name}`,
                  { $ref: `#/$defs/d${at + 1}` },
                ]),
              ),
            },
          ]),
        ),
      },
    ],
    [
      "one value at many places",
      {
        properties: Object.fromEntries(
          Array.from({ length: 5000 }, (_, at) => [`p${at}`, { $ref: "#/$defs/long" }]),
        ),
        $defs: { long: { const: "long ".repeat(5000) } },
      },
    ],
    [
      "branches for each item",
      {
        type: "array",
        minItems: 10_000,
        items: {
          allOf: Array.from({ length: 5000 }, (_, at) => ({ properties: { [`p${at}`]: {} } })),
        },
      },
    ],
  ];
  for (const [title, schema] of bombs) {
    it(`makes no more of ${title} than fits in an answer`, () => {
      expect(JSON.stringify(schemaExample(schema)).length).toBeLessThan(2_000_000);
    });
  }

  it("does not make more items than fit in memory", () => {
    expect(schemaExample({ type: "array", minItems: 1e15, items: { const: 1 } })).toHaveLength(
      10_000,
    );
  });
});
