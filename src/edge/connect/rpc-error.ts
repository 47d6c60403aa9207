import type { ConnectError } from "@connectrpc/connect";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { Exchange } from "../http/exchange.ts";
import { printEnvelope } from "./envelope.ts";
import { toFlatHeaders } from "./web-headers.ts";

/**
 * Answers a call with an error before any implementation has run, in the protocol that its content type names. gRPC and
 * gRPC-Web get a reply without a body whose headers carry the status ("Trailers-Only",
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md); Connect's streams get a reply that is all end of
 * stream, its unary calls a JSON error with its HTTP status.
 */
export function sendRpcError(exchange: Exchange, error: ConnectError): void {
  const type = exchange.header("content-type") ?? "";
  if (type.startsWith("application/grpc")) {
    const status = setTrailerStatus(new Headers({ "content-type": type }), error);
    exchange.respond(200, toFlatHeaders(status), "");
    return;
  }
  if (type.startsWith("application/connect+")) {
    const end = JSON.stringify(endStreamToJson(error.metadata, error, undefined));
    exchange.respond(200, ["content-type", type], printEnvelope(endStreamFlag, Buffer.from(end)));
    return;
  }
  const headers = ["content-type", "application/json", ...toFlatHeaders(error.metadata)];
  exchange.respond(codeToHttpStatus(error.code), headers, errorToJsonBytes(error, undefined));
}
