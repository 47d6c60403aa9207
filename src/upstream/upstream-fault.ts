import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { Life } from "../core/life.ts";
import { UpstreamError, type UpstreamFailureKind } from "./upstream-error.ts";

/**
 * What a failure below HTTP is to the caller. Whatever else was thrown is a bug and is handed back
 * as it is.
 */
export function upstreamFault(
  error: unknown,
  provider: string,
  life: Pick<Life, "reason"> | undefined,
): unknown {
  if (!(error instanceof UpstreamError)) return error;
  if (error.kind === "aborted" && life?.reason !== undefined) return life.reason;
  const message =
    error.kind === "aborted" ? "the caller went away" : `provider ${provider}: ${error.message}`;
  const { detail } = error;
  const fault = { reason: reasonOf(error.kind), message, provider };
  return new GatewayError(detail === undefined ? fault : { ...fault, detail }, { cause: error });
}

function reasonOf(kind: UpstreamFailureKind): ErrorReason {
  switch (kind) {
    case "connect":
    case "dns":
    case "forbidden":
    case "tls":
    case "reset":
      return ErrorReason.UPSTREAM_UNREACHABLE;
    case "timeout_connect":
    case "timeout_headers":
    case "timeout_first_token":
    case "timeout_idle":
      return ErrorReason.UPSTREAM_TIMEOUT;
    case "busy":
      return ErrorReason.UPSTREAM_BUSY;
    case "cut":
      return ErrorReason.UPSTREAM_CUT;
    case "protocol":
    case "redirect":
    case "too_large":
    case "bad_encoding":
      return ErrorReason.UPSTREAM_MALFORMED;
    case "aborted":
      return ErrorReason.CANCELLED;
    case "closed":
      return ErrorReason.DRAINING;
    case "invalid_request":
      return ErrorReason.INTERNAL;
  }
}
