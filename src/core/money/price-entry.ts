import type { Prices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { Ratio } from "./adjust-prices.ts";

/** What a target costs at a time. */
export interface PriceEntry {
  /** Undefined: they are not known. */
  readonly prices: Prices | undefined;
  /** A hash of the prices and what else decides. */
  readonly version: string;
  /** Where they come from. "": nothing is known. */
  readonly source: string;
  /** What the vendor's own report is multiplied by, where it counts. Absent: it does not. */
  readonly reported?: Ratio;
}
