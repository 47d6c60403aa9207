import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../core/faults/gateway-error.ts";

/** The refusal while the database cannot be used; the cause is for whoever runs the gateway. */
export function unavailable(message: string, cause?: unknown): GatewayError {
  const detail = cause === undefined ? {} : { detail: messageOf(cause) };
  return new GatewayError({ reason: ErrorReason.STORE_UNAVAILABLE, message, ...detail }, { cause });
}

/** What an error of the system or the database says. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Errors of connections to several addresses have no message of their own.
  const code = "code" in error ? String(error.code) : error.name;
  return error.message === "" ? code : error.message;
}
