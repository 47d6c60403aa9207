import type { Settings } from "../../config/settings.ts";
import { type Reading, type SummedMetrics, sumMetrics } from "../../core/metrics/summed-metrics.ts";
import type { MetricDirectory } from "../../edge/gateway-api.ts";
import { product } from "../../edge/product.ts";
import { printMetrics } from "../../observe/metrics/print-metrics.ts";
import { readProcess, startOf } from "../../observe/metrics/read-process.ts";
import type { RoutingState } from "../../policies/routing/routing-state.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import type { World } from "../world.ts";
import { readBudgets } from "./read-budgets.ts";
import { readTargets } from "./read-targets.ts";

/** What metrics are read from. */
export interface MetricParts {
  readonly world: Pick<World, "metrics" | "otherMetrics" | "process" | "wallMs">;
  readonly settings: () => Settings;
  readonly routing: Pick<RoutingState, "health" | "orders">;
  readonly reservations: Reservations;
}

/** The metrics of the process, for those who show them and those who send them. */
export interface ReadableMetrics extends MetricDirectory {
  /** What all threads have counted until now, with what is looked up. */
  readonly read: () => SummedMetrics;
}

/** Makes what shows the metrics of the process. */
export function createMetricDirectory(parts: MetricParts): ReadableMetrics {
  const { world, settings } = parts;
  // Once: a clock that is set later is no other start.
  const startedS = world.process === undefined ? 0 : startOf(world.process);
  const read = () =>
    sumMetrics([world.metrics.memory, ...(world.otherMetrics?.() ?? [])], readAll(parts, startedS));
  return {
    serving() {
      const { disabled, path, public: isPublic, port } = settings().config.observe.metrics;
      return disabled ? undefined : { path, isPublic: isPublic ?? port !== undefined, port };
    },
    read,
    print: (format) => printMetrics(read(), format),
  };
}

/** What is not counted but read when it is asked for. */
function* readAll(
  { world, settings, routing, reservations }: MetricParts,
  startedS: number,
): Generator<Reading> {
  const current = settings();
  yield* readTargets(current, routing);
  yield* readBudgets(current, reservations, world.wallMs());
  const labels = [product.version, world.process?.version ?? ""];
  yield { metric: "build", labels, value: 1 };
  if (world.process !== undefined) yield* readProcess(world.process, startedS);
}
