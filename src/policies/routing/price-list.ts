import type { Prices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { PriceEntry } from "../../core/money/price-entry.ts";
import type { Target } from "../../core/target/target.ts";

/** Finds the prices of the model at a target; undefined: they are not known. */
export type FindPrices = (target: Target) => Prices | undefined | Promise<Prices | undefined>;

/** The prices of targets, without waiting. */
export interface PriceList {
  /** Undefined: they are not known, or not yet. */
  of(target: Target): Prices | undefined;
  /** With their version and source. A plain value where they are cached, else a promise. */
  entry(target: Target): PriceEntry | Promise<PriceEntry>;
}
