import type { Slots } from "../../state/state.ts";

/** Memory for the request bodies of all callers, in bytes. */
export interface BodyBudget {
  /** What may still be taken. */
  readonly leftBytes: number;
  /** Takes so many bytes and gives true, or takes nothing and gives false. */
  take(bytes: number): boolean;
  /** Gives back what was taken. */
  give(bytes: number): void;
}

/**
 * Makes a budget of which nothing is taken yet. Where threads share it, each counts bytes for
 * itself and `shared` counts them in KiB for all: what a thread holds is rounded up.
 */
export function createBodyBudget(totalBytes: number, shared?: Slots): BodyBudget {
  let heldBytes = 0;
  const totalKib = Math.floor(totalBytes / kib);
  return {
    get leftBytes() {
      return shared === undefined
        ? totalBytes - heldBytes
        : Math.max(0, totalKib - shared.held()) * kib;
    },
    take(bytes) {
      const next = heldBytes + bytes;
      if (next > totalBytes) return false;
      const more = shared === undefined ? 0 : Math.ceil(next / kib) - Math.ceil(heldBytes / kib);
      if (more > 0 && shared?.take(totalKib, more) === false) return false;
      heldBytes = next;
      return true;
    },
    give(bytes) {
      const next = heldBytes - bytes;
      const less = shared === undefined ? 0 : Math.ceil(heldBytes / kib) - Math.ceil(next / kib);
      if (less > 0) shared?.give(less);
      heldBytes = next;
    },
  };
}

const kib = 1024;
