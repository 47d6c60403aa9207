import { replyList, replyNumber, type SharedRedis } from "../redis/shared-redis.ts";
import { isPeriod, KnownPeriods } from "./known-periods.ts";
import type { LocalReservations } from "./local-reservations.ts";
import { reserveScript, settleScript } from "./redis-steps.ts";
import type { Bound, Lease, Portion, Refusal, Reservations } from "./reservations.ts";

/** What gateways share bounds by. */
export interface ReserveSharing {
  readonly redis: SharedRedis;
  /** What counts while Redis is silent, and always follows what this gateway takes. */
  readonly local: LocalReservations;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A number that the gateway's threads have in common, and no other gateway. */
  readonly gateway: () => number;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /**
   * How long what a thread holds counts after its last step or sign of life, in milliseconds.
   * Default: a minute.
   */
  readonly holdMs?: number;
}

const defaultHoldMs = 60_000;

/**
 * Takes of bounds that all gateways of a Redis share, in one script a step. All bounds are at one
 * node of a cluster, so that a step over any of them is one. Without Redis and while it is silent
 * each gateway takes its share of what was left.
 *
 * What a thread holds is forgotten a minute after its last sign of life, so that what a killed
 * gateway held is free again. A step that Redis does and whose answer is lost counts until the
 * thread next settles something of the bound: more may be refused for as long, never less.
 */
export class SharedReservations implements Reservations {
  readonly #sharing: ReserveSharing;
  readonly #known = new KnownPeriods();
  readonly #holdMs: number;
  #holder = "";
  #step = 0;
  #gateways = 1;
  #silent = false;
  #sign: (() => void) | undefined;

  constructor(sharing: ReserveSharing) {
    this.#sharing = sharing;
    this.#holdMs = sharing.holdMs ?? defaultHoldMs;
    sharing.redis.onUp(() => void this.#resend());
  }

  reserve(
    portions: readonly Portion[],
    waiter?: object,
  ): Lease | Refusal | Promise<Lease | Refusal> {
    return this.#sharing.redis.isUp()
      ? this.#reserveShared(portions, waiter)
      : this.#reserveAlone(portions);
  }

  used(bound: Bound): number {
    return this.#sharing.local.used(bound);
  }

  taken(bound: Bound): number {
    return this.#sharing.local.taken(bound);
  }

  seed(bound: Bound, taken: number, takenMs?: number): void {
    // The next step over it has Redis take the higher of the two.
    this.#sharing.local.seed(bound, taken, takenMs);
  }

  async #reserveShared(
    portions: readonly Portion[],
    waiter: object | undefined,
  ): Promise<Lease | Refusal> {
    const { redis, local } = this.#sharing;
    const periods = portions.filter(({ bound }) => isPeriod(bound));
    const known = periods.map(({ bound }) => this.#known.of(bound));
    for (const one of known) one.pending += 1;
    const outcome = await redis.run(reserveScript, {
      keys: [this.#key("gateways"), ...portions.map(({ bound }) => this.#keyOf(bound))],
      args: this.#reserveArgs(portions),
      waiter,
      exact: true,
    });
    for (const one of known) one.pending -= 1;
    if (!outcome.ok) return this.#reserveAlone(portions);
    this.#silent = false;
    const [taken, gateways = 1, ...rest] = replyList(outcome.value).map(replyNumber);
    this.#gateways = Math.max(1, gateways);
    if (taken === 1) {
      const lease = local.hold(portions);
      return this.#leased(
        portions,
        lease,
        rest.map((used, at) => used ?? lease.used[at] ?? 0),
      );
    }
    const [at = 0, used = 0, freeInMs = 0] = rest;
    const never = (portions[at]?.amount ?? 0) > (portions[at]?.bound.limit ?? 0);
    return {
      ok: false,
      at,
      used,
      freeInMs: never ? undefined : this.#freeInMs(portions, at, freeInMs),
    };
  }

  /** A period is free again when it is over, or when something that is held is settled. */
  #freeInMs(portions: readonly Portion[], at: number, slidesInMs: number): number {
    const span = portions[at]?.bound.span;
    if (span?.kind !== "period" || !Number.isFinite(span.endMs)) return Math.max(1, slidesInMs);
    return Math.max(1, span.endMs - this.#sharing.wallMs());
  }

  /** Takes this gateway's share of what was left when Redis fell silent. */
  #reserveAlone(portions: readonly Portion[]): Lease | Refusal {
    const { local } = this.#sharing;
    const closed = portions.findIndex(
      ({ bound, amount }) => bound.onSilence === "DENY" && amount > 0,
    );
    const one = portions[closed];
    if (one !== undefined)
      return { ok: false, at: closed, used: local.used(one.bound), freeInMs: 1_000, silent: true };
    if (!this.#silent) {
      this.#silent = true;
      for (const known of this.#known.all()) known.base = undefined;
    }
    const shares = portions.map(({ bound, amount }) => ({ bound: this.#shareOf(bound), amount }));
    const taken = local.reserve(shares);
    return taken.ok ? this.#leased(portions, taken, taken.used) : taken;
  }

  #shareOf(bound: Bound): Bound {
    let base = 0;
    if (isPeriod(bound)) {
      const known = this.#known.of(bound);
      known.base ??= this.#sharing.local.taken(bound);
      ({ base } = known);
    }
    const left = Math.max(0, bound.limit - base);
    return { ...bound, limit: base + Math.ceil(left / this.#gateways) };
  }

  #leased(portions: readonly Portion[], lease: Lease, used: readonly number[]): Lease {
    const heldMs = this.#sharing.wallMs();
    let settled = false;
    if (portions.some(({ bound }) => isPeriod(bound))) this.#keepSigning();
    return {
      ok: true,
      used,
      settle: (taken) => {
        if (settled) return;
        settled = true;
        lease.settle(taken);
        const changes = portions.map(({ bound, amount }, at) => ({
          bound,
          held: amount,
          taken: taken[at] ?? amount,
        }));
        void this.#settle(changes, heldMs);
      },
    };
  }

  async #settle(
    changes: readonly { readonly bound: Bound; readonly held: number; readonly taken: number }[],
    heldMs: number,
  ): Promise<void> {
    const { redis, wallMs, local } = this.#sharing;
    const agoMs = Math.max(0, wallMs() - heldMs);
    for (const { bound, taken } of changes) this.#known.note(bound, taken);
    if (!redis.isUp()) return;
    const sent = changes.map(({ bound, taken }) => this.#known.send(bound, taken));
    const outcome = await redis.run(settleScript, {
      keys: changes.map(({ bound }) => this.#keyOf(bound)),
      args: [
        this.#name(),
        this.#holdMs,
        this.#nextStep(),
        ...changes.flatMap(({ bound, held }, at) =>
          this.#settleArgs(bound, { held, taken: sent[at] ?? 0, agoMs }),
        ),
      ],
    });
    for (const [at, { bound }] of changes.entries())
      this.#known.sent(bound, sent[at] ?? 0, outcome.ok);
    if (!outcome.ok) return;
    const sums = replyList(outcome.value).map(replyNumber);
    for (const [at, { bound }] of changes.entries())
      if (isPeriod(bound)) local.seed(bound, sums[at] ?? 0);
  }

  /** Sends what Redis missed, and what is held here, once it is up again. */
  async #resend(): Promise<void> {
    const due = this.#known
      .all()
      .filter(({ bound, unsent }) => unsent > 0 || this.#sharing.local.heldHere(bound) > 0);
    for (let at = 0; at < due.length; at += batch) {
      const some = due.slice(at, at + batch);
      const nowMs = this.#sharing.wallMs();
      await this.#settle(
        some.map(({ bound }) => ({ bound, held: 0, taken: 0 })),
        nowMs,
      );
    }
  }

  /** Gives signs of life for as long as this thread holds something. */
  #keepSigning(): void {
    this.#sign ??= this.#sharing.schedule(() => {
      this.#sign = undefined;
      const holds = this.#known.all().some(({ bound }) => this.#sharing.local.heldHere(bound) > 0);
      if (!holds) return;
      void this.#resend();
      this.#keepSigning();
    }, this.#holdMs / 3);
  }

  #reserveArgs(portions: readonly Portion[]): readonly (string | number)[] {
    return [
      String(this.#sharing.gateway()),
      this.#name(),
      this.#holdMs,
      this.#nextStep(),
      ...portions.flatMap(({ bound, amount }) => [
        ...spanArgs(bound),
        bound.limit,
        amount,
        this.#takenOf(bound),
      ]),
    ];
  }

  #settleArgs(
    bound: Bound,
    { held, taken, agoMs }: { held: number; taken: number; agoMs: number },
  ): readonly (string | number)[] {
    const certain =
      isPeriod(bound) && this.#known.of(bound).pending === 0
        ? this.#sharing.local.heldHere(bound)
        : -1;
    return [...spanArgs(bound), held, taken, agoMs, certain, this.#takenOf(bound)];
  }

  /** What Redis may have lost: all that was taken but for what it is being sent. */
  #takenOf(bound: Bound): number {
    const taken = this.#sharing.local.taken(bound);
    return isPeriod(bound) ? taken - this.#known.of(bound).sending : taken;
  }

  #nextStep(): number {
    this.#step += 1;
    return this.#step;
  }

  #name(): string {
    if (this.#holder === "") {
      const thread = Math.floor(this.#sharing.random() * 2 ** 50);
      this.#holder = `${this.#sharing.gateway()}:${thread}`;
    }
    return this.#holder;
  }

  #keyOf({ scope, span }: Bound): string {
    return span.kind === "sliding" ? this.#key(scope, String(span.ms)) : this.#key(scope, "period");
  }

  #key(...names: readonly string[]): string {
    return this.#sharing.redis.key("bounds", "all", ...names);
  }
}

/** Bounds that are sent again in one step. */
const batch = 100;

/** How long a period is remembered after its end, in milliseconds: a day. */
const forgetMs = 86_400_000;

function spanArgs({ span }: Bound): readonly (string | number)[] {
  if (span.kind === "sliding") return ["0", span.ms, 0];
  return ["1", span.startMs, Number.isFinite(span.endMs) ? span.endMs + forgetMs : 0];
}
