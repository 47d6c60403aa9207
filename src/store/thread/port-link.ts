import type { MessagePort } from "node:worker_threads";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { parseLedgerRow, printLedgerRow } from "../../core/ledger/ledger-json.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Notice } from "../../core/notice.ts";
import type { StoreResult } from "../operations.ts";
import type { StoreLink } from "../store.ts";
import type { FromStore, ToStore } from "./messages.ts";
import { unavailable } from "./store-errors.ts";

/** What a batch may hold, and how long its first record waits for others. */
const batchRows = 256;
const batchMs = 50;
/** Records on their way to a journal that is slow; more are dropped. */
const maxOnTheWay = 50_000;
const defaultDeadlineMs = 10_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GatewayError) => void;
}

/**
 * The way to a store in another thread. `notice` hears of records that were dropped because the
 * journal is slower than calls come.
 */
export function createPortLink(port: MessagePort, notice: (notice: Notice) => void): StoreLink {
  return new PortLink(port, notice);
}

class PortLink implements StoreLink {
  readonly #port: MessagePort;
  readonly #notice: (notice: Notice) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Set<(row: LedgerRow) => void>();
  readonly #listeners: (() => void)[] = [];
  #rows: (() => LedgerRow)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #onTheWay = 0;
  #dropped = 0;
  #keeps = true;
  #lastId = 0;
  #closed = false;

  constructor(port: MessagePort, notice: (notice: Notice) => void) {
    this.#port = port;
    this.#notice = notice;
    port.on("message", (message: FromStore) => this.#hear(message));
    port.once("close", () => this.#end());
    // A process that has nothing else to do may end.
    port.unref();
  }

  readonly record = (row: () => LedgerRow): void => {
    if (this.#closed || this.#onTheWay + this.#rows.length >= maxOnTheWay) {
      this.#drop();
      return;
    }
    this.#rows.push(row);
    if (this.#rows.length >= batchRows) this.#post();
    else this.#timer ??= setTimeout(() => this.#post(), batchMs);
  };

  readonly keepsRecords = (): boolean => this.#keeps;

  readonly request: StoreLink["request"] = async (
    name,
    argument,
    deadlineMs = defaultDeadlineMs,
  ) => {
    // Who asks for calls finds those that ended before.
    this.#post();
    const value = await this.#ask((id) => ({ kind: "request", id, name, argument }), deadlineMs);
    return value as StoreResult<typeof name>; // the thread runs the operation of this name
  };

  readonly watch: StoreLink["watch"] = (listener) => {
    const one = (row: LedgerRow) => listener(row);
    if (this.#watchers.size === 0 && !this.#closed) this.#send({ kind: "watch", wanted: true });
    this.#watchers.add(one);
    return () => {
      const last = this.#watchers.delete(one) && this.#watchers.size === 0;
      if (last && !this.#closed) this.#send({ kind: "watch", wanted: false });
    };
  };

  readonly onChanged = (listener: () => void): void => void this.#listeners.push(listener);

  readonly flush = async (): Promise<void> => {
    this.#post();
    await this.#ask((id) => ({ kind: "flush", id }), defaultDeadlineMs);
  };

  readonly close = async (): Promise<void> => {
    if (this.#closed) return;
    try {
      await this.flush();
    } finally {
      this.#port.close();
      this.#end();
    }
  };

  #post(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    this.#onTheWay += rows.length;
    const lines = new TextEncoder().encode(
      `${rows.map((row) => printLedgerRow(row())).join("\n")}\n`,
    );
    this.#send({ kind: "records", lines, count: rows.length }, [lines.buffer]);
  }

  #send(message: ToStore, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  #ask(message: (id: number) => ToStore, deadlineMs: number): Promise<unknown> {
    if (this.#closed) return Promise.reject(unavailable("the store is closed"));
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => this.#settle(id)?.reject(unavailable("the store did not answer in time")),
      deadlineMs,
    );
    this.#waiting.set(id, { resolve, reject });
    this.#port.ref();
    this.#send(message(id));
    return promise.finally(() => clearTimeout(timer));
  }

  #hear(message: FromStore): void {
    switch (message.kind) {
      case "taken":
        this.#onTheWay -= message.count;
        break;
      case "keeps":
        this.#keeps = message.keeps;
        break;
      case "changed":
        for (const listener of this.#listeners) listener();
        break;
      case "flushed":
        this.#settle(message.id)?.resolve(undefined);
        break;
      case "answer":
        this.#settle(message.id)?.resolve(message.value);
        break;
      case "seen":
        for (const row of message.lines.map(parseLedgerRow))
          for (const watcher of this.#watchers) watcher(row);
        break;
      case "refusal":
        this.#settle(message.id)?.reject(new GatewayError(message.fault));
    }
  }

  /** Whoever waits for an answer; undefined: nobody does any more. */
  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#port.unref();
    return waiting;
  }

  #drop(): void {
    this.#dropped += 1;
    if (Number.isInteger(Math.log10(this.#dropped)))
      this.#notice({
        event: "records_dropped",
        message: "records of calls are dropped: the store takes none, or is slower than they come",
        details: { dropped: this.#dropped },
      });
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keeps = false;
    clearTimeout(this.#timer);
    for (const id of [...this.#waiting.keys()])
      this.#settle(id)?.reject(unavailable("the store is closed"));
  }
}
