import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import type { SealedContent } from "../core/ledger/sealed-content.ts";
import type { StoreArgument, StoreOperation, StoreResult } from "./operations.ts";

/**
 * A gateway's way to its store. Nothing of it waits on the way of a call: rows are handed over, and
 * requests are those of admins.
 */
export interface StoreLink {
  /**
   * Takes the record of a call that has ended. Never throws and never waits; the row is made later,
   * where it is needed.
   */
  readonly record: (row: () => LedgerRow) => void;
  /**
   * Takes the encrypted content of a call. False where it is dropped, because too much is on its
   * way. Absent: content is kept nowhere.
   */
  readonly recordContent?: (content: SealedContent) => boolean;
  /**
   * Takes a call that begins, for where the process dies before its end; gives what says that it
   * has ended. The row is made later, if at all; undefined: no vendor was called yet. Absent: what
   * is kept does not outlive the process.
   */
  readonly begin?: (row: () => LedgerRow | undefined) => () => void;
  /**
   * Whether the records of calls can be kept at present. While not, calls are refused where the
   * config says so.
   */
  readonly keepsRecords: () => boolean;
  /**
   * Has an operation done. Rejects with a GatewayError: STORE_UNAVAILABLE where the database does
   * not answer within `deadlineMs`, by default 10 s.
   */
  readonly request: <Name extends StoreOperation>(
    name: Name,
    argument: StoreArgument<Name>,
    deadlineMs?: number,
  ) => Promise<StoreResult<Name>>;
  /**
   * Hands over the rows that are recorded from now on, by every thread of the gateway that has the
   * same store; gives a function that ends it.
   */
  readonly watch: (listener: (row: LedgerRow) => void) => () => void;
  /**
   * Has a listener hear when keys, teams or the configuration may have changed in the database; not
   * of every change of other gateways.
   */
  readonly onChanged: (listener: () => void) => void;
  /** Resolves once what was recorded until now is in the journal, or in the memory that is kept. */
  readonly flush: () => Promise<void>;
  /** Hands over what it has and lets go of the store. Rows that wait stay in the journal. */
  readonly close: () => Promise<void>;
}
