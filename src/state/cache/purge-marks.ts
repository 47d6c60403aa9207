import type { CacheEntry, PurgeFilter } from "../../core/cache/entry-store.ts";
import type { Records } from "../state.ts";

/** Which answers were purged, for threads and gateways that the purge was not made by. */
export interface PurgeMarks {
  /** `atMs`: milliseconds since 1970. */
  add(filter: PurgeFilter, atMs: number): void;
  /** Whether an entry is from before a purge that is about it. */
  has(entry: CacheEntry): boolean;
}

/** Makes the marks in the records that all threads share. Nothing is looked up before a purge. */
export function createPurgeMarks(records: Records): PurgeMarks {
  return {
    add(filter, atMs) {
      const record = records.open(markOf(filter));
      record.set(0, Math.max(record.get(0), atMs));
      records.open(ANY).add(0, 1);
    },
    has(entry) {
      if ((records.find(ANY)?.get(0) ?? 0) === 0) return false;
      return filtersOf(entry).some((filter) => {
        const atMs = records.find(markOf(filter))?.get(0);
        return atMs !== undefined && atMs > entry.storedMs;
      });
    },
  };
}

/** Counts the purges. */
const ANY = "cache-purges";

function markOf({ model, principal, team, entry }: PurgeFilter): string {
  return `cache-purge ${JSON.stringify([model, principal, team, entry])}`;
}

/** Every filter of one kind or more that an entry fits. */
function filtersOf({ key, model, principal, team }: CacheEntry): readonly PurgeFilter[] {
  const filters: PurgeFilter[] = [{ entry: key }];
  for (const byModel of [{}, { model }])
    for (const byKey of [{}, { principal }])
      for (const byTeam of [{}, { team }]) filters.push({ ...byModel, ...byKey, ...byTeam });
  return filters;
}
