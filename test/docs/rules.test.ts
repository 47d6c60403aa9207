import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RuleSchema } from "../../gen/parlance/config/v1/rule_pb.js";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { ruleAttributes } from "../../src/core/rules/rule-attribute.ts";

const page = readFileSync("docs/rules.md", "utf8");
const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

describe("the page on rules", () => {
  it("shows configurations", () => expect(configs).toHaveLength(2));

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: "rules.yaml" }, {}, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });

  it("says of every attribute what it is", () => {
    for (const [name, [type, about]] of Object.entries(ruleAttributes))
      expect(page).toContain(
        `| \`${name}\` | ${type.replace("google.protobuf.Timestamp", "timestamp")} | ${about} |`,
      );
  });

  it("names every action", () => {
    const actions = RuleSchema.fields.map(({ name }) => name);
    for (const name of actions.filter((one) => !["name", "when", "then"].includes(one)))
      expect(page).toContain(`| \`${name}\` |`);
  });
});
