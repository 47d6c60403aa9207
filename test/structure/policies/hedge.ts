import { attempt } from "../../../src/core/attempt.ts";
import type { Stage } from "../../../src/core/compose.ts";
import { pause } from "../../../src/core/time/pause.ts";

/**
 * Tries once more where there is no answer after a time; the first answer wins, the other is left.
 */
export function hedge(afterMs: number): Stage {
  return {
    name: "hedge",
    layer: (next) => (call) => {
      const lives = [call.life.child(), call.life.child()];
      const tries = lives.map(async (life, at) => {
        if (at > 0) await pause(afterMs, life);
        const reply = await attempt({ ...call, life }, next);
        life.throwIfAborted();
        for (const other of lives) if (other !== life) other.abort();
        return reply;
      });
      return Promise.any(tries).catch(({ errors }: AggregateError) => Promise.reject(errors[0]));
    },
  };
}
