import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallFilter } from "../filters/call-filter.ts";
import type { TargetOrder, TargetOrders } from "./target-orders.ts";

/** Keeps calls from targets that operators took out of service. */
export function orderFilter(orders: Pick<TargetOrders, "isEmpty" | "of">): CallFilter {
  return (_call, { settings }) => {
    if (orders.isEmpty()) return undefined;
    return (target) => {
      const order = orders.of(target, settings.name);
      if (order === undefined) return undefined;
      return { why: whyOf(order), reason: ErrorReason.UPSTREAM_UNAVAILABLE };
    };
  };
}

function whyOf({ state, untilMs, reason }: TargetOrder): string {
  const until = untilMs === undefined ? "" : ` until ${new Date(untilMs).toISOString()}`;
  return `is ${state} by an operator${until}${reason === "" ? "" : `: ${reason}`}`;
}
