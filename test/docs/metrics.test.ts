import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { metricRows } from "../observe/metric-rows.ts";

const page = readFileSync("docs/metrics.md", "utf8");

describe("the page on metrics", () => {
  it("lists every metric as the code has it, and no other", () => {
    const listed = page.split("\n").filter((line) => /^\| `(?:parlance|process)_/.test(line));
    expect(listed).toEqual(metricRows());
  });

  it("has a configuration that loads without a warning", () => {
    const [, text = ""] = /^```yaml\n(auth[\s\S]*?)^```$/m.exec(page) ?? [];
    const env = { PARLANCE_ADMIN_KEY: "admin-key-0123456789" };
    const loaded = loadConfig({ text, filename: "metrics.yaml" }, env, () => "");
    expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
  });
});
