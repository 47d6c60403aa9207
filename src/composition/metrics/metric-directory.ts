import type { Settings } from "../../config/settings.ts";
import type { MetricView } from "../../core/metrics/metric-memory.ts";
import type { MetricDirectory } from "../../edge/gateway-api.ts";
import { product } from "../../edge/product.ts";
import { printMetrics, type Reading } from "../../observe/metrics/print-metrics.ts";
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

/** Makes what shows the metrics of the process. */
export function createMetricDirectory(parts: MetricParts): MetricDirectory {
  const { world, settings } = parts;
  // Once: a clock that is set later is no other start.
  const startedS = world.process === undefined ? 0 : startOf(world.process);
  return {
    serving() {
      const { disabled, path, public: isPublic, port } = settings().config.observe.metrics;
      return disabled ? undefined : { path, isPublic: isPublic ?? port !== undefined, port };
    },
    print(format) {
      const threads: readonly MetricView[] = [
        world.metrics.memory,
        ...(world.otherMetrics?.() ?? []),
      ];
      return printMetrics(threads, [...readAll(parts, startedS)], format);
    },
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
