import type { ConnectError } from "@connectrpc/connect";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { callIdHeader } from "../call-id.ts";
import type { Exchange } from "../http/exchange.ts";
import { printEnvelope } from "./envelope.ts";
import { printGrpcStatus } from "./grpc-status.ts";
import { toFlatHeaders } from "./web-headers.ts";

/**
 * Answers a call with an error before any implementation has run, in the protocol that its content
 * type names. gRPC and gRPC-Web get a reply without a body whose headers carry the status
 * ("Trailers-Only", https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md); Connect's
 * streams get a reply that is all end of stream, its unary calls a JSON error with its HTTP status.
 */
export function sendRpcError(exchange: Exchange, error: ConnectError): void {
  const type = exchange.header("content-type") ?? "";
  if (type.startsWith("application/grpc")) {
    exchange.respond(200, printGrpcStatus(error, new Headers({ "content-type": type })), "");
    return;
  }
  if (type.startsWith("application/connect+")) {
    const headers = ["content-type", type, ...takeCallId(error)];
    const end = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
    exchange.respond(200, headers, printEnvelope(endStreamFlag, Buffer.from(end)));
    return;
  }
  const json = ["content-type", "application/json"];
  sendErrorBody(exchange, codeToHttpStatus(error.code), json, error);
}

/**
 * Answers what is no RPC with a status of HTTP. Clients of Connect and gRPC read the code of the
 * call from that status alone where the media type is not one of theirs, as the protocols demand;
 * the body is for people and tools: a problem (RFC 9457) with the members of Connect's errors.
 */
export function sendHttpRefusal(
  exchange: Exchange,
  status: number,
  headers: readonly string[],
  error: ConnectError,
): void {
  const problem = [...headers, "content-type", "application/problem+json"];
  sendErrorBody(exchange, status, problem, error);
}

function sendErrorBody(
  exchange: Exchange,
  status: number,
  headers: readonly string[],
  error: ConnectError,
): void {
  const all = [...headers, ...toFlatHeaders(error.metadata)];
  exchange.respond(status, all, errorToJsonBytes(error, undefined));
}

/**
 * Takes the call's id out of the metadata of an error, as a header. Connect's streams keep metadata
 * in their last message, where nothing between client and gateway sees it; clients put headers and
 * metadata together, and would have it twice.
 */
export function takeCallId({ metadata }: ConnectError): string[] {
  const id = metadata.get(callIdHeader);
  metadata.delete(callIdHeader);
  return id === null ? [] : [callIdHeader, id];
}
