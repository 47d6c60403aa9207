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
 * KEYS: the version, the entries, their order, the epoch. ARGV: whose entries are passed over, the
 * version and the epoch that are known, an epoch for a Redis that has none. Gives the epoch, the
 * version and the entries that are newer.
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
  if entry and entry[1] ~= ARGV[1] then
    found[#found + 1] = { name, entry[3], tostring(math.max(0, now - entry[2])) }
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

/** An entry of this thread, and when it was written on its own clock. */
interface Written {
  readonly text: string;
  readonly atMs: number;
}

class Entries implements SharedEntries {
  readonly #options: EntryOptions;
  readonly #written = new Map<string, Written>();
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
      this.#writeAgain();
      this.#look(0);
    });
  }

  write(name: string, text: string): void {
    // Entries are kept in the order in which they were written.
    this.#written.delete(name);
    this.#written.set(name, { text, atMs: performance.now() });
    if (this.#written.size > maxEntries) this.#forgetFirst();
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

  #forgetFirst(): void {
    const [first] = this.#written.keys();
    if (first !== undefined) this.#written.delete(first);
  }

  #send(name: string, text: string, ageMs: number): void {
    const { redis, gateway } = this.#options;
    const args = [gateway(), name, text, Math.round(ageMs)];
    void redis.run(writeScript, { keys: this.#keys().slice(0, 3), args });
  }

  #writeAgain(): void {
    const nowMs = performance.now();
    for (const [name, { text, atMs }] of this.#written) {
      const ageMs = nowMs - atMs;
      if (this.#options.isKept({ name, text, ageMs })) this.#send(name, text, ageMs);
      else this.#written.delete(name);
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
    const { redis, listener, gateway, hearsOwn = false } = this.#options;
    if (!redis.isUp()) return;
    this.#listens ||= listener.take(1);
    if (this.#listens) {
      // Another one each time, so that a Redis that was emptied is always noticed.
      const candidate = `${gateway()}-${performance.now()}`;
      const known = this.#again ? "0" : this.#version;
      this.#again = false;
      const args = [hearsOwn ? "" : gateway(), known, this.#epoch, candidate];
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
      const [name, text, ageMs] = replyList(entry);
      this.#take({
        name: replyText(name) ?? "",
        text: replyText(text) ?? "",
        ageMs: replyNumber(ageMs) ?? 0,
      });
    }
    // Redis was emptied.
    if (known !== "" && known !== this.#epoch) this.#writeAgain();
  }

  #take(entry: SharedEntry): void {
    // What another gateway wrote later is no longer this one's to write again.
    const own = this.#written.get(entry.name);
    const others = own !== undefined && own.text !== entry.text;
    if (others && performance.now() - own.atMs > entry.ageMs) this.#written.delete(entry.name);
    this.#options.onEntry(entry);
  }
}
