import { Code, ConnectError, type ConnectRouter, createConnectRouter, type MethodImplSpec } from "@connectrpc/connect";
import { createMethodUrl, type UniversalHandler } from "@connectrpc/connect/protocol";
import type { Exchange } from "../http/exchange.ts";
import { createRecordingRouter, type ErrorMapper } from "./record-router.ts";
import { sendRpcError } from "./rpc-error.ts";
import { type RpcOptions, withDefaultRpcOptions } from "./rpc-options.ts";
import { createUnaryHandler, type UnaryHandler } from "./unary.ts";
import { serveUniversal } from "./universal-exchange.ts";

/** What an RPC handler is made of. */
export interface RpcHandlerOptions extends Partial<RpcOptions> {
  /** Registers the services, as with any Connect adapter. */
  readonly routes: (router: ConnectRouter) => void;
  /** Maps what implementations throw to what the client is told; default: ConnectErrors pass, the rest is INTERNAL. */
  readonly mapError?: ErrorMapper;
  /** Told of failures outside implementations, which are bugs or broken connections; default: nobody is told. */
  readonly onFailure?: (error: unknown, exchange: Exchange) => void;
}

/** Serves Connect, gRPC and gRPC-Web on the paths of its services. */
export interface RpcHandler {
  /** Takes the exchange and returns true if its path is that of a registered method; else returns false. */
  tryHandle(exchange: Exchange): boolean;
  /** Answers a call of a registered method with UNAVAILABLE, in its own protocol; false for any other path. */
  tryRefuse(exchange: Exchange): boolean;
}

/** Creates the handler. Register every service in `routes`; a path that is registered twice is served by the last. */
export function createRpcHandler(options: RpcHandlerOptions): RpcHandler {
  const rpcOptions = withDefaultRpcOptions(options);
  const { onFailure } = options;
  const endpoints = collectEndpoints(options, rpcOptions);

  function fail(error: unknown, exchange: Exchange): void {
    if (!exchange.closed) {
      if (exchange.headSent) exchange.abort();
      else sendRpcError(exchange, new ConnectError("internal error", Code.Internal));
    }
    onFailure?.(error, exchange);
  }

  return {
    tryHandle(exchange) {
      const endpoint = endpoints.get(exchange.path);
      if (endpoint === undefined) return false;
      const binary = endpoint.unary === undefined ? undefined : readUnaryFormat(exchange);
      const done =
        endpoint.unary === undefined || binary === undefined
          ? serveUniversal(endpoint.universal, exchange)
          : endpoint.unary(exchange, binary);
      done.catch((error: unknown) => fail(error, exchange));
      return true;
    },
    tryRefuse(exchange) {
      if (!endpoints.has(exchange.path)) return false;
      sendRpcError(exchange, new ConnectError("the server is shutting down", Code.Unavailable, { "retry-after": "1" }));
      return true;
    },
  };
}

/** The ways to serve one method: connect's own handler for everything, and a lean one for the common case. */
interface Endpoint {
  readonly universal: UniversalHandler;
  readonly unary: UnaryHandler | undefined;
}

function collectEndpoints(options: RpcHandlerOptions, rpcOptions: RpcOptions): ReadonlyMap<string, Endpoint> {
  const router = createConnectRouter({
    ...rpcOptions,
    interceptors: [...rpcOptions.interceptors],
    acceptCompression: [...rpcOptions.acceptCompression],
  });
  const unary = new Map<string, UnaryHandler>();
  const record = (spec: MethodImplSpec, plain: boolean) => {
    if (spec.kind !== "unary" || !plain || rpcOptions.interceptors.length > 0) return;
    unary.set(createMethodUrl("/", spec.method), createUnaryHandler(spec, rpcOptions));
  };
  options.routes(createRecordingRouter(router, options.mapError, record));
  return new Map(
    router.handlers.map((universal) => [universal.requestPath, { universal, unary: unary.get(universal.requestPath) }]),
  );
}

/** Tells whether a POST is in Connect's unary protocol: true for proto, false for JSON, undefined if it is neither. */
function readUnaryFormat(exchange: Exchange): boolean | undefined {
  if (exchange.method !== "POST") return undefined;
  const type = exchange.header("content-type");
  if (type === "application/proto") return true;
  if (type === "application/json") return false;
  if (type === undefined || !unaryContentType.test(type)) return undefined;
  return type.toLowerCase() === "application/proto";
}

const unaryContentType = /^application\/(?:json(?:; ?charset=utf-?8)?|proto)$/i;
