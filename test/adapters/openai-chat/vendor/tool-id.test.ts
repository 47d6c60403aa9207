import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createToolIds, fitsToolId } from "../../../../src/adapters/openai-chat/vendor/tool-id.ts";

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

  const ids: readonly (readonly [id: string, kind: "short" | "nine" | undefined, fits: boolean])[] =
    [
      ["aB3dE6gH9", "nine", true],
      ["call_1", "nine", false],
      ["call_1", "short", true],
      [long, "short", false],
      [long, undefined, true],
    ];
  for (const [id, toolIds, fits] of ids) {
    it(`${fits ? "fit" : "do not fit"} ${toolIds ?? "any"}: ${id.slice(0, 12)}`, () => {
      expect(fitsToolId(id, toolIds === undefined ? {} : { toolIds })).toBe(fits);
    });
  }
});
