import type { RateWindows } from "../../state/rate-window.ts";
import type { State } from "../../state/state.ts";
import { createHealthTracker, type HealthTracker } from "./health.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { createLatency, type Latency } from "./latency.ts";
import { createShareBudget, type ShareBudget } from "./share-budget.ts";

/** What routing remembers from call to call; it outlives a reload of the config. */
export interface RoutingState {
  readonly health: HealthTracker;
  readonly inFlight: InFlight;
  readonly latency: Latency;
  /** What is taken of limits on calls and tokens. */
  readonly rates: RateWindows;
  /** Calls that are tried again. */
  readonly retryBudget: ShareBudget;
  /** Calls that race two targets. */
  readonly hedgeBudget: ShareBudget;
}

/** The clocks of the gateway, and what it keeps for all its threads and shares with others. */
export interface RoutingClocks {
  readonly state: State;
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly rates: RateWindows;
}

/** Makes the state of a gateway that has served no call yet. */
export function createRoutingState({ state, nowMs, wallMs, rates }: RoutingClocks): RoutingState {
  return {
    health: createHealthTracker(state.records, wallMs),
    inFlight: createInFlight(state),
    latency: createLatency(nowMs),
    rates,
    retryBudget: createShareBudget(nowMs),
    hedgeBudget: createShareBudget(nowMs),
  };
}
