import { LRUCache } from "lru-cache";
import {
  type AliasStore,
  type BodyAlias,
  type CacheEntry,
  type EntryStore,
  isPurged,
  type PurgeFilter,
} from "../../core/cache/entry-store.ts";

/** How much the memory of a thread may take, in bytes. */
export interface EntryBounds {
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

/** Stored answers in the memory of a thread. */
export interface MemoryEntries extends EntryStore, AliasStore {
  get(key: string): CacheEntry | undefined;
  peek(key: string): CacheEntry | undefined;
  purge(filter: PurgeFilter): number;
  /** Changes the bounds. What does not fit any more is given up, the longest unused first. */
  resize(bounds: EntryBounds): void;
  /** What is held, in bytes. */
  bytes(): number;
}

type Item =
  | { readonly kind: "entry"; readonly entry: CacheEntry }
  | { readonly kind: "alias"; readonly alias: BodyAlias };

/** What an item takes beside its bytes, in bytes: objects, strings and places in maps. */
const ITEM_BYTES = 600;

/**
 * Makes a memory of stored answers that is bounded in bytes. What was not used for the longest time
 * makes room.
 */
export function createMemoryEntries(bounds: EntryBounds): MemoryEntries {
  let items = createItems(bounds);
  let { maxEntryBytes } = bounds;
  const set = (key: string, item: Item): void => {
    if (sizeOf(item) - ITEM_BYTES <= maxEntryBytes) items.set(key, item);
    else items.delete(key);
  };
  return {
    get: (key) => entryOf(items.get(`e:${key}`)),
    peek: (key) => entryOf(items.peek(`e:${key}`)),
    put: (entry) => set(`e:${entry.key}`, { kind: "entry", entry }),
    find(digest) {
      const item = items.get(`a:${digest}`);
      return item?.kind === "alias" ? item.alias : undefined;
    },
    add: (digest, alias) => set(`a:${digest}`, { kind: "alias", alias }),
    purge(filter) {
      let purged = 0;
      for (const [key, item] of [...items.entries()]) {
        if (item.kind !== "entry" || !isPurged(item.entry, filter)) continue;
        items.delete(key);
        purged += 1;
      }
      if (purged > 0) dropAliases(items);
      return purged;
    },
    resize(next) {
      if (next.maxBytes === items.maxSize && next.maxEntryBytes === maxEntryBytes) return;
      maxEntryBytes = next.maxEntryBytes;
      const kept = items.dump();
      items = createItems(next);
      for (const [key, { value }] of kept) set(key, value);
    },
    bytes: () => items.calculatedSize,
  };
}

function entryOf(item: Item | undefined): CacheEntry | undefined {
  return item?.kind === "entry" ? item.entry : undefined;
}

function createItems({ maxBytes }: EntryBounds): LRUCache<string, Item> {
  return new LRUCache({ maxSize: maxBytes, sizeCalculation: sizeOf });
}

function sizeOf(item: Item): number {
  if (item.kind === "alias") return ITEM_BYTES + (item.alias.wire?.length ?? 0);
  const { payload, report } = item.entry;
  return report.reduce(
    (sum, { field, note }) => sum + 2 * (field.length + note.length) + 100,
    ITEM_BYTES + payload.length,
  );
}

/** Aliases of entries that are gone hold bytes for nothing. */
function dropAliases(items: LRUCache<string, Item>): void {
  for (const [key, item] of [...items.entries()])
    if (item.kind === "alias" && !items.has(`e:${item.alias.key}`)) items.delete(key);
}
