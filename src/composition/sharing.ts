import type { RoutingClocks } from "../policies/routing/routing-state.ts";
import { createLocalRateWindows } from "../state/local-rate-window.ts";
import { createRedisEntries, gatewayNumber } from "../state/redis/redis-entries.ts";
import type { RedisLink } from "../state/redis/redis-link.ts";
import { createSharedRateWindows } from "../state/redis/redis-rate-windows.ts";
import { createRedisTallies } from "../state/redis/redis-tallies.ts";
import { LocalReservations } from "../state/reserve/local-reservations.ts";
import type { Reservations } from "../state/reserve/reservations.ts";
import { SharedReservations } from "../state/reserve/shared-reservations.ts";
import type { ShareTallies } from "../state/shared-tallies.ts";
import type { World } from "./world.ts";

/** What the gateway shares with others by its Redis. */
export interface Sharing extends Required<Pick<RoutingClocks, "rates" | "share">> {
  readonly reservations: Reservations;
  readonly shareTallies: ShareTallies;
}

/**
 * Makes what the gateway shares by its Redis. `shares` says whether the configuration in force has
 * one; without, all of it is this gateway's own.
 */
export function createSharing(redis: RedisLink, world: World, shares: () => boolean): Sharing {
  const { state, wallMs, random, schedule } = world;
  // Drawn where there is a Redis that it is written to.
  const gateway = () => gatewayNumber(state, random);
  const rates = createSharedRateWindows({
    redis,
    local: createLocalRateWindows(state, wallMs),
    wallMs,
  });
  const own = new LocalReservations({ state, wallMs });
  const shared = new SharedReservations({
    redis,
    local: own,
    wallMs,
    random,
    gateway,
    schedule,
  });
  const inForce = () => (shares() ? shared : own);
  return {
    rates,
    reservations: {
      reserve: (portions, waiter) => inForce().reserve(portions, waiter),
      used: (bound) => own.used(bound),
      taken: (bound) => own.taken(bound),
      seed: (bound, taken, takenMs) => own.seed(bound, taken, takenMs),
    },
    shareTallies: (kind) =>
      createRedisTallies({ redis, kind, gateway, speaker: state.slots(`speaker\n${kind}`) }),
    share: (kind, owner) =>
      createRedisEntries({
        redis,
        kind,
        gateway,
        listener: state.slots(`listener\n${kind}`),
        ...owner,
      }),
  };
}
