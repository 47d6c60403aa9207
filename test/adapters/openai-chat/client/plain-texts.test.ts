import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainTexts } from "../../../../src/adapters/openai-chat/client/request.ts";
import { openAiChatFacade as openAiChatFacadeOriginal } from "../../../../src/adapters/openai-chat/index.ts";
import type { Json, JsonObject } from "../../../../src/json/json.ts";
import { contentOf, contentOfTexts } from "../../../../src/policies/rules/request-content.ts";
import { clientSide } from "../../sides.ts";

const facade = clientSide(openAiChatFacadeOriginal);
const hi = { role: "user", content: "Hi" };
const plain = { model: "m", messages: [hi] };

/** Values of every kind, those near the bounds of a member among them. */
const anything = fc.oneof(
  fc.constantFrom<Json>(null, true, "", "x", [], {}, [{}], -1, 0, 1, 1.5),
  fc.constantFrom(100, 101, 128, 129, 100_000_000, 100_000_001),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.string(),
);
const members = fc.constantFrom(
  ...["model", "stream", "temperature", "top_p", "max_tokens", "max_completion_tokens", "n"],
  ...["user", "tools", "functions", "stop", "seed", "documents", "stream_options"],
);
const message = fc.oneof(
  { weight: 6, arbitrary: fc.record({ role: fc.constant("user"), content: fc.string() }) },
  fc.record({
    role: fc.constantFrom("system", "developer", "assistant", "tool", "function", "robot"),
    content: anything,
  }),
  fc.constantFrom<Json>("x", null, { ...hi, name: "n" }, { ...hi, tool_calls: [] }),
);
const body = fc.tuple(
  fc.array(message, { maxLength: 3 }),
  fc.array(fc.tuple(members, anything), { maxLength: 3 }),
);

describe("the texts of a plain chat", () => {
  it("are all that its decoder reads, which takes it", () => {
    let read = 0;
    fc.assert(
      fc.property(body, ([messages, more]) => {
        const json: JsonObject = { model: "m", messages, ...Object.fromEntries(more) };
        const texts = plainTexts(json);
        if (texts === undefined) return;
        read += 1;
        const decoded = facade.decodeRequest(json, Buffer.from(JSON.stringify(json)));
        if (!decoded.ok) throw new Error(decoded.fault.message);
        const { chat } = decoded.value;
        expect(chat.tools).toEqual([]);
        expect(contentOfTexts(texts)).toEqual(contentOf(chat));
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  for (const [title, json, texts] of [
    ["each message", { ...plain, messages: [{ ...hi, role: "system" }, hi] }, ["Hi", "Hi"]],
    ["options", { ...plain, temperature: 0.2, max_tokens: 9, stream: true, user: "u" }, ["Hi"]],
    ["a tool", { ...plain, tools: [{}] }, undefined],
    ["a part", { ...plain, messages: [{ ...hi, content: [{ type: "text" }] }] }, undefined],
    ["an unknown member", { ...plain, documents: [] }, undefined],
    ["no message", { ...plain, messages: [] }, undefined],
    ["no model", { messages: [hi] }, undefined],
  ] as const satisfies readonly (readonly [string, JsonObject, unknown])[])
    it(`are read of a body with ${title}, or it is decoded`, () => {
      expect(plainTexts(json)).toEqual(texts);
    });
});
