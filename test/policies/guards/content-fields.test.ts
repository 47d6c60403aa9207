import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { contentFields } from "../../../src/core/guard/content-fields.ts";
import { operations } from "../../../src/core/operation.ts";

/** Messages that say nothing of what is said. */
const silent = new Set(["parlance.chat.v1.Usage", "parlance.chat.v1.CountTokensResponse"]);
/** Results of these are looked at as events, or hold numbers and names of categories alone. */
const results = [operations.rerank.result, PartSchema];

/** Every field of texts of a message and its parts, as `message.field`. */
function textFields(schema: DescMessage, seen = new Set<string>()): readonly string[] {
  if (seen.has(schema.typeName) || silent.has(schema.typeName)) return [];
  seen.add(schema.typeName);
  return schema.fields.flatMap((field) => {
    if (field.message !== undefined) return textFields(field.message, seen);
    const scalar =
      field.fieldKind === "scalar" || field.fieldKind === "list" || field.fieldKind === "map"
        ? field.scalar
        : undefined;
    return scalar === ScalarType.STRING ? [`${schema.typeName}.${field.localName}`] : [];
  });
}

const known = Object.entries(contentFields).flatMap(([message, fields]) =>
  Object.keys(fields).map((field) => `${message}.${field}`),
);

describe("the fields with texts", () => {
  const schemas = [...Object.values(operations).map(({ request }) => request), ...results];
  const found = new Set(schemas.flatMap((schema) => textFields(schema)));

  it("are all listed, so that nothing gets past guards", () => {
    expect([...found].filter((field) => !known.includes(field))).toEqual([]);
  });

  it("are all there", () => {
    const isNumber = (field: string) => field.endsWith(".logitBias");
    expect(known.filter((field) => !found.has(field) && !isNumber(field))).toEqual([]);
  });
});
