import { expect, it } from "vitest";
import {
  openAiResponses,
  openAiResponsesFacade,
} from "../../../../src/adapters/openai-responses/index.ts";
import { sealCall } from "../../../../src/adapters/shared/sealed-reasoning.ts";
import { asArray, asObject } from "../../../vendors/json-value.ts";

const id = `rs_${sealCall({ toolCallId: "c1", signature: "proof" })}`;
const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
const json = {
  model: "m",
  input: [
    { role: "user", content: "hi" },
    { type: "item_reference", id },
    call,
    { type: "function_call_output", call_id: "c1", output: "21" },
  ],
};
const body = Buffer.from(JSON.stringify(json));

it("a reference to the proof of a call is the proof", () => {
  const decoded = openAiResponsesFacade.codecs.chat?.decodeRequest({ json, bytes: body });
  if (decoded?.ok !== true) throw new Error("the request was not read");
  const { messages } = decoded.value.message;
  const parts = messages.flatMap((message) => message.parts.map(({ content }) => content));
  expect(parts.map((content) => content.case)).toEqual(["text", "toolCall", "toolResult"]);
  expect(parts[1]).toMatchObject({ value: { id: "c1", signature: "proof" } });
  expect(decoded.beside?.demands ?? []).toEqual([]);
});

it("does not reach the dialect's own vendor, which knows no such item", () => {
  const options = { model: "m", stream: false, quirks: {} };
  expect(openAiResponses.passthrough.fit?.("chat", { json, body }, options)).toBe("encoded");
  const decoded = openAiResponsesFacade.codecs.chat?.decodeRequest({ json, bytes: body });
  if (decoded?.ok !== true) throw new Error("the request was not read");
  const encoded = openAiResponses.codecs.chat?.encodeRequest(decoded.value.message, options);
  const sent = encoded?.ok === true ? String(encoded.value.request.body) : "";
  expect(asArray(asObject(JSON.parse(sent))?.input)).toHaveLength(3);
  expect(sent).not.toContain("item_reference");
});
