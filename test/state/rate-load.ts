// The program of a thread that takes from a window until it is refused, and gives back some of it.
import { parentPort, workerData } from "node:worker_threads";
import { createSharedState, type StateMemory } from "../../src/state/shared-state.ts";

/** What the thread is to do. */
export interface RateLoad {
  readonly memory: StateMemory;
  readonly thread: number;
  readonly limit: number;
  readonly nowMs: number;
}

const { memory, thread, limit, nowMs }: RateLoad = workerData;
const window = createSharedState(memory, thread).rateWindow("w");
let taken = 0;
let returned = 0;
for (let refused = 0; refused < 1_000; ) {
  if (!window.take(1, limit, nowMs)) {
    refused += 1;
    continue;
  }
  taken += 1;
  if (taken % 7 !== 0 || returned >= 200) continue;
  window.correct(-1, nowMs, nowMs);
  returned += 1;
}
parentPort?.postMessage(taken - returned);
