import { randomUUID } from "node:crypto";
import type {
  CacheEntry,
  EntryLease,
  EntryLeases,
  EntryStore,
  PurgeFilter,
} from "../../core/cache/entry-store.ts";
import type { Notice } from "../../core/notice.ts";
import { replyList, replyText, type SharedRedis } from "../redis/shared-redis.ts";
import { decodeEntry, encodeEntry } from "./entry-bytes.ts";
import type { EntryEnvelope } from "./entry-envelope.ts";
import type { MemoryEntries } from "./memory-entries.ts";

/** What stored answers are shared by. */
export interface RedisAnswersOptions {
  /** In front of Redis: what it has needs no wait. */
  readonly memory: MemoryEntries;
  readonly redis: SharedRedis;
  readonly envelope: EntryEnvelope;
  /** The largest entry that is sent or taken, in bytes. */
  readonly maxEntryBytes: number;
  /** Whether an entry is from before a purge that is about it. */
  readonly isPurged: (entry: CacheEntry) => boolean;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Hears of entries that cannot be read. */
  readonly notice: (notice: Notice) => void;
}

/** How long an answer stays in Redis at most, in milliseconds: 30 days, as purges of others do. */
export const maxAnswerMs = 2_592_000_000;

/** How much may be on its way to Redis at once, in bytes. More is kept in memory alone. */
const maxUnderWay = 32 * 1024 * 1024;

/**
 * Stored answers that gateways share by their Redis. A call waits for one command, no longer than
 * the link allows; what Redis does not say in time, or cannot be read, is a miss.
 */
export function createRedisAnswers(options: RedisAnswersOptions): EntryStore {
  return new RedisAnswers(options);
}

/** Keys that Redis looks at in one step. */
const scanKeys = 500;

/** How long a lease lasts whose gateway has died, in milliseconds. */
const leaseMs = 10_000;

/**
 * KEYS: an entry, its lease. ARGV: a token, or "" where the lease is not taken, and its life. Gives
 * the entry where there is one, else 0 where another token holds the lease, 1 where this one does
 * now, and 2 where none does.
 */
const leaseScript = `
local entry = redis.call("GET", KEYS[1])
if entry then return entry end
if redis.call("EXISTS", KEYS[2]) == 1 then return 0 end
if ARGV[1] == "" then return 2 end
redis.call("SET", KEYS[2], ARGV[1], "PX", ARGV[2])
return 1
`;

/** KEYS: a lease. ARGV: the token that it is released by. */
const releaseScript = `
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0
`;

class RedisAnswers implements EntryStore {
  readonly leases: EntryLeases = {
    lifeMs: leaseMs,
    take: (key, waiter) => this.#lease(key, randomUUID(), waiter),
    look: (key, waiter) => this.#lease(key, "", waiter),
  };
  readonly #options: RedisAnswersOptions;
  #underWay = 0;
  #saidUnreadable = false;

  constructor(options: RedisAnswersOptions) {
    this.#options = options;
  }

  get(key: string, waiter?: object): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    const own = this.#own(key, "get");
    if (own !== undefined && this.#isFresh(own)) return own;
    // Another gateway may have renewed what is past its time here.
    return this.#options.redis.isUp() ? this.#look(key, "get", waiter) : own;
  }

  peek(key: string, waiter?: object): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    const own = this.#own(key, "peek");
    if (own !== undefined && this.#isFresh(own)) return own;
    return this.#options.redis.isUp() ? this.#look(key, "peek", waiter) : own;
  }

  put(entry: CacheEntry): void {
    const { memory, redis, envelope, maxEntryBytes } = this.#options;
    memory.put(entry);
    const lifeMs = Math.ceil(Math.min(entry.ttlMs + entry.staleMs, maxAnswerMs));
    if (lifeMs < 1 || entry.payload.length > maxEntryBytes || !redis.isUp()) return;
    const bytes = encodeEntry(entry);
    if (bytes.length > maxEntryBytes || this.#underWay + bytes.length > maxUnderWay) return;
    this.#underWay += bytes.length;
    const sealed = envelope.seal(entry.key, bytes);
    void redis.call(["SET", this.#place(entry.key), sealed, "PX", lifeMs]).then(() => {
      this.#underWay -= bytes.length;
    });
  }

  /** Purges of more than one entry are heard of by all gateways; none looks through Redis. */
  async purge(filter: PurgeFilter): Promise<number> {
    const { memory, redis } = this.#options;
    const purged = memory.purge(filter);
    const { entry, ...others } = filter;
    const isOne = entry !== undefined && Object.values(others).every((one) => one === undefined);
    if (isOne) await redis.call(["DEL", this.#place(entry)]);
    return purged;
  }

  /** One node is looked through: of a cluster there are others, of which nothing is known here. */
  async sweep(goesOn: () => Promise<boolean>): Promise<number | undefined> {
    const { redis } = this.#options;
    const pattern = this.#place("*").replaceAll(/[?[\]\\]/g, "\\$&");
    let deleted = 0;
    let cursor = "0";
    do {
      const page = await redis.call(["SCAN", cursor, "MATCH", pattern, "COUNT", scanKeys]);
      if (!page.ok || !(await goesOn())) return undefined;
      const [next, keys] = replyList(page.value);
      cursor = replyText(next) ?? "0";
      for (const place of replyList(keys ?? null))
        if (await this.#deletePurged(replyText(place) ?? "")) deleted += 1;
    } while (cursor !== "0");
    return deleted;
  }

  async #deletePurged(place: string): Promise<boolean> {
    const { redis, isPurged } = this.#options;
    const found = await redis.call(["GET", place]);
    if (!found.ok || !(found.value instanceof Uint8Array)) return false;
    const entry = this.#read(place.slice(place.lastIndexOf(":") + 1, -1), found.value);
    if (entry === undefined || !isPurged(entry)) return false;
    return (await redis.call(["DEL", place])).ok;
  }

  async #lease(key: string, token: string, waiter: object): Promise<EntryLease> {
    const { redis, isPurged } = this.#options;
    const lease = redis.key("cache", key, "lease");
    const keys = [this.#place(key), lease];
    const outcome = await redis.run(leaseScript, { keys, args: [token, leaseMs], waiter });
    if (!outcome.ok) return { kind: "unknown" };
    const { value } = outcome;
    if (value instanceof Uint8Array) {
      const entry = this.#read(key, value);
      return entry === undefined || isPurged(entry)
        ? { kind: "unknown" }
        : { kind: "stored", entry };
    }
    if (value === 0) return { kind: "held" };
    if (value !== 1) return { kind: "unknown" };
    const release = () => void redis.run(releaseScript, { keys: [lease], args: [token] });
    return { kind: "taken", release };
  }

  async #look(
    key: string,
    how: "get" | "peek",
    waiter: object | undefined,
  ): Promise<CacheEntry | undefined> {
    const { redis, memory, isPurged } = this.#options;
    const outcome = await redis.call(["GET", this.#place(key)], waiter);
    // A call beside this one may have stored it meanwhile.
    const own = this.#own(key, how);
    if (!outcome.ok || !(outcome.value instanceof Uint8Array)) return own;
    const found = this.#read(key, outcome.value);
    if (found === undefined || isPurged(found)) return own;
    if (own !== undefined && own.storedMs >= found.storedMs) return own;
    if (how === "get") memory.put(found);
    return found;
  }

  #read(key: string, sealed: Uint8Array): CacheEntry | undefined {
    const { envelope, maxEntryBytes } = this.#options;
    // What gateways with another bound have stored is not taken: memory would not keep it.
    if (sealed.length > maxEntryBytes + maxHeadBytes) return undefined;
    const bytes = envelope.open(key, sealed);
    const entry = bytes && decodeEntry(bytes);
    if (entry !== undefined && entry.key === key) return entry;
    this.#sayUnreadable();
    return undefined;
  }

  #own(key: string, how: "get" | "peek"): CacheEntry | undefined {
    const { memory, isPurged } = this.#options;
    const own = memory[how](key);
    return own === undefined || isPurged(own) ? undefined : own;
  }

  #isFresh({ storedMs, ttlMs }: CacheEntry): boolean {
    return this.#options.wallMs() - storedMs < ttlMs;
  }

  /** Each entry at the node of a cluster that its own key says. */
  #place(key: string): string {
    return this.#options.redis.key("cache", key);
  }

  #sayUnreadable(): void {
    if (this.#saidUnreadable) return;
    this.#saidUnreadable = true;
    this.#options.notice({
      event: "cache_entry_unreadable",
      message:
        "A stored answer in Redis cannot be read and counts as none; others like it are not logged: it was " +
        "changed, or stored under another cache.encryption_key or by another version",
    });
  }
}

/** More than an envelope adds to an entry, in bytes. */
const maxHeadBytes = 64;
