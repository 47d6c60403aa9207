import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toolIdRules as anthropic } from "../../../src/adapters/anthropic-messages/vendor/tool-id.ts";
import { toolIdRules as bedrock } from "../../../src/adapters/bedrock-converse/vendor/messages.ts";
import { toolIdRules as responses } from "../../../src/adapters/openai-responses/vendor/tool-id.ts";
import { createToolIds, everyId } from "../../../src/adapters/shared/tool-ids.ts";

const anyId = fc.oneof(
  fc.constantFrom(
    "a",
    "a_2",
    "a_2_2",
    "call.1",
    "call_1",
    "x".repeat(64),
    "x".repeat(65),
    `${"x".repeat(62)}_2`,
  ),
  fc.string({ minLength: 1, maxLength: 90 }),
  fc.string({ minLength: 200, maxLength: 300 }),
);

describe("ids of tool calls", () => {
  for (const [name, rules] of [
    ["anthropic-messages", anthropic],
    ["bedrock-converse", bedrock],
    ["openai-responses", responses],
  ] as const) {
    it(`are valid for ${name}, no two calls get the same, and each result gets its call's`, () => {
      fc.assert(
        fc.property(fc.array(fc.oneof(anyId, fc.constant("")), { maxLength: 40 }), (ids) => {
          const turn = createToolIds(rules);
          const pairs = ids.map((id) => [turn.call(id), turn.result(id)] as const);
          for (const [call, result] of pairs) {
            expect(rules.valid(call)).toBe(true);
            expect(result).toBe(call);
          }
          expect(new Set(pairs.map(([call]) => call)).size).toBe(ids.length);
          const again = createToolIds(rules);
          expect(ids.map((id) => again.call(id))).toEqual(pairs.map(([call]) => call));
        }),
      );
    });
  }

  it("stay as they are where they are valid and used once", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,20}$/), { maxLength: 20 }), (ids) => {
        const turn = createToolIds(bedrock);
        expect(ids.map((id) => turn.call(id))).toEqual(ids);
      }),
    );
  });

  const bodies: readonly (readonly [title: string, body: string, fit: boolean])[] = [
    ["without results", "[]", true],
    ["with a valid id", '[{"tool_use_id":"toolu_1"}]', true],
    ["with an id that is not", '[{"tool_use_id" : "functions.Bash:0"}]', false],
    ["with the word in a text", JSON.stringify([{ text: '"tool_use_id":"a.b"' }]), true],
    ["within a turn", '[{"content":[{"tool_use_id":"a"},{"tool_use_id":"a.b"}]}]', false],
    ["that are no list", '{"tool_use_id":"a.b"}', true],
  ];
  for (const [title, body, fit] of bodies) {
    it(`are looked for in turns ${title}`, () => {
      expect(everyId(JSON.parse(body), "tool_use_id", anthropic.valid)).toBe(fit);
    });
  }
});
