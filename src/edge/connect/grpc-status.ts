import { ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { errorBehaviour } from "../../core/faults/error-behaviour.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { toFlatHeaders } from "./web-headers.ts";

/**
 * The status of a call that failed, as gRPC has it in its trailers, or in its headers where nothing
 * was sent before ("Trailers-Only"), with `own` beside it.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses (2026-11).
 */
export function printGrpcStatus(error: ConnectError, own: Headers): string[] {
  const shown = wellFormed(error);
  const headers = setTrailerStatus(own, shown);
  headers.set("grpc-message", encodeMessage(shown.rawMessage));
  const pushbackMs = pushbackOf(error);
  if (pushbackMs !== undefined) headers.set("grpc-retry-pushback-ms", String(pushbackMs));
  return toFlatHeaders(headers);
}

/**
 * A message as the protocol wants it: what is no printable ASCII is percent-encoded by its UTF-8,
 * and `%` too. All else stays, for some clients decode no more than that.
 */
export function encodeMessage(message: string): string {
  return message.replaceAll(/[^\x20-\x24\x26-\x7e]+/gu, (part) =>
    Array.from(
      Buffer.from(part),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""),
  );
}

/**
 * How long clients that retry by a service config wait before they do, and -1 where it is of no
 * use: https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback. Undefined: by
 * their own rule.
 */
function pushbackOf({ cause }: ConnectError): number | undefined {
  if (!(cause instanceof GatewayError)) return undefined;
  const { reason, retryAfterMs } = cause.fault;
  if (!errorBehaviour(reason).retryable) return -1;
  return retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs);
}

/**
 * An error that may repeat half a surrogate pair of the request, which cannot be percent-encoded.
 */
function wellFormed(error: ConnectError): ConnectError {
  if (error.rawMessage.isWellFormed()) return error;
  const { code, metadata, details, cause } = error;
  return Object.assign(
    new ConnectError(error.rawMessage.toWellFormed(), code, metadata, [], cause),
    { details },
  );
}
