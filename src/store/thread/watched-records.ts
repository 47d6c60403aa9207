import { parseLedgerRow, printLedgerRow } from "../../core/ledger/ledger-json.ts";
import type { Engine } from "../engine/engine.ts";
import { pageCalls } from "../ledger/query-calls.ts";
import { recentCalls } from "../ledger/recent-calls.ts";
import { type CallLines, linesOf } from "./call-lines.ts";

/** What records of other gateways are found by. */
export interface WatchedWorld {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** The database; undefined while it cannot be read. */
  readonly engine: () => Engine | undefined;
  /** Writes what was taken until now to the database, as far as that goes in a while. */
  readonly catchUp: () => Promise<void>;
  /** Hears that the ledger could not be read. */
  readonly onFailure: (error: unknown) => void;
}

/** Records for whoever watches. */
export interface WatchedRecords {
  /** Hands over the records from now on; gives a function that ends it. */
  readonly watch: (listener: (records: readonly string[]) => void) => () => void;
  /** Hands over records of this process. */
  readonly take: (calls: CallLines) => void;
  readonly close: () => void;
}

/** How often the ledger is read while somebody watches, in milliseconds. */
const everyMs = 500;

/**
 * How far back it is read, in milliseconds: rows are not written in the order of their ends, and
 * clocks of gateways differ. What comes later than that is not seen.
 */
const windowMs = 10_000;

/** As many calls of a window are looked at, the newest; and as many are read at once. */
const maxCalls = 10_000;
const maxRead = 500;

/**
 * Makes what hands over records: those of this process as they come, and those that other gateways
 * write to the same database, which is read only while somebody watches.
 */
export function createWatchedRecords(world: WatchedWorld): WatchedRecords {
  const listeners = new Set<(records: readonly string[]) => void>();
  let follower: Follower | undefined;
  const tell = (records: readonly string[]): void => {
    for (const listener of listeners) listener(records);
  };
  const end = (): void => {
    follower?.end();
    follower = undefined;
  };
  return {
    watch(listener) {
      const one = (records: readonly string[]) => listener(records);
      listeners.add(one);
      follower ??= new Follower(world, tell);
      return () => {
        if (listeners.delete(one) && listeners.size === 0) end();
      };
    },
    take(calls) {
      if (listeners.size === 0) return;
      const records = linesOf(calls.bytes);
      follower?.know(records);
      tell(records);
    },
    close: end,
  };
}

/** Finds the records in the ledger that this process has not written. */
class Follower {
  readonly #world: WatchedWorld;
  readonly #tell: (records: readonly string[]) => void;
  readonly #startMs: number;
  /** Calls that were handed over, or ended before, and when. */
  readonly #known = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | undefined;
  #begun = false;
  #ended = false;

  constructor(world: WatchedWorld, tell: (records: readonly string[]) => void) {
    this.#world = world;
    this.#tell = tell;
    this.#startMs = world.nowMs();
    this.#timer = setInterval(() => this.#look(), everyMs).unref();
    this.#look();
  }

  know(records: readonly string[]): void {
    for (const { callId, endedMs } of records.map(parseLedgerRow)) this.#known.set(callId, endedMs);
  }

  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  #look(): void {
    const engine = this.#world.engine();
    if (engine === undefined) return;
    this.#reading ??= this.#read(engine)
      .catch((error: unknown) => {
        if (!this.#ended) this.#world.onFailure(error);
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #read(engine: Engine): Promise<void> {
    if (!this.#begun) await this.#world.catchUp();
    const fromMs = this.#world.nowMs() - windowMs;
    const recent = await recentCalls(engine, fromMs, maxCalls);
    const fresh: string[] = [];
    for (const { callId, endedMs } of recent) {
      if (this.#known.has(callId)) continue;
      this.#known.set(callId, endedMs);
      // What was there before anybody watched is nobody's news.
      if (this.#begun || endedMs >= this.#startMs) fresh.push(callId);
    }
    this.#begun = true;
    for (const [callId, endedMs] of this.#known) if (endedMs < fromMs) this.#known.delete(callId);
    fresh.reverse();
    for (let at = 0; at < fresh.length && !this.#ended; at += maxRead) {
      const callIds = fresh.slice(at, at + maxRead);
      const { calls } = await pageCalls(engine, { callIds, oldestFirst: true, limit: maxRead });
      if (!this.#ended) this.#tell(calls.map(printLedgerRow));
    }
  }
}
