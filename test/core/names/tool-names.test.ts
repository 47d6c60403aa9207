import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fitToolNames,
  letterFirstToolNames,
  type ToolNameRule,
  usualToolNames,
} from "../../../src/core/names/tool-names.ts";

const rows: readonly (readonly [title: string, name: string, fit: RegExp])[] = [
  ["dots between words", "weather.now", /^weather_now$/],
  ["colons and slashes", "mcp:files/read", /^mcp_files_read$/],
  [
    "72 characters",
    `mcp__server__${"get_".repeat(15)}`,
    /^mcp__server__(get_)+g?e?t?_[0-9a-f]{16}$/,
  ],
  ["letters beyond ASCII", "wetter_für", /^wetter_f_r_[0-9a-f]{16}$/],
  ["no letter that is taken", "天气", /^___[0-9a-f]{16}$/],
];

describe("names of tools", () => {
  for (const [title, name, fit] of rows) {
    it(`are fitted: ${title}`, () => {
      const fitted = fitToolNames(new Set([name]), usualToolNames).get(name) ?? "";
      expect(fitted).toMatch(fit);
      expect(fitted).toMatch(usualToolNames.pattern);
    });
  }

  it("stay as they are where they fit", () => {
    expect([...fitToolNames(new Set(["get_weather", "a-b", ""]), usualToolNames)]).toEqual([]);
  });

  it("begin with a letter where the vendor says so", () => {
    const fitted = fitToolNames(new Set(["1password", "-x"]), letterFirstToolNames);
    expect([...fitted]).toEqual([
      ["1password", "_1password"],
      ["-x", "_-x"],
    ]);
  });

  it("do not become the name of another tool", () => {
    const fitted = fitToolNames(new Set(["a.b", "a_b", "a:b"]), usualToolNames);
    const sent = ["a.b", "a_b", "a:b"].map((name) => fitted.get(name) ?? name);
    expect(new Set(sent).size).toBe(3);
    expect(fitted.has("a_b")).toBe(false);
  });

  it("come out valid, each its own, and the same in a later turn", () => {
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 90 }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 90 }),
      fc.stringMatching(/^[\w.:-]{1,90}$/),
    );
    const rules: readonly ToolNameRule[] = [usualToolNames, letterFirstToolNames];
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 20 }),
        fc.constantFrom(...rules),
        (list, rule) => {
          const names = new Set(list);
          const fitted = fitToolNames(names, rule);
          const sent = list.map((one) => fitted.get(one) ?? one);
          for (const one of sent) expect(one).toMatch(rule.pattern);
          expect(new Set(sent).size).toBe(list.length);
          expect(fitToolNames(names, rule)).toEqual(fitted);
        },
      ),
    );
  });
});
