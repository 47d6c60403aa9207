import type { RateWindow, RateWindows } from "../rate-window.ts";
import { replyList, replyNumber, type SharedRedis } from "./shared-redis.ts";

/**
 * Takes an amount from a window and says what it then has. The window is a list of buckets, each
 * with its first and its last time and its amount, by the clock of the server. KEYS: the window.
 * ARGV: its length in milliseconds, the amount, the limit (less than 0: none), and what the gateway
 * itself knows to be used, which counts where Redis has lost it.
 */
const takeScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, amount, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local raw = redis.call("GET", KEYS[1])
local kept, sum = {}, 0
for _, bucket in ipairs(raw and cmsgpack.unpack(raw) or {}) do
  if bucket[2] > now - window and bucket[2] <= now + window then
    kept[#kept + 1] = bucket
    sum = sum + bucket[3]
  end
end
local used = math.max(0, sum, tonumber(ARGV[4]))
if limit >= 0 and used > 0 and used + amount > limit then
  local free, left = window, used
  for _, bucket in ipairs(kept) do
    left = left - bucket[3]
    if left <= 0 or left + amount <= limit then
      free = bucket[2] + window - now
      break
    end
  end
  return { 0, tostring(used), tostring(free) }
end
local last = kept[#kept]
if last and now - last[1] < window / 60 then
  last[2] = now
  last[3] = last[3] + amount
else
  kept[#kept + 1] = { now, now, amount }
end
redis.call("SET", KEYS[1], cmsgpack.pack(kept), "PX", window * 2)
return { 1, tostring(math.max(0, used + amount)), "0" }
`;

/**
 * Corrects what was taken some time ago, and says what the window then has: in the bucket of that
 * time, as near as the ways to Redis and back allow, and never below 0. What no longer counts, or
 * has no bucket, stays as it is. KEYS: the window. ARGV: its length in milliseconds, the amount,
 * and how many milliseconds ago it was taken.
 */
const correctScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, amount, taken = tonumber(ARGV[1]), tonumber(ARGV[2]), now - tonumber(ARGV[3])
local raw = redis.call("GET", KEYS[1])
local buckets = raw and cmsgpack.unpack(raw) or {}
local nearest, away = nil, window / 60
for _, bucket in ipairs(buckets) do
  local distance = math.max(bucket[1] - taken, taken - bucket[2], 0)
  if distance <= away and bucket[2] > now - window then
    nearest, away = bucket, distance
  end
end
if nearest then
  nearest[3] = math.max(0, nearest[3] + amount)
  redis.call("SET", KEYS[1], cmsgpack.pack(buckets), "PX", window * 2)
end
local sum = 0
for _, bucket in ipairs(buckets) do
  if bucket[2] > now - window and bucket[2] <= now + window then
    sum = sum + bucket[3]
  end
end
return { 1, tostring(math.max(0, sum)), "0" }
`;

/** What a gateway shares windows by. */
export interface RateSharing {
  readonly redis: SharedRedis;
  /** What counts while Redis is silent. */
  readonly local: RateWindows;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/**
 * Makes windows that all gateways of a Redis take from, each in one step. Without Redis, and while
 * it is silent, they are those of this gateway, which count what it takes all the while.
 */
export function createSharedRateWindows(sharing: RateSharing): RateWindows {
  return {
    open: (scope, windowMs) => new SharedRateWindow(sharing, { scope, windowMs }),
  };
}

interface Span {
  readonly scope: string;
  readonly windowMs: number;
}

/** What Redis said last. Times are milliseconds since 1970. */
interface Heard {
  readonly used: number;
  readonly atMs: number;
  /** When an amount that was refused may be taken. */
  readonly freeAtMs: number;
}

class SharedRateWindow implements RateWindow {
  readonly #sharing: RateSharing;
  readonly #span: Span;
  readonly #local: RateWindow;
  #heard: Heard | undefined;
  /** When an amount was last taken that Redis may not have, in milliseconds since 1970. */
  #aloneMs = 0;

  constructor(sharing: RateSharing, span: Span) {
    this.#sharing = sharing;
    this.#span = span;
    this.#local = sharing.local.open(span.scope, span.windowMs);
  }

  take(amount: number, limit: number, waiter?: object): boolean | Promise<boolean> {
    if (!this.#sharing.redis.isUp()) return this.#takeAlone(amount, limit);
    return this.#takeShared(amount, limit, waiter);
  }

  add(amount: number, takenMs?: number): void {
    // Before the local window has it, so that it is not counted twice.
    if (takenMs === undefined) void this.#change(amount, -1, undefined);
    // What Redis never had would be taken back from what others took.
    else if (amount > 0 || takenMs > this.#aloneMs) void this.#correct(amount, takenMs);
    this.#local.add(amount, takenMs);
  }

  used(): number {
    return Math.max(this.#local.used(), this.#fresh()?.used ?? 0);
  }

  freeInMs(amount: number, limit: number, nowMs = this.#sharing.wallMs()): number {
    const heard = this.#fresh();
    const left = heard === undefined ? 0 : heard.freeAtMs - nowMs;
    return Math.max(this.#local.freeInMs(amount, limit, nowMs), left, 0);
  }

  async #takeShared(amount: number, limit: number, waiter: object | undefined): Promise<boolean> {
    const taken = await this.#change(amount, limit, waiter);
    if (taken === undefined) return this.#takeAlone(amount, limit);
    if (taken) this.#local.add(amount);
    return taken;
  }

  #takeAlone(amount: number, limit: number): boolean | Promise<boolean> {
    this.#aloneMs = Math.ceil(this.#sharing.wallMs());
    return this.#local.take(amount, limit);
  }

  /** Undefined where Redis is silent. */
  #change(amount: number, limit: number, waiter: object | undefined): Promise<boolean | undefined> {
    return this.#run(takeScript, [amount, limit, this.#local.used()], waiter);
  }

  /** The clock of the server may be another: Redis gets how long ago that was. */
  #correct(amount: number, takenMs: number): Promise<boolean | undefined> {
    return this.#run(correctScript, [amount, Math.max(0, this.#sharing.wallMs() - takenMs)]);
  }

  async #run(
    script: string,
    numbers: readonly number[],
    waiter?: object,
  ): Promise<boolean | undefined> {
    const { redis, wallMs } = this.#sharing;
    const { scope, windowMs } = this.#span;
    const outcome = await redis.run(script, {
      keys: [redis.key("rate", scope, String(windowMs))],
      args: [windowMs, ...numbers],
      waiter,
    });
    if (!outcome.ok) return undefined;
    const [taken = 0, used = 0, freeInMs = 0] = replyList(outcome.value).map(replyNumber);
    const atMs = wallMs();
    this.#heard = { used, atMs, freeAtMs: atMs + freeInMs };
    return taken === 1;
  }

  /** What Redis said, while it can still be so. */
  #fresh(): Heard | undefined {
    const heard = this.#heard;
    if (heard === undefined) return undefined;
    return this.#sharing.wallMs() - heard.atMs < this.#span.windowMs ? heard : undefined;
  }
}
