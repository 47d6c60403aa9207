import { families } from "../../src/core/metrics/families.ts";
import type { MetricFamily } from "../../src/core/metrics/metric-family.ts";

/** The rows of the table of docs/metrics.md. */
export function metricRows(): readonly string[] {
  const all: readonly MetricFamily[] = Object.values(families);
  return all.map(({ name, kind, labels, unit = "-", help }) => {
    const full = kind === "counter" ? `${name}_total` : name;
    const listed = labels.length === 0 ? "-" : labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${full}\` | ${kind} | ${listed} | ${unit} | ${help} |`;
  });
}
