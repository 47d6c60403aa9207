import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const page = readFileSync("docs/routing.md", "utf8");
const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

const env = { ANTHROPIC_API_KEY: "key" };

describe("the page on routing", () => {
  it("shows configurations", () => expect(configs.length).toBeGreaterThan(2));

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: "routing.yaml" }, env, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });

  it("names every strategy", () => {
    const proto = readFileSync("proto/parlance/config/v1/model.proto", "utf8");
    const names = [...proto.matchAll(/STRATEGY_(\w+) = [1-9]/g)].map(([, name]) => name);
    for (const name of names) expect(page).toContain(`| \`${name}\``);
  });
});
