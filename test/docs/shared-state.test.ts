import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const page = readFileSync("docs/shared-state.md", "utf8");
const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

const env = { REDIS_URL: "redis://:p@redis-1:6379", SENTINEL_PASSWORD: "s" };

describe("the page on shared state", () => {
  it("shows configurations", () => expect(configs.length).toBeGreaterThan(2));

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: "shared-state.yaml" }, env, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });
});
