import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { metricRows } from "../observe/metric-rows.ts";

const page = readFileSync("docs/metrics.md", "utf8");

describe("the page on metrics", () => {
  it("lists every metric as the code has it, and no other", () => {
    const listed = page
      .split("\n")
      .filter((line) => /^\| `(?:parlance|process|gen_ai)[_.]/.test(line));
    expect(listed).toEqual(metricRows());
  });

  for (const name of ["metrics", "tracing"])
    it(`and docs/${name}.md have configurations that load without a warning`, () => {
      const text = readFileSync(`docs/${name}.md`, "utf8");
      const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, one = ""]) => one);
      const configs = blocks.filter((one) => one.includes("observe:"));
      expect(configs.length).toBeGreaterThan(0);
      const env = { PARLANCE_ADMIN_KEY: "admin-key-0123456789", OTLP_AUTHORIZATION: "Bearer x" };
      for (const config of configs) {
        const loaded = loadConfig({ text: config, filename: "page.yaml" }, env, () => "");
        expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
      }
    });
});
