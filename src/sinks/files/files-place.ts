import { createHash } from "node:crypto";
import type { FileFormat } from "../../config/sink-settings.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Place, SendFailure } from "../sink.ts";
import { rowsByDay } from "./by-day.ts";
import { encodeInThread } from "./encode-thread.ts";

/** Where whole files are put. */
export interface FileStore {
  /**
   * Puts a file, in place of one of the same name. `name` is a path below the store, with slashes.
   * Says why it could not be put; a store that may take it later says that too.
   */
  readonly put: (
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ) => Promise<SendFailure | undefined>;
}

/** Writes each batch as a file, or as one for each day of its calls. */
export function filesPlace(format: FileFormat, store: FileStore): Place {
  return {
    async send(rows, signal) {
      for (const [day, some] of rowsByDay(rows)) {
        const name = `${day}/${stemOf(some)}.${format}`;
        try {
          const bytes = await encodeInThread(some, format);
          const failure = await store.put(name, bytes, signal);
          if (failure !== undefined) return failure;
        } catch (error) {
          return { why: error instanceof Error ? error.message : String(error), again: true };
        }
      }
      return undefined;
    },
  };
}

/**
 * Sorts by the time of the last call, and is the same for the same calls, so that a file that is
 * put again after a reply that was lost is put in place of itself.
 */
function stemOf(rows: readonly LedgerRow[]): string {
  const lastMs = rows.reduce((last, { endedMs }) => Math.max(last, endedMs), 0);
  const time = new Date(lastMs).toISOString().slice(11, 19).replaceAll(":", "");
  const ids = createHash("sha256");
  for (const { callId } of rows) ids.update(`${callId}\n`);
  return `${time}-${ids.digest("hex").slice(0, 16)}`;
}
