import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Model, UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type Fault, MAX_FAULT_FIELDS } from "../faults/fault.ts";
import { GatewayError } from "../faults/gateway-error.ts";
import { isLoss } from "./fidelity.ts";

/**
 * What a call may lose on its way to a vendor of another dialect. The same dialect loses nothing.
 */
export type LossPolicy = Readonly<Pick<Model, "strict" | "unknownFields">>;

/** Losses are reported, and nothing is refused because of them. */
export const lenient: LossPolicy = { unknownFields: UnknownFields.UNSPECIFIED };

/** The parts of a call that say whether it may lose something. */
export interface StrictCall {
  readonly header: (name: string) => string | undefined;
  /** What its body says. Absent: it is typed. */
  readonly origin?: { readonly strict?: true | undefined } | undefined;
}

/**
 * Whether the caller itself asks to be strict, by the header `x-parlance-strict` or else in its
 * body. Throws INVALID_REQUEST for other words.
 */
export function asksStrict({ header, origin }: StrictCall): boolean {
  const word = header("x-parlance-strict")?.trim().toLowerCase();
  if (word === undefined) return origin?.strict === true;
  if (word === "false" || word === "0") return false;
  if (word === "true" || word === "1") return true;
  const message = "must be true or false";
  const fields = [{ field: "x-parlance-strict", message }];
  throw new GatewayError({
    reason: ErrorReason.INVALID_REQUEST,
    message: `x-parlance-strict: ${message}`,
    fields,
  });
}

/**
 * The refusal of a call that would lose something, with the fields that it would lose. Undefined:
 * it loses nothing.
 */
export function lossFault(report: readonly FieldReport[]): Fault | undefined {
  const lost = report.filter(({ outcome }) => isLoss(outcome));
  if (lost.length === 0) return undefined;
  const fields = lost.slice(0, MAX_FAULT_FIELDS).map(({ field, outcome, note }) => ({
    field,
    message: `${outcome === FieldOutcome.CLAMPED ? "would be changed" : "would be dropped"}: ${note}`,
  }));
  const names = lost.map(({ field }) => field).join(", ");
  const message = `strict: the target cannot honour ${names.slice(0, 2048)}; leave out what is lost, or call without strict`;
  return { reason: ErrorReason.FIDELITY_LOSS, message, fields };
}
