import { describe, expect, it } from "vitest";
import { anthropicMessagesFacade } from "../../../src/adapters/anthropic-messages/index.ts";
import { openAiChatFacade } from "../../../src/adapters/openai-chat/index.ts";
import { openAiResponsesFacade } from "../../../src/adapters/openai-responses/index.ts";
import { answerBoundOf } from "../../../src/core/facts/answer-bound.ts";
import { gatewayFailed } from "../../../src/core/faults/fault.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { chat as operation } from "../../../src/core/operation.ts";
import type { JsonObject } from "../../../src/json/json.ts";

const messages = [{ role: "user", content: "hi" }];
const rows = [
  { facade: openAiChatFacade, members: ["max_tokens", "max_completion_tokens", "n"] },
  { facade: anthropicMessagesFacade, members: ["max_tokens"] },
  { facade: openAiResponsesFacade, members: ["max_output_tokens"] },
];

describe("the bound on answers", () => {
  for (const { facade, members } of rows) {
    const { name, boundPlaces, codecs } = facade;
    /** A call with a body, whose message counts how often it was decoded. */
    const callOf = (json: JsonObject, places = boundPlaces) => {
      const bytes = Buffer.from(JSON.stringify(json));
      const origin = { dialect: name, body: bytes, json, wantsUsage: false, boundPlaces: places };
      const calls = { decoded: 0 };
      const message = () => {
        calls.decoded += 1;
        const decoded = codecs.chat?.decodeRequest({ json, bytes });
        if (decoded?.ok === true) return decoded.value.message;
        throw new GatewayError(decoded?.fault ?? gatewayFailed);
      };
      return { origin, request: { operation, stream: false, message }, calls };
    };
    const bodyOf = (member: string, value: JsonObject[string]): JsonObject => {
      const prompt = name === "openai-responses" ? { input: "hi" } : { messages };
      return { model: "m", max_tokens: 9, ...prompt, [member]: value };
    };

    it(`is read in a body of ${name} as its decoder reads it`, () => {
      for (const member of members)
        for (const value of [null, 1, 7, 128]) {
          const call = callOf(bodyOf(member, value));
          expect(answerBoundOf(call)).toEqual(
            answerBoundOf(callOf(bodyOf(member, value), undefined)),
          );
          expect(call.calls.decoded).toBe(0);
        }
    });

    it(`is decoded where a body of ${name} does not say it plainly`, () => {
      for (const member of members)
        for (const value of [0, -1, 1.5, "7", 100_000_001]) {
          const call = callOf(bodyOf(member, value));
          answerBoundOf(call);
          expect(call.calls.decoded, `${member}: ${value}`).toBe(1);
        }
    });
  }
});
