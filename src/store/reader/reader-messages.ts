import type { Fault } from "../../core/faults/fault.ts";
import type { StoreOperation } from "../operations.ts";

/** An operation that the thread of long reads is to do. */
export interface ToReader {
  readonly id: number;
  readonly name: StoreOperation;
  readonly argument: unknown;
}

/** What became of it. Errors lose their members between threads: SQLite's code is beside them. */
export type FromReader =
  | { readonly kind: "value"; readonly id: number; readonly value: unknown }
  | { readonly kind: "fault"; readonly id: number; readonly fault: Fault }
  | {
      readonly kind: "error";
      readonly id: number;
      readonly error: Error;
      readonly errcode: number | undefined;
    };
