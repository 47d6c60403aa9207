import type { Rule } from "../../../gen/parlance/config/v1/rule_pb.js";
import type { AlterCall, Call, CallerFallback } from "../../core/call.ts";
import { changeParameters } from "./change-parameters.ts";

/**
 * Has what rules set and cap hold also for fallbacks that a caller wants other parameters for: they
 * are made after the rules have had the call.
 */
export function boundFallbacks(call: Call, rules: readonly Rule[]): Call {
  const { recovery } = call;
  const fallbacks = recovery?.fallbacks;
  if (rules.length === 0 || fallbacks === undefined) return call;
  if (fallbacks.every(({ alter }) => alter === undefined)) return call;
  return { ...call, recovery: { ...recovery, fallbacks: fallbacks.map(bounded(rules)) } };
}

function bounded(rules: readonly Rule[]): (fallback: CallerFallback) => CallerFallback {
  return (fallback) => {
    const { alter } = fallback;
    if (alter === undefined) return fallback;
    const boundedAlter: AlterCall = (call) => {
      const { call: changed, report } = changeParameters(alter(call), rules);
      return report.length === 0 ? changed : { ...changed, altered: report };
    };
    return { ...fallback, alter: boundedAlter };
  };
}
