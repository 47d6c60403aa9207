import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { CompletionSchema } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { openAiResponsesFacade } from "../../../../src/adapters/openai-responses/index.ts";
import type { FacadeContext } from "../../../../src/core/dialect.ts";
import { explode } from "../../../../src/events/explode.ts";
import { isObject, type JsonObject, parseJson } from "../../../../src/json/json.ts";

const chat = openAiResponsesFacade.codecs.chat;

function answerOf(dialect: string) {
  const reasoning = { text: "Let me think.", signature: "proof", dialect };
  return create(CompletionSchema, {
    id: "x",
    choices: [
      {
        message: {
          role: Role.ASSISTANT,
          parts: [
            { content: { case: "reasoning", value: reasoning } },
            { content: { case: "text", value: { text: "Hi." } } },
          ],
        },
      },
    ],
  });
}

function contextOf(reasoning: JsonObject): FacadeContext {
  const json = { model: "m", input: "hi", reasoning };
  const body = Buffer.from(JSON.stringify(json));
  const origin = { dialect: "openai-responses", body, json, wantsUsage: true };
  return { model: "m", nowUnixS: 1, callId: "c", wantsUsage: true, origin };
}

function objectOf(text: string): JsonObject {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error(text);
  return parsed.value;
}

function itemOf(dialect: string, reasoning: JsonObject): JsonObject {
  const body = chat?.encodeResponse(answerOf(dialect), contextOf(reasoning));
  const { output } = objectOf(String(body));
  const [item] = Array.isArray(output) ? output : [];
  if (!isObject(item)) throw new Error("no item");
  return item;
}

/** The names of a stream's events about reasoning. */
function eventsOf(dialect: string, reasoning: JsonObject): readonly string[] {
  const encoder = chat?.stream;
  if (encoder === undefined) throw new Error("no stream");
  let state = encoder.begin(contextOf(reasoning));
  const frames: string[] = [];
  for (const event of explode(answerOf(dialect))) {
    const [next, more] = encoder.encodeEvent(state, event);
    state = next;
    frames.push(...more);
  }
  const text = frames.concat(encoder.encodeEnd(state)).join("");
  return Array.from(text.matchAll(/^event: (\S*reasoning\S*)$/gm), ([, name]) => name ?? "");
}

describe("thinking of another vendor", () => {
  const asked = [{ effort: "high", summary: "auto" }, { generate_summary: "concise" }];
  for (const reasoning of asked) {
    it(`is a summary for a client that asks for one: ${JSON.stringify(reasoning)}`, () => {
      const item = itemOf("anthropic-messages", reasoning);
      expect(item.summary).toEqual([{ type: "summary_text", text: "Let me think." }]);
      expect(item.content).toBeUndefined();
      expect(eventsOf("anthropic-messages", reasoning)).toEqual([
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
      ]);
    });
  }

  it("comes back as the thinking that it was", () => {
    const item = itemOf("anthropic-messages", { summary: "auto" });
    const json = { model: "m", input: [{ role: "user", content: "hi" }, item] };
    const bytes = Buffer.from(JSON.stringify(json));
    const decoded = chat?.decodeRequest({ json: objectOf(bytes.toString()), bytes });
    if (decoded?.ok !== true) throw new Error("not read");
    const { messages } = decoded.value.message as Chat; // the request of a chat
    expect(messages[1]?.parts[0]?.content).toMatchObject({
      case: "reasoning",
      value: { text: "Let me think.", signature: "proof", dialect: "anthropic-messages" },
    });
  });

  for (const reasoning of [{ effort: "high" }, { effort: "high", summary: null }]) {
    it(`is told as it is to any other client: ${JSON.stringify(reasoning)}`, () => {
      const item = itemOf("anthropic-messages", reasoning);
      expect(item.summary).toEqual([]);
      expect(item.content).toEqual([{ type: "reasoning_text", text: "Let me think." }]);
    });
  }

  it("of the client's own dialect stays what it is", () => {
    const item = itemOf("openai-responses", { summary: "auto" });
    expect(item.content).toEqual([{ type: "reasoning_text", text: "Let me think." }]);
  });
});
