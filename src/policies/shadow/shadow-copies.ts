import { draining } from "../../core/faults/draining.ts";
import type { Life } from "../../core/life.ts";

/** The copies that are under way in this thread. */
export interface ShadowCopies {
  /** Takes the life of a copy that begins; false where the gateway is shutting down. */
  begin(life: Life): boolean;
  /** Cancels all of them, and resolves when they have ended. None begins afterwards. */
  close(): Promise<void>;
}

/** Makes the copies of a gateway that has made none. */
export function createShadowCopies(): ShadowCopies {
  const lives = new Set<Life>();
  let closing = false;
  return {
    begin(life) {
      if (closing) return false;
      lives.add(life);
      life.atEnd(() => lives.delete(life));
      return true;
    },
    async close() {
      closing = true;
      const ends = [...lives].map((life) => {
        const ended = new Promise<void>((resolve) => life.atEnd(() => resolve()));
        life.abort(draining);
        return ended;
      });
      await Promise.all(ends);
    },
  };
}
