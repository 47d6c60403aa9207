import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNameSet, createPatternTable, fill } from "../../../src/core/names/name-pattern.ts";

const patterns = ["*", "claude-*", "claude-opus-*", "*-latest", "claude-*-fast", "a**b"];

describe("the pattern of a name", () => {
  const table = createPatternTable(patterns.map((name) => [name, name] as const));
  const rows: readonly (readonly [name: string, pattern: string | undefined, captured: string])[] =
    [
      ["claude-opus-4-8", "claude-opus-*", "4-8"],
      ["claude-haiku", "claude-*", "haiku"],
      ["claude-haiku-fast", "claude-*-fast", "haiku"],
      ["claude-opus-4-fast", "claude-opus-*", "4-fast"],
      ["claude--fast", "claude-*", "-fast"],
      ["gpt-latest", "*-latest", "gpt"],
      ["-latest", "*", "-latest"],
      ["gpt", "*", "gpt"],
      ["claude-", "*", "claude-"],
      ["a/b/c", "*", "a/b/c"],
      ["claude-*", undefined, ""],
      ["*", undefined, ""],
      ["", undefined, ""],
    ];
  for (const [name, pattern, captured] of rows) {
    it(`${JSON.stringify(name)} is of ${pattern}`, () => {
      expect(table.find(name)).toEqual(
        pattern === undefined ? undefined : { value: pattern, captured },
      );
    });
  }

  it("gives the name back with what it captured", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const found = table.find(name);
        if (found !== undefined) expect(fill(found.value, found.captured)).toBe(name);
      }),
    );
  });
});

it("a set of names has those that fit one of its patterns", () => {
  const set = createNameSet(["gpt-5", "claude-*", "anthropic/*"]);
  const names = ["gpt-5", "gpt-5.1", "claude-opus", "claude-", "anthropic/x/y", "claude-*"];
  expect(names.filter((name) => set.has(name))).toEqual([
    "gpt-5",
    "claude-opus",
    "anthropic/x/y",
    "claude-*",
  ]);
});
