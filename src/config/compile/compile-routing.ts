import type { Routing } from "../../../gen/parlance/config/v1/routing_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import type { KnownNames } from "../known-names.ts";
import { checkFallbacks } from "./compile-models.ts";

/** Checks what the routing of all models names. */
export function checkRouting(routing: Routing, names: KnownNames, scope: ConfigScope): void {
  checkFallbacks(routing.defaultFallbacks, names, inField(scope, "default_fallbacks"));
  const seen = new Set<ErrorReason>();
  for (const [index, { reason }] of routing.failures.entries()) {
    const at = inField(inElement(inField(scope, "failures"), index), "reason");
    if (!isVendors(reason))
      problem(at, {
        message: "is no failure of a vendor",
        hint: "write one that begins with UPSTREAM, such as UPSTREAM_RATE_LIMITED",
        ruleId: "failure_reason",
      });
    else if (seen.has(reason))
      problem(at, {
        message: "is there twice",
        hint: "say all of it in one element",
        ruleId: "duplicate_failure",
      });
    seen.add(reason);
  }
}

function isVendors(reason: ErrorReason): boolean {
  return reason === ErrorReason.UNSPECIFIED || ErrorReason[reason].startsWith("UPSTREAM");
}
