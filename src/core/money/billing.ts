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
}

/**
 * What a try cost: the vendor's usage at the prices of its target. Where a try was cut off before
 * the vendor said what it took, the prompt and what had come of the answer are estimated. What the
 * vendor refused, and what never got to it, costs nothing.
 */
export function costOfTry(billing: Billing, tried: BilledTry): Cost {
  const { end, receivedTokens } = tried;
  const { usage } = end;
  if (end.kind === "whole") return costOfUsage(usage ?? unsaid, billing.entry);
  if (usage !== undefined) {
    // What a stream says at its beginning counts little of the answer.
    const said = Number(usage.outputTokens ?? 0n);
    if (said * 2 >= receivedTokens) return costOfUsage(usage, billing.entry);
    const filled = { ...usage, outputTokens: BigInt(receivedTokens) };
    return estimated(costOfUsage(filled, billing.entry));
  }
  if (!mayBeBilled(tried)) return nothing;
  const took = {
    ...unsaid,
    inputTokens: BigInt(billing.inputTokens()),
    outputTokens: BigInt(receivedTokens),
  };
  return estimated(costOfUsage(took, billing.entry));
}

const unsaid: Usage = {
  $typeName: "parlance.chat.v1.Usage",
  toolUses: {},
  serviceTier: "",
  extrasJson: {},
};

function mayBeBilled({ end, sent, status }: BilledTry): boolean {
  if (!sent || status >= 400) return false;
  return end.kind !== "broken" || cutOff.has(end.fault.reason);
}

/** How a try fails that the vendor may have answered and billed. */
const cutOff: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.DEADLINE_EXCEEDED,
  ErrorReason.CANCELLED,
  ErrorReason.DRAINING,
  ErrorReason.UPSTREAM_TIMEOUT,
  ErrorReason.UPSTREAM_CUT,
  ErrorReason.UPSTREAM_MALFORMED,
  ErrorReason.UPSTREAM_WRONG_FORM,
]);
