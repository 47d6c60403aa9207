import type { Settings } from "../config/settings.ts";
import type { CacheStores, PurgeFilter } from "../core/cache/entry-store.ts";
import type { MemoryEntries } from "../state/cache/memory-entries.ts";
import { createPurgeMarks } from "../state/cache/purge-marks.ts";
import type { World } from "./world.ts";

/** The stored answers of a gateway. They outlive a reload of the config. */
export interface ResponseCache {
  /**
   * Where answers are stored under a configuration. Undefined where no model has a cache: nothing
   * is loaded then.
   */
  storesFor(settings: Settings): Promise<CacheStores | undefined>;
  /** Gives up answers of all threads; gives how many of this one were. */
  purge(filter: PurgeFilter): Promise<number>;
}

/** Makes a cache that is empty. */
export function createResponseCache({
  state,
  wallMs,
}: Pick<World, "state" | "wallMs">): ResponseCache {
  let memory: MemoryEntries | undefined;
  const marks = createPurgeMarks(state.records);
  return {
    async storesFor({ config }) {
      if (!config.models.some(({ cache }) => cache !== undefined)) return undefined;
      const { maxBytes, maxEntryBytes } = config.cache;
      const bounds = { maxBytes, maxEntryBytes: Math.min(maxBytes, maxEntryBytes) };
      const { createMemoryEntries } = await import("../state/cache/memory-entries.ts");
      memory ??= createMemoryEntries(bounds);
      memory.resize(bounds);
      const own = memory;
      const entries = {
        ...own,
        get(key: string) {
          const entry = own.get(key);
          return entry === undefined || marks.has(entry) ? undefined : entry;
        },
      };
      return { entries, aliases: own, maxEntryBytes: bounds.maxEntryBytes };
    },
    async purge(filter) {
      marks.add(filter, wallMs());
      return memory?.purge(filter) ?? 0;
    },
  };
}
