import type { Settings } from "../config/settings.ts";
import type { CacheStores, PurgeFilter } from "../core/cache/entry-store.ts";
import type { MemoryEntries } from "../state/cache/memory-entries.ts";

/** The stored answers of a gateway. They outlive a reload of the config. */
export interface ResponseCache {
  /**
   * Where answers are stored under a configuration. Undefined where no model has a cache: nothing
   * is loaded then.
   */
  storesFor(settings: Settings): Promise<CacheStores | undefined>;
  /** Gives how many answers were purged. */
  purge(filter: PurgeFilter): Promise<number>;
}

/** Makes a cache that is empty. */
export function createResponseCache(): ResponseCache {
  let memory: MemoryEntries | undefined;
  return {
    async storesFor({ config }) {
      if (!config.models.some(({ cache }) => cache !== undefined)) return undefined;
      const { maxBytes, maxEntryBytes } = config.cache;
      const bounds = { maxBytes, maxEntryBytes: Math.min(maxBytes, maxEntryBytes) };
      const { createMemoryEntries } = await import("../state/cache/memory-entries.ts");
      memory ??= createMemoryEntries(bounds);
      memory.resize(bounds);
      return { entries: memory, aliases: memory, maxEntryBytes: bounds.maxEntryBytes };
    },
    purge: async (filter) => memory?.purge(filter) ?? 0,
  };
}
