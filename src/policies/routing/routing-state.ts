import type { State } from "../../state/state.ts";
import { type AnswerLengths, createAnswerLengths } from "./answer-lengths.ts";
import { createHealthTracker, type HealthTracker } from "./health.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { createLatency, type Latency } from "./latency.ts";
import { createRates, type Rates } from "./rates.ts";
import { createShareBudget, type ShareBudget } from "./share-budget.ts";

/** What routing remembers from call to call; it outlives a reload of the config. */
export interface RoutingState {
  readonly health: HealthTracker;
  readonly inFlight: InFlight;
  readonly latency: Latency;
  readonly answerLengths: AnswerLengths;
  readonly rates: Rates;
  /** Calls that are tried again. */
  readonly retryBudget: ShareBudget;
  /** Calls that race two targets. */
  readonly hedgeBudget: ShareBudget;
}

/** The clocks of the gateway, and what it keeps for all its threads. */
export interface RoutingClocks {
  readonly state: State;
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Makes the state of a gateway that has served no call yet. */
export function createRoutingState({ state, nowMs, wallMs }: RoutingClocks): RoutingState {
  const answerLengths = createAnswerLengths();
  return {
    health: createHealthTracker(state.records, wallMs),
    inFlight: createInFlight(state),
    latency: createLatency(nowMs),
    answerLengths,
    rates: createRates({ rateWindow: state.rateWindow, answerLengths, wallMs }),
    retryBudget: createShareBudget(nowMs),
    hedgeBudget: createShareBudget(nowMs),
  };
}
