import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { End } from "../life.ts";
import { type Cost, costOfUsage, estimated, nothing } from "./cost.ts";
import type { PriceEntry } from "./price-entry.ts";

/** What a try is billed by. */
export interface Billing {
  readonly entry: PriceEntry;
  /** Estimates the tokens of the prompt, for where the vendor does not say what it took. */
  readonly inputTokens: () => number;
}

/** How a try went, as far as its cost depends on it. */
export interface BilledTry {
  readonly end: End;
  /** Whether a vendor was called. */
  readonly sent: boolean;
  /** The vendor's HTTP status; 0: there was none. */
  readonly status: number;
  /** Tokens of an answer that came in part, estimated; 0: none came. */
  readonly receivedTokens: number;
  /**
   * How many prompts like its own were sent in parts that were cut off, and whose vendor did not
   * say what they took; with fractions.
   */
  readonly cutPrompts: number;
}

/** What a try took. */
export interface Bill {
  readonly cost: Cost;
  /** What the cost was computed of, where it is an estimate. Absent: the vendor's own usage. */
  readonly estimate?: Usage;
}

/**
 * What a try cost: the vendor's usage at the prices of its target. Where a try was cut off before
 * the vendor said what it took, the prompt and what had come of the answer are estimated. What the
 * vendor refused, and what never got to it, costs nothing.
 */
export function billOfTry(billing: Billing, tried: BilledTry): Bill {
  const { end } = tried;
  const estimate = end.kind === "whole" ? undefined : estimateOf(billing, tried);
  if (estimate !== undefined)
    return { cost: estimated(costOfUsage(estimate, billing.entry)), estimate };
  if (end.kind !== "whole" && end.usage === undefined) return { cost: nothing };
  return { cost: costOfUsage(end.usage ?? unsaid, billing.entry) };
}

/** What a try took that was cut off. Undefined: the vendor says it, or it took nothing. */
function estimateOf(billing: Billing, tried: BilledTry): Usage | undefined {
  const { end, receivedTokens, cutPrompts } = tried;
  const { usage } = end;
  const cutInput = () => BigInt(Math.ceil(cutPrompts * billing.inputTokens()));
  if (usage !== undefined) {
    // What a stream says at its beginning counts little of the answer.
    const said = Number(usage.outputTokens ?? 0n);
    const enough = cutPrompts > 0 ? said >= receivedTokens : said * 2 >= receivedTokens;
    if (enough && cutPrompts === 0) return undefined;
    return {
      ...usage,
      ...(cutPrompts > 0 ? { inputTokens: (usage.inputTokens ?? 0n) + cutInput() } : undefined),
      ...(enough ? undefined : { outputTokens: BigInt(receivedTokens) }),
    };
  }
  if (cutPrompts === 0 && !mayBeBilled(tried)) return undefined;
  return {
    ...unsaid,
    inputTokens: cutPrompts > 0 ? cutInput() : BigInt(billing.inputTokens()),
    outputTokens: BigInt(receivedTokens),
  };
}

const unsaid: Usage = {
  $typeName: "parlance.chat.v1.Usage",
  toolUses: {},
  serviceTier: "",
  extrasJson: {},
};

function mayBeBilled({ end, sent, status }: BilledTry): boolean {
  return sent && status < 400 && wasCutOff(end);
}

/** Whether the vendor may have made and billed what never came whole, for all that the end says. */
export function wasCutOff(end: End): boolean {
  if (end.kind === "whole") return false;
  return end.kind === "left" || cutOff.has(end.fault.reason);
}

/** How a try fails that the vendor may have answered and billed. */
const cutOff: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.DEADLINE_EXCEEDED,
  ErrorReason.CANCELLED,
  ErrorReason.DRAINING,
  ErrorReason.PROCESS_ENDED,
  ErrorReason.UPSTREAM_TIMEOUT,
  ErrorReason.UPSTREAM_CUT,
  ErrorReason.UPSTREAM_MALFORMED,
  ErrorReason.UPSTREAM_WRONG_FORM,
]);
