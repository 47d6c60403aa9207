import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { HttpError, idHeaders, printHttpError, type RefusalId } from "./http-error.ts";

/** Answers bytes that never became a request, and closes the connection. */
export function answerClientError(
  error: Error,
  socket: Duplex,
  refusalId: RefusalId | undefined,
): void {
  const refusal = describe("code" in error ? error.code : undefined);
  const { status, code, message } = refusal;
  const [idName, id] = idHeaders(refusal, refusalId);
  const body = printHttpError(status, code, message);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json",
    "x-content-type-options: nosniff",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    ...(idName === undefined ? [] : [`${idName}: ${id}`]),
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * The codes that node's HTTP server gives: https://nodejs.org/api/http.html#event-clienterror and
 * llhttp's HPE_*.
 */
function describe(code: unknown): HttpError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new HttpError(
        431,
        "headers_too_large",
        "The request headers are larger than the limit.",
      );
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new HttpError(408, "request_timeout", "The request did not arrive in time.");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new HttpError(
        413,
        "body_too_large",
        "The chunk extensions of the body are too large.",
      );
    default:
      return new HttpError(400, "bad_request", "The bytes received are not a valid HTTP request.");
  }
}
