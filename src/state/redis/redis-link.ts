import { performance } from "node:perf_hooks";
import type { RedisAddress } from "../../config/redis-address.ts";
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
 * A server that has answered nothing in time for so many timeouts is slow. A single step may be
 * late because many came at once.
 */
const patience = 10;

/** A thread that was busy for more than this share of the time cannot tell a slow server. */
const busyShare = 0.75;

/** The longest that a step that must not miss the server waits, in milliseconds. */
const exactMs = 5_000;

/** How long to wait before a server that was slow is tried again, in milliseconds. */
const restMs = 250;

/** A connection that says nothing for so long, in milliseconds, is given up for another. */
const silentMs = 5_000;

/** Troubles that the log says before Redis is up again. */
const maxSaid = 8;

/** Makes a link without a server. `notice` hears when Redis goes down and comes back. */
export function createRedisLink(notice: (notice: Notice) => void): RedisLink {
  return new Link(notice);
}

const silence: RedisOutcome = { ok: false };

/**
 * Times here are those of the system: they bound how long a real server is waited for, whatever
 * clock the gateway goes by.
 */
class Link implements RedisLink {
  readonly #notice: (notice: Notice) => void;
  readonly #listeners = new Set<() => void>();
  /** What calls have waited in all, in milliseconds. */
  readonly #waited = new WeakMap<object, number>();
  #address: RedisAddress | undefined;
  #connection: RedisConnection | undefined;
  /** Counts the servers, so that what an earlier one says is not heard. */
  #turn = 0;
  #up = false;
  #connected = false;
  #timer: NodeJS.Timeout | undefined;
  /** Looks whether the server is slow, while no step was answered in time since one was late. */
  #judge: NodeJS.Timeout | undefined;
  /** Steps that wait until the server answers or is given up. */
  readonly #exact = new Set<() => void>();
  /** What the log says since Redis was up. */
  readonly #said = new Set<string>();

  constructor(notice: (notice: Notice) => void) {
    this.#notice = notice;
  }

  key(kind: string, scope: string, ...names: readonly string[]): string {
    return redisKey(this.#address?.prefix ?? "", kind, scope, names);
  }

  run(script: string, { keys, args = [], waiter, exact }: RedisStep): Promise<RedisOutcome> {
    const send = (connection: RedisConnection) => connection.runScript(script, keys, args);
    return exact === true ? this.#exactStep(send) : this.#step(send, waiter);
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
        if (isCurrent()) this.#connection = connection;
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
    const startMs = performance.now();
    const turn = this.#turn;
    const outcome = await within(limitMs, this.#answer(send(connection)));
    const tookMs = performance.now() - startMs;
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

  /** Waits for the answer for as long as the server is not known to be slow. */
  async #exactStep(
    send: (connection: RedisConnection) => Promise<RedisReply>,
  ): Promise<RedisOutcome> {
    const connection = this.#connection;
    if (!this.#up || connection === undefined) return silence;
    const turn = this.#turn;
    const allMs = this.#address?.timeoutMs ?? 0;
    const answer = this.#answer(send(connection));
    const prompt = await within(allMs, answer);
    if (prompt !== undefined) {
      this.#inTime();
      return prompt;
    }
    if (turn !== this.#turn || !this.#up) return silence;
    this.#late();
    const { promise: givenUp, resolve } = Promise.withResolvers<undefined>();
    const giveUp = () => resolve(undefined);
    this.#exact.add(giveUp);
    const outcome = await within(exactMs, Promise.race([answer, givenUp]));
    this.#exact.delete(giveUp);
    return outcome ?? silence;
  }

  #inTime(): void {
    clearTimeout(this.#judge);
    this.#judge = undefined;
  }

  /** Gives the server up where no step is answered in time from here on for a while. */
  #late(): void {
    if (!this.#up || this.#judge !== undefined) return;
    const waitMs = (this.#address?.timeoutMs ?? 0) * (patience - 1);
    const before = performance.eventLoopUtilization();
    this.#judge = setTimeout(() => {
      const { utilization } = performance.eventLoopUtilization(before);
      // What has arrived by then counts.
      setImmediate(() => {
        if (this.#judge === undefined) return;
        this.#judge = undefined;
        if (utilization > busyShare && this.#exact.size > 0) this.#late();
        else this.#slow(waitMs);
      });
    }, waitMs);
    this.#judge.unref();
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
  #slow(waitedMs: number): void {
    if (!this.#up) return;
    this.#lower();
    const timeoutMs = this.#address?.timeoutMs ?? 0;
    const long = `${Math.round(waitedMs)} ms`;
    this.#say("redis_unavailable", `for ${long} it did not answer within ${timeoutMs} ms`);
    this.#look(performance.now());
  }

  /** Looks again and again whether the server answers in time. */
  #look(sinceMs: number): void {
    this.#timer = setTimeout(async () => {
      const connection = this.#connection;
      const turn = this.#turn;
      if (connection === undefined || !this.#connected) return;
      const startMs = performance.now();
      const pong = await within(silentMs, this.#answer(connection.send(["ping"])));
      if (turn !== this.#turn || !this.#connected || this.#up) return;
      if (pong === undefined) connection.reconnect();
      else if (pong.ok && performance.now() - startMs <= (this.#address?.timeoutMs ?? 0))
        this.#rise();
      else this.#look(sinceMs);
    }, restMs);
    this.#timer.unref();
  }

  /** Notes that no step is tried any more; those that wait are given up. */
  #lower(): void {
    this.#up = false;
    clearTimeout(this.#timer);
    this.#inTime();
    for (const giveUp of this.#exact) giveUp();
  }

  #rise(): void {
    this.#up = true;
    clearTimeout(this.#timer);
    if (this.#said.size > 0) {
      this.#said.clear();
      this.#notice({ event: "redis_available", message: "Redis is back: state is shared again" });
    }
    for (const run of this.#listeners) run();
  }

  /** Once for each trouble, however often it is met. */
  #say(event: string, reason: string): void {
    if (this.#said.has(reason) || this.#said.size >= maxSaid) return;
    this.#said.add(reason);
    this.#notice({
      event,
      message: `Redis cannot be used, this process goes by its own state meanwhile: ${reason}`,
    });
  }
}

/**
 * The outcome, or undefined after a time. What has arrived by then counts: where the event loop was
 * late, the timer fires before sockets are read.
 */
function within<T>(limitMs: number, outcome: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => resolve(undefined)), limitMs);
    outcome.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
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
