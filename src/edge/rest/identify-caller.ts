import type { Principal } from "../../core/call.ts";
import type { CallerSignature } from "../../core/caller/caller-signature.ts";
import type { Engine } from "../gateway-api.ts";
import type { Exchange } from "../http/exchange.ts";

/**
 * Finds out who calls by the head of the request, before its body is read; throws UNAUTHENTICATED.
 * `keyInQuery` says that clients of the path may put the key into the query as `key`, as Google's
 * do: https://ai.google.dev/api (2026-11).
 */
export function identifyCaller(
  exchange: Exchange,
  engine: Engine,
  keyInQuery: boolean,
): Principal | Promise<Principal> {
  const found = engine.identify(
    (name) => exchange.header(name) ?? (keyInQuery ? queryKey(exchange, name) : undefined),
    exchange.clientNames,
    exchange,
  );
  const keep = (principal: Principal): Principal => {
    exchange.principal = principal;
    return principal;
  };
  return found instanceof Promise ? found.then(keep) : keep(found);
}

/**
 * The signature of a request that shows no key; undefined where it shows one, or neither. Whoever
 * signed is known when the body is there, where the head does not hold its hash.
 */
export function signatureOf(exchange: Exchange, engine: Engine): CallerSignature | undefined {
  const { method, path, query, authority, clientAddress } = exchange;
  const header = (name: string) => exchange.header(name);
  return engine.readSignature({ method, path, query, authority, clientAddress, header });
}

function queryKey({ query }: Exchange, header: string): string | undefined {
  if (header !== "x-goog-api-key" || !query.includes("key=")) return undefined;
  return new URLSearchParams(query).get("key") ?? undefined;
}
