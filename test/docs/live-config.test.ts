import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { parseInput } from "../../src/cli/parse-input.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const page = readFileSync("docs/live-config.md", "utf8");
const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const lines = [...page.matchAll(/^ {4}parlance (\w+) (.*)$/gm)];
const env = {
  DATABASE_URL: "postgres://user:password@localhost/parlance",
  STORE_ENCRYPTION_KEY: "ab".repeat(32),
  PARLANCE_ADMIN_KEY: "admin-key-0123456789",
};

describe("the page on live changes", () => {
  it("shows configurations and commands", () => {
    expect(configs.length).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(5);
  });

  for (const [index, text] of configs.entries())
    it(`has a configuration ${index + 1} that loads without a warning`, () => {
      const loaded = loadConfig({ text, filename: "live-config.yaml" }, env, () => "");
      expect(loaded.ok ? loaded.warnings : loaded.violations).toEqual([]);
    });

  for (const [line, name, rest = ""] of lines)
    it(`has a command that there is: ${line.trim()}`, () => {
      const command = commands.find((one) => one.name === name);
      if (command === undefined) throw new Error(`no command ${name}`);
      expect(parseInput(command, rest.split(" "))).toMatchObject({ ok: true });
    });
});
