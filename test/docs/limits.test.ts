import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const page = readFileSync("docs/limits.md", "utf8");
const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

describe("the page on limits", () => {
  it("shows configurations", () => expect(configs.length).toBeGreaterThan(0));

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: "limits.yaml" }, {}, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });
});
