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

  constructor(sharing: RateSharing, span: Span) {
    this.#sharing = sharing;
    this.#span = span;
    this.#local = sharing.local.open(span.scope, span.windowMs);
  }

  take(amount: number, limit: number, waiter?: object): boolean | Promise<boolean> {
    if (!this.#sharing.redis.isUp()) return this.#local.take(amount, limit);
    return this.#takeShared(amount, limit, waiter);
  }

  add(amount: number): void {
    // Before the local window has it, so that it is not counted twice.
    void this.#run(amount, -1, undefined);
    this.#local.add(amount);
  }

  used(): number {
    return Math.max(this.#local.used(), this.#fresh()?.used ?? 0);
  }

  freeInMs(amount: number, limit: number): number {
    const heard = this.#fresh();
    const left = heard === undefined ? 0 : heard.freeAtMs - this.#sharing.wallMs();
    return Math.max(this.#local.freeInMs(amount, limit), left, 0);
  }

  async #takeShared(amount: number, limit: number, waiter: object | undefined): Promise<boolean> {
    const taken = await this.#run(amount, limit, waiter);
    if (taken === undefined) return this.#local.take(amount, limit);
    if (taken) this.#local.add(amount);
    return taken;
  }

  /** Undefined where Redis is silent. */
  async #run(
    amount: number,
    limit: number,
    waiter: object | undefined,
  ): Promise<boolean | undefined> {
    const { redis, wallMs } = this.#sharing;
    const { scope, windowMs } = this.#span;
    const outcome = await redis.run(takeScript, {
      keys: [redis.key("rate", scope, String(windowMs))],
      args: [windowMs, amount, limit, this.#local.used()],
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
