import { createBodyBudget } from "./http/body-budget.ts";
import { createExchangeDispatch } from "./http/dispatch-exchange.ts";
import type { ExchangeOwner } from "./http/exchange-lifetime.ts";
import { FetchExchange } from "./http/fetch-exchange.ts";
import type { ServerOptions } from "./server-options.ts";

/** Answers web-standard requests in this process, as a server would. */
export interface FetchHandler {
  /**
   * Resolves when the head of the reply is known. Rejects with the reason of the request's signal
   * if the caller leaves before; leaving later, by the signal or by cancelling the body, cancels
   * the call.
   */
  handle(request: Request): Promise<Response>;
  /** Refuses requests from now on, and ends those that run with the truth. */
  close(): void;
}

/** What a fetch handler is made of. */
export interface FetchHandlerOptions extends ServerOptions {
  readonly maxBodyBytes: number;
  /** Of all bodies that are held at a time. */
  readonly bodyMemoryBytes: number;
}

/**
 * Makes a fetch handler of what a server would be made of; its limits on time and connections mean
 * nothing here.
 */
export function createFetchHandler(options: FetchHandlerOptions): FetchHandler {
  const owner: ExchangeOwner = { exchanges: new Set(), closing: false };
  const bodies = createBodyBudget(options.bodyMemoryBytes);
  const { dispatch } = createExchangeDispatch(options, () => owner.closing);
  return {
    handle: (request) =>
      new Promise((resolve, reject) => {
        const fail = (error: Error) =>
          reject(request.signal.aborted ? request.signal.reason : error);
        const { maxBodyBytes } = options;
        const exchange = new FetchExchange(request, {
          owner,
          maxBodyBytes,
          bodies,
          reply: resolve,
          fail,
        });
        if (!exchange.closed) void dispatch(exchange);
      }),
    close() {
      owner.closing = true;
      for (const exchange of [...owner.exchanges]) exchange.expire();
    },
  };
}
