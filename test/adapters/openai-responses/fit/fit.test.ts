import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ModelTraitsSchema, Thinking } from "../../../../gen/parlance/model/v1/model_traits_pb.js";
import { openAiResponses } from "../../../../src/adapters/openai-responses/index.ts";
import type { Fit } from "../../../../src/core/fidelity/fit.ts";
import { chatOf } from "../../../calls.ts";

const encrypted = { include: ["reasoning.encrypted_content"] };

const cases: readonly (readonly [title: string, quirks: object, members: object, fit: Fit])[] = [
  ["a bound", {}, { max_output_tokens: 16 }, "as_is"],
  ["a bound below the vendor's", {}, { max_output_tokens: 5 }, "encoded"],
  [
    "a bound for a vendor without",
    { maxOutputTokens: false },
    { max_output_tokens: 99 },
    "encoded",
  ],
  ["instructions", {}, { instructions: "Be short." }, "as_is"],
  ["instructions without a place", { instructions: false }, { instructions: "x" }, "encoded"],
  ["encrypted reasoning", {}, encrypted, "as_is"],
  ["encrypted reasoning of no vendor's", { encryptedReasoning: false }, encrypted, "encoded"],
];

it("with encrypted reasoning of a model that does not think leaves out that and no more", () => {
  const include = ["reasoning.encrypted_content", "web_search_call.action.sources"];
  const text = JSON.stringify({ model: "m", input: "hi", include });
  const options = {
    model: "m",
    stream: false,
    quirks: {},
    traits: create(ModelTraitsSchema, { thinking: Thinking.NEVER }),
  };
  const origin = { body: Buffer.from(text), json: JSON.parse(text) };
  expect(openAiResponses.passthrough.fit?.("chat", origin, options)).toBe("encoded");
  const extrasJson = { "openai-responses": JSON.stringify({ include }) };
  const chat = { ...chatOf("hi"), store: false, extrasJson };
  const encoded = openAiResponses.codecs.chat?.encodeRequest(chat, options);
  const body = encoded?.ok === true ? String(encoded.value.request.body) : "";
  expect(JSON.parse(body)).toMatchObject({ include: ["web_search_call.action.sources"] });
  expect(encoded).toMatchObject({
    value: { report: [{ field: 'extras_json["openai-responses"].include' }] },
  });
});

describe("a response of a client of the dialect", () => {
  for (const [title, quirks, members, wanted] of cases) {
    it(`with ${title} is ${wanted}`, () => {
      const text = JSON.stringify({ input: "hi", ...members });
      const origin = { body: Buffer.from(text), json: JSON.parse(text) };
      const options = { model: "m", stream: false, quirks: { ...quirks } };
      expect(openAiResponses.passthrough.fit?.("chat", origin, options)).toBe(wanted);
    });
  }
});
