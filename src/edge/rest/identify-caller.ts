import type { Principal } from "../../core/call.ts";
import type { Engine } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";

/**
 * Finds out who calls by the head of the request, before its body is read; throws UNAUTHENTICATED.
 * `keyInQuery` says that clients of the path may put the key into the query as `key`, as Google's
 * do: https://ai.google.dev/api (2026-11).
 */
export function identifyCaller(exchange: Exchange, engine: Engine, keyInQuery: boolean): Principal {
  const principal = engine.identify(
    (name) => exchange.header(name) ?? (keyInQuery ? queryKey(exchange, name) : undefined),
    exchange.clientNames,
  );
  exchange.principal = principal;
  return principal;
}

function queryKey({ query }: Exchange, header: string): string | undefined {
  if (header !== "x-goog-api-key" || !query.includes("key=")) return undefined;
  return new URLSearchParams(query).get("key") ?? undefined;
}
