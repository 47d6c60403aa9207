import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

function violations(prompts: string, more = ""): readonly string[] {
  const text = `providers: { a: { kind: sim } }
models:
  - name: m
    targets: [{ model: a/x }]
    fallbacks: [a/y]
    context_fallbacks: [a/z]
    fallback_prompts: ${prompts}
${more}`;
  const result = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
  return result.ok ? [] : result.violations.map((one) => printViolation("c.yaml", one));
}

const say = "messages: [{ role: user, content: hi }]";

describe("prompts of fallbacks", () => {
  it("are taken for each list of fallbacks", () =>
    expect(violations(`[{ model: a/y, ${say} }, { model: a/z, instructions: Be brief. }]`)).toEqual(
      [],
    ));

  const rows: readonly (readonly [string, string, string])[] = [
    ["another model", `[{ model: a/w, ${say} }]`, ".model: the model does not fall back to a/w"],
    ["no model", `[{ ${say} }]`, ".model: is missing"],
    ["no prompt", "[{ model: a/y }]", ": has no prompt"],
    [
      "two forms",
      `[{ model: a/y, ${say}, instructions: Be brief. }]`,
      ": has messages and instructions",
    ],
    [
      "a role that there is not",
      "[{ model: a/y, messages: [{ role: tool, content: hi }] }]",
      ".messages[0].role: must be",
    ],
    ["an empty message", "[{ model: a/y, messages: [{ role: user }] }]", ".messages[0].content"],
  ];
  for (const [title, prompts, violation] of rows)
    it(`are refused with ${title}`, () => {
      const [first, ...others] = violations(prompts);
      expect(first).toContain(`models[0].fallback_prompts[0]${violation}`);
      expect(first).toMatch(/^c\.yaml:7:\d+: /);
      expect(others).toEqual([]);
    });

  it("are refused twice for one fallback", () =>
    expect(violations(`[{ model: a/y, ${say} }, { model: a/y, ${say} }]`)).toEqual([
      expect.stringContaining("fallback_prompts[1].model: there are two prompts for a/y"),
    ]));
});
