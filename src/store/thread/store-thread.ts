import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Notice } from "../../core/notice.ts";
import type { FromStoreThread, StoreThreadStart, ToStoreThread } from "./messages.ts";

/** The thread that has the store of this process. */
export interface StoreThread {
  /** Makes a way to the store for one gateway thread, which may be posted to it. */
  readonly attach: () => MessagePort;
  /** Writes what waits within a time, as far as that goes, and ends the thread. */
  readonly close: (graceMs: number) => Promise<void>;
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

/** Starts the thread of a store. Rejects with StoreStartError where the store cannot be used. */
export async function startStoreThread(
  start: StoreThreadStart,
  notice: (notice: Notice) => void,
): Promise<StoreThread> {
  const worker = new Worker(programUrl, { name: "parlance store", workerData: start });
  const closed = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  let closing = false;
  worker.on("message", (message: FromStoreThread) => {
    switch (message.kind) {
      case "ready":
        return ready.resolve();
      case "failed":
        return ready.reject(new StoreStartError(message.message));
      case "notice":
        return notice(message.notice);
      case "closed":
        return closed.resolve();
    }
  });
  worker.on("error", (error) => {
    ready.reject(error);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    notice({ event: "store_thread_failed", message: text });
  });
  worker.once("exit", () => {
    ready.reject(new StoreStartError("its thread has ended"));
    closed.resolve();
    if (!closing)
      notice({ event: "store_thread_ended", message: "records are kept no more: restart" });
  });
  const send = (message: ToStoreThread, transfer: MessagePort[] = []): void =>
    worker.postMessage(message, transfer);
  try {
    await ready.promise;
  } catch (error) {
    closing = true;
    await worker.terminate();
    throw error;
  }
  // A process that has nothing else to do may end.
  worker.unref();
  return {
    attach() {
      const { port1, port2 } = new MessageChannel();
      send({ kind: "attach", port: port1 }, [port1]);
      return port2;
    },
    async close(graceMs) {
      if (closing) return;
      closing = true;
      worker.ref();
      send({ kind: "close", graceMs });
      const timer = setTimeout(closed.resolve, graceMs + lateMs);
      await closed.promise;
      clearTimeout(timer);
      const ended = once(worker, "exit");
      await worker.terminate();
      await ended.catch(() => undefined);
    },
  };
}

/** The same file as it was written or as it was compiled, whichever this one is. */
const programUrl = new URL(
  `./store-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);
