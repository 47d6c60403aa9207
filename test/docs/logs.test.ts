import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { callFields, wantedFields } from "../../src/logging/call-fields.ts";

const page = readFileSync("docs/logs.md", "utf8");

describe("the page on logs", () => {
  it("lists every member of the line of a call, and which ones it has by default", () => {
    const rows = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| (yes|no) \|/gm)];
    const listed = rows.flatMap(([, names = "", usual]) =>
      names.split(", ").map((name) => [name.slice(1, -1), usual === "yes"]),
    );
    const usual = wantedFields([]);
    expect(listed).toEqual(callFields.map((name) => [name, usual[name]]));
  });

  it("has a configuration that loads without a warning", () => {
    const [, text = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const loaded = loadConfig({ text, filename: "logs.yaml" }, {}, () => "");
    expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    expect(loaded.ok && loaded.settings.config.observe.log.fields).toHaveLength(10);
  });
});
