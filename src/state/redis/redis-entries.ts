import type { EntryOwner, SharedEntries, SharedEntry } from "../shared-entries.ts";
import type { Slots, State } from "../state.ts";
import {
  type RedisReply,
  replyList,
  replyNumber,
  replyText,
  type SharedRedis,
} from "./shared-redis.ts";

/** What entries are shared by, and who hears of them. */
export interface EntryOptions extends EntryOwner {
  readonly redis: SharedRedis;
  /** What the entries are about: their part of the keys. */
  readonly kind: string;
  /** Held by the one thread of the gateway that listens for all. */
  readonly listener: Slots;
  /** A number that the gateway's threads have in common, and no other gateway. */
  readonly gateway: () => number;
}

/** How often the listener looks, in milliseconds. */
const everyMs = 100;

/** Entries that are kept; beyond them the one that was written first makes room. */
const maxEntries = 10_000;

/** What Redis did not take is written again with each look, so many entries at once. */
const maxUnsent = 100;

/** Entries that nobody has written to for so long are gone, in milliseconds: 30 days. */
const lifetimeMs = 2_592_000_000;

/** KEYS: the version, the entries, their order. ARGV: gateway, name, text, its age. */
const writeScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local written = now - tonumber(ARGV[4])
local raw = redis.call("HGET", KEYS[2], ARGV[2])
if raw and cmsgpack.unpack(raw)[2] > written then return 0 end
local version = redis.call("INCR", KEYS[1])
redis.call("HSET", KEYS[2], ARGV[2], cmsgpack.pack({ ARGV[1], written, ARGV[3] }))
redis.call("ZADD", KEYS[3], version, ARGV[2])
while redis.call("ZCARD", KEYS[3]) > ${maxEntries} do
  redis.call("HDEL", KEYS[2], redis.call("ZPOPMIN", KEYS[3])[1])
end
for _, key in ipairs(KEYS) do redis.call("PEXPIRE", key, ${lifetimeMs}) end
return version
`;

/**
 * KEYS: the version, the entries, their order, the epoch. ARGV: gateway, version and epoch that are
 * known, an epoch for a Redis that has none. Gives the epoch, the version and the entries that are
 * newer, each with whether this gateway wrote it.
 */
const readScript = `
local epoch = redis.call("GET", KEYS[4])
if not epoch then
  epoch = ARGV[4]
  redis.call("SET", KEYS[4], epoch)
end
local known = epoch == ARGV[3] and ARGV[2] or "0"
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
local names = redis.call("ZRANGEBYSCORE", KEYS[3], "(" .. known, "+inf")
for _, name in ipairs(names) do
  local raw = redis.call("HGET", KEYS[2], name)
  local entry = raw and cmsgpack.unpack(raw)
  if entry then
    local own = entry[1] == ARGV[1] and 1 or 0
    found[#found + 1] = { name, entry[3], tostring(math.max(0, now - entry[2])), own }
  end
end
return { epoch, redis.call("GET", KEYS[1]) or "0", found }
`;

/** Begins to share. Nothing is done while there is no Redis. */
export function createRedisEntries(options: EntryOptions): SharedEntries {
  return new Entries(options);
}

/** A number that the threads of a gateway have in common, drawn by the first that wants it. */
export function gatewayNumber({ records, alone }: State, random: () => number): number {
  const record = records.open("gateway");
  return alone(() => {
    if (record.get(0) === 0) record.set(0, 1 + Math.floor(random() * 2 ** 50));
    return record.get(0);
  });
}

/** An entry of this gateway, and when it was written on the clock of this thread. */
interface Written {
  readonly text: string;
  readonly atMs: number;
}

class Entries implements SharedEntries {
  readonly #options: EntryOptions;
  /**
   * What this thread has written; where it listens, also what the other threads have, so that it
   * outlives them and a Redis that is emptied.
   */
  readonly #written = new Map<string, Written>();
  /** Names of what Redis did not take, though it is there. */
  readonly #unsent = new Set<string>();
  readonly #endListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #listens = false;
  #version = "0";
  #epoch = "";
  #again = false;
  #closed = false;

  constructor(options: EntryOptions) {
    this.#options = options;
    this.#endListening = options.redis.onUp(() => {
      // What was written may be lost, and what others wrote was not heard.
      this.#writeAgain([...this.#written.keys()]);
      this.#look(0);
    });
  }

  write(name: string, text: string): void {
    this.#keep(name, { text, atMs: performance.now() });
    this.#send(name, text, 0);
  }

  again(): void {
    this.#again = true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#endListening();
    if (this.#listens) this.#options.listener.give();
    this.#listens = false;
  }

  /** Entries are kept in the order in which they were written. */
  #keep(name: string, written: Written): void {
    this.#written.delete(name);
    this.#written.set(name, written);
    if (this.#written.size <= maxEntries) return;
    const [first] = this.#written.keys();
    if (first !== undefined) this.#forget(first);
  }

  #forget(name: string): void {
    this.#written.delete(name);
    this.#unsent.delete(name);
  }

  #send(name: string, text: string, ageMs: number): void {
    const { redis, gateway } = this.#options;
    const args = [gateway(), name, text, Math.round(ageMs)];
    this.#unsent.delete(name);
    void redis.run(writeScript, { keys: this.#keys().slice(0, 3), args }).then(({ ok }) => {
      if (!ok && this.#written.has(name)) this.#unsent.add(name);
    });
  }

  #writeAgain(names: Iterable<string>): void {
    const nowMs = performance.now();
    for (const name of names) {
      const written = this.#written.get(name);
      const ageMs = nowMs - (written?.atMs ?? 0);
      if (written !== undefined && this.#options.isKept({ name, text: written.text, ageMs }))
        this.#send(name, written.text, ageMs);
      else this.#forget(name);
    }
  }

  #keys(): readonly string[] {
    const { redis, kind } = this.#options;
    return ["version", "entries", "order", "epoch"].map((name) => redis.key("shared", kind, name));
  }

  #look(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#read(), delayMs);
    this.#timer.unref();
  }

  async #read(): Promise<void> {
    const { redis, listener, gateway } = this.#options;
    if (!redis.isUp()) return;
    if (this.#unsent.size > 0) this.#writeAgain([...this.#unsent].slice(0, maxUnsent));
    this.#listens ||= listener.take(1);
    if (this.#listens) {
      // Another one each time, so that a Redis that was emptied is always noticed.
      const candidate = `${gateway()}-${performance.now()}`;
      const known = this.#again ? "0" : this.#version;
      this.#again = false;
      const args = [gateway(), known, this.#epoch, candidate];
      const outcome = await redis.run(readScript, { keys: this.#keys(), args });
      if (outcome.ok && !this.#closed) this.#hear(replyList(outcome.value));
    }
    this.#look(everyMs);
  }

  #hear([epoch, version, found = []]: readonly RedisReply[]): void {
    const known = this.#epoch;
    this.#epoch = replyText(epoch) ?? known;
    this.#version = replyText(version) ?? this.#version;
    for (const entry of replyList(found)) {
      const [name, text, ageMs, own] = replyList(entry);
      const heard = {
        name: replyText(name) ?? "",
        text: replyText(text) ?? "",
        ageMs: replyNumber(ageMs) ?? 0,
      };
      if (replyNumber(own) === 1) this.#takeOwn(heard);
      else this.#take(heard);
    }
    // Redis was emptied.
    if (known !== "" && known !== this.#epoch) this.#writeAgain([...this.#written.keys()]);
  }

  /** Another thread of this gateway may have written it, and may end. */
  #takeOwn(entry: SharedEntry): void {
    const { name, text, ageMs } = entry;
    const atMs = performance.now() - ageMs;
    if (atMs > (this.#written.get(name)?.atMs ?? Number.NEGATIVE_INFINITY))
      this.#keep(name, { text, atMs });
    if (this.#options.hearsOwn === true) this.#options.onEntry(entry);
  }

  #take(entry: SharedEntry): void {
    // What another gateway wrote later is no longer this one's to write again.
    const own = this.#written.get(entry.name);
    if (own !== undefined && performance.now() - own.atMs > entry.ageMs) this.#forget(entry.name);
    this.#options.onEntry(entry);
  }
}
