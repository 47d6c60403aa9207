import { type ConfigScope, inEntry, problem } from "../../config-scope.ts";
import type { FilledModel } from "../../defaults.ts";

/** The labels of all targets of a config, those of arms among them, as `name: value`. */
export function labelsOf(models: readonly FilledModel[]): ReadonlySet<string> {
  const known = new Set<string>();
  for (const { targets, experiment } of models)
    for (const list of [targets, ...(experiment?.arms ?? []).map((arm) => arm.targets)])
      for (const { labels } of list)
        for (const [name, value] of Object.entries(labels)) known.add(`${name}: ${value}`);
  return known;
}

/** The labels that targets have, and whose calls would go to none without them. */
interface LabelCheck {
  readonly known: ReadonlySet<string>;
  /** In words, such as `the key`. */
  readonly ofWhom: string;
}

/** Reports labels that calls require and no target has. */
export function checkLabels(
  labels: Readonly<Record<string, string>>,
  { known, ofWhom }: LabelCheck,
  scope: ConfigScope,
): void {
  for (const [name, value] of Object.entries(labels)) {
    const label = `${name}: ${value}`;
    if (known.has(label)) continue;
    problem(inEntry(scope, name), {
      message: `no target has the label ${label}, so that every call of ${ofWhom} would fail`,
      hint:
        known.size === 0
          ? "give targets labels, as in labels: { region: eu }"
          : `targets have: ${[...known].slice(0, 20).join(", ")}`,
      ruleId: "unknown_label",
    });
  }
}
