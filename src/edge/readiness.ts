import type { Readiness } from "./connect/services/health.ts";

/** Readiness that its owner changes. */
export interface ReadinessSwitch extends Readiness {
  /** Tells the listeners that `ready` may answer differently from now on. */
  changed(): void;
}

/**
 * Makes readiness out of a question; health watchers are notified when its owner says that the
 * answer may have changed.
 */
export function createReadiness(ready: () => boolean): ReadinessSwitch {
  const listeners = new Set<() => void>();
  return {
    ready,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    changed() {
      for (const listener of listeners) listener();
    },
  };
}
