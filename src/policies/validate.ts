import { pathToString } from "@bufbuild/protobuf/reflect";
import type { Validator } from "@bufbuild/protovalidate";
import type { Settings } from "../config/settings.ts";
import type { Call, Layer } from "../core/call.ts";
import type { Check } from "../core/check.ts";
import { type Plan, refusable, type Stage } from "../core/compose.ts";
import { invalidFields } from "../core/faults/fault.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";

/** Makes a check of a validator. */
export function createCheck(validator: Validator): Check {
  return (schema, message, prefix) => {
    const result = validator.validate(schema, message);
    if (result.kind === "valid") return;
    if (result.kind === "error") throw result.error;
    const fields = result.violations.map((violation) => {
      const path = pathToString(violation.field);
      const field = prefix === "" || path === "" ? prefix + path : `${prefix}.${path}`;
      return { field, message: violation.message, ruleId: violation.ruleId };
    });
    throw new GatewayError(invalidFields(fields));
  };
}

/** The stage of the layer below. */
export function validatePolicy(_: Settings, { check }: { readonly check: Check }): Stage {
  return { name: "validate", layer: validate(check), plan: planValidate(check) };
}

/**
 * Checks what typed callers send. A REST caller's body was checked as its dialect says when it was
 * decoded, and is the vendor's to check when its bytes go through.
 */
export function validate(check: Check): Layer {
  return (next) => (call) => next(checked(check, call));
}

/** Whether the request keeps the contract's rules. */
export function planValidate(check: Check): (call: Call) => Plan {
  return (call) => refusable(call, () => checked(check, call));
}

function checked(check: Check, call: Call): Call {
  const { operation, message } = call.request;
  if (call.origin === undefined) check(operation.request, message(), operation.field);
  return call;
}
