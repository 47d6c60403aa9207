import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const env = { OPENAI_API_KEY: "o", DEV_KEY: "d" };

describe("the page on budgets", () => {
  const page = readFileSync("docs/budgets.md", "utf8");
  const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

  it("shows a configuration", () => expect(configs.length).toBeGreaterThan(0));

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: "budgets.yaml" }, env, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });
});
