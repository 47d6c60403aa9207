import type { LedgerRow } from "../core/ledger/ledger-row.ts";

/** Takes the records of calls to a place outside. */
export interface Sink {
  /**
   * Takes the record of a call that has ended. Never throws and never waits; the row is made later,
   * where it is needed.
   */
  readonly record: (row: () => LedgerRow) => void;
  /** Sends what waits, as far as that goes within a time in milliseconds, and takes no more. */
  readonly close: (graceMs: number) => Promise<void>;
}
