import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { gemini } from "../../../src/adapters/gemini/index.ts";
import { knownFormats } from "../../../src/adapters/gemini/vendor/format.ts";
import { withoutRefused } from "../../../src/adapters/shared/taken-schema.ts";
import { validateSchema } from "../../vendors/gemini/validate-schema.ts";
import { asObject, asObjects } from "../../vendors/json-value.ts";

const rows: readonly (readonly [title: string, schema: object, taken: object, left: string[]])[] = [
  [
    "formats that the vendor does not know of a type",
    {
      type: "object",
      properties: {
        url: { type: "string", format: "uri" },
        at: { type: "string", format: "date-time" },
        n: { type: ["integer", "null"], format: "int64" },
        list: { type: "array", items: { type: "string", format: "email" } },
      },
    },
    {
      type: "object",
      properties: {
        url: { type: "string" },
        at: { type: "string", format: "date-time" },
        n: { type: ["integer", "null"], format: "int64" },
        list: { type: "array", items: { type: "string" } },
      },
    },
    ["/properties/url/format", "/properties/list/items/format"],
  ],
  [
    "required names of properties that are not there",
    { type: "object", required: ["a", "ghost"], properties: { a: { type: "string" } } },
    { type: "object", required: ["a"], properties: { a: { type: "string" } } },
    ["/required/1"],
  ],
  [
    "a requirement of nothing that is there",
    { type: "object", required: ["ghost"] },
    { type: "object" },
    ["/required/0"],
  ],
  [
    "not what a part requires of the whole",
    { anyOf: [{ required: ["a"] }], allOf: [{ required: ["b"] }], properties: { a: {} } },
    { anyOf: [{ required: ["a"] }], allOf: [{ required: ["b"] }], properties: { a: {} } },
    [],
  ],
  [
    "not a property that is called format or required",
    { type: "object", properties: { format: { type: "string" }, required: { type: "boolean" } } },
    { type: "object", properties: { format: { type: "string" }, required: { type: "boolean" } } },
    [],
  ],
];

describe("what Google refuses in a schema", () => {
  for (const [title, schema, taken, left] of rows) {
    it(`is left out: ${title}`, () => {
      const source = JSON.parse(JSON.stringify(schema));
      const result = withoutRefused(source, knownFormats);
      expect(result).toEqual({ schema: taken, left });
      if (left.length === 0) expect(result.schema).toBe(source);
    });
  }

  const parametersJson = JSON.stringify({
    type: "object",
    required: ["tags", "ghost"],
    properties: {
      tags: { type: "array" },
      any: { description: "whatever" },
      url: { type: "string", format: "uri" },
    },
  });
  for (const model of ["gemini-2.0-flash", "gemini-2.5-flash", "gemini-3-pro-preview"]) {
    for (const place of ["tool", "answer"]) {
      it(`is not sent to ${model} as the schema of a ${place}`, () => {
        const chat = create(ChatSchema, {
          messages: [
            { role: Role.USER, parts: [{ content: { case: "text", value: { text: "hi" } } }] },
          ],
          ...(place === "tool"
            ? { tools: [{ tool: { case: "function", value: { name: "f", parametersJson } } }] }
            : {
                responseFormat: {
                  format: { case: "jsonSchema", value: { schemaJson: parametersJson } },
                },
              }),
        });
        const encoded = gemini.codecs.chat?.encodeRequest(chat, {
          model,
          stream: false,
          quirks: {},
        });
        if (encoded?.ok !== true) throw new Error("refused");
        const text = String(encoded.value.request.body);
        expect(text).not.toMatch(/ghost|"uri"|"type":"ARRAY"\}/);
        const body = asObject(JSON.parse(text));
        const [tool] = asObjects(asObjects(body?.tools)[0]?.functionDeclarations);
        const schema = tool?.parameters ?? asObject(body?.generationConfig)?.responseSchema;
        if (schema !== undefined) expect(validateSchema(schema, "schema")).toBeUndefined();
        const fields = encoded.value.report.map(({ field }) => field.replace(/^.*#/, ""));
        expect(fields).toEqual(expect.arrayContaining(["/properties/url/format", "/required/1"]));
      });
    }
  }
});
