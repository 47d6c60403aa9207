import type { MessagePort } from "node:worker_threads";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { parseLedgerRow, printLedgerRow } from "../../core/ledger/ledger-json.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import { printSealedContent, type SealedContent } from "../../core/ledger/sealed-content.ts";
import type { Notice } from "../../core/notice.ts";
import type { StoreResult } from "../operations.ts";
import type { StoreLink } from "../store.ts";
import { unavailable } from "../store-errors.ts";
import type { FromStore, NewPort, ToStore } from "./messages.ts";
import { OpenCalls } from "./open-calls.ts";

/** What a batch may hold, and how long its first record waits for others. */
const batchRows = 256;
const batchMs = 50;
/** Records on their way to a journal that is slow; more are dropped. */
const maxOnTheWay = 50_000;
/** Bytes of content on their way; more is dropped. */
const maxContentBytes = 64 * 1024 * 1024;
/** So much content waits for no other record. */
const batchContentBytes = 1024 * 1024;
const defaultDeadlineMs = 10_000;

type Question = Extract<ToStore, { readonly id: number }>;

interface Waiting {
  readonly question: Question;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GatewayError) => void;
}

interface Batch {
  readonly message: Extract<ToStore, { readonly kind: "records" }>;
  /** How many of its bytes are content. */
  readonly contentBytes: number;
}

/**
 * The way to a store in another thread. By `ports` come the ports of that thread: the first, and
 * another one each time that the thread was started again. Records that it had not taken are handed
 * to the next one; what was requested of it fails, and so do requests until the next one is there.
 * `notice` hears of records that were dropped because the journal is slower than calls come.
 */
export function createPortLink(ports: MessagePort, notice: (notice: Notice) => void): StoreLink {
  return new PortLink(ports, notice);
}

class PortLink implements StoreLink {
  readonly #ports: MessagePort;
  readonly #notice: (notice: Notice) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Set<(row: LedgerRow) => void>();
  readonly #listeners: (() => void)[] = [];
  /** The present thread's; undefined: it has ended, or none has come yet. */
  #port: MessagePort | undefined;
  #hadPort = false;
  #lines: (() => string)[] = [];
  /** Whether some of `#lines` are content. */
  #hasContent = false;
  /** How many bytes of `#lines` are content, and how many are on their way in all. */
  #contentBytes = 0;
  #contentOnTheWay = 0;
  /** What was handed over and is not in the journal yet, as far as is known. */
  readonly #untaken: Batch[] = [];
  readonly #open = new OpenCalls((lines) => this.#port?.postMessage({ kind: "open", ...lines }));
  #timer: NodeJS.Timeout | undefined;
  #onTheWay = 0;
  #dropped = 0;
  #keeps = true;
  #lastId = 0;
  #closed = false;

  constructor(ports: MessagePort, notice: (notice: Notice) => void) {
    this.#ports = ports;
    this.#notice = notice;
    ports.on("message", ({ port }: NewPort) => this.#adopt(port));
    ports.once("close", () => this.#end());
    // A process that has nothing else to do may end.
    ports.unref();
  }

  readonly record = (row: () => LedgerRow): void => {
    if (!this.#hasRoom()) {
      this.#drop();
      return;
    }
    // Made now, so that a batch keeps rows and not all that calls have left.
    const made = row();
    this.#add(() => printLedgerRow(made));
  };

  readonly recordContent = (content: SealedContent): boolean => {
    // Base64 and hex digits: of what is not, there is little.
    const bytes = content.sealed.length;
    if (this.#contentOnTheWay + bytes > maxContentBytes || !this.#hasRoom()) return false;
    const line = printSealedContent(content);
    this.#hasContent = true;
    this.#contentBytes += bytes;
    this.#contentOnTheWay += bytes;
    this.#add(() => line);
    if (this.#contentBytes >= batchContentBytes) this.#post();
    return true;
  };

  readonly begin = (row: () => LedgerRow | undefined): (() => void) => this.#open.begin(row);

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
    if (this.#watchers.size === 0) this.#port?.postMessage(watching(true));
    this.#watchers.add(one);
    return () => {
      const last = this.#watchers.delete(one) && this.#watchers.size === 0;
      if (last) this.#port?.postMessage(watching(false));
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
      // Those that have ended are in the records now.
      this.#post();
      this.#open.close();
      await this.flush();
    } finally {
      this.#ports.close();
      this.#end();
    }
  };

  /** False where too much is on its way. */
  #hasRoom(): boolean {
    return !this.#closed && this.#onTheWay + this.#lines.length < maxOnTheWay;
  }

  #add(line: () => string): void {
    this.#lines.push(line);
    if (this.#lines.length >= batchRows) this.#post();
    else this.#timer ??= setTimeout(() => this.#post(), batchMs);
  }

  #post(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const made = this.#lines;
    if (made.length === 0) return;
    const [contentBytes, content] = [this.#contentBytes, this.#hasContent];
    this.#lines = [];
    this.#contentBytes = 0;
    this.#hasContent = false;
    this.#onTheWay += made.length;
    const lines = new TextEncoder().encode(`${made.map((line) => line()).join("\n")}\n`);
    const message = { kind: "records", lines, count: made.length, content } as const;
    this.#untaken.push({ message, contentBytes });
    this.#port?.postMessage(message);
  }

  /** Goes on with a thread of the store that has just begun. */
  #adopt(port: MessagePort): void {
    if (this.#closed) {
      port.close();
      return;
    }
    this.#port = port;
    this.#hadPort = true;
    port.on("message", (message: FromStore) => {
      if (this.#port === port) this.#hear(message);
    });
    port.once("close", () => this.#lose(port));
    port.unref();
    for (const { message } of this.#untaken) port.postMessage(message);
    this.#open.sendAll();
    if (this.#watchers.size > 0) port.postMessage(watching(true));
    for (const { question } of this.#waiting.values()) port.postMessage(question);
    this.#hold();
  }

  /** The thread has ended. What it was to write is written by the next one. */
  #lose(port: MessagePort): void {
    if (this.#port !== port) return;
    this.#port = undefined;
    for (const [id, { question }] of [...this.#waiting])
      if (question.kind === "request") this.#settle(id)?.reject(unavailable(startsAgain));
  }

  #ask(makeMessage: (id: number) => Question, deadlineMs: number): Promise<unknown> {
    if (this.#closed) return Promise.reject(unavailable("the store is closed"));
    this.#lastId += 1;
    const id = this.#lastId;
    const message = makeMessage(id);
    if (message.kind === "request" && this.#port === undefined && this.#hadPort)
      return Promise.reject(unavailable(startsAgain));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => this.#settle(id)?.reject(unavailable("the store did not answer in time")),
      deadlineMs,
    );
    this.#waiting.set(id, { question: message, resolve, reject });
    this.#hold();
    this.#port?.postMessage(message);
    return promise.finally(() => clearTimeout(timer));
  }

  /** A process does not end while somebody waits for an answer. */
  #hold(): void {
    for (const port of [this.#ports, this.#port])
      if (this.#waiting.size > 0) port?.ref();
      else port?.unref();
  }

  #hear(message: FromStore): void {
    switch (message.kind) {
      case "taken":
        this.#onTheWay -= message.count;
        this.#contentOnTheWay -= this.#untaken.shift()?.contentBytes ?? 0;
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
    if (this.#waiting.size === 0) this.#hold();
    return waiting;
  }

  #drop(): void {
    this.#dropped += 1;
    if (Number.isInteger(Math.log10(this.#dropped)))
      this.#notice({
        event: "records_dropped",
        level: "error",
        message: "records of calls are dropped: the store takes none, or is slower than they come",
        details: { dropped: this.#dropped },
      });
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keeps = false;
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#port = undefined;
    for (const id of [...this.#waiting.keys()])
      this.#settle(id)?.reject(unavailable("the store is closed"));
  }
}

const startsAgain = "the thread of the store has ended and is started again: try again";

function watching(wanted: boolean): ToStore {
  return { kind: "watch", wanted };
}
