import { Worker } from "node:worker_threads";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { StoreOperation } from "../operations.ts";
import { unavailable } from "../store-errors.ts";
import type { FromReader, ToReader } from "./reader-messages.ts";

/**
 * What may read a large part of a database: in a file of SQLite it is done apart, so that neither
 * records nor lookups of keys wait for it. None of it changes anything.
 */
export const longOperations: ReadonlySet<StoreOperation> = new Set([
  "audit.page",
  "calls.page",
  "calls.revisions",
  "config.versions",
  "store.status",
  "usage.aggregate",
  "usage.cells",
  "usage.sent",
]);

/** Runs long operations on a file of SQLite. */
export interface LongReads {
  /** Rejects as the operation does, and with STORE_UNAVAILABLE where its thread ends. */
  run(name: StoreOperation, argument: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** A thread that nobody wants for so long is ended. */
const idleMs = 30_000;

/** Runs them in a thread with a connection that only reads. It is started when one is wanted. */
export function createLongReads(path: string): LongReads {
  return new ReaderThread(path);
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

class ReaderThread implements LongReads {
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(path: string) {
    this.#path = path;
  }

  run(name: StoreOperation, argument: unknown): Promise<unknown> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    const message: ToReader = { id, name, argument };
    this.#worker.postMessage(message);
    return promise;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(programUrl, { name: "parlance reader", workerData: this.#path });
    worker.on("message", (message: FromReader) => this.#hear(message));
    let failure: unknown;
    worker.on("error", (error) => {
      failure = error;
    });
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      const error = unavailable("the store's reader has ended: try again", failure);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    return worker;
  }

  #hear(message: FromReader): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "value") waiting?.resolve(message.value);
    else if (message.kind === "fault") waiting?.reject(new GatewayError(message.fault));
    else waiting?.reject(Object.assign(message.error, { errcode: message.errcode }));
    if (this.#waiting.size > 0) return;
    this.#idle = setTimeout(() => void this.close(), idleMs);
    this.#idle.unref();
  }
}

/** The same file as it was written or as it was compiled, whichever this one is. */
const programUrl = new URL(
  `./reader-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);
