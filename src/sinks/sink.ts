import type { CallContent } from "../core/ledger/call-content.ts";
import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import type { Metrics } from "../core/metrics/metrics.ts";
import type { Notice } from "../core/notice.ts";

/** A row, and what was said in its call, where a sink is to have that. */
export interface SinkRow extends LedgerRow {
  readonly content?: CallContent;
  /**
   * The `traceparent` of its caller. Absent: it had none, the sink has nothing to do with traces,
   * or the row has waited on disk.
   */
  readonly traceparent?: string | undefined;
}

/** Takes the records of calls to a place outside. */
export interface Sink<Row = SinkRow> {
  /**
   * Takes the record of a call that has ended. Never throws and never waits; the row is made later,
   * where it is needed.
   */
  readonly record: (row: () => Row) => void;
  /** Sends what waits, as far as that goes within a time in milliseconds, and takes no more. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Where records of calls are sent to. */
export interface Place<Row = SinkRow> {
  /**
   * Resolves once it has them, or says why it has not, soon after the signal aborts at the latest:
   * with a `TimeoutError` where it takes too long. At most one call is under way.
   */
  readonly send: (rows: readonly Row[], signal: AbortSignal) => Promise<SendFailure | undefined>;
  /** Ends its connections; nothing is sent any more. Absent: it has none. */
  readonly close?: () => Promise<void>;
}

/** Why a place did not take records. */
export interface SendFailure {
  /** Such as `HTTP status 503`. Holds no secret. */
  readonly why: string;
  /** Whether the same records may be taken later; else they are refused for good. */
  readonly again: boolean;
  /** How many of the records were refused. Absent: all. */
  readonly count?: number;
}

/** What a sink needs of the world. */
export interface SinkWorld {
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly wallMs: () => number;
  readonly notice: (notice: Notice) => void;
  readonly metrics: Metrics;
}
