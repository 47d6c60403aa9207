import type { Exchange } from "./exchange.ts";
import { HttpError, type RefusalId, sendHttpError } from "./http-error.ts";

/** Which web pages may call the server from a browser. */
export interface CorsOptions {
  /** Exact origins (`https://app.example`), or `*` for any. Empty: no page may. */
  readonly origins: readonly string[];
  /** Reply headers that pages may read beside the defaults. */
  readonly exposedHeaders?: readonly string[];
  /**
   * Seconds a browser may remember a preflight answer; default 7200, the most that Chromium keeps.
   */
  readonly maxAgeSeconds?: number;
}

/**
 * Adds the headers of an allowed origin to the exchange. Returns true if it was a preflight and has
 * been answered.
 */
export type CorsPolicy = (exchange: Exchange) => boolean;

/**
 * Cross-origin rules of https://fetch.spec.whatwg.org/#http-cors-protocol. Credentials mode is
 * never allowed, because keys travel in headers that a page sets itself; so no cookie can be abused
 * and `*` is safe to offer.
 */
export function createCorsPolicy(options: CorsOptions, refusalId?: RefusalId): CorsPolicy {
  const any = options.origins.includes("*");
  const origins = new Set(options.origins);
  const exposed = [...exposedHeaders, ...(options.exposedHeaders ?? [])].join(", ");
  const maxAge = String(options.maxAgeSeconds ?? 7200);

  return function applyCors(exchange) {
    const origin = exchange.header("origin");
    if (origin === undefined) return false;
    const preflight =
      exchange.method === "OPTIONS" &&
      exchange.header("access-control-request-method") !== undefined;
    if (!any && !origins.has(origin)) {
      if (preflight) refuse(exchange, origin, refusalId);
      else exchange.addHeaders(["vary", "origin"]);
      return preflight;
    }
    const allow = [
      "access-control-allow-origin",
      any ? "*" : origin,
      ...(any ? [] : ["vary", "origin"]),
    ];
    if (!preflight) {
      exchange.addHeaders([...allow, "access-control-expose-headers", exposed]);
      return false;
    }
    const wanted = exchange.header("access-control-request-headers") ?? "";
    exchange.respond(
      204,
      [
        ...allow,
        "access-control-allow-methods",
        "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        ...(wanted === "" ? [] : ["access-control-allow-headers", wanted]),
        "access-control-max-age",
        maxAge,
      ],
      "",
    );
    return true;
  };
}

function refuse(exchange: Exchange, origin: string, refusalId: RefusalId | undefined): void {
  const message = `The origin ${origin} is not one of the configured CORS origins.`;
  exchange.addHeaders(["vary", "origin"]);
  sendHttpError(exchange, new HttpError(403, "origin_not_allowed", message), refusalId);
}

/**
 * Reply headers that pages may read. `*` covers the rest in the only mode that is offered (without
 * credentials); the names are for browsers that predate the wildcard: status of gRPC-Web, encodings
 * of Connect, and what this server adds.
 */
const exposedHeaders: readonly string[] = [
  "*",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "content-encoding",
  "connect-content-encoding",
  "retry-after",
  "request-id",
  "x-request-id",
  "x-parlance-call-id",
  "x-parlance-target",
  "x-parlance-why",
  "x-parlance-attempts",
  "x-parlance-arm",
  "x-parlance-trail",
  "x-parlance-rule",
  "x-parlance-guards",
  "x-parlance-overhead-us",
  "server-timing",
  "traceparent",
];
