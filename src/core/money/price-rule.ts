import type { Prices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { NamePattern } from "../names/name-pattern.ts";

/** A percentage without rounding: `units` of a `scale` of them. 10 percent are 10 of 100. */
export interface ExactPercent {
  readonly units: bigint;
  readonly scale: bigint;
}

/** What the config says of the prices of some targets. */
export interface PriceRule {
  /** `provider/model`, or a pattern. */
  readonly target: string;
  /** Undefined: `target` is a name. */
  readonly pattern: NamePattern | undefined;
  /** Absent: as known. */
  readonly prices?: Prices;
  /** Undefined: none. */
  readonly discount: ExactPercent | undefined;
  readonly uplift: ExactPercent | undefined;
  readonly margin: ExactPercent | undefined;
  /** In milliseconds since 1970; infinite where it is not bounded. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whether the cost that the vendor reports counts. */
  readonly reported: boolean;
}

/** A decimal text such as "2.5" as an exact percentage. Undefined for "". */
export function exactPercent(text: string): ExactPercent | undefined {
  const found = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (found === null) return undefined;
  const fraction = found[2] ?? "";
  return {
    units: BigInt((found[1] ?? "") + fraction),
    scale: 100n * 10n ** BigInt(fraction.length),
  };
}
