import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { CompletionSchema } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { compareAnswers } from "../../../src/policies/shadow/compare-answers.ts";
import { followsSchema } from "../../../src/policies/shadow/follows-schema.ts";
import { textSimilarity } from "../../../src/policies/shadow/text-similarity.ts";

type PartInit = MessageInitShape<typeof PartSchema>;

const answer = (...parts: PartInit[]) =>
  create(CompletionSchema, { choices: [{ message: { parts } }] });
const text = (value: string): PartInit => ({ content: { case: "text", value: { text: value } } });
const call = (name: string, argumentsJson: string, id = "i"): PartInit => ({
  content: {
    case: "toolCall",
    value: { id, name, input: { case: "argumentsJson", value: argumentsJson } },
  },
});
const plain = create(ChatSchema, { model: "m" });
const withSchema = (schema: object | string) =>
  create(ChatSchema, {
    model: "m",
    responseFormat: {
      format: {
        case: "jsonSchema",
        value: { schemaJson: typeof schema === "string" ? schema : JSON.stringify(schema) },
      },
    },
  });

describe("two answers", () => {
  it("are the same text, or more or less alike", () => {
    const compared = (one: string, other: string) =>
      compareAnswers(plain, answer(text(one)), answer(text(other)));
    expect(compared("well", "well")).toMatchObject({ textEqual: true, textSimilarity: 1 });
    expect(compared("Well  done", "well done\n")).toMatchObject({
      textEqual: false,
      textSimilarity: 1,
    });
    expect(compared("one", "xyz").textSimilarity).toBe(0);
    const near = compared("the quick brown fox", "the quick brown dog").textSimilarity;
    expect(near).toBeGreaterThan(0.7);
    expect(near).toBeLessThan(1);
    expect(compared("", "something").textSimilarity).toBe(0);
  });

  const rows: readonly (readonly [string, PartInit[], PartInit[], boolean | undefined])[] = [
    ["without tool calls", [text("a")], [text("b")], undefined],
    [
      "with the same",
      [call("f", `{"a":1,"b":[2]}`)],
      [call("f", `{ "b": [2.0], "a": 1 }`, "j")],
      true,
    ],
    ["with other arguments", [call("f", `{"a":1}`)], [call("f", `{"a":"1"}`)], false],
    ["with another tool", [call("f", "{}")], [call("g", "{}")], false],
    ["of which one has none", [call("f", "{}")], [text("a")], false],
    [
      "in another order",
      [call("f", "{}"), call("g", "{}")],
      [call("g", "{}"), call("f", "{}")],
      false,
    ],
    ["with the same text that is no JSON", [call("f", "{")], [call("f", "{")], true],
    ["with texts that are no JSON", [call("f", "{")], [call("f", "{ ")], false],
  ];
  for (const [title, one, other, equal] of rows)
    it(`${title} ${equal === true ? "call the same tools" : "do not"}`, () =>
      expect(compareAnswers(plain, answer(...one), answer(...other)).toolCallsEqual).toBe(equal));

  it("follow the schema of the chat, or do not", () => {
    const schema = { type: "object", required: ["a"], properties: { a: { type: "integer" } } };
    const found = (one: string, other: string, chat = withSchema(schema)) => {
      const { valid, copyValid } = compareAnswers(chat, answer(text(one)), answer(text(other)));
      return [valid, copyValid];
    };
    expect(found(`{"a":1}`, `{"a":"1"}`)).toEqual([true, false]);
    expect(found("no", `{"b":1}`)).toEqual([false, false]);
    expect(found(`{"a":1}`, "1", withSchema(""))).toEqual([true, true]);
    expect(found(`{"a":1}`, "no", withSchema("{"))).toEqual([undefined, false]);
    expect(found(`{"a":1}`, "no", plain)).toEqual([undefined, undefined]);
  });
});

describe("a JSON schema", () => {
  const tree = {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["next"],
        additionalProperties: false,
      },
    },
  };
  const rows: readonly (readonly [object | boolean, unknown, boolean | undefined])[] = [
    [true, 1, true],
    [false, 1, false],
    [{ type: ["string", "null"] }, null, true],
    [{ type: "integer" }, 1.5, false],
    [{ enum: [1, { a: [] }] }, { a: [] }, true],
    [{ const: "x" }, "y", false],
    [{ minimum: 1, exclusiveMaximum: 3 }, 3, false],
    [{ minLength: 2 }, "é", false],
    [{ maxLength: 1 }, "😀", true],
    [{ items: { type: "number" }, minItems: 1, maxItems: 2 }, [1, 2], true],
    [{ items: { type: "number" } }, [1, "2"], false],
    [{ prefixItems: [{ type: "string" }], items: { type: "number" } }, ["a", 1], true],
    [{ oneOf: [{ type: "number" }, { minimum: 0 }] }, 1, false],
    [{ allOf: [{ type: "number" }], not: { const: 2 } }, 1, true],
    [{ minProperties: 1, maxProperties: 1 }, { a: 1 }, true],
    [tree, { next: { next: null } }, true],
    [tree, { next: { next: null, more: 1 } }, false],
    [{ pattern: "(a+)+$" }, "aaaa", undefined],
    [{ $ref: "#" }, 1, undefined],
    [{ $ref: "https://example.com/schema" }, 1, undefined],
    [{ type: "unknown" }, 1, undefined],
    [{ required: "a" }, { a: 1 }, undefined],
  ];
  for (const [schema, value, follows] of rows)
    it(`${JSON.stringify(schema).slice(0, 60)}: ${JSON.stringify(value)} is ${follows}`, () =>
      expect(
        followsSchema(JSON.parse(JSON.stringify(schema)), JSON.parse(JSON.stringify(value))),
      ).toBe(follows));

  it("that would take very many steps is given up", () => {
    const all = { anyOf: Array.from({ length: 50 }, () => ({ $ref: "#/$defs/a" })) };
    const schema = {
      ...all,
      $defs: { a: { ...all, type: "array", items: { $ref: "#/$defs/a" } } },
    };
    expect(followsSchema(schema, [[[[1]]]])).toBeUndefined();
  });

  it("never throws", () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (schema, value) => {
        const json = JSON.parse(JSON.stringify([schema, value]));
        expect([true, false, undefined]).toContain(followsSchema(json[0], json[1]));
      }),
    ));
});

describe("the likeness of texts", () => {
  it("is from 0 to 1, the same both ways, and 1 for a text and itself", () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const found = textSimilarity(one, other);
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThanOrEqual(1);
        expect(textSimilarity(other, one)).toBeCloseTo(found, 12);
        expect(textSimilarity(one, one)).toBe(1);
      }),
    ));
});
