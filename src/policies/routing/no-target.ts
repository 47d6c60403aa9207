import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { FieldFault } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Excluded, PassedOver } from "./choose-targets.ts";

/** As many reasons, and as many fields, as an error names. */
const maxReasons = 10;

/**
 * What a call fails with where none of a model's targets may be tried: with the reason that keeps
 * it from all of them, and the fields concerned. `wallMs` is the time of day in milliseconds since
 * 1970, from which those that may be tried later are waited for.
 */
export function noTarget(
  name: string,
  { excluded, openUntilMs }: PassedOver,
  wallMs: number,
): GatewayError {
  const called = excluded.filter(({ target }) => target.weight > 0);
  const counted = called.length > 0 ? called : excluded;
  const reason = reasonOf(counted);
  if (openUntilMs !== undefined) {
    const limited = counted.some((one) => one.reason === ErrorReason.RATE_LIMITED);
    return new GatewayError({
      reason: limited ? ErrorReason.RATE_LIMITED : ErrorReason.UPSTREAM_BUSY,
      message: limited
        ? `no target of model ${name} may take this call now: ${listed(counted)}`
        : `every target of model ${name} is left alone after failures`,
      ...(limited && { limitScope: "target" }),
      retryAfterMs: Math.max(0, openUntilMs - wallMs),
    });
  }
  const message = `no target of model ${name} may take this call: ${listed(counted)}`;
  const fields = fieldsOf(counted);
  return new GatewayError({ reason, message, ...(fields.length === 0 ? undefined : { fields }) });
}

function reasonOf([first, ...others]: readonly Excluded[]): ErrorReason {
  const reason = first?.reason ?? ErrorReason.UNSUPPORTED;
  return others.every((one) => one.reason === first?.reason) ? reason : ErrorReason.UNSUPPORTED;
}

function listed(excluded: readonly Excluded[]): string {
  const reasons = excluded
    .slice(0, maxReasons)
    .map(({ target, why }) => `${target.provider}/${target.model} ${why}`);
  const more = excluded.length - reasons.length;
  return `${reasons.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

function fieldsOf(excluded: readonly Excluded[]): readonly FieldFault[] {
  const fields = new Map<string, FieldFault>();
  for (const { field, why } of excluded)
    if (field !== undefined && fields.size < maxReasons && !fields.has(field))
      fields.set(field, { field, message: `a target ${why}` });
  return [...fields.values()];
}
