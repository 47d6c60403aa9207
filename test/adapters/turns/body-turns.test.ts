import { describe, expect, it } from "vitest";
import { type BodyRules, holdsTurns } from "../../../src/adapters/turns/body-turns.ts";
import type { JsonObject } from "../../../src/json/json.ts";

const user = { role: "user", content: "a" };
const answer = { role: "assistant", content: "b" };
const calls = (...ids: string[]) => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } })),
});
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "r" });
const system = { role: "system", content: "s" };
const mistral: BodyRules = {
  turns: { answerBehindResults: true, laterInstructions: "behind_user" },
  prefillMark: "prefix",
};
const perplexity: BodyRules = {
  turns: { joins: "all", startsWithUser: true, laterInstructions: "as_user", prefill: "refused" },
};

const rows: readonly (readonly [
  title: string,
  body: JsonObject,
  quirks: BodyRules,
  passes: boolean,
])[] = [
  [
    "results behind their calls",
    { messages: [user, calls("1", "2"), result("1"), result("2")] },
    {},
    true,
  ],
  [
    "words between results",
    { messages: [calls("1", "2"), result("1"), system, result("2")] },
    {},
    false,
  ],
  ["a call without result", { messages: [calls("1", "2"), result("1"), user] }, {}, false],
  ["calls that wait", { messages: [user, calls("1", "2")] }, {}, true],
  ["a result of another call", { messages: [calls("1"), result("2")] }, {}, false],
  ["a result of no call", { messages: [user, result("1")] }, {}, false],
  ["an answer last, for a vendor without a mark", { messages: [user, answer] }, {}, true],
  ["an answer last, unmarked", { messages: [user, answer] }, mistral, false],
  ["an answer last, marked", { messages: [user, { ...answer, prefix: true }] }, mistral, true],
  ["words behind results", { messages: [calls("1"), result("1"), user] }, mistral, false],
  ["an empty answer", { messages: [user, { ...answer, content: "" }, user] }, mistral, false],
  [
    "an empty answer where it is taken",
    { messages: [user, { ...answer, content: "" }, user] },
    {},
    true,
  ],
  ["instructions behind an answer", { messages: [user, answer, system, user] }, mistral, false],
  ["turns that alternate", { messages: [system, user, answer, user] }, perplexity, true],
  ["turns of one side in a row", { messages: [user, answer, user, user] }, perplexity, false],
  ["a first answer", { messages: [answer, user] }, perplexity, false],
  ["a choice without tools", { messages: [user], tool_choice: "auto" }, {}, false],
  [
    "no parallel calls without tools",
    { messages: [user], tools: [], parallel_tool_calls: false },
    {},
    false,
  ],
  ["a choice among tools", { messages: [user], tools: [{}], tool_choice: "auto" }, {}, true],
];

describe("a body of Chat Completions", () => {
  for (const [title, body, quirks, passes] of rows) {
    it(`${passes ? "passes" : "is written anew"}: ${title}`, () => {
      expect(holdsTurns(body, quirks)).toBe(passes);
    });
  }
});
