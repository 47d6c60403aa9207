import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { FileFormat } from "../../config/sink-settings.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";

/** As many rows are handed over in one turn; calls go on between them. */
const rowsInTurn = 100;

/**
 * Makes a file of rows in a thread of its own: a large one takes a second, in which no call would
 * go on. Rejects where the thread cannot be had or fails.
 */
export async function encodeInThread(
  rows: readonly LedgerRow[],
  format: FileFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(workerUrl, { workerData: format, env: {}, execArgv: [] });
  try {
    const file = answerOf(worker);
    file.catch(() => undefined);
    for (let at = 0; at < rows.length; at += rowsInTurn) {
      worker.postMessage(rows.slice(at, at + rowsInTurn));
      await setImmediate();
    }
    worker.postMessage([]);
    return await file;
  } finally {
    await worker.terminate();
  }
}

function answerOf(worker: Worker): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread ended with ${code} and no file`)));
  });
}

/** The same file as it was written or as it was compiled, whichever this one is. */
const workerUrl = new URL(
  `./encode-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);
