import { Code, ConnectError } from "@connectrpc/connect";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { Exchange } from "../../http/exchange.ts";
import { BodyTooLargeError, HttpError } from "../../http/http-error.ts";
import { drainingError, printStatus } from "../to-connect-error.ts";

/**
 * Aborts `controller` with a Connect error when the client goes away or the server's grace period
 * ends.
 */
export function abortWithExchange(controller: AbortController, exchange: Exchange): void {
  exchange.onClose(() =>
    controller.abort(new ConnectError("the client closed the connection", Code.Canceled)),
  );
  exchange.onExpire(() => controller.abort(drainingError()));
}

const codes: ReadonlyMap<number, Code> = new Map([
  [408, Code.DeadlineExceeded],
  [503, Code.Unavailable],
]);

/** The Connect error for a failure to read the request; anything else is returned as it is. */
export function toReadError(error: unknown): unknown {
  if (error instanceof BodyTooLargeError) {
    const size = error.declaredBytes === undefined ? "" : `${error.declaredBytes} `;
    return new ConnectError(
      `message size ${size}is larger than configured readMaxBytes ${error.maxBytes}`,
      Code.ResourceExhausted,
    );
  }
  if (error instanceof GatewayError)
    return printStatus({ fault: error.fault, callId: "", cause: error });
  if (!(error instanceof HttpError)) return error;
  const code = codes.get(error.status) ?? Code.Canceled;
  return new ConnectError(error.message, code, undefined, undefined, error);
}

/**
 * The Connect error to send for whatever a call failed with; what is no ConnectError is nobody's
 * business.
 */
export function toCallError(reason: unknown): ConnectError {
  const error = toReadError(reason);
  if (error instanceof ConnectError) return error;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}
