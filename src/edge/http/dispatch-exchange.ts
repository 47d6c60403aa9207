import type { ServerOptions } from "../server-options.ts";
import { type CorsPolicy, createCorsPolicy } from "./cors.ts";
import type { Exchange, ExchangeHandler } from "./exchange.ts";
import { HttpError, printHttpError, type RefusalId } from "./http-error.ts";

/** What becomes of the requests of a server. */
export interface Dispatch {
  readonly dispatch: ExchangeHandler;
  /** Of requests that are refused before that. */
  readonly refusalId: RefusalId | undefined;
}

/**
 * Wraps the server's handler with what applies to every request: CORS, refusal while draining, and
 * errors.
 */
export function createExchangeDispatch(options: ServerOptions, draining: () => boolean): Dispatch {
  const cors: CorsPolicy | undefined =
    options.cors === undefined || options.cors.origins.length === 0
      ? undefined
      : createCorsPolicy(options.cors, options.refusalId);
  const onRefused = options.onRefused ?? refuse;
  const onError = options.onError ?? answerError;

  function fail(exchange: Exchange, error: unknown): void {
    const begun = exchange.headSent;
    let failure = error;
    try {
      onError(exchange, error);
    } catch (cause) {
      failure = cause;
    }
    answerError(exchange, failure);
    // A reply that had begun cannot be completed by somebody else: cut it, so that it never looks
    // whole.
    if (begun && !exchange.closed) exchange.abort();
  }

  const dispatch: ExchangeHandler = (exchange) => {
    exchange.addHeaders(noSniffing);
    try {
      if (cors?.(exchange)) return;
      const done = draining() ? onRefused(exchange) : options.handler(exchange);
      if (done !== undefined) done.catch((error: unknown) => fail(exchange, error));
    } catch (error) {
      fail(exchange, error);
    }
  };
  return { dispatch, refusalId: options.refusalId };
}

/**
 * What a reply is its content type says: a browser that guessed could take a model's words for a
 * page.
 */
const noSniffing: readonly string[] = ["x-content-type-options", "nosniff"];

/** Answers where no answer was begun: the default for `onError`. */
function answerError(exchange: Exchange, error: unknown): void {
  if (exchange.headSent) return;
  const known = error instanceof HttpError;
  const status = known ? error.status : 500;
  const code = known ? error.code : "internal_error";
  const message = known ? error.message : "The server failed to handle the request.";
  exchange.respond(
    status,
    ["content-type", "application/json"],
    printHttpError(status, code, message),
  );
}

/** The default for `onRefused`. */
function refuse(exchange: Exchange): void {
  const message = "The server is shutting down. Retry on another connection.";
  exchange.respond(
    503,
    ["content-type", "application/json", "retry-after", "1"],
    printHttpError(503, "shutting_down", message),
  );
}
