import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { printHttpError } from "./http-error.ts";

/**
 * Answers bytes that never became a request, and closes the connection. When a reply is already on
 * its way there is nothing to say that the client could tell apart from that reply, so the
 * connection is only cut.
 */
export function answerClientError(error: Error, socket: Duplex, replying: boolean): void {
  if (replying || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code, message } = describe("code" in error ? error.code : undefined);
  const body = printHttpError(status, code, message);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json",
    "x-content-type-options: nosniff",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * The codes that node's HTTP server gives: https://nodejs.org/api/http.html#event-clienterror and
 * llhttp's HPE_*.
 */
function describe(code: unknown): { status: number; code: string; message: string } {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return {
        status: 431,
        code: "headers_too_large",
        message: "The request headers are larger than the limit.",
      };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        status: 408,
        code: "request_timeout",
        message: "The request did not arrive in time.",
      };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return {
        status: 413,
        code: "body_too_large",
        message: "The chunk extensions of the body are too large.",
      };
    default:
      return {
        status: 400,
        code: "bad_request",
        message: "The bytes received are not a valid HTTP request.",
      };
  }
}
