import { describe, expect, it } from "vitest";
import type { JsonObject } from "../json-value.ts";
import { dummySignature, thoughtSignature } from "./thought-signature.ts";
import { validateGenerate } from "./validate-generate.ts";

const user = { role: "user", parts: [{ text: "hi" }] };
const model = (...parts: JsonObject[]): JsonObject => ({ role: "model", parts });
const answered = (...parts: JsonObject[]): JsonObject => ({ role: "user", parts });
const functionCall = { id: "c1", name: "f", args: {} };
const signed = { functionCall, thoughtSignature };
const result = { functionResponse: { id: "c1", name: "f", response: { output: "21" } } };
const declared = (rest: JsonObject): JsonObject => ({
  contents: [user],
  tools: [{ functionDeclarations: [{ name: "f", ...rest }] }],
});
const said = (...contents: JsonObject[]): JsonObject => ({ contents });
const config = (generationConfig: JsonObject): JsonObject => ({
  contents: [user],
  generationConfig,
});
const json = { responseMimeType: "application/json" };
const schema = (responseSchema: JsonObject): JsonObject => config({ ...json, responseSchema });

describe("validateGenerate", () => {
  const faults = [
    ["no contents", {}, /contents is not specified/],
    [
      "a member of another API",
      { contents: [user], messages: [] },
      /Unknown name "messages": Cannot find field/,
    ],
    ["an unknown member within", config({ max_tokens: 1 }), /"max_tokens" at 'generation_config'/],
    [
      "an assistant",
      said({ role: "assistant", parts: [{ text: "x" }] }),
      /valid role: user, model/,
    ],
    ["a turn without parts", said({ role: "user", parts: [] }), /parts must not be empty/],
    ["a part without data", said({ role: "user", parts: [{}] }), /required oneof field 'data'/],
    [
      "a part with two",
      said({ role: "user", parts: [{ text: "x", functionCall }] }),
      /required oneof field 'data'/,
    ],
    [
      "bytes that are not base64",
      said({ role: "user", parts: [{ inlineData: { mimeType: "a/b", data: "?" } }] }),
      /Base64/,
    ],
    [
      "bytes of no type",
      said({ role: "user", parts: [{ inlineData: { data: "AAAA" } }] }),
      /mime_type must not be empty/,
    ],
    [
      "arguments that are no object",
      said(user, model({ functionCall: { name: "f", args: "{}" } })),
      /Struct/,
    ],
    [
      "a response without a name",
      said(user, model(signed), answered({ functionResponse: { response: {} } })),
      /Name cannot be empty/,
    ],
    [
      "a call that is not answered",
      said(user, model(signed)),
      /number of function response parts is equal/,
    ],
    ["a call that begins", said(model(signed), answered(result)), /immediately after a user turn/],
    [
      "a response to nothing",
      said(user, answered(result)),
      /immediately after a function call turn/,
    ],
    [
      "a response of another id",
      said(
        user,
        model(signed),
        answered({ functionResponse: { ...result.functionResponse, id: "c2" } }),
      ),
      /number of function response/,
    ],
    [
      "a call without its signature",
      said(user, model({ functionCall }), answered(result)),
      /missing a thought_signature .* `default_api:f` , position 2/,
    ],
    [
      "a forged signature",
      said(user, model({ text: "x", thoughtSignature: "eA==" }), user),
      /Corrupted thought signature/,
    ],
    ["a temperature out of range", config({ temperature: 3 }), /temperature must be in the range/],
    [
      "a schema for plain text",
      config({ responseSchema: { type: "STRING" } }),
      /only allowed when `response_mime_type`/,
    ],
    [
      "two schemas",
      config({ ...json, responseSchema: { type: "STRING" }, responseJsonSchema: {} }),
      /Only one of/,
    ],
    [
      "level and budget at once",
      config({ thinkingConfig: { thinkingLevel: "LOW", thinkingBudget: 1 } }),
      /only one of thinking budget/,
    ],
    ["an unknown level", config({ thinkingConfig: { thinkingLevel: "HUGE" } }), /thinking_level/],
    [
      "six stop sequences",
      config({ stopSequences: ["a", "b", "c", "d", "e", "f"] }),
      /maximum number of stop sequences is 5/,
    ],
    ["logprobs not asked for", config({ logprobs: 2 }), /response_logprobs/],
    [
      "a keyword that schemas have not",
      schema({ type: "OBJECT", additionalProperties: false }),
      /"additionalProperties" at 'generation_config.response_schema'/,
    ],
    [
      "such a keyword within",
      schema({ type: "OBJECT", properties: { a: { type: "STRING", const: "x" } } }),
      /"const" at 'generation_config.response_schema.properties\[0\].value'/,
    ],
    [
      "a union of types",
      schema({ type: ["STRING", "NULL"] }),
      /Invalid value at .*response_schema.type'/,
    ],
    [
      "a requirement of nothing",
      schema({ type: "OBJECT", properties: { a: { type: "STRING" } }, required: ["b"] }),
      /required\[0\]: property is not defined/,
    ],
    ["an array of nothing", schema({ type: "ARRAY" }), /items: missing field/],
    [
      "a function whose name begins with a digit",
      declared({ name: "1f" }),
      /Invalid function name/,
    ],
    [
      "parameters twice",
      declared({ parameters: { type: "OBJECT" }, parametersJsonSchema: { type: "object" } }),
      /only one of parameters/,
    ],
    [
      "a choice without functions",
      { contents: [user], toolConfig: { functionCallingConfig: { mode: "ANY" } } },
      /without function_declarations/,
    ],
    [
      "allowed names without need",
      {
        ...declared({}),
        toolConfig: { functionCallingConfig: { mode: "AUTO", allowedFunctionNames: ["f"] } },
      },
      /only be set when/,
    ],
    [
      "an unknown mode",
      { ...declared({}), toolConfig: { functionCallingConfig: { mode: "required" } } },
      /functionCallingConfig|function_calling_config/,
    ],
    [
      "an unknown safety category",
      { contents: [user], safetySettings: [{ category: "X", threshold: "OFF" }] },
      /safety_settings\[0\]/,
    ],
    [
      "instructions that are no text",
      { contents: [user], systemInstruction: { parts: [{ functionCall }] } },
      /system instructions must be text/,
    ],
  ] as const satisfies readonly (readonly [string, JsonObject, RegExp])[];
  it.each(faults)("refuses %s", (_, body, message) => {
    expect(validateGenerate(body, "gemini-3-flash")?.message).toMatch(message);
  });

  const accepted = [
    ["a text", said(user)],
    ["a signed call and its response", said(user, model(signed), answered(result))],
    [
      "parallel calls of which the first is signed",
      said(
        user,
        model(signed, { functionCall: { ...functionCall, id: "c2" } }),
        answered(result, { functionResponse: { ...result.functionResponse, id: "c2" } }),
      ),
    ],
    [
      "the word for a call that no model made",
      said(user, model({ functionCall, thoughtSignature: dummySignature }), answered(result)),
    ],
    [
      "unsigned calls of an earlier turn",
      said(user, model({ functionCall }), answered(result), model({ text: "x" }), user),
    ],
    [
      "a schema in its own words",
      schema({
        type: "OBJECT",
        properties: { properties: { type: "STRING", nullable: true } },
        propertyOrdering: ["properties"],
      }),
    ],
    [
      "any JSON Schema beside it",
      config({ ...json, responseJsonSchema: { $ref: "#/$defs/a", $defs: { a: { const: 1 } } } }),
    ],
  ] as const satisfies readonly (readonly [string, JsonObject])[];
  it.each(accepted)("takes %s", (_, body) => {
    expect(validateGenerate(body, "gemini-3-flash")).toBeUndefined();
  });

  it("knows what models before the third generation do not", () => {
    const level = config({ thinkingConfig: { thinkingLevel: "LOW" } });
    expect(validateGenerate(level, "gemini-2.5-flash")?.message).toMatch(
      /not supported for this model/,
    );
    expect(
      validateGenerate(said(user, model({ functionCall }), answered(result)), "gemini-2.5-flash"),
    ).toBeUndefined();
    const both = { ...declared({}), generationConfig: json };
    expect(validateGenerate(both, "gemini-2.5-flash")?.message).toMatch(/unsupported/);
    expect(validateGenerate(both, "gemini-3-flash")).toBeUndefined();
  });

  it("names the fields that it does not know", () => {
    expect(validateGenerate(config({ max_tokens: 1, n: 2 }), "gemini-3-flash")?.violations).toEqual(
      [
        { field: "generation_config", description: expect.stringContaining('"max_tokens"') },
        { field: "generation_config", description: expect.stringContaining('"n"') },
      ],
    );
  });
});
