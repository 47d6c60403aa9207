import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Notice } from "../../core/notice.ts";
import { storeIdentity } from "../snapshot/store-identity.ts";
import type { FromStoreThread, NewPort, StoreThreadStart, ToStoreThread } from "./messages.ts";

/** The thread that has the store of this process. One that ends is followed by another one. */
export interface StoreThread {
  /**
   * Makes a way to the store for one gateway thread, which may be posted to it: a port by which
   * come the ports of the threads of the store.
   */
  readonly attach: () => MessagePort;
  /**
   * Has further connections opened by another URL, where it is one of the same PostgreSQL database:
   * its credentials have changed.
   */
  readonly setUrl: (url: string) => void;
  /** Writes what waits within a time, as far as that goes, and ends the thread. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What the thread of a store is run with beside its start. */
export interface StoreThreadOptions {
  readonly notice: (notice: Notice) => void;
  /** Makes the thread; default: of the program beside this file. */
  readonly createWorker?: (start: StoreThreadStart) => Worker;
}

/** Why a store cannot be used from the start. */
export class StoreStartError extends Error {
  constructor(message: string) {
    super(`store: ${message}`);
    this.name = "StoreStartError";
  }
}

/** How long the thread may take to end after its grace. */
const lateMs = 2_000;
/** The time before the thread is started again: the first, and the longest. */
const firstRestartMs = 50;
const maxRestartMs = 5_000;
/** After so long the next end is like the first. */
const healthyMs = 30_000;

/** Starts the thread of a store. Rejects with StoreStartError where the store cannot be used. */
export async function startStoreThread(
  start: StoreThreadStart,
  { notice, createWorker = workerOf }: StoreThreadOptions,
): Promise<StoreThread> {
  const keeper = new ThreadKeeper(start, { notice, createWorker });
  await keeper.start();
  return keeper;
}

/** Keeps a thread running, and hands its ports to gateways. */
class ThreadKeeper implements StoreThread {
  #start: StoreThreadStart;
  /** The same for all threads, which follow each other. */
  readonly #processId = randomUUID();
  readonly #options: Required<StoreThreadOptions>;
  /** By each a gateway gets its ports. */
  readonly #gateways = new Set<MessagePort>();
  #worker: Worker | undefined;
  #running = false;
  #restartMs = firstRestartMs;
  #timer: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(start: StoreThreadStart, options: Required<StoreThreadOptions>) {
    this.#start = start;
    this.#options = options;
  }

  async start(): Promise<void> {
    const isRestart = this.#worker !== undefined;
    const worker = this.#options.createWorker({
      ...this.#start,
      isRestart,
      processId: this.#processId,
    });
    this.#worker = worker;
    const ready = Promise.withResolvers<void>();
    worker.on("message", (message: FromStoreThread) => {
      if (message.kind === "ready") ready.resolve();
      else if (message.kind === "failed") ready.reject(new StoreStartError(message.message));
      else if (message.kind === "notice") this.#options.notice(message.notice);
    });
    worker.on("error", (error) => {
      ready.reject(error);
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.notice({ event: "store_thread_failed", level: "error", message: text });
    });
    worker.once("exit", () => ready.reject(new StoreStartError("its thread has ended")));
    try {
      await ready.promise;
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    // A process that has nothing else to do may end.
    worker.unref();
    this.#running = true;
    const upMs = performance.now();
    worker.once("exit", () => {
      this.#running = false;
      if (performance.now() - upMs > healthyMs) this.#restartMs = firstRestartMs;
      this.#ended("has ended");
    });
    for (const gateway of this.#gateways) this.#handPort(gateway);
  }

  attach(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#gateways.add(port1);
    port1.once("close", () => this.#gateways.delete(port1));
    port1.unref();
    // Else it gets one once the thread was started again.
    if (this.#running) this.#handPort(port1);
    return port2;
  }

  setUrl(url: string): void {
    const { address } = this.#start;
    if (address.kind !== "postgres" || address.url === url) return;
    if (storeIdentity(address.url) !== storeIdentity(url)) return;
    this.#start = { ...this.#start, address: { kind: "postgres", url } };
    this.#worker?.postMessage({ kind: "url", url } satisfies ToStoreThread);
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker !== undefined) {
      worker.ref();
      const ended = once(worker, "exit").catch(() => undefined);
      const closed = Promise.withResolvers<void>();
      worker.on("message", ({ kind }: FromStoreThread) => kind === "closed" && closed.resolve());
      worker.postMessage({ kind: "close", graceMs } satisfies ToStoreThread);
      const timer = setTimeout(closed.resolve, graceMs + lateMs);
      await Promise.race([closed.promise, this.#running ? ended : undefined]);
      clearTimeout(timer);
      await worker.terminate();
    }
    for (const gateway of this.#gateways) gateway.close();
  }

  #handPort(gateway: MessagePort): void {
    const { port1, port2 } = new MessageChannel();
    const message: ToStoreThread = { kind: "attach", port: port1 };
    this.#worker?.postMessage(message, [port1]);
    gateway.postMessage({ port: port2 } satisfies NewPort, [port2]);
  }

  /** Starts the thread again after a while; gateways go on, and keep what they would write. */
  #ended(why: string): void {
    if (this.#closing) return;
    const waitMs = this.#restartMs;
    this.#restartMs = Math.min(2 * waitMs, maxRestartMs);
    this.#options.notice({
      event: "store_thread_ended",
      level: "error",
      message: `the thread of the store ${why}; records wait, and it is started again in ${waitMs} ms`,
    });
    this.#timer = setTimeout(() => {
      this.start().then(
        () => this.#restarted(),
        (error: unknown) => this.#ended(`cannot start: ${String(error)}`),
      );
    }, waitMs);
    this.#timer.unref();
  }

  #restarted(): void {
    const message = "the thread of the store was started again";
    this.#options.notice({ event: "store_thread_restarted", level: "info", message });
  }
}

function workerOf(start: StoreThreadStart): Worker {
  return new Worker(programUrl, { name: "parlance store", workerData: start });
}

/** The same file as it was written or as it was compiled, whichever this one is. */
const programUrl = new URL(
  `./store-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);
