import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Layer, Principal } from "../core/call.ts";
import { GatewayError } from "../core/gateway-error.ts";

/** Refuses models that the caller's key does not list. */
export function admit(): Layer {
  return (next) => async (call) => {
    if (call.principal !== undefined && !mayUse(call.principal, call.model)) {
      throw new GatewayError({
        reason: ErrorReason.PERMISSION_DENIED,
        message: `key ${call.principal.name} may not use model ${call.model}`,
        fields: [{ field: "model", message: `not among the models of key ${call.principal.name}` }],
      });
    }
    return next(call);
  };
}

/** Whether a principal may use a model by this name. */
export function mayUse(principal: Principal, model: string): boolean {
  return principal.models === undefined || principal.models.has(model);
}
