import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerStart } from "./messages.ts";

/** The answers of a worker, by their kind. */
type Answer<K extends FromWorker["kind"]> = Extract<FromWorker, { readonly kind: K }>;

/** A worker's thread, as its supervisor sees it. */
export interface Thread {
  send(message: ToWorker): void;
  /** The next message of a kind; undefined where the thread ends first. */
  next<K extends FromWorker["kind"]>(kind: K): Promise<Answer<K> | undefined>;
  /** Sends a message and waits for the answer. */
  ask<K extends FromWorker["kind"]>(message: ToWorker, kind: K): Promise<Answer<K> | undefined>;
  /** Resolves once the thread has ended, with what ended it; undefined: it was stopped. */
  readonly ended: Promise<Error | undefined>;
  /** Ends the thread now, with `cause` as what ended it. Its connections are cut. */
  stop(cause?: Error): Promise<void>;
}

/**
 * Starts the thread of a worker. `onMessage` takes what it says unasked. A thread whose heap grows
 * beyond `heapMb` MiB ends, and the others do not.
 */
export function startThread(
  start: WorkerStart,
  heapMb: number,
  onMessage: (message: FromWorker) => void,
): Thread {
  const worker = new Worker(programUrl, {
    name: `parlance worker ${start.index}`,
    workerData: start,
    transferList: start.storePort === undefined ? [] : [start.storePort],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  const waiting = new Map<string, ((message: FromWorker | undefined) => void)[]>();
  let error: Error | undefined;
  let over = false;
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once("exit", () => {
      over = true;
      resolve(error);
      for (const waiters of waiting.values()) for (const waiter of waiters) waiter(undefined);
    });
  });
  worker.on("error", (cause) => {
    error ??= cause instanceof Error ? cause : new Error(String(cause));
  });
  worker.on("message", (message: FromWorker) => {
    if (message.kind === "failed") {
      const { message: text, ...known } = message.error;
      error = Object.assign(new Error(text), known);
      void worker.terminate();
      return;
    }
    const waiters = waiting.get(message.kind);
    if (waiters === undefined) {
      onMessage(message);
      return;
    }
    waiting.delete(message.kind);
    for (const waiter of waiters) waiter(message);
  });
  const next: Thread["next"] = (kind) =>
    new Promise((resolve) => {
      if (over) return resolve(undefined);
      const waiter = (message: FromWorker | undefined) => resolve(isKind(message, kind));
      waiting.set(kind, [...(waiting.get(kind) ?? []), waiter]);
    });
  return {
    send: (message) => worker.postMessage(message),
    next,
    ask(message, kind) {
      const answer = next(kind);
      worker.postMessage(message);
      return answer;
    },
    ended,
    async stop(cause) {
      error ??= cause;
      await worker.terminate();
    },
  };
}

function isKind<K extends FromWorker["kind"]>(
  message: FromWorker | undefined,
  kind: K,
): Answer<K> | undefined {
  const is = (one: FromWorker): one is Answer<K> => one.kind === kind;
  return message !== undefined && is(message) ? message : undefined;
}

/** The same file as it was written or as it was compiled, whichever this one is. */
const programUrl = new URL(
  `./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);

/** An answer of a worker; rejects where the worker ends instead. */
export async function answerOf<A>(thread: Thread, answer: Promise<A | undefined>): Promise<A> {
  const first = await answer;
  if (first !== undefined) return first;
  throw (await thread.ended) ?? new Error("a worker has ended before it listened");
}
