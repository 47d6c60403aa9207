import { AlertEvent } from "../../gen/parlance/config/v1/alert_pb.js";
import type { AlertSettings, AlertWindow } from "../config/alert-settings.ts";
import { errorBehaviour } from "../core/faults/error-behaviour.ts";
import { type CallRecord, statusOf } from "../core/ledger/call-record.ts";
import type { State, Tally } from "../state/state.ts";
import type { Happening } from "./alert.ts";
import { type AlertBook, timeWords } from "./alert-book.ts";

/** What shares of calls are counted with. */
export interface CallSharesOptions {
  readonly settings: AlertSettings;
  /** The models of the configuration. */
  readonly models: ReadonlySet<string>;
  readonly state: Pick<State, "tallies" | "alone">;
  readonly wallMs: () => number;
  readonly book: Pick<AlertBook, "begin" | "end" | "isOpen">;
}

/** Counts which share of the calls of each model fails or is slow, over all threads. */
export interface CallShares {
  /** Counts a call that is over. */
  readonly record: (record: CallRecord) => void;
  /** Looks at all models, and has people told. */
  readonly look: () => void;
}

/** Models that are counted by name; the others count together. */
const maxModels = 256;
const otherModels = "other models";

/** Makes the counters of the events that a sink has. */
export function createCallShares(
  options: CallSharesOptions,
  events: ReadonlySet<AlertEvent>,
): CallShares {
  const counted = new Set([...options.models].slice(0, maxModels));
  const watches = watchesOf(options.settings).filter(({ event }) => events.has(event));
  const shares = watches.map((watch) => new WatchedShare(options, watch));
  return {
    record(record) {
      if (record.model === "") return;
      const model = counted.has(record.model) ? record.model : otherModels;
      for (const share of shares) share.record(model, record);
    },
    look() {
      for (const share of shares) share.look([...counted, otherModels]);
    },
  };
}

/** A share of calls that is told of. */
interface Watch extends AlertWindow {
  readonly event: AlertEvent;
  /** Whether a call is bad; undefined: it does not count. */
  readonly isBad: (record: CallRecord) => boolean | undefined;
  /** What bad calls did, as in `3 calls failed`. */
  readonly words: string;
}

function watchesOf({ errorRate, slow }: AlertSettings): readonly Watch[] {
  const { firstTokenMs, durationMs } = slow;
  const limits = [firstTokenMs, durationMs].map((ms) => `${ms / 1000} s`);
  return [
    { ...errorRate, event: AlertEvent.ERROR_RATE, isBad: hasFailed, words: "failed" },
    {
      ...slow,
      event: AlertEvent.SLOW,
      isBad: (record) => isSlow(record, slow),
      words: `took over ${limits[0]} to their first token or over ${limits[1]} in all`,
    },
  ];
}

/** What callers do wrong, and what limits and budgets refuse, does not count. */
function hasFailed(record: CallRecord): boolean | undefined {
  const status = statusOf(record);
  if (status !== "broken") return status === "whole" ? false : undefined;
  if (record.fault === undefined) return undefined;
  const { http, retryable, fallsBack } = errorBehaviour(record.fault.reason);
  return http >= 500 || (retryable && fallsBack) ? true : undefined;
}

function isSlow(
  { attempts, firstTokenUs = 0, durationMs }: CallRecord,
  slow: AlertSettings["slow"],
): boolean | undefined {
  if (attempts.length === 0) return undefined;
  return firstTokenUs > slow.firstTokenMs * 1000 || durationMs > slow.durationMs;
}

/** A window is so many slices, of which the oldest are forgotten. */
const slices = 10;
/** The numbers of a slice: which it is, its calls, and the bad ones. */
const sliceNumbers = 3;

class WatchedShare {
  readonly #options: CallSharesOptions;
  readonly #watch: Watch;
  readonly #sliceMs: number;
  /** What was found here and is not over. Another thread may have found it and died. */
  #bad: Set<string> | undefined;

  constructor(options: CallSharesOptions, watch: Watch) {
    this.#options = options;
    this.#watch = watch;
    this.#sliceMs = watch.windowMs / slices;
  }

  record(model: string, record: CallRecord): void {
    const bad = this.#watch.isBad(record);
    if (bad === undefined) return;
    const tally = this.#options.state.tallies.open(this.#nameOf(model));
    const slice = this.#slice();
    const at = (slice % (slices + 1)) * sliceNumbers;
    if (tally.get(at) !== slice) this.#begin(tally, at, slice);
    tally.add(at + 1, 1);
    if (bad) tally.add(at + 2, 1);
  }

  look(models: readonly string[]): void {
    const { book } = this.#options;
    const { event } = this.#watch;
    this.#bad ??= new Set(models.filter((about) => book.isOpen({ event, about })));
    for (const model of models) {
      const { calls, bad } = this.#sumOf(model);
      const { percent, minCalls } = this.#watch;
      if (calls >= minCalls && bad > 0 && bad * 100 >= percent * calls) {
        this.#bad.add(model);
        book.begin(this.#happening(model, calls, bad));
      } else if (this.#bad.has(model)) {
        const happening = this.#happening(model, calls, bad);
        if (book.isOpen(happening)) book.end(happening);
        else this.#bad.delete(model);
      }
    }
  }

  #happening(model: string, calls: number, bad: number): Happening {
    const { event, percent, windowMs, words } = this.#watch;
    const what = model === otherModels ? model : `model ${model}`;
    const share = calls === 0 ? 0 : Math.round((1000 * bad) / calls) / 10;
    const window = timeWords(windowMs);
    return {
      event,
      about: model,
      title: `${share} % of the calls of ${what} ${words}`,
      text: `${bad} of ${calls} calls of ${what} ${words} in the last ${window}; the bound is ${percent} %`,
      details: { model, calls, bad, percent: share },
    };
  }

  #begin(tally: Tally, at: number, slice: number): void {
    this.#options.state.alone(() => {
      if (tally.get(at) === slice) return;
      tally.set(at + 1, 0);
      tally.set(at + 2, 0);
      tally.set(at, slice);
    });
  }

  #sumOf(model: string): { readonly calls: number; readonly bad: number } {
    const tally = this.#options.state.tallies.find(this.#nameOf(model));
    const first = this.#slice() - slices;
    let [calls, bad] = [0, 0];
    for (let place = 0; place <= slices && tally !== undefined; place += 1) {
      const at = place * sliceNumbers;
      if (tally.get(at) < first) continue;
      calls += tally.get(at + 1);
      bad += tally.get(at + 2);
    }
    return { calls, bad };
  }

  #slice(): number {
    return Math.floor(this.#options.wallMs() / this.#sliceMs);
  }

  #nameOf(model: string): string {
    // Windows of other lengths are counted anew.
    return `alert ${AlertEvent[this.#watch.event]} ${this.#sliceMs}\n${model}`;
  }
}
