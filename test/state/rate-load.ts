// The program of a thread that takes from a window until it is refused, and gives back some of it.
import { parentPort, workerData } from "node:worker_threads";
import { createLocalRateWindows } from "../../src/state/local-rate-window.ts";
import { createSharedState, type StateMemory } from "../../src/state/shared-state.ts";

/** What the thread is to do. */
export interface RateLoad {
  readonly memory: StateMemory;
  readonly thread: number;
  readonly limit: number;
  readonly nowMs: number;
}

const { memory, thread, limit, nowMs }: RateLoad = workerData;
const window = createLocalRateWindows(createSharedState(memory, thread), () => nowMs).open(
  "w",
  60_000,
);
let taken = 0;
let returned = 0;
for (let refused = 0; refused < 1_000; ) {
  if (!window.take(1, limit)) {
    refused += 1;
    continue;
  }
  taken += 1;
  if (taken % 7 !== 0 || returned >= 200) continue;
  window.add(-1, nowMs);
  returned += 1;
}
parentPort?.postMessage(taken - returned);
