import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const load = (text: string) =>
  loadConfig({ text, filename: "parlance.yaml" }, {}, () => {
    throw new Error("no files");
  });

test.each([
  [
    "teams: [{ name: support }]\nkeys: [{ name: dev, value: { value: k }, team: suport }]",
    'parlance.yaml:2:48: keys[0].team: "suport" is none of the teams (did you mean "support"?)',
  ],
  [
    "teams: [{ name: a }, { name: a }]",
    "parlance.yaml:1:30: teams[1].name: another team has this name",
  ],
])("%s is refused", (text, message) => {
  const result = load(text);
  const found = result.ok ? [] : result.violations;
  expect(found.map((one) => printViolation("parlance.yaml", one))).toContain(message);
});

test("keys name teams freely where there are none", () => {
  expect(load("keys: [{ name: dev, value: { value: k }, team: any }]").ok).toBe(true);
});
