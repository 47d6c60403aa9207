import { performance } from "node:perf_hooks";
import type { RedisAddress } from "../../config/redis-address.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import type { Notice } from "../../core/notice.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { redisKey } from "./redis-key.ts";
import type {
  RedisOutcome,
  RedisReply,
  RedisStep,
  RedisValue,
  SharedRedis,
} from "./shared-redis.ts";
import { timedConnection } from "./timed-connection.ts";

/** The Redis of a gateway, with what its owner may do to it. */
export interface RedisLink extends SharedRedis {
  /**
   * Uses the server of these settings from now on, or none. Nothing is waited for: until it is
   * connected no step is tried.
   */
  configure(address: RedisAddress | undefined): void;
  close(): void;
}

/** A step that no call waits for may take so long, in milliseconds. */
const backgroundMs = 1_000;

/**
 * How long a call waits for steps that must not miss the server, in timeouts and in milliseconds at
 * most; a server that has answered nothing for so long is slow. A step may be late because many
 * came at once.
 */
const patience = 2;
const maxWaitMs = 50;

/**
 * A thread that was busy for more than this share of the time cannot tell a slow server: it waits
 * as long again, so many times at most.
 */
const busyShare = 0.75;
const maxRounds = 5;

/** How long to wait before a server that was slow is tried again, in milliseconds. */
const restMs = 250;

/** A connection that says nothing for so long, in milliseconds, is given up for another. */
const silentMs = 5_000;

/** Troubles that the log says before Redis is up again. */
const maxSaid = 8;

/** What a link measures the server by. */
export interface LinkClock {
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** Begins to measure; gives what says for which share of the time since the thread was busy. */
  readonly measureWork: () => () => number;
}

/**
 * The time of the system, whatever clock the gateway goes by: it bounds how long a real server is
 * waited for.
 */
const systemClock: LinkClock = {
  nowMs: () => performance.now(),
  schedule(run, delayMs) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  measureWork() {
    const before = performance.eventLoopUtilization();
    return () => performance.eventLoopUtilization(before).utilization;
  },
};

/**
 * Makes a link without a server. `notice` hears when Redis goes down and comes back. `clock`:
 * default: that of the system. `metrics` counts how long the server takes.
 */
export function createRedisLink(
  notice: (notice: Notice) => void,
  clock: LinkClock = systemClock,
  metrics = new Metrics(),
): RedisLink {
  return new Link(notice, clock, metrics);
}

const silence: RedisOutcome = { ok: false };

class Link implements RedisLink {
  readonly #notice: (notice: Notice) => void;
  readonly #clock: LinkClock;
  readonly #metrics: Metrics;
  readonly #listeners = new Set<() => void>();
  /** What calls have waited in all, in milliseconds. */
  readonly #waited = new WeakMap<object, number>();
  #address: RedisAddress | undefined;
  #connection: RedisConnection | undefined;
  /** Counts the servers, so that what an earlier one says is not heard. */
  #turn = 0;
  #up = false;
  #connected = false;
  /** Calls off the next look at a server that is slow. */
  #stopLooking: (() => void) | undefined;
  /** Calls off the judgement that the server is slow, while nothing was answered in time. */
  #acquit: (() => void) | undefined;
  /** Steps that wait until the server answers or is given up. */
  readonly #exact = new Set<() => void>();
  /** What the log says since Redis was up. */
  readonly #said = new Set<string>();

  constructor(notice: (notice: Notice) => void, clock: LinkClock, metrics: Metrics) {
    this.#notice = notice;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  key(kind: string, scope: string, ...names: readonly string[]): string {
    return redisKey(this.#address?.prefix ?? "", kind, scope, names);
  }

  run(script: string, { keys, args = [], waiter, exact }: RedisStep): Promise<RedisOutcome> {
    const send = (connection: RedisConnection) => connection.runScript(script, keys, args);
    return exact === true ? this.#exactStep(send, waiter) : this.#step(send, waiter);
  }

  call(command: readonly [string, ...RedisValue[]], waiter?: object): Promise<RedisOutcome> {
    return this.#step((connection) => connection.send(command), waiter);
  }

  isUp(): boolean {
    return this.#up;
  }

  onUp(run: () => void): () => void {
    this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  configure(address: RedisAddress | undefined): void {
    if (sameAddress(address, this.#address)) return;
    this.close();
    this.#address = address;
    if (address === undefined) return;
    const turn = this.#turn;
    const isCurrent = () => this.#turn === turn;
    connectRedis(address, {
      onReady: () => isCurrent() && this.#ready(),
      onDown: (error) => isCurrent() && this.#down(error?.message ?? "the connection is lost"),
    }).then(
      (connection) => {
        const { nowMs } = this.#clock;
        if (isCurrent()) this.#connection = timedConnection(connection, this.#metrics, nowMs);
        else connection.close();
      },
      (error: unknown) => isCurrent() && this.#down(String(error)),
    );
  }

  close(): void {
    this.#turn += 1;
    this.#lower();
    this.#connection?.close();
    this.#connection = undefined;
    this.#address = undefined;
    this.#connected = false;
    this.#said.clear();
  }

  async #step(
    send: (connection: RedisConnection) => Promise<RedisReply>,
    waiter: object | undefined,
  ): Promise<RedisOutcome> {
    const connection = this.#connection;
    if (!this.#up || connection === undefined) return silence;
    const allMs = this.#address?.timeoutMs ?? 0;
    const spentMs = waiter === undefined ? 0 : (this.#waited.get(waiter) ?? 0);
    const limitMs = waiter === undefined ? backgroundMs : allMs - spentMs;
    if (limitMs < 1) return silence;
    const startMs = this.#clock.nowMs();
    const turn = this.#turn;
    const outcome = await this.#within(limitMs, this.#answer(send(connection)));
    const tookMs = this.#clock.nowMs() - startMs;
    // Timers may fire a little early: what was late has used up its time.
    const usedMs = outcome === undefined ? Math.max(tookMs, limitMs) : tookMs;
    if (waiter !== undefined) this.#waited.set(waiter, spentMs + usedMs);
    if (outcome !== undefined) {
      if (usedMs <= allMs) this.#inTime();
      return outcome;
    }
    // What had little time left says nothing of the server.
    if (turn === this.#turn && limitMs * 2 >= allMs) this.#late();
    return silence;
  }

  /** Waits beyond the timeout, until the call has waited as long as any may. */
  async #exactStep(
    send: (connection: RedisConnection) => Promise<RedisReply>,
    waiter: object | undefined,
  ): Promise<RedisOutcome> {
    const connection = this.#connection;
    if (!this.#up || connection === undefined) return silence;
    const spentMs = waiter === undefined ? 0 : (this.#waited.get(waiter) ?? 0);
    const leftMs = this.#patienceMs() - spentMs;
    if (leftMs < 1) return silence;
    const startMs = this.#clock.nowMs();
    const outcome = await this.#patiently(this.#answer(send(connection)), leftMs);
    const tookMs = this.#clock.nowMs() - startMs;
    const usedMs = outcome === undefined ? Math.max(tookMs, leftMs) : tookMs;
    if (waiter !== undefined) this.#waited.set(waiter, spentMs + usedMs);
    if (outcome !== undefined && usedMs <= this.#patienceMs()) this.#inTime();
    return outcome ?? silence;
  }

  async #patiently(
    answer: Promise<RedisOutcome>,
    leftMs: number,
  ): Promise<RedisOutcome | undefined> {
    const turn = this.#turn;
    const promptMs = Math.min(this.#address?.timeoutMs ?? 0, leftMs);
    const prompt = await this.#within(promptMs, answer);
    if (prompt !== undefined || turn !== this.#turn || !this.#up) return prompt;
    this.#late();
    if (leftMs <= promptMs) return undefined;
    const { promise: givenUp, resolve } = Promise.withResolvers<undefined>();
    const giveUp = () => resolve(undefined);
    this.#exact.add(giveUp);
    const reply = Promise.race([answer, givenUp]);
    let outcome: RedisOutcome | undefined;
    let waitMs = leftMs - promptMs;
    for (let round = 0; round < maxRounds && outcome === undefined; round += 1) {
      const workSince = this.#clock.measureWork();
      outcome = await this.#within(waitMs, reply);
      if (workSince() <= busyShare || turn !== this.#turn || !this.#up) break;
      waitMs = leftMs;
    }
    this.#exact.delete(giveUp);
    return outcome;
  }

  /** How long a call waits in all for what must not miss the server. */
  #patienceMs(): number {
    return Math.min(maxWaitMs, patience * (this.#address?.timeoutMs ?? 0));
  }

  #inTime(): void {
    this.#acquit?.();
    this.#acquit = undefined;
  }

  /** Gives the server up where no step is answered in time from here on for a while. */
  #late(round = 1): void {
    if (!this.#up || this.#acquit !== undefined) return;
    const waitMs = this.#patienceMs() - (round === 1 ? (this.#address?.timeoutMs ?? 0) : 0);
    const workSince = this.#clock.measureWork();
    const turn = this.#turn;
    const callOff = this.#clock.schedule(
      () => {
        const share = workSince();
        // What has arrived by then counts.
        setImmediate(() => {
          if (this.#acquit !== callOff || this.#turn !== turn) return;
          this.#acquit = undefined;
          const isBusy = share > busyShare && this.#exact.size > 0;
          if (isBusy && round < maxRounds) this.#late(round + 1);
          else this.#slow();
        });
      },
      Math.max(0, waitMs),
    );
    this.#acquit = callOff;
  }

  /** Never rejects. */
  async #answer(reply: Promise<RedisReply>): Promise<RedisOutcome> {
    try {
      return { ok: true, value: await reply };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // A lost connection is heard of by itself.
      if (this.#up && isRefusal(message)) this.#say("redis_refused", explain(message));
      return silence;
    }
  }

  #ready(): void {
    this.#connected = true;
    this.#rise();
  }

  #down(reason: string): void {
    this.#connected = false;
    this.#lower();
    this.#say("redis_unavailable", explain(reason));
  }

  /** Leaves a server alone that is connected and does not answer in time. */
  #slow(): void {
    if (!this.#up) return;
    this.#lower();
    const long = `${Math.round(this.#patienceMs())} ms`;
    this.#say("redis_unavailable", `it answered nothing for ${long}`);
    this.#look();
  }

  /** Looks again and again whether the server answers in time. */
  #look(): void {
    this.#stopLooking = this.#clock.schedule(() => void this.#ping(), restMs);
  }

  async #ping(): Promise<void> {
    const connection = this.#connection;
    const turn = this.#turn;
    if (connection === undefined || !this.#connected) return;
    const startMs = this.#clock.nowMs();
    const pong = await this.#within(silentMs, this.#answer(connection.send(["ping"])));
    if (turn !== this.#turn || !this.#connected || this.#up) return;
    const tookMs = this.#clock.nowMs() - startMs;
    if (pong === undefined) connection.reconnect();
    else if (pong.ok && tookMs <= (this.#address?.timeoutMs ?? 0)) this.#rise();
    else this.#look();
  }

  /**
   * The outcome, or undefined after a time. What has arrived by then counts: where the event loop
   * was late, the timer fires before sockets are read.
   */
  #within<T>(limitMs: number, outcome: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.schedule(
        () => void setImmediate(() => resolve(undefined)),
        limitMs,
      );
      outcome.finally(callOff).then(resolve, reject);
    });
  }

  /** Notes that no step is tried any more; those that wait are given up. */
  #lower(): void {
    this.#up = false;
    this.#stopLooking?.();
    this.#inTime();
    for (const giveUp of this.#exact) giveUp();
  }

  #rise(): void {
    this.#up = true;
    this.#stopLooking?.();
    if (this.#said.size > 0) {
      this.#said.clear();
      const message = "Redis is back: state is shared again";
      this.#notice({ event: "redis_available", level: "info", message });
    }
    for (const run of this.#listeners) run();
  }

  /** Once for each trouble, however often it is met. */
  #say(event: string, reason: string): void {
    if (this.#said.has(reason) || this.#said.size >= maxSaid) return;
    this.#said.add(reason);
    const message = `Redis cannot be used, this process goes by its own state meanwhile: ${reason}`;
    this.#notice({ event, message });
  }
}

/** Whether a message is the server's own answer to a command. */
function isRefusal(message: string): boolean {
  return /^[A-Z]{2,}\b/.test(message);
}

/** What an operator can do about what the server says. Servers do not repeat passwords. */
function explain(message: string): string {
  const hint = hints.find(([start]) => message.startsWith(start))?.[1];
  return hint === undefined ? message : `${message} (${hint})`;
}

const hints: readonly (readonly [start: string, hint: string])[] = [
  ["NOAUTH", "state.redis.url has no password, and the server wants one"],
  ["WRONGPASS", "the user or the password of state.redis.url is wrong"],
  ["NOPERM", "the user of state.redis.url may not do this: see docs/shared-state.md"],
  ["MOVED", "the server is a node of a cluster: set state.redis.cluster: true"],
  ["ERR This instance has cluster support disabled", "leave out state.redis.cluster"],
  ["READONLY", "state.redis.url is the address of a replica: write that of the master"],
];

function sameAddress(one: RedisAddress | undefined, other: RedisAddress | undefined): boolean {
  const secrets = (address: RedisAddress | undefined) => [
    address?.password?.reveal(),
    address?.sentinel?.password?.reveal(),
  ];
  return (
    JSON.stringify(one) === JSON.stringify(other) &&
    JSON.stringify(secrets(one)) === JSON.stringify(secrets(other))
  );
}
