import { parentPort, workerData } from "node:worker_threads";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import { createRowEncoder } from "./encode-rows.ts";

// The program of a thread that makes one file; see encode-thread.ts, which starts it. It gets rows
// in parts, of which the last is empty, and ends with the file.
const encoder = createRowEncoder(workerData);
parentPort?.on("message", async (rows: readonly LedgerRow[]) => {
  if (rows.length > 0) {
    encoder.add(rows);
    return;
  }
  const bytes = await encoder.end();
  parentPort?.postMessage(bytes, [bytes.buffer]);
  parentPort?.close();
});
