import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { HostList } from "../core/net/egress.ts";
import { plainHost, portOf } from "../core/net/host-of.ts";
import type { WireRequest } from "../core/wire-request.ts";

/** Scheme, host and port, and the path with its query. */
export interface RequestAddress {
  readonly origin: string;
  readonly path: string;
}

/**
 * Where a request goes: to the provider's base URL, or to an origin that the vendor named. A
 * credential goes along, so that it must be the provider's own origin, or, by TLS, a sibling of its
 * host: what follows its first label must be the same. `allow` must have the sibling, too.
 */
export function requestAddress(
  request: WireRequest,
  baseUrl: RequestAddress,
  paths: ReadonlyMap<string, string>,
  { provider, allow }: { readonly provider: string; readonly allow?: HostList | undefined },
): RequestAddress {
  const { origin } = request;
  if (origin === undefined) {
    return {
      origin: baseUrl.origin,
      path: baseUrl.path + (paths.get(request.path) ?? request.path),
    };
  }
  const named = URL.parse(origin);
  if (
    origin === baseUrl.origin ||
    (named !== null &&
      areSiblings(named, new URL(baseUrl.origin)) &&
      allow?.(plainHost(named.hostname), portOf(named)) !== false)
  ) {
    return { origin, path: request.path };
  }
  const message = `provider ${provider} points to another host than its own, which is not followed`;
  throw new GatewayError({
    reason: ErrorReason.UPSTREAM_MALFORMED,
    message,
    detail: origin,
    provider,
  });
}

function areSiblings(one: URL, other: URL): boolean {
  const parent = other.hostname.slice(other.hostname.indexOf(".") + 1);
  const isName = parent.includes(".") && !/^[\d.]+$/.test(other.hostname);
  return (
    isName &&
    one.protocol === "https:" &&
    other.protocol === "https:" &&
    one.hostname.endsWith(`.${parent}`)
  );
}
