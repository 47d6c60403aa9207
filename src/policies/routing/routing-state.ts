import type { Notice } from "../../core/notice.ts";
import type { RateWindows } from "../../state/rate-window.ts";
import type { SharedRedis } from "../../state/redis/shared-redis.ts";
import { type ShareEntries, shareNothing } from "../../state/shared-entries.ts";
import type { State } from "../../state/state.ts";
import { createQueues, type Queues } from "../queue/queues.ts";
import { createSeenPrefixes, type SeenPrefixes } from "./choice/seen-prefixes.ts";
import { createStickyPins, type StickyPins } from "./choice/sticky-pins.ts";
import { createCircuitNews } from "./circuits/circuit-news.ts";
import {
  type CredentialCircuits,
  createCredentialCircuits,
} from "./circuits/credential-circuits.ts";
import { createHealthTracker, type HealthTracker } from "./circuits/health.ts";
import { createProbeClaims, noClaims } from "./circuits/probe-claims.ts";
import { createHedgeWaste, type HedgeWaste } from "./hedge-waste.ts";
import { createLatency, type Latency } from "./latency/latency.ts";
import { type AnswerLengths, createAnswerLengths } from "./limits/answer-lengths.ts";
import { createInFlight, type InFlight } from "./limits/in-flight.ts";
import { createTargetRates, type TargetRates } from "./limits/target-rates.ts";
import { createUsedRates, type UsedRates } from "./limits/used-rates.ts";
import { createTargetOrders, type TargetOrders } from "./operator/target-orders.ts";
import { createShareBudget, type ShareBudget } from "./share-budget.ts";

/** What routing remembers from call to call; it outlives a reload of the config. */
export interface RoutingState {
  readonly health: HealthTracker;
  /** Which credentials of providers are left alone. */
  readonly credentials: CredentialCircuits;
  readonly inFlight: InFlight;
  readonly latency: Latency;
  /** What is taken of limits on calls and tokens. */
  readonly rates: RateWindows;
  readonly answerLengths: AnswerLengths;
  readonly targetRates: TargetRates;
  readonly stickyPins: StickyPins;
  /** Which targets have had a prompt lately. */
  readonly seenPrefixes: SeenPrefixes;
  /** Calls that are tried again. */
  readonly retryBudget: ShareBudget;
  /** Calls that race two targets. */
  readonly hedgeBudget: ShareBudget;
  /** What operators have set for targets. */
  readonly orders: TargetOrders;
  readonly hedgeWaste: HedgeWaste;
  /** What vendors say of their own limits. */
  readonly usedRates: UsedRates;
  /** Ends what is shared with other gateways. */
  readonly closeRouting: () => void;
  /** Calls that wait for a target. */
  readonly queues: Queues;
}

/** The clocks of the gateway, and what it keeps for all its threads and shares with others. */
export interface RoutingClocks {
  readonly state: State;
  /** A monotonic clock in milliseconds with fractions. */
  readonly nowMs: () => number;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly rates: RateWindows;
  /** Absent: with no other gateway. */
  readonly share?: ShareEntries;
  /** Absent: with no other gateway. */
  readonly redis?: SharedRedis;
  readonly notice?: (notice: Notice) => void;
}

/** Makes the state of a gateway that has served no call yet. */
export function createRoutingState(clocks: RoutingClocks): RoutingState {
  const { state, nowMs, wallMs, rates, redis } = clocks;
  const { share = shareNothing, notice = () => undefined } = clocks;
  const news = createCircuitNews({ records: state.records, wallMs, share, notice });
  const orders = createTargetOrders({ text: state.orders, wallMs, share, notice });
  const usedRates = createUsedRates({ records: state.records, wallMs, share });
  const claims = redis === undefined ? noClaims : createProbeClaims(redis);
  const inFlight = createInFlight(state);
  const answerLengths = createAnswerLengths();
  const latency = createLatency({ records: state.records, wallMs, share });
  return {
    credentials: createCredentialCircuits({ records: state.records, wallMs, watch: news }),
    health: createHealthTracker(state.records, wallMs, news, claims),
    inFlight,
    latency,
    rates,
    answerLengths,
    targetRates: createTargetRates({ rates, answerLengths, wallMs }),
    stickyPins: createStickyPins(nowMs),
    seenPrefixes: createSeenPrefixes(nowMs),
    retryBudget: createShareBudget(nowMs),
    hedgeBudget: createShareBudget(nowMs),
    orders,
    usedRates,
    closeRouting() {
      news.close();
      orders.close();
      usedRates.close();
      latency.close();
    },
    hedgeWaste: createHedgeWaste(nowMs),
    queues: createQueues(inFlight, wallMs),
  };
}
