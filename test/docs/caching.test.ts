import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { fieldsOutsideKey } from "../../src/policies/cache/not-in-key.ts";

const page = readFileSync("docs/caching.md", "utf8");
const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const env = {
  REDIS_URL: "redis://localhost",
  DATABASE_URL: "postgres://u@db/p",
  CACHE_ENCRYPTION_KEY: "ab".repeat(32),
};

describe("the page on caching", () => {
  it("shows configurations", () => expect(configs.length).toBeGreaterThan(0));

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: "caching.yaml" }, env, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });

  it("names what is left out of keys", () => {
    const fields = fieldsOutsideKey.map(({ field }) => field);
    for (const field of fields.filter((name) => name !== "*" && name !== "model"))
      expect(page).toContain(`\`${field}\``);
  });
});
