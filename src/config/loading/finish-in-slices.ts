import { setImmediate } from "node:timers/promises";
import type { Steps } from "../../core/steps.ts";

/** How long a slice takes, in milliseconds; a step that was begun is done to its end. */
const sliceMs = 10;

/** Does work to its end, in slices between which whatever else waits has its turn. */
export async function finishInSlices<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const endMs = performance.now() + sliceMs;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() < endMs);
    await setImmediate();
  }
}
