import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const load = (key: string, env: Record<string, string> = {}) =>
  loadConfig(
    {
      text: `providers: { sim: { kind: sim } }\ncache:\n  encryption_key: ${key}\n`,
      filename: "c.yaml",
    },
    env,
    () => "",
  );

const digits = "0f".repeat(32);
const base64 = Buffer.from(digits, "hex").toString("base64");

describe("cache.encryption_key", () => {
  const good = [digits, digits.toUpperCase(), base64, base64.replace("=", "")];
  for (const text of good)
    it(`is 32 bytes: ${text}`, () => {
      const loaded = load("{ env: KEY }", { KEY: text });
      expect(loaded.ok && loaded.settings.cacheEncryptionKey?.reveal()).toBe(digits);
      expect(JSON.stringify(loaded.ok && loaded.settings.config.cache)).not.toContain(text);
    });

  const bad: readonly (readonly [text: string, message: string])[] = [
    ["0f".repeat(16), "has 24 bytes"],
    [Buffer.alloc(31, 1).toString("base64"), "has 31 bytes"],
    [Buffer.alloc(33, 1).toString("base64"), "has 33 bytes"],
    ["my secret", "is neither base64 nor hex"],
  ];
  for (const [text, message] of bad)
    it(`is refused where it ${message}, and not repeated`, () => {
      const loaded = load("{ env: KEY }", { KEY: text });
      const [violation] = loaded.ok ? [] : loaded.violations;
      const line = violation === undefined ? "" : printViolation("c.yaml", violation);
      expect(line).toMatch(/^c\.yaml:3:\d+/);
      expect(line).toContain(`${message}, and must be 32 bytes as base64 or as 64 hex digits`);
      expect(line).not.toContain(text);
    });

  it("is refused where its variable is not set, or it is empty", () => {
    expect(load("{ env: KEY }").ok).toBe(false);
    expect(load('{ value: "" }').ok).toBe(false);
  });
});
