import { randomUUID } from "node:crypto";
import type { SharedRedis } from "../../../state/redis/shared-redis.ts";

/** Which of the gateways that share a Redis probes a target whose circuit may be probed. */
export interface ProbeClaims {
  /** Whether there is anybody to share with now. */
  areShared(): boolean;
  /**
   * Claims the probe of a circuit by its name; false: another one has it. It waits for Redis no
   * longer than a call may, and gives true where Redis is silent.
   */
  claim(name: string, waiter: object): Promise<boolean>;
  /** Gives a claim of this thread back, in the background; nothing where it has none. */
  release(name: string): void;
}

/** Claims nothing. */
export const noClaims: ProbeClaims = {
  areShared: () => false,
  claim: () => Promise.resolve(true),
  release: () => undefined,
};

/** A claim that is not given back, as its gateway has ended, holds for so long, in milliseconds. */
const claimMs = 60_000;

/** KEYS: the claim. ARGV: its holder. Leaves the claim of another alone. */
const releaseScript = `
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0
`;

/** Makes the claims of a thread. One command decides, so that no two claim the same probe. */
export function createProbeClaims(redis: SharedRedis): ProbeClaims {
  const held = new Map<string, string>();
  const keyOf = (name: string) => redis.key("probe", name);
  return {
    areShared: () => redis.isUp(),
    claim(name, waiter) {
      const token = randomUUID();
      const command = ["SET", keyOf(name), token, "NX", "PX", claimMs] as const;
      return redis.call([...command], waiter).then((outcome) => {
        if (outcome.ok && outcome.value === null) return false;
        // What was not answered in time may have been done.
        held.set(name, token);
        return true;
      });
    },
    release(name) {
      const token = held.get(name);
      if (token === undefined) return;
      held.delete(name);
      void redis.run(releaseScript, { keys: [keyOf(name)], args: [token] });
    },
  };
}
