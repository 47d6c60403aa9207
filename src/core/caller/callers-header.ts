import type { OperationName } from "../operation.ts";

/** A header of a caller's own that a vendor of its dialect is to get. */
export interface CallersHeader {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
  /** What the encoder says in this header; "" for nothing. */
  readonly own: string;
  readonly operation: OperationName;
}
