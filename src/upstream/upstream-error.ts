/**
 * How a call to an upstream can fail below HTTP semantics. A reply with an error status is not a
 * failure: it is a reply.
 * - connect, dns, tls, timeout_connect, busy: nothing was sent (busy: no connection of ours came
 *   free).
 * - forbidden: the address is one that may not be connected to; nothing was sent.
 * - timeout_headers, reset, protocol: sent, but no reply head arrived (reset: connection lost;
 *   protocol: not HTTP/1.1).
 * - timeout_first_token: a stream brought no content in time, whatever else it brought.
 * - timeout_idle, cut, protocol: the body stopped before its end.
 * - redirect: a 3xx that would have to be followed; too_large: over our bound; bad_encoding: the
 *   body does not decompress.
 * - aborted: our own caller gave up. closed: the upstream client was shut down. invalid_request: a
 *   header or path that HTTP cannot carry.
 */
export type UpstreamFailureKind =
  | "connect"
  | "dns"
  | "forbidden"
  | "tls"
  | "timeout_connect"
  | "busy"
  | "timeout_headers"
  | "timeout_first_token"
  | "timeout_idle"
  | "reset"
  | "cut"
  | "protocol"
  | "redirect"
  | "too_large"
  | "bad_encoding"
  | "aborted"
  | "closed"
  | "invalid_request";

/** What goes with a failed upstream call beside its message. */
export interface UpstreamErrorOptions {
  readonly cause?: unknown;
  /** The same for the operator: with the address, and the words of the system. */
  readonly detail?: string;
}

/**
 * A failed upstream call. The message names what happened, may be sent to callers, and holds no
 * address, header, body or credential.
 */
export class UpstreamError extends Error {
  readonly kind: UpstreamFailureKind;
  readonly detail: string | undefined;

  constructor(kind: UpstreamFailureKind, message: string, options: UpstreamErrorOptions = {}) {
    const { cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "UpstreamError";
    this.kind = kind;
    this.detail = options.detail;
  }
}

/**
 * How far a call had come: nothing sent, sent and waiting for the reply head, or reading the body.
 */
export type UpstreamPhase = "connecting" | "waiting" | "reading";

const CODES: ReadonlyMap<string, UpstreamFailureKind> = new Map<string, UpstreamFailureKind>([
  ["UND_ERR_CONNECT_TIMEOUT", "timeout_connect"],
  ["UND_ERR_HEADERS_OVERFLOW", "protocol"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "cut"],
  ["UND_ERR_CLOSED", "closed"],
  ["UND_ERR_DESTROYED", "closed"],
  ["UND_ERR_INVALID_ARG", "invalid_request"],
  ["UND_ERR_NOT_SUPPORTED", "invalid_request"],
  ["UND_ERR_REQ_CONTENT_LENGTH_MISMATCH", "invalid_request"],
]);

/**
 * Classifies what the HTTP client or a socket threw. `origin` is scheme, host and port, for the
 * detail.
 */
export function toUpstreamError(error: Error, phase: UpstreamPhase, origin: string): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const kind = classify(error, phase, origin);
  const what = describe(kind);
  const code = codeOf(error);
  const message = code === "" ? what : `${what} (${code})`;
  const detail = `${origin}: ${what} (${error.message || code})`;
  // The parser's errors hold the bytes that it failed at: whoever prints a cause would print what
  // the vendor sent.
  return new UpstreamError(kind, message, {
    detail,
    ...(error.name === "HTTPParserError" ? undefined : { cause: error }),
  });
}

function classify(error: Error, phase: UpstreamPhase, origin: string): UpstreamFailureKind {
  const code = codeOf(error);
  const known = CODES.get(code);
  if (known !== undefined) return known;
  // The parser's errors carry no code in undici 8, so the end of input within a message is known by
  // llhttp's reason text.
  if (error.name === "HTTPParserError" && !error.message.includes("Invalid EOF state"))
    return "protocol";
  switch (phase) {
    case "connecting":
      return classifyConnect(error, code, origin);
    case "waiting":
      return "reset";
    case "reading":
      return "cut";
  }
}

/**
 * On https whatever is not a failed system call came from the handshake; EPROTO is OpenSSL's own
 * though it looks like one.
 */
function classifyConnect(error: Error, code: string, origin: string): UpstreamFailureKind {
  if (code === "ETIMEDOUT") return "timeout_connect";
  if ("syscall" in error && error.syscall === "getaddrinfo") return "dns";
  if (code === "EPROTO") return "tls";
  const socketFailed =
    "syscall" in error ||
    "errors" in error ||
    code === "ECONNRESET" ||
    code.startsWith("UND_ERR_SOCKET");
  return origin.startsWith("https:") && !socketFailed ? "tls" : "connect";
}

function describe(kind: UpstreamFailureKind): string {
  switch (kind) {
    case "connect":
      return "could not connect";
    case "dns":
      return "the host name does not resolve";
    case "forbidden":
      return "the address may not be connected to";
    case "tls":
      return "the TLS handshake failed";
    case "timeout_connect":
      return "no connection in time";
    case "busy":
      return "every connection is busy";
    case "timeout_headers":
      return "no reply in time";
    case "timeout_first_token":
      return "no content in time";
    case "timeout_idle":
      return "the reply stopped for too long";
    case "reset":
      return "the connection was lost before a reply";
    case "cut":
      return "the connection was lost within the reply";
    case "protocol":
      return "the reply is not valid HTTP";
    case "redirect":
      return "the reply is a redirect";
    case "too_large":
      return "the reply is too large";
    case "bad_encoding":
      return "the reply does not decompress";
    case "aborted":
      return "the call was cancelled";
    case "closed":
      return "the client is closed";
    case "invalid_request":
      return "the request cannot be sent";
  }
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
