import type { CacheEntry, EntryLease, EntryLeases } from "../../core/cache/entry-store.ts";
import type { Call, Reply } from "../../core/call.ts";
import { pause } from "../../core/time/pause.ts";
import type { CachedCall } from "./cached-call.ts";

/** Gives a stored answer to a call; undefined where it may not have it. */
export type TakeEntry = (call: Call, entry: CacheEntry) => Reply | undefined;

/** The first pause before another look, in milliseconds; each is twice the last. */
const FIRST_PAUSE_MS = 20;

const LONGEST_PAUSE_MS = 250;

/**
 * A call that is made by one of several gateways: the others wait for the answer to be stored. They
 * make the call themselves where it is not, where it lasts longer than a lease, and where Redis
 * does not say in time.
 */
export function leasedCall(cached: CachedCall, leases: EntryLeases, take: TakeEntry): CachedCall {
  let release: (() => void) | undefined;
  let isStored = false;
  return {
    ...cached,
    async next(call) {
      const lease = await settle(cached, leases, call);
      const stored = lease.kind === "stored" ? take(call, lease.entry) : undefined;
      if (stored !== undefined) {
        isStored = true;
        return stored;
      }
      if (lease.kind === "taken") ({ release } = lease);
      try {
        return await cached.next(call);
      } catch (error) {
        release?.();
        throw error;
      }
    },
    keep(landed) {
      if (!isStored) cached.keep(landed);
      // The answer is sent before, so that nobody finds neither of the two.
      release?.();
    },
  };
}

/** Waits while another gateway brings the answer. */
async function settle(cached: CachedCall, leases: EntryLeases, call: Call): Promise<EntryLease> {
  const { key } = cached;
  const waiter = cached.call.life;
  const { life } = call;
  const untilMs = life.nowMs + leases.lifeMs;
  let lease = await leases.take(key, waiter);
  let pauseMs = FIRST_PAUSE_MS;
  while (lease.kind === "held" && life.nowMs < untilMs) {
    await pause(pauseMs, life);
    lease = await leases.look(key, waiter);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
  return lease;
}
