import type { Life } from "../../src/core/life.ts";

/** Who waits for a slot. */
interface Waiter {
  readonly admit: () => void;
}

/** What a vendor can do at once; more waits in a line. */
export class VendorSlots {
  readonly #limit: () => number;
  readonly #waiting = new Set<Waiter>();
  #held = 0;

  /** `limit` may change with the time; at least 1. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves with a slot in hand; rejects with the reason of the life's abort, without one. */
  take(life: Life): Promise<void> {
    if (this.#waiting.size === 0 && this.#held < this.#limit()) {
      this.#held += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit: () => {
          callOff();
          resolve();
        },
      };
      this.#waiting.add(waiter);
      const callOff = life.onAbort((reason) => {
        this.#waiting.delete(waiter);
        reject(reason);
      });
    });
  }

  /** Gives a slot back; who waits first gets it. */
  give(): void {
    this.#held -= 1;
    for (const waiter of this.#waiting) {
      if (this.#held >= this.#limit()) return;
      this.#waiting.delete(waiter);
      this.#held += 1;
      waiter.admit();
    }
  }
}
