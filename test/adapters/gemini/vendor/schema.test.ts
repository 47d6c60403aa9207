import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  convertSchema,
  createCopyAllowance,
} from "../../../../src/adapters/gemini/vendor/schema.ts";

const pydantic = {
  $defs: {
    Address: {
      type: "object",
      title: "Address",
      properties: {
        street: { type: "string" },
        zip: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
      },
      required: ["street"],
      additionalProperties: false,
    },
  },
  type: "object",
  properties: {
    name: { type: "string" },
    home: { $ref: "#/$defs/Address", description: "where" },
    work: { anyOf: [{ $ref: "#/$defs/Address" }, { type: "null" }] },
  },
  required: ["name"],
  additionalProperties: false,
  propertyOrdering: ["home", "name", "work"],
};

const address = {
  type: "OBJECT",
  title: "Address",
  properties: {
    street: { type: "STRING" },
    zip: { type: "STRING", nullable: true, default: null },
  },
  required: ["street"],
};

const cases: readonly (readonly [
  title: string,
  schema: object,
  expected: object,
  lost?: readonly string[],
])[] = [
  [
    "references are put in place, null becomes nullable and the ordering stays",
    pydantic,
    {
      type: "OBJECT",
      properties: {
        name: { type: "STRING" },
        home: { ...address, description: "where" },
        work: { ...address, nullable: true },
      },
      required: ["name"],
      propertyOrdering: ["home", "name", "work"],
    },
  ],
  [
    "a property that is called properties, $ref or type is a property",
    {
      type: "object",
      properties: {
        properties: {
          type: "object",
          properties: { type: { type: "string" }, $ref: { type: "integer" } },
        },
        anyOf: { type: "array", items: { type: "string" } },
      },
    },
    {
      type: "OBJECT",
      properties: {
        properties: {
          type: "OBJECT",
          properties: { type: { type: "STRING" }, $ref: { type: "INTEGER" } },
        },
        anyOf: { type: "ARRAY", items: { type: "STRING" } },
      },
    },
  ],
  [
    "a list of types is a union, with null as nullable",
    { type: ["string", "integer", "null"] },
    { anyOf: [{ type: "STRING", nullable: true }, { type: "INTEGER" }] },
  ],
  [
    "a union of one kind and null collapses",
    { type: ["string", "null"] },
    { nullable: true, type: "STRING" },
  ],
  [
    "a union stands alone: what describes it goes to its first alternative, what binds to all",
    {
      type: "object",
      properties: {
        id: {
          description: "An id.",
          maxLength: 9,
          anyOf: [{ type: "string" }, { type: "string", format: "date" }, { type: "null" }],
        },
      },
    },
    {
      type: "OBJECT",
      properties: {
        id: {
          anyOf: [
            { type: "STRING", maxLength: 9, description: "An id.", nullable: true },
            { type: "STRING", format: "date", maxLength: 9 },
          ],
        },
      },
    },
    [],
  ],
  [
    "a union within a union stands alone too",
    {
      description: "Outer.",
      anyOf: [{ anyOf: [{ type: "string" }, { type: "number" }] }, { type: "boolean" }],
    },
    {
      anyOf: [
        { anyOf: [{ type: "STRING", description: "Outer." }, { type: "NUMBER" }] },
        { type: "BOOLEAN" },
      ],
    },
    [],
  ],
  [
    "what an alternative contradicts cannot stand beside a union",
    { type: "string", anyOf: [{ type: "string" }, { type: "number" }] },
    { anyOf: [{ type: "STRING" }, { type: "NUMBER" }] },
    ["/type"],
  ],
  [
    "oneOf is anyOf",
    { oneOf: [{ type: "string" }, { type: "number" }] },
    { anyOf: [{ type: "STRING" }, { type: "NUMBER" }] },
  ],
  [
    "all of one is that one",
    { allOf: [{ type: "string" }], title: "T" },
    { type: "STRING", title: "T" },
  ],
  ["a constant is an enumeration of one", { const: "a" }, { type: "STRING", enum: ["a"] }],
  [
    "null among the words makes it nullable",
    { enum: ["a", null] },
    { type: "STRING", nullable: true, enum: ["a"] },
  ],
  [
    "numbers cannot be enumerated",
    { type: "integer", enum: [1, 2] },
    { type: "INTEGER" },
    ["/enum"],
  ],
  [
    "what the vendor has no word for is named by its place",
    {
      type: "object",
      properties: { a: { type: "string", not: { const: "x" } } },
      patternProperties: {},
    },
    { type: "OBJECT", properties: { a: { type: "STRING" } } },
    ["/properties/a/not", "/patternProperties"],
  ],
  [
    "a reference to itself is lost and ends",
    { type: "object", properties: { next: { $ref: "#" } } },
    {
      type: "OBJECT",
      properties: { next: { type: "OBJECT", properties: { next: { type: "STRING" } } } },
    },
    ["/properties/next/properties/next/$ref", "/properties/next/properties/next/type"],
  ],
  ["a reference to nothing is lost", { $ref: "#/$defs/none" }, {}, ["/$ref"]],
  [
    "an open object is lost",
    { type: "object", properties: { a: { type: "object", additionalProperties: true } } },
    { type: "OBJECT", properties: { a: { type: "OBJECT" } } },
    ["/properties/a/additionalProperties", "/properties/a/properties"],
  ],
];

describe("JSON Schema in the vendor's words", () => {
  for (const [title, schema, expected, lost = []] of cases) {
    test(title, () => {
      const converted = convertSchema(JSON.parse(JSON.stringify(schema)), false);
      expect(converted.schema).toEqual(expected);
      expect(converted.lost).toEqual(lost);
    });
  }

  test("the order of properties is told where it is asked for", () => {
    const schema = { type: "object", properties: { z: { type: "string" }, a: { type: "string" } } };
    expect(convertSchema(schema, true).schema.propertyOrdering).toEqual(["z", "a"]);
    expect(convertSchema(schema, false).schema.propertyOrdering).toBeUndefined();
  });

  test("references that multiply come to an end", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `d${at}`,
        {
          type: "object",
          properties: { a: { $ref: `#/$defs/d${at + 1}` }, b: { $ref: `#/$defs/d${at + 1}` } },
        },
      ]),
    );
    expect(convertSchema({ $defs, $ref: "#/$defs/d0" }, false).lost.length).toBeGreaterThan(0);
  });

  test("a chain of references is followed as deep as schemas may be nested", () => {
    const chainOf = (length: number) => ({
      $ref: "#/$defs/d1",
      $defs: Object.fromEntries(
        Array.from({ length }, (_, at) => [
          `d${at + 1}`,
          at + 1 < length ? { $ref: `#/$defs/d${at + 2}` } : { type: "string" },
        ]),
      ),
    });
    expect(convertSchema(chainOf(500), false)).toEqual({ schema: { type: "STRING" }, lost: [] });
    expect(convertSchema(chainOf(100_000), false)).toEqual({ schema: {}, lost: ["/$ref"] });
  });

  test("references copy no more than a request may hold, however little each schema has of its own", () => {
    const words = Array.from({ length: 1000 }, (_, at) => `word ${at}`);
    const names = Array.from({ length: 5000 }, (_, at) => `p${at}`);
    const schema = {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { $ref: "#/$defs/w" }])),
      $defs: { w: { enum: words } },
    };
    const allowance = createCopyAllowance();
    const first = convertSchema(schema, false, allowance);
    expect(JSON.stringify(first.schema).length).toBeLessThan(4_000_000);
    expect(first.lost.length).toBeGreaterThan(4000);
    const second = convertSchema(schema, false, allowance).lost;
    expect(second.filter((place) => place.endsWith("/$ref"))).toHaveLength(5000);
  });

  test("a member called __proto__ stays a property", () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}');
    expect(Object.keys(Object(convertSchema(schema, false).schema.properties))).toEqual([
      "__proto__",
    ]);
  });

  test("anything converts without a throw", () => {
    const keyword = fc.constantFrom(
      "type",
      "properties",
      "items",
      "anyOf",
      "enum",
      "$ref",
      "allOf",
      "const",
      "x",
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 1, "string", "null", "#"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(keyword, tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(keyword, json), (schema) => {
        const converted = convertSchema(JSON.parse(JSON.stringify(schema)), true);
        expect(JSON.stringify(converted.schema)).not.toContain('"$ref":"');
      }),
    );
  });
});
