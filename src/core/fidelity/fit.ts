import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { JsonEdits } from "../../json/edit.ts";

/**
 * How a body of a dialect reaches a vendor that speaks it: as it is; as bytes with edits; encoded
 * anew from the contract, where edits cannot do it; or translated, its answer too, where something
 * is emulated that has to be undone in the answer.
 */
export type Fit = "as_is" | FittedBytes | "encoded" | "translated";

/** A body whose differences from what the vendor takes are edited in place. */
export interface FittedBytes {
  readonly body: Uint8Array;
  /** Edits still to be made, in one pass with those that every body gets. Absent: none. */
  readonly edits?: JsonEdits;
  /** What the edits lost or changed; the same as an encoder reports. */
  readonly report: readonly FieldReport[];
}
