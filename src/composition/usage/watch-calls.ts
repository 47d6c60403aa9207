import type { CallEntry } from "../../../gen/parlance/admin/v1/usage_pb.js";
import { entryOf } from "../../core/ledger/call-entry.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { CallFilter } from "../../store/ledger/call-filter.ts";
import type { StoreLink } from "../../store/store.ts";
import { isSeen } from "./call-scope.ts";

/** Calls that wait for whoever watches; more are left out and counted. */
const maxWaiting = 1_000;

/** What whoever watches gets: first nothing, then a call each time. */
export interface WatchedCall {
  readonly call?: CallEntry;
  /** Calls that were left out before it. */
  readonly dropped?: bigint;
}

/** Gives calls as they end, until the signal aborts. The first says that it has begun. */
export async function* watchCalls(
  store: StoreLink,
  filter: CallFilter,
  signal: AbortSignal,
): AsyncGenerator<WatchedCall> {
  const waiting: LedgerRow[] = [];
  let dropped = 0n;
  let wake: (() => void) | undefined;
  const stop = store.watch((row) => {
    if (!isSeen(row, filter)) return;
    if (waiting.length < maxWaiting) waiting.push(row);
    else dropped += 1n;
    wake?.();
  });
  const onAbort = () => wake?.();
  signal.addEventListener("abort", onAbort);
  try {
    yield {};
    while (!signal.aborted) {
      const row = waiting.shift();
      if (row === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      else {
        const left = dropped;
        dropped = 0n;
        yield { call: entryOf(row), dropped: left };
      }
    }
  } finally {
    stop();
    signal.removeEventListener("abort", onAbort);
  }
}
