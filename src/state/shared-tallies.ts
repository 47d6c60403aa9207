import type { Tally } from "./state.ts";

/** Numbers by their place. */
export type Numbers = Pick<Tally, "get">;

/** Tallies that belong together, of which each gateway has its own. */
export interface TallyGroup {
  /** The same at every gateway. Names must be the configuration's. */
  readonly name: string;
  /** When this gateway began to count, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly tallies: readonly Tally[];
  /**
   * A number that changes whenever one of the tallies does. 0: nothing was counted, or all of it is
   * forgotten.
   */
  readonly changes: () => number;
}

/** What was counted of a group. */
export interface GroupSums {
  /** When the first gateway began to count, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** Whether all gateways are in the sums; false: this one alone. */
  readonly allGateways: boolean;
  /** In the order of the group. */
  readonly tallies: readonly Numbers[];
}

/**
 * Adds up what gateways count. Each says its own counts within a tenth of a second of a change;
 * they stay when it ends. Nothing that counts waits for Redis.
 */
export interface SharedTallies {
  /** Says the counts of these groups from now on, and of no others. */
  keep(groups: readonly TallyGroup[]): void;
  /**
   * What all gateways have counted, those included that have ended. Without Redis, and where it
   * does not answer within a second, what this one has.
   */
  sum(group: TallyGroup): Promise<GroupSums>;
  close(): void;
}

/** Begins to add up the tallies of a kind, such as `experiments`, once for each thread. */
export type ShareTallies = (kind: string) => SharedTallies;

/** Adds up nothing: a gateway alone. */
export const ownTallies: ShareTallies = () => ({
  keep: () => undefined,
  sum: async (group) => ownSums(group),
  close: () => undefined,
});

/** What this gateway has counted by itself. */
export function ownSums({ sinceMs, tallies }: TallyGroup): GroupSums {
  return { sinceMs, allGateways: false, tallies };
}
