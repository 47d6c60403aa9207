import type { Settings } from "../config/settings.ts";
import type { Layer } from "../core/call.ts";
import type { Stage } from "../core/compose.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";
import { recordIfEnded } from "./trace.ts";

/** What keeps calls that have begun, for where the process dies. */
export interface IntentWorld {
  /**
   * Takes a call that begins, whose record is made later, where it is needed; gives what says that
   * it has ended. Absent: nothing is kept.
   */
  readonly begun?: ((record: () => CallRecord | undefined) => () => void) | undefined;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
}

/**
 * Has each call known to the store while it runs, where the config says so: else nobody would know
 * of those that a process leaves behind which is killed. Nothing waits for it.
 */
export function noteIntentsPolicy(
  settings: Settings,
  { begun, nowMs }: IntentWorld,
): Stage | undefined {
  if (settings.store?.journal.intents !== true || begun === undefined) return undefined;
  const configHash = settings.hash;
  const layer: Layer = (next) => (call) => {
    call.life.atEnd(begun(() => recordIfEnded(call, { nowMs: nowMs(), configHash })));
    return next(call);
  };
  return { name: "intents", layer };
}
