import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { selfSigned } from "../upstream/self-signed.ts";

const page = readFileSync("docs/security.md", "utf8");
const part = (title: string): string =>
  page.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? "";
const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .split("\n")
    .filter((line) => /^\| (?!-)/.test(line))
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "").trim()));

const named = [...page.matchAll(/\benv: ([A-Z_]+)/g)].map(([, name = ""]) => name);
const env = Object.fromEntries(named.map((name) => [name, "0123456789abcdef".repeat(4)]));
const readText = (path: string): string =>
  path.endsWith(".key") ? selfSigned.key : selfSigned.cert;

function warningsOf(text: string): unknown {
  const loaded = loadConfig({ text, filename: "security.yaml" }, env, readText);
  return loaded.ok ? loaded.warnings : loaded.violations;
}

describe("the threats of the page on security", () => {
  const rows = rowsOf(part("Threats")).filter(([first]) => first !== "What is tried");
  it("are many", () => expect(rows.length).toBeGreaterThan(30));

  for (const [tried = "", stops = "", proof = ""] of rows)
    it(`are kept from: ${tried}`, () => {
      expect(stops).not.toBe("");
      const paths = [...proof.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    });
});

describe("the configurations of the page on security", () => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
  it("are there", () => expect(blocks.length).toBeGreaterThan(1));

  for (const [index, text] of blocks.entries())
    it(`load without a warning: block ${index + 1}`, () => expect(warningsOf(text)).toEqual([]));

  const lines = rowsOf(part("Hardening")).filter(([first]) => first !== "Do");
  it("have lines for hardening", () => expect(lines.length).toBeGreaterThan(10));

  for (const [what = "", cell = ""] of lines)
    it(`load without a warning: ${what}`, () => {
      const [, line = ""] = /^`(.+)`$/.exec(cell) ?? [];
      const isModel = line.startsWith("models:");
      const models = isModel ? "" : "models: [{ name: fast, targets: [{ model: s/echo }] }]\n";
      expect(warningsOf(`${line}\n${models}providers: { s: { kind: sim } }\n`)).toEqual([]);
    });
});
