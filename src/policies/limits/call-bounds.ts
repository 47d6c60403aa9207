import { type CallLimits, OnStateDown } from "../../../gen/parlance/config/v1/call_limits_pb.js";
import type { Bound } from "../../state/reserve/reservations.ts";

/** What is counted of calls. */
export type Quantity = "requests" | "tokens" | "input_tokens" | "output_tokens" | "concurrent";

/** A bound on calls, and what it counts of them. */
export interface CallBound {
  readonly quantity: Quantity;
  readonly bound: Bound;
  /** Whom it holds for, in words: `key dev`. */
  readonly owner: string;
  /** What it allows, in words: `60 requests a minute`. */
  readonly allows: string;
}

const minute = { kind: "sliding", ms: 60_000 } as const;
const day = { kind: "sliding", ms: 86_400_000 } as const;
/** Calls under way: what is held, of which nothing is taken. */
const now = { kind: "period", startMs: 0, endMs: Number.POSITIVE_INFINITY } as const;

/** The bounds that limits set; `scope` names what is counted together. */
export function callBounds(limits: CallLimits, owner: string, scope: string): readonly CallBound[] {
  const onSilence = limits.onStateDown === OnStateDown.DENY ? "DENY" : "SHARE";
  const rows: readonly (readonly [number | undefined, Quantity, string, Bound["span"]])[] = [
    [limits.requestsPerMinute, "requests", "requests a minute", minute],
    [limits.requestsPerDay, "requests", "requests a day", day],
    [limits.tokensPerMinute, "tokens", "tokens a minute", minute],
    [limits.inputTokensPerMinute, "input_tokens", "input tokens a minute", minute],
    [limits.outputTokensPerMinute, "output_tokens", "output tokens a minute", minute],
    [limits.concurrent, "concurrent", "calls at the same time", now],
  ];
  return rows.flatMap(([limit, quantity, unit, span]) => {
    if (limit === undefined) return [];
    const bound = { scope: `${scope}\n${quantity}`, span, limit, onSilence } as const;
    return [{ quantity, bound, owner, allows: `${limit} ${unit}` }];
  });
}
