// The program of a thread that has many calls at once take slots, and notes how many are inside.
import { parentPort, workerData } from "node:worker_threads";
import { createSharedState, type StateMemory } from "../../src/state/shared-state.ts";
import { ConnectionSlots, type SlotUser } from "../../src/upstream/connection-slots.ts";

/** What the thread is to do. */
export interface SlotLoad {
  readonly memory: StateMemory;
  readonly thread: number;
  readonly total: number;
  readonly perKey: number;
  readonly calls: number;
  readonly seen: Int32Array;
}

const { memory, thread, total, perKey, calls, seen }: SlotLoad = workerData;
const slots = new ConnectionSlots({ total, perKey }, createSharedState(memory, thread), "p");
let left = calls;
// Pending Atomics.waitAsync does not keep a thread alive.
const alive = setInterval(() => undefined, 1_000);

function call(key: string): void {
  const user: SlotUser = {
    start() {
      note(0, 1);
      if (key === "a") note(2, 1);
      setImmediate(() => {
        note(0, -1);
        if (key === "a") note(2, -1);
        slots.leave(key, user);
        left -= 1;
        if (left >= 20) call(key);
        if (left === 0) end();
      });
    },
  };
  slots.enter(key, user);
}

/** Counts before it is left and after it was entered: never more than are inside. */
function note(at: number, by: 1 | -1): void {
  const now = Atomics.add(seen, at, by) + by;
  for (let most = Atomics.load(seen, at + 1); now > most; most = Atomics.load(seen, at + 1))
    Atomics.compareExchange(seen, at + 1, most, now);
}

function end(): void {
  clearInterval(alive);
  parentPort?.postMessage(slots.counts);
}

for (let at = 0; at < 20; at += 1) call(at % 2 === 0 ? "a" : "b");
