import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { callIdHeader } from "../call-id.ts";
import { faultOf } from "../fault-of.ts";
import type { Engine } from "../gateway-api.ts";
import { HttpError } from "../http/http-error.ts";
import { printStatus } from "./to-connect-error.ts";

/** The caller and the method of a refused RPC. */
export interface RefusedRpc {
  /** `package.Service/Method`; `unknown` where there is none. */
  readonly operation: string;
  readonly principal?: string | undefined;
  readonly clientAddress?: string;
}

/**
 * The RPC status of a request that is refused beside the pipeline: before it became a call, or by a
 * method that makes none. It is recorded and gets an id. What a call of the pipeline failed with
 * has both already and stays as it is.
 */
export function refuseRpc(engine: Engine, error: unknown, refused: RefusedRpc): ConnectError {
  if (error instanceof ConnectError) {
    if (error.metadata.has(callIdHeader)) return error;
    if (!(error.cause instanceof GatewayError)) return refuseByConnect(engine, error, refused);
  }
  const reason = error instanceof ConnectError ? error.cause : error;
  const fault = lateBody(reason) ?? faultOf(reason, engine.onBug);
  return printStatus({ fault, callId: engine.refuse({ ...refused, fault }), cause: error });
}

/** What connect itself refuses. The protocols demand its codes; the reasons are ours. */
function refuseByConnect(engine: Engine, error: ConnectError, refused: RefusedRpc): ConnectError {
  const { code, metadata, rawMessage: message } = error;
  const compression = [...metadata.keys()].some((key) => key.endsWith("accept-encoding"));
  const reason = compression ? ErrorReason.UNSUPPORTED_MEDIA_TYPE : reasonOf(code);
  const fault = { reason, message };
  return printStatus({
    fault,
    code,
    metadata,
    callId: engine.refuse({ ...refused, fault }),
    cause: error,
  });
}

function reasonOf(code: Code): ErrorReason {
  switch (code) {
    case Code.ResourceExhausted:
      return ErrorReason.REQUEST_TOO_LARGE;
    case Code.Canceled:
      return ErrorReason.CANCELLED;
    case Code.DeadlineExceeded:
      return ErrorReason.DEADLINE_EXCEEDED;
    case Code.Unavailable:
      return ErrorReason.DRAINING;
    case Code.Unauthenticated:
      return ErrorReason.UNAUTHENTICATED;
    case Code.PermissionDenied:
      return ErrorReason.PERMISSION_DENIED;
    case Code.InvalidArgument:
    case Code.NotFound:
    case Code.AlreadyExists:
    case Code.FailedPrecondition:
    case Code.OutOfRange:
      return ErrorReason.INVALID_REQUEST;
    case Code.Unimplemented:
      return ErrorReason.UNSUPPORTED;
    case Code.Unknown:
    case Code.Aborted:
    case Code.Internal:
    case Code.DataLoss:
      return ErrorReason.INTERNAL;
  }
}

/** A body that does not arrive in time uses up the call's own time, as clients of RPC know it. */
function lateBody(error: unknown): Fault | undefined {
  if (!(error instanceof HttpError) || error.status !== 408) return undefined;
  return { reason: ErrorReason.DEADLINE_EXCEEDED, message: error.message };
}
