import type { Settings } from "../../config/settings.ts";
import { families } from "../../core/metrics/families.ts";
import type { Reading } from "../../core/metrics/summed-metrics.ts";
import type { Target } from "../../core/target/target.ts";
import type { RoutingState } from "../../policies/routing/routing-state.ts";

/** What targets are looked up in. */
type States = Pick<RoutingState, "health" | "orders">;

/** How the targets of the models stand, each once; as many as the metric has series. */
export function* readTargets({ models }: Settings, states: States): Generator<Reading> {
  const seen = new Set<string>();
  for (const { targets } of models.values())
    for (const target of targets) {
      const name = `${target.provider}/${target.model}`;
      if (seen.has(name)) continue;
      if (seen.size >= families.targetState.maxSeries) return;
      seen.add(name);
      yield { metric: "targetState", labels: [name], value: stateOf(target, states) };
    }
}

/** 0: called; 1: half open; 2: open, or used up; 3: taken out by an operator for every model. */
function stateOf(target: Target, { health, orders }: States): number {
  if (orders.of(target, "") !== undefined) return 3;
  switch (health.circuit(target).state) {
    case "closed":
      return 0;
    case "half_open":
    case "probing":
      return 1;
    case "open":
    case "used_up":
      return 2;
  }
}
