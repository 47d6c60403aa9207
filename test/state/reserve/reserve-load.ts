// The program of a thread that reserves until it is refused often, and takes half of what it held.
import { parentPort, workerData } from "node:worker_threads";
import { LocalReservations } from "../../../src/state/reserve/local-reservations.ts";
import { createSharedState, type StateMemory } from "../../../src/state/shared-state.ts";

/** What the thread is to do. */
export interface ReserveLoad {
  readonly memory: StateMemory;
  readonly thread: number;
  readonly limit: number;
}

const { memory, thread, limit }: ReserveLoad = workerData;
const state = createSharedState(memory, thread);
const reservations = new LocalReservations({ state, wallMs: () => 1_000_000 });
const span = { kind: "period", startMs: 0, endMs: Number.POSITIVE_INFINITY } as const;
const bound = { scope: "money", span, limit };
let [taken, highest] = [0, 0];
for (let refused = 0; refused < 2_000; ) {
  const held = reservations.reserve([{ bound, amount: 2 }]);
  highest = Math.max(highest, reservations.used(bound));
  if (!held.ok) {
    const last = reservations.reserve([{ bound, amount: 1 }]);
    if (last.ok) {
      last.settle([1]);
      taken += 1;
    } else refused += 1;
    continue;
  }
  held.settle([1]);
  taken += 1;
}
parentPort?.postMessage({ taken, highest });
