import { callIdHeader } from "../call-id.ts";
import type { Exchange } from "./exchange.ts";

/**
 * A failure of the HTTP exchange itself, before or beside what any service says: body too large,
 * client gone, late body. `status` is the HTTP status to answer with and `code` a stable snake_case
 * word for programs.
 */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.code = code;
  }
}

/** Records a refusal and gives the id by which its reply and its record name it. */
export type RefusalId = (error: HttpError) => string;

/**
 * The request body is larger than `maxBytes` (413). `declaredBytes` is the Content-Length, when the
 * client sent one.
 */
export class BodyTooLargeError extends HttpError {
  readonly maxBytes: number;
  readonly declaredBytes: number | undefined;

  constructor(maxBytes: number, declaredBytes?: number) {
    const size = declaredBytes === undefined ? "" : ` of ${declaredBytes} bytes`;
    super(
      413,
      "body_too_large",
      `The request body${size} is larger than the limit of ${maxBytes} bytes.`,
    );
    this.name = "BodyTooLargeError";
    this.maxBytes = maxBytes;
    this.declaredBytes = declaredBytes;
  }
}

/** The bodies of all callers take all the memory that is meant for them (503). */
export class BodyMemoryError extends HttpError {
  constructor() {
    super(
      503,
      "body_memory",
      "The bodies of running requests take all the memory that is meant for them. Try again.",
    );
    this.name = "BodyMemoryError";
  }
}

/**
 * The client closed the connection or reset the stream before the exchange was over. 499 is never
 * seen by a client.
 */
export class ClientGoneError extends HttpError {
  constructor() {
    super(499, "client_gone", "The client closed the connection before the reply was complete.");
    this.name = "ClientGoneError";
  }
}

/** Answers an exchange with an error, in JSON, under the id that `refusalId` gives it. */
export function sendHttpError(
  exchange: Exchange,
  error: HttpError,
  refusalId: RefusalId | undefined,
): void {
  const { status, code, message } = error;
  const headers = ["content-type", "application/json", ...idHeaders(error, refusalId)];
  exchange.respond(status, headers, printHttpError(status, code, message));
}

/** The header of a refusal's id: name, value; nothing where there is none. */
export function idHeaders(error: HttpError, refusalId: RefusalId | undefined): readonly string[] {
  return refusalId === undefined ? [] : [callIdHeader, refusalId(error)];
}

/** The JSON body that answers an HTTP level failure, in the shape that OpenAI clients read. */
export function printHttpError(status: number, code: string, message: string): string {
  const type = status < 500 ? "invalid_request_error" : "server_error";
  return JSON.stringify({ error: { message, type, code, param: null } });
}
