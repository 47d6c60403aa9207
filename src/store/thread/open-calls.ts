import { printLedgerRow } from "../../core/ledger/ledger-json.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";

/** The row that a call becomes if the process dies now; undefined: no vendor was called yet. */
export type RowOfOpenCall = () => LedgerRow | undefined;

/** What the store is sent of open calls. */
export interface OpenCallLines {
  /** Rows as lines, each with its end. */
  readonly lines: string;
  /** Whether they are all that there are, in the place of those before. */
  readonly all: boolean;
}

/** A call is written down when it is as old as this, in milliseconds, if it has not ended. */
const batchMs = 50;

/** How often those that have ended are taken away, in milliseconds. */
const sweepMs = 5_000;

/** As many rows are made anew each time, for what has come of the answers since. */
const renewed = 64;

interface OpenCall {
  readonly row: RowOfOpenCall;
}

/**
 * The calls of a gateway that have begun and not ended. One that ends within a batch costs next to
 * nothing: the others are written down, in the turn of a timer and never in that of a call.
 */
export class OpenCalls {
  readonly #send: (lines: OpenCallLines) => void;
  readonly #fresh = new Set<OpenCall>();
  /** Those that were written down, the one that was first. */
  readonly #noted = new Map<OpenCall, string>();
  #batch: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(send: (lines: OpenCallLines) => void) {
    this.#send = send;
  }

  /** Takes a call that begins; gives what says that it has ended. */
  begin(row: RowOfOpenCall): () => void {
    const call = { row };
    this.#fresh.add(call);
    this.#batch ??= setTimeout(() => this.#note(), batchMs).unref();
    return () => {
      if (!this.#fresh.delete(call)) this.#noted.delete(call);
    };
  }

  /** Sends all that are known, to a store that knows of none. */
  sendAll(): void {
    if (this.#noted.size > 0) this.#send({ lines: this.#all(), all: true });
  }

  /** Forgets all calls: whoever made them is gone. */
  close(): void {
    clearTimeout(this.#batch);
    clearInterval(this.#sweep);
    if (this.#sweep !== undefined) this.#send({ lines: "", all: true });
    this.#fresh.clear();
    this.#noted.clear();
  }

  #note(): void {
    this.#batch = undefined;
    let lines = "";
    for (const call of this.#fresh) {
      const line = lineOf(call);
      if (line === undefined) continue;
      this.#fresh.delete(call);
      this.#noted.set(call, line);
      lines += line;
    }
    if (this.#fresh.size > 0) this.#batch = setTimeout(() => this.#note(), batchMs).unref();
    if (lines === "") return;
    this.#send({ lines, all: false });
    this.#sweep ??= setInterval(() => this.#sweepEnded(), sweepMs).unref();
  }

  #sweepEnded(): void {
    for (const call of [...this.#noted.keys()].slice(0, renewed)) {
      const line = lineOf(call);
      if (line === undefined) continue;
      this.#noted.delete(call);
      this.#noted.set(call, line);
    }
    this.#send({ lines: this.#all(), all: true });
    if (this.#noted.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #all(): string {
    return [...this.#noted.values()].join("");
  }
}

function lineOf({ row }: OpenCall): string | undefined {
  const made = row();
  return made === undefined ? undefined : `${printLedgerRow(made)}\n`;
}
