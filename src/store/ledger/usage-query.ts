import type { RawBuilder } from "kysely";
import type { SumColumns } from "../engine/tables.ts";
import type { CallFilter, CallScope } from "./call-filter.ts";
import type { Grain, RolledDimension } from "./sums-of-calls.ts";

/** What calls can be summed by beside what there are sums of: these are read from the calls. */
export const callDimensions = [
  "session",
  "status",
  "reason",
  "arm",
  "cache",
  "client_dialect",
  "config_hash",
  "answered_model",
  "rule",
] as const;

/** Something that calls can be summed by. */
export type UsageDimension = RolledDimension | (typeof callDimensions)[number];

/** Sums that are wanted. */
export interface UsageQuery {
  readonly dimension: UsageDimension;
  /** The length of the buckets, in UTC; `all`: one for the whole time. */
  readonly bucket: Grain | "all";
  /** From this time on, in milliseconds since 1970; rounded down to a whole hour. */
  readonly fromMs: number;
  /** Before this time, rounded up to a whole hour. */
  readonly toMs: number;
  /** Whether the times are not rounded, for which the calls themselves are read. Default: false. */
  readonly exact?: boolean;
  /**
   * Only calls that are charged to one of these. Absent: all. At most one of the four counts fast.
   */
  readonly organizations?: readonly string[];
  readonly teams?: readonly string[];
  readonly users?: readonly string[];
  readonly keys?: readonly string[];
  /** Only these values of the dimension. Absent: all. */
  readonly values?: readonly string[];
  /** How many values each bucket may have, those with the highest cost first. From 1 to 10000. */
  readonly top: number;
  /** Only calls that are charged to one of these. Absent: all. */
  readonly within?: CallScope;
  /** Only these calls; its times and tenants are not looked at. Absent: all. */
  readonly filter?: CallFilter;
  /** What each sum is split by again. Absent: nothing. */
  readonly thenBy?: UsageDimension;
}

/** The sums of a value in a bucket. */
export interface UsageSums {
  /** When the bucket begins, in milliseconds since 1970. */
  readonly bucketMs: number;
  readonly value: string;
  /** Its value of `thenBy`; "": nothing is split. */
  readonly thenValue: string;
  readonly sums: SumColumns;
}

/** Where sums are taken from. */
export interface SumSource {
  readonly from: RawBuilder<unknown>;
  readonly bucket: RawBuilder<unknown>;
  readonly value: RawBuilder<unknown>;
  readonly thenValue: RawBuilder<unknown>;
  readonly sums: (name: keyof SumColumns) => RawBuilder<unknown>;
  readonly conditions: readonly RawBuilder<unknown>[];
}
