import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { families } from "../../src/core/metrics/families.ts";
import type { MetricFamily } from "../../src/core/metrics/metric-family.ts";
import { alertQueries, panelQueries } from "./deployed-queries.ts";
import { promtool } from "./prometheus.ts";

/** The labels of each series by its name, with those that scrapes add. */
const labelsOf = new Map(
  Object.values<MetricFamily>(families).flatMap(({ name, kind, labels }) => {
    const all = [...labels, "job", "instance", "le"];
    if (kind !== "histogram") return [[kind === "counter" ? `${name}_total` : name, all] as const];
    return ["bucket", "sum", "count"].map((suffix) => [`${name}_${suffix}`, all] as const);
  }),
);

/** What a query names that there is not. */
function unknownIn(expr: string): readonly string[] {
  const series = [...expr.matchAll(/\b((?:parlance|process)_\w+)(?:\{([^}]*)\})?/g)];
  const chosen = series.flatMap(([, name = "", labels = ""]) => {
    const known = labelsOf.get(name);
    if (known === undefined) return [name];
    const named = [...labels.matchAll(/(\w+)\s*(?:=|!)/g)].map(([, label = ""]) => label);
    return named.filter((label) => !known.includes(label)).map((label) => `${name}{${label}}`);
  });
  const known = series.flatMap(([, name = ""]) => labelsOf.get(name) ?? []);
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(",").map((label) => label.trim()),
  );
  const isUp = expr.startsWith("up{");
  return [...chosen, ...grouped.filter((label) => !isUp && !known.includes(label))];
}

describe("what deploy/ has for Prometheus and Grafana", () => {
  it("names only metrics and labels that there are", () => {
    const all = [...panelQueries(), ...alertQueries()];
    expect(all.length).toBeGreaterThan(40);
    for (const { place, expr } of all) expect([place, unknownIn(expr)]).toEqual([place, []]);
    // A name that is planted is found.
    expect(unknownIn("rate(parlance_request_total[5m])")).toEqual(["parlance_request_total"]);
    expect(unknownIn('sum by (key) (parlance_in_flight{team="a"})')).toEqual([
      "parlance_in_flight{team}",
      "key",
    ]);
  });

  it("has alerts that promtool accepts, and that fire for what they are about", async () => {
    const folder = "deploy/prometheus";
    expect(await promtool(["check", "rules", `${folder}/alerts.yaml`])).toContain("SUCCESS");
    expect(await promtool(["test", "rules", `${folder}/alerts.test.yaml`])).toContain("SUCCESS");
    const tested = readFileSync(`${folder}/alerts.test.yaml`, "utf8");
    for (const { place } of alertQueries()) expect(tested).toContain(`alertname="${place}"`);
  });
});
