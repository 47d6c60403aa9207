import { describe, expect, it } from "vitest";
import { thinkingSignature } from "../anthropic/thinking-signature.ts";
import type { JsonObject } from "../json-value.ts";
import { validateConverse } from "./validate-converse.ts";

const hello = { role: "user", content: [{ text: "hi" }] };
const said = (...messages: JsonObject[]): JsonObject => ({ messages });
const use = (toolUseId: string, input: JsonObject | string = {}) => ({
  toolUse: { toolUseId, name: "f", input },
});
const answer = (toolUseId: string) => ({ toolResult: { toolUseId, content: [{ text: "x" }] } });
const assistant = (...content: JsonObject[]) => ({ role: "assistant", content });
const user = (...content: JsonObject[]) => ({ role: "user", content });
const tool = (spec: JsonObject) => ({
  toolSpec: { name: "f", inputSchema: { json: { type: "object" } }, ...spec },
});
const toolConfig = { tools: [tool({})] };
const thinking = {
  additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } },
};
const signed = (text: string, signature: string) => ({
  reasoningContent: { reasoningText: { text, signature } },
});

describe("validateConverse", () => {
  const faults: readonly (readonly [title: string, body: JsonObject, says: RegExp])[] = [
    ["a member that is not known", { ...said(hello), stream: true }, /^extraneous key \[stream\]/],
    ["no message", said(), /^A conversation must start with a user message/],
    [
      "an answer first",
      said(assistant({ text: "x" })),
      /^A conversation must start with a user message/,
    ],
    ["two turns of one role", said(hello, hello), /^A conversation must alternate/],
    [
      "an empty turn",
      said(user()),
      /^The content field in the Message object at messages\.0 is empty/,
    ],
    ["blank text", said(user({ text: " " })), /messages\.0\.content\.0 is blank/],
    ["blank instructions", { ...said(hello), system: [{ text: "" }] }, /system\.0 is blank/],
    [
      "a block of two kinds",
      said(user({ text: "a", image: {} })),
      /must set one of the following keys/,
    ],
    ["a call by the user", said(user(use("t"))), /contains toolUse, which this role does not take/],
    [
      "a picture of no known format",
      said(user({ image: { format: "svg", source: { bytes: "AA==" } } })),
      /'svg'/,
    ],
    ["a document alone", said(user(document("a"))), /^A text block must be included/],
    [
      "documents of one name",
      said(user({ text: "x" }, document("a"), document("a"))),
      /^Duplicate document names/,
    ],
    [
      "a document with a bad name",
      said(user({ text: "x" }, document("a.pdf"))),
      /^The provided document name/,
    ],
    [
      "a cache point first",
      said(user({ cachePoint: { type: "default" } }, { text: "x" })),
      /must follow content/,
    ],
    [
      "tools without declaration",
      said(hello, assistant(use("t")), user(answer("t"))),
      /^The toolConfig field/,
    ],
    [
      "a call without a result",
      { ...said(hello, assistant(use("t")), hello), toolConfig },
      /Ids: t$/,
    ],
    [
      "a result without a call",
      { ...said(user(answer("t"))), toolConfig },
      /exceeds the number of toolUse blocks/,
    ],
    [
      "a result of another call",
      { ...said(hello, assistant(use("t")), user(answer("u"))), toolConfig },
      /^Expected toolResult blocks at messages\.2\.content for the following Ids: t$/,
    ],
    [
      "a call made twice",
      { ...said(hello, assistant(use("t"), use("t")), user(answer("t"))), toolConfig },
      /contain duplicate Ids: t$/,
    ],
    [
      "an id that is refused",
      { ...said(hello, assistant(use("a:b")), user(answer("a:b"))), toolConfig },
      /'a:b'/,
    ],
    [
      "input as text",
      { ...said(hello, assistant(use("t", "{}")), user(answer("t"))), toolConfig },
      /Provide a json/,
    ],
    [
      "no tool in a list of tools",
      { ...said(hello), toolConfig: { tools: [] } },
      /'toolConfig\.tools'/,
    ],
    [
      "a tool without object schema",
      withTool({ inputSchema: { json: { type: "string" } } }),
      /one of the following: obj/,
    ],
    ["an empty description", withTool({ description: "" }), /toolSpec\.description/],
    [
      "tools of one name",
      { ...said(hello), toolConfig: { tools: [tool({}), tool({})] } },
      /duplicate tool names: f/,
    ],
    [
      "a choice of no tool",
      { ...said(hello), toolConfig: { ...toolConfig, toolChoice: { tool: { name: "g" } } } },
      /is g, which is no name of a tool/,
    ],
    [
      "a bound below 1",
      { ...said(hello), inferenceConfig: { maxTokens: 0 } },
      /greater than or equal to 1/,
    ],
    [
      "a temperature above 1",
      { ...said(hello), inferenceConfig: { temperature: 1.5 } },
      /less than or equal to 1/,
    ],
    [
      "forged reasoning",
      said(hello, assistant(signed("hm", "forged"), { text: "x" }), hello),
      /Invalid `signature`/,
    ],
    [
      "thinking at another temperature",
      { ...said(hello), ...thinking, inferenceConfig: { maxTokens: 4096, temperature: 0 } },
      /`temperature` may only be set to 1/,
    ],
    [
      "a budget above the bound",
      { ...said(hello), ...thinking, inferenceConfig: { maxTokens: 512 } },
      /must be greater/,
    ],
    [
      "tools answered without thinking",
      { ...said(hello, assistant(use("t")), user(answer("t"))), toolConfig, ...thinking },
      /^The model returned the following errors: Expected `thinking`/,
    ],
    [
      "an open schema",
      { ...said(hello), ...format('{"type":"object"}') },
      /'additionalProperties' must be explicitly/,
    ],
    ["a schema that is no JSON", { ...said(hello), ...format("{") }, /is not valid JSON/],
  ];
  for (const [title, body, says] of faults) {
    it(`refuses ${title}`, () => {
      expect(validateConverse(body)).toMatch(says);
    });
  }

  const sound: readonly (readonly [title: string, body: JsonObject])[] = [
    [
      "a question",
      {
        ...said(hello),
        system: [{ text: "Be brief." }],
        inferenceConfig: { maxTokens: 9, temperature: 1 },
      },
    ],
    [
      "calls and their results",
      { ...said(hello, assistant(use("t"), use("u")), user(answer("u"), answer("t"))), toolConfig },
    ],
    [
      "thinking that was signed",
      said(hello, assistant(signed("hm", thinkingSignature("hm")), { text: "x" }), hello),
    ],
    [
      "a closed schema",
      { ...said(hello), ...format('{"type":"object","additionalProperties":false}') },
    ],
  ];
  for (const [title, body] of sound) {
    it(`takes ${title}`, () => {
      expect(validateConverse(body)).toBeUndefined();
    });
  }
});

function document(name: string) {
  return { document: { name, format: "pdf", source: { bytes: "AA==" } } };
}

function withTool(spec: JsonObject): JsonObject {
  return { ...said(hello), toolConfig: { tools: [tool(spec)] } };
}

function format(schema: string): JsonObject {
  return {
    outputConfig: { textFormat: { type: "json_schema", structure: { jsonSchema: { schema } } } },
  };
}
