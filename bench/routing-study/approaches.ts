/** A way to route that is compared with others. */
export interface Approach {
  /** As the table names it. */
  readonly name: string;
  /** The settings of the model, as in a config. */
  readonly settings: string;
  /** The settings of each of its targets, as in a config. Absent: none. */
  readonly target?: string;
}

const retry = "retry: { attempts: 3 }";
const hedge = "hedge: { after_p95: true }";

function approach(name: string, ...settings: readonly string[]): Approach {
  return { name, settings: settings.join("\n") };
}

/** Draws without circuits and without a second round: what a plain balancer does. */
export const plain = approach("drawn, no circuits", "breaker: { disabled: true }");
/** Draws, with circuits and retries. */
export const weighted = approach("WEIGHTED", "strategy: WEIGHTED", retry);
/** The faster of two. */
export const lowestLatency = approach("LOWEST_LATENCY", "strategy: LOWEST_LATENCY", retry);
/** Draws, and races a slow target. */
export const weightedHedged = hedged(weighted);
/** The faster of two, and races a slow target. */
export const lowestLatencyHedged = hedged(lowestLatency);

/** An approach with hedging. */
function hedged({ name, settings }: Approach): Approach {
  return approach(`${name}, hedged`, settings, hedge);
}

const leastBusy = approach("LEAST_BUSY", "strategy: LEAST_BUSY", retry);

/** Every approach, in the order of the table. */
export const approaches: readonly Approach[] = [
  plain,
  weighted,
  weightedHedged,
  leastBusy,
  hedged(leastBusy),
  lowestLatency,
  lowestLatencyHedged,
  approach("LOWEST_COST", "strategy: LOWEST_COST", retry),
  { ...approach("USAGE", "strategy: USAGE", retry), target: "requests_per_minute: 720" },
  approach("STICKY", "strategy: STICKY", "sticky: { on: SESSION }", retry),
  { ...approach("PRIORITY", "strategy: PRIORITY", retry), target: "max_in_flight: 12" },
];
