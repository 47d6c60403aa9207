import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Layer, Principal } from "../core/call.ts";
import { GatewayError } from "../core/gateway-error.ts";

/** Refuses models that the caller's key does not list. */
export function admit(): Layer {
  return (next) => (call) => {
    const { principal, model } = call;
    return principal === undefined || mayUse(principal, model) ? next(call) : Promise.reject(refusal(principal, model));
  };
}

/** Whether a principal may use a model by this name. */
export function mayUse(principal: Principal, model: string): boolean {
  return principal.models === undefined || principal.models.has(model);
}

function refusal({ name }: Principal, model: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${name} may not use model ${model}`,
    fields: [{ field: "model", message: `not among the models of key ${name}` }],
  });
}
