import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { printUsd } from "../../core/facts/nano-usd.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Target } from "../../core/target/target.ts";
import type { Refusal } from "../../state/reserve/reservations.ts";
import type { OpenBudget } from "./open-budget.ts";

/** What a call is refused with that a budget has no room for. */
export function exceeded(
  { owner, bound, limit }: OpenBudget,
  { used, silent, freeInMs }: Refusal,
  more: { readonly heldBack?: true } = {},
): GatewayError {
  const { span } = bound;
  const endMs = span.kind === "period" ? span.endMs : Number.POSITIVE_INFINITY;
  const resetsAtMs = Number.isFinite(endMs) ? endMs : undefined;
  const spent = BigInt(Math.max(0, Math.round(used)));
  const state =
    silent === true
      ? "what gateways share is out of reach"
      : `${printUsd(spent)} USD are spent or held`;
  return new GatewayError({
    reason: ErrorReason.BUDGET_EXCEEDED,
    message: `budget exceeded: ${owner} may spend ${printUsd(BigInt(limit))} USD${within(bound.span)}, and ${state}; it resets: ${resetOf(bound.span, resetsAtMs)}`,
    budget: {
      owner,
      limitNanoUsd: BigInt(limit),
      ...(silent === true ? undefined : { spentNanoUsd: spent }),
      ...(resetsAtMs === undefined ? undefined : { resetsAtMs }),
    },
    ...(silent === true && freeInMs !== undefined ? { retryAfterMs: freeInMs } : undefined),
    ...more,
  });
}

function within(span: OpenBudget["bound"]["span"]): string {
  return span.kind === "sliding" ? ` within ${Math.round(span.ms / 1_000)} seconds` : "";
}

function resetOf(span: OpenBudget["bound"]["span"], resetsAtMs: number | undefined): string {
  if (span.kind === "sliding") return "as time passes";
  return resetsAtMs === undefined ? "never" : new Date(resetsAtMs).toISOString();
}

/** What a call is refused with whose cost nobody knows. */
export function unpricedTarget(
  { provider, model }: Target,
  { owner }: Pick<OpenBudget, "owner">,
  more: { readonly heldBack?: true } = {},
): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UNPRICED,
    message: `no prices are known of ${provider}/${model}, which the budget of ${owner} cannot bound: set facts.prices of the model, prices, or unpriced: ALLOW of the budget`,
    ...more,
  });
}
