import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

const hook = 'webhook: { url: "http://127.0.0.1:9/check" }';
const form = (repair: string) =>
  `json_schema: { schema_json: '{"type": "object"}', repair: { ${repair} } }`;

function faultsOf(guard: string): readonly string[] {
  const text = `providers: { sim: { kind: sim } }\nguards: [{ name: g, ${guard} }]`;
  const loaded = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
  if (loaded.ok) return [];
  return loaded.violations.map(({ path, message }) => `${path}: ${message}`);
}

describe("a guard is refused for", () => {
  const rows: readonly (readonly [guard: string, found: string])[] = [
    ["secrets: {}, action: REWRITE", "guards[0].action: REWRITE needs a service"],
    [
      "secrets: {}, action: FLAG, answer: No.",
      "guards[0].answer: has an effect with action: BLOCK",
    ],
    ["secrets: {}, beside_model: true", "guards[0].beside_model: only guards that ask a service"],
    [`${hook}, action: MASK, beside_model: true`, "guards[0].beside_model: needs action: BLOCK"],
    ["secrets: {}, route: sim/echo", "guards[0].route: has an effect with action: ROUTE alone"],
    ["secrets: {}, action: ROUTE, stages: [INPUT]", "guards[0].route: is required"],
    ["secrets: {}, action: ROUTE, route: sim/echo", "guards[0].stages: with action: ROUTE"],
    ["secrets: {}, action: MASK, stream: BEST_EFFORT", "guards[0].stream: what has gone out"],
    ["patterns: { patterns: { P: '(' } }", "guards[0].patterns.patterns.P: is no pattern"],
    [`${form("")}, stages: [INPUT]`, "guards[0].json_schema.repair: needs OUTPUT"],
    [`${form("")}, stream: BEST_EFFORT`, "guards[0].json_schema.repair: what has gone out"],
    [form("attempts: 4"), "guards[0].json_schema.repair.attempts: "],
  ];
  for (const [guard, found] of rows)
    it(guard, () => expect(faultsOf(guard)).toEqual([expect.stringContaining(found)]));

  it("nothing where it can be used", () => {
    for (const guard of [`${hook}, beside_model: true`, form("attempts: 3"), form("")])
      expect(faultsOf(guard)).toEqual([]);
  });
});
