import type { Settings } from "../config/settings.ts";
import type {
  CacheEntry,
  CacheStores,
  EntryStore,
  PurgeFilter,
} from "../core/cache/entry-store.ts";
import type { EntryBounds, MemoryEntries } from "../state/cache/memory-entries.ts";
import { createPurgeMarks, type PurgeMarks } from "../state/cache/purge-marks.ts";
import { sharePurges } from "../state/cache/share-purges.ts";
import type { SharedRedis } from "../state/redis/shared-redis.ts";
import type { ShareEntries } from "../state/shared-entries.ts";
import type { World } from "./world.ts";

/** The stored answers of a gateway. They outlive a reload of the config. */
export interface ResponseCache {
  /**
   * Where answers are stored under a configuration. Undefined where no model has a cache: nothing
   * is loaded then.
   */
  storesFor(settings: Settings): Promise<CacheStores | undefined>;
  /** Gives up answers of all threads and gateways; gives how many of this thread were. */
  purge(filter: PurgeFilter): Promise<number>;
  /**
   * Deletes purged answers from what gateways share; gives how many, undefined where that cannot be
   * done.
   */
  sweep(goesOn: () => Promise<boolean>): Promise<number | undefined>;
  close(): void;
}

/** What a cache is made of. */
export interface ResponseCacheOptions extends Pick<World, "state" | "wallMs" | "notice"> {
  readonly redis: SharedRedis;
  readonly share: ShareEntries;
}

/** Makes a cache that is empty. */
export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { state, wallMs, share } = options;
  let memory: MemoryEntries | undefined;
  let entries: EntryStore | undefined;
  const marks = createPurgeMarks(state.records);
  const purges = sharePurges(share, marks);
  return {
    async storesFor(settings) {
      const { config, redis } = settings;
      if (!config.models.some(({ cache }) => cache !== undefined)) return undefined;
      const { maxBytes, maxEntryBytes } = config.cache;
      const bounds = { maxBytes, maxEntryBytes: Math.min(maxBytes, maxEntryBytes) };
      const { createMemoryEntries } = await import("../state/cache/memory-entries.ts");
      memory ??= createMemoryEntries(bounds);
      memory.resize(bounds);
      const own = { memory, marks, bounds };
      entries =
        redis === undefined ? markedEntries(own) : await sharedEntries(settings, options, own);
      return { entries, aliases: memory, maxEntryBytes: bounds.maxEntryBytes };
    },
    async purge(filter) {
      const atMs = wallMs();
      marks.add(filter, atMs);
      purges.send(filter, atMs);
      return (await entries?.purge(filter)) ?? 0;
    },
    sweep: async (goesOn) => (entries?.sweep === undefined ? 0 : entries.sweep(goesOn)),
    close: () => purges.close(),
  };
}

/** What a thread stores by itself. */
interface OwnEntries {
  readonly memory: MemoryEntries;
  readonly marks: PurgeMarks;
  readonly bounds: EntryBounds;
}

function markedEntries({ memory, marks }: OwnEntries): EntryStore {
  const kept = (entry: CacheEntry | undefined) =>
    entry === undefined || marks.has(entry) ? undefined : entry;
  return {
    ...memory,
    get: (key) => kept(memory.get(key)),
    peek: (key) => kept(memory.peek(key)),
  };
}

async function sharedEntries(
  { cacheEncryptionKey }: Settings,
  { redis, wallMs, notice }: ResponseCacheOptions,
  { memory, marks, bounds }: OwnEntries,
): Promise<EntryStore> {
  const { createRedisAnswers } = await import("../state/cache/redis-answers.ts");
  const { createEntryEnvelope } = await import("../state/cache/entry-envelope.ts");
  const hex = cacheEncryptionKey?.reveal();
  return createRedisAnswers({
    memory,
    redis,
    envelope: createEntryEnvelope(hex === undefined ? undefined : Buffer.from(hex, "hex")),
    maxEntryBytes: bounds.maxEntryBytes,
    isPurged: (entry) => marks.has(entry),
    wallMs,
    notice,
  });
}
