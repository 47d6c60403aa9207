import { setTimeout as pause } from "node:timers/promises";

/** Waits until something holds; only a hang makes the test fail. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(5);
}
