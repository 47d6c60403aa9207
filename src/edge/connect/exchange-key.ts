import { type ContextKey, createContextKey } from "@connectrpc/connect";
import type { Exchange } from "../http/exchange.ts";

/**
 * The context value that holds the exchange of a call, so that an implementation can read a header
 * without having web Headers built for it:
 * `context.values.get(exchangeKey)?.header("authorization")`. Undefined in process, where there is
 * no HTTP.
 */
export const exchangeKey: ContextKey<Exchange | undefined> = createContextKey<Exchange | undefined>(
  undefined,
  {
    description: "HTTP exchange",
  },
);
