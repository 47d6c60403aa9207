import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  openAiChat as openAiChatDialect,
  openAiChatFacade as openAiChatFacadeOriginal,
} from "../../../src/adapters/openai-chat/index.ts";
import type { Json, JsonObject } from "../../../src/json/json.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { ownChat, ownCompletion } from "./own-nouns.ts";

const openAiChat = vendorSide(openAiChatDialect);
const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

const context = { model: "m", nowUnixS: 1, callId: "c", wantsUsage: true };
const options = { model: "m", stream: false, quirks: {} };

const junk: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)));

/** A valid text with one value somewhere inside replaced by junk. */
function mutate(text: string, at: number, replacement: Json): Json {
  let left = at;
  const visit = (value: Json): Json => {
    left -= 1;
    if (left === 0) return replacement;
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, visit(inner ?? null)]),
    );
  };
  return visit(JSON.parse(text));
}

function isObject(json: Json): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** Every decoder, on a JSON value: nothing may be thrown. */
function decodeAll(json: Json): void {
  const body = Buffer.from(JSON.stringify(json));
  openAiChat.decodeResponse(json, Buffer.from(JSON.stringify(json)));
  openAiChat.embed?.decodeResponse(json);
  openAiChat.decodeError(400, {}, body);
  openAiChat.passthrough.scanUsage("chat", new JsonText(body));
  openAiChat.passthrough.watch(false).see({ event: "", data: body });
  const step = openAiChat.decodeEvent(openAiChat.begin(), { event: "", data: body });
  if (step.ok) openAiChat.end(step.state);
  if (!isObject(json)) return;
  openAiChatFacade.decodeRequest(json, body);
  openAiChatFacade.embed?.decodeRequest(json, body);
}

describe("garbage", () => {
  it("in any decoder is a value, never a throw", () => {
    fc.assert(fc.property(junk, decodeAll));
  });

  it("that cannot be made a number or a text is a value, never a throw", () => {
    const odd = { toString: false, valueOf: 1 };
    decodeAll({ id: odd, created: odd, model: odd, choices: [{ index: odd, delta: odd }] });
    decodeAll({ model: "m", n: odd, messages: [{ role: odd, content: odd }], max_tokens: odd });
  });

  it("in the place of any value of an answer is a value, never a throw", () => {
    fc.assert(
      fc.property(
        ownCompletion,
        fc.integer({ min: 1, max: 60 }),
        junk,
        (given, at, replacement) => {
          decodeAll(mutate(openAiChatFacade.encodeResponse(given, context), at, replacement));
        },
      ),
    );
  });

  it("in the place of any value of a request is a value, never a throw", () => {
    fc.assert(
      fc.property(ownChat, fc.integer({ min: 1, max: 80 }), junk, (given, at, replacement) => {
        const encoded = openAiChat.encodeRequest(given, options);
        if (encoded.ok) decodeAll(mutate(String(encoded.value.request.body), at, replacement));
      }),
    );
  });

  it("as bytes is a value, never a throw", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.integer({ min: 0, max: 999 }),
        (data, status) => {
          expect(typeof openAiChat.decodeError(status, {}, data).message).toBe("string");
          openAiChat.decodeEvent(openAiChat.begin(), { event: "", data });
          openAiChat.passthrough.watch(true).see({ event: "", data });
          openAiChat.passthrough.scanUsage("embed", new JsonText(data));
          openAiChat.passthrough.request("chat", data, { model: "m", stream: true, quirks: {} });
        },
      ),
    );
  });
});
