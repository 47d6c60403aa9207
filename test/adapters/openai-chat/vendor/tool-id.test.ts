import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepts, createToolIds } from "../../../../src/adapters/openai-chat/vendor/tool-id.ts";

const kinds = [
  ["short", /^[\s\S]{0,40}$/],
  ["nine", /^[A-Za-z0-9]{9}$/],
] as const;

const long = `call_1__ts_${"Q".repeat(500)}`;

describe("ids of tool calls", () => {
  for (const [kind, valid] of kinds) {
    it(`come out as the vendor takes them, no two the same, and the same each time: ${kind}`, () => {
      const id = fc.oneof(
        fc.string({ minLength: 1, maxLength: 90 }),
        fc.stringMatching(/^[A-Za-z0-9]{9}$/),
      );
      fc.assert(
        fc.property(fc.uniqueArray(id, { maxLength: 50 }), (ids) => {
          const call = createToolIds(kind);
          const fit = ids.map(call);
          for (const one of fit) expect(one).toMatch(valid);
          expect(new Set(fit).size).toBe(ids.length);
          expect(ids.map(call)).toEqual(fit);
          expect(ids.map(createToolIds(kind))).toEqual(fit);
        }),
      );
    });
  }

  it("stay as they are where they fit, and where the vendor takes any", () => {
    expect(createToolIds("short")("call_abc")).toBe("call_abc");
    expect(createToolIds("nine")("aB3dE6gH9")).toBe("aB3dE6gH9");
    expect(createToolIds(undefined)(long)).toBe(long);
  });

  const bodies: readonly (readonly [
    title: string,
    body: string,
    kind: "short" | "nine" | undefined,
    fit: boolean,
  ])[] = [
    ["no tools", '{"messages":[]}', "nine", true],
    ["an id that fits", '{"tool_call_id":"aB3dE6gH9"}', "nine", true],
    ["an id that does not", '{"tool_call_id": "call_1"}', "nine", false],
    [
      "a second id that does not",
      '[{"tool_call_id":"aB3dE6gH9"},{"tool_call_id":"call_1"}]',
      "nine",
      false,
    ],
    ["a long id", JSON.stringify({ tool_call_id: long }), "short", false],
    [
      "a long id for a vendor that takes any",
      JSON.stringify({ tool_call_id: long }),
      undefined,
      true,
    ],
  ];
  for (const [title, body, toolIds, fit] of bodies) {
    it(`${fit ? "let" : "do not let"} bytes pass as they are: ${title}`, () => {
      const quirks = toolIds === undefined ? {} : { toolIds };
      expect(accepts("chat", Buffer.from(body), { quirks })).toBe(fit);
    });
  }
});
