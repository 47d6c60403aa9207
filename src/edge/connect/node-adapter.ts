import type { DescService } from "@bufbuild/protobuf";
import {
  type ConnectError,
  type ConnectRouter,
  createConnectRouter,
  type MethodImplSpec,
} from "@connectrpc/connect";
import { createMethodUrl, type UniversalHandler } from "@connectrpc/connect/protocol";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Exchange } from "../http/exchange.ts";
import { createEnvelopedHandler, type SingleRequestSpec } from "./enveloped.ts";
import { connectFraming, grpcFraming, grpcWebFraming, grpcWebTextFraming } from "./framing.ts";
import { createRecordingRouter, type ErrorMapper, type ServiceOptions } from "./record-router.ts";
import { sendHttpRefusal, sendRpcError } from "./rpc-error.ts";
import { type RpcOptions, withDefaultRpcOptions } from "./rpc-options.ts";
import { toCallError } from "./services/call-abort.ts";
import { createUnaryHandler } from "./unary.ts";
import { serveUniversal } from "./universal-exchange.ts";

/**
 * Looks at a call by its head; throws what the call is refused with. A promise where that takes a
 * while, which rejects with the same.
 */
export type Admit = (exchange: Exchange) => void | Promise<void>;

/** What an RPC handler is made of. */
export interface RpcHandlerOptions extends Partial<RpcOptions> {
  /** Registers the services, as with any Connect adapter. */
  readonly routes: (router: ConnectRouter) => void;
  /**
   * Maps what implementations throw to the client's error; default: ConnectErrors pass, the rest is
   * INTERNAL.
   */
  readonly mapError?: ErrorMapper;
  /**
   * What looks at a call of a service before its body is read or invited. Undefined: everybody may
   * call the service.
   */
  readonly admit?: (service: DescService) => Admit | undefined;
  /**
   * Called with failures outside implementations, which are bugs or broken connections; default:
   * they are ignored.
   */
  readonly onFailure?: (error: unknown, exchange: Exchange) => void;
}

/** Serves Connect, gRPC and gRPC-Web on the paths of its services. */
export interface RpcHandler {
  /**
   * Takes the exchange and returns true if its path is that of a registered method; else returns
   * false.
   */
  tryHandle(exchange: Exchange): boolean;
  /**
   * Refuses a request in the RPC protocol that its media type names, or that its path calls for,
   * which need not be that of a method. Gives false where neither does.
   */
  tryRefuse(exchange: Exchange, error: unknown): boolean;
}

/**
 * Creates the handler. Register every service in `routes`; a path that is registered twice is
 * served by the last.
 */
export function createRpcHandler(options: RpcHandlerOptions): RpcHandler {
  const rpcOptions = withDefaultRpcOptions(options);
  const { onFailure } = options;
  const endpoints = collectEndpoints(options, rpcOptions);
  const services = new Set([...endpoints.keys()].map(serviceOf));

  const toStatus = (error: unknown, exchange: Exchange): ConnectError =>
    rpcOptions.toStatus?.(error, exchange) ?? toCallError(error);

  function fail(error: unknown, exchange: Exchange): void {
    if (!exchange.closed) {
      if (exchange.headSent) exchange.abort();
      else sendRpcError(exchange, toStatus(error, exchange));
    }
    onFailure?.(error, exchange);
  }
  function refuseHttp(exchange: Exchange, status: number, headers: readonly string[]): void {
    sendHttpRefusal(exchange, status, headers, toStatus(httpRefusal(exchange, status), exchange));
  }

  function serve(endpoint: Endpoint, exchange: Exchange): void {
    const lean = exchange.method === "POST" ? leanHandler(endpoint, exchange) : undefined;
    const done =
      lean === undefined
        ? serveUniversal(endpoint.universal, exchange, refuseHttp)
        : lean(exchange);
    done.catch((error: unknown) => fail(error, exchange));
  }
  function refuse(error: unknown, exchange: Exchange): void {
    sendRpcError(exchange, toStatus(error, exchange));
  }

  return {
    tryHandle(exchange) {
      const endpoint = endpoints.get(exchange.path);
      if (endpoint === undefined) return false;
      let admitted: ReturnType<Admit>;
      try {
        admitted = endpoint.admit?.(exchange);
      } catch (error) {
        refuse(error, exchange);
        return true;
      }
      if (admitted === undefined) serve(endpoint, exchange);
      else
        admitted.then(
          () => serve(endpoint, exchange),
          (error: unknown) => refuse(error, exchange),
        );
      return true;
    },
    tryRefuse(exchange, error) {
      if (
        !services.has(serviceOf(exchange.path)) &&
        !isRpcType(exchange.header("content-type") ?? "")
      )
        return false;
      sendRpcError(exchange, toStatus(error, exchange));
      return true;
    },
  };
}

/** The path of a method without the method. */
function serviceOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** Whether only clients of RPC send this media type. */
function isRpcType(type: string): boolean {
  return /^application\/(grpc|connect\+)/i.test(type);
}

/** Why connect's handlers refuse a request with nothing but an HTTP status. */
function httpRefusal(exchange: Exchange, status: number): GatewayError {
  const { method, path } = exchange;
  const type = exchange.header("content-type");
  switch (status) {
    case 405:
      return new GatewayError({
        reason: ErrorReason.METHOD_NOT_ALLOWED,
        message: `${path} takes POST, not ${method}`,
      });
    case 415:
      return new GatewayError({
        reason: ErrorReason.UNSUPPORTED_MEDIA_TYPE,
        message: `content-type ${type ?? "is missing: it"} must be one of ${mediaTypes}`,
      });
    default:
      return new GatewayError({
        reason: ErrorReason.UNSUPPORTED,
        message: `${path} cannot be served over this version of HTTP: use HTTP/2`,
      });
  }
}

const mediaTypes =
  "application/proto or application/json for a method with one reply, application/connect+proto or " +
  "application/connect+json for a stream, application/grpc, application/grpc-web and application/grpc-web-text, these with +proto or +json";

/**
 * The ways to serve one method: connect's own handler for everything, and lean ones for the common
 * cases.
 */
interface Endpoint {
  readonly admit: Admit | undefined;
  readonly universal: UniversalHandler;
  /** By protocol and media type; made for the first call, for most methods are never called. */
  readonly lean: () => ReadonlyMap<string, LeanHandler>;
}

type LeanHandler = (exchange: Exchange) => Promise<void>;

function collectEndpoints(
  options: RpcHandlerOptions,
  rpcOptions: RpcOptions,
): ReadonlyMap<string, Endpoint> {
  const router = createConnectRouter({
    ...rpcOptions,
    interceptors: [...rpcOptions.interceptors],
    acceptCompression: [...rpcOptions.acceptCompression],
  });
  const lean = new Map<string, Endpoint["lean"]>();
  const record = (spec: MethodImplSpec, own: ServiceOptions) => {
    const all = withDefaultRpcOptions({ ...rpcOptions, ...own });
    const usable = all.interceptors.length === 0;
    let handlers: ReadonlyMap<string, LeanHandler> | undefined;
    lean.set(createMethodUrl("/", spec.method), () => {
      handlers ??= new Map(usable ? leanHandlers(spec, all) : []);
      return handlers;
    });
  };
  options.routes(createRecordingRouter(router, options.mapError, record));
  return new Map(
    router.handlers.map((universal) => {
      const { requestPath, service } = universal;
      const admit = options.admit?.(service);
      return [requestPath, { admit, universal, lean: lean.get(requestPath) ?? (() => new Map()) }];
    }),
  );
}

/**
 * The lean handlers of a method. Streams of requests, and what is to be refused, take connect's own
 * path.
 */
function* leanHandlers(
  spec: MethodImplSpec,
  options: RpcOptions,
): Generator<[string, LeanHandler]> {
  if (spec.kind === "client_streaming" || spec.kind === "bidi_streaming") return;
  for (const format of ["proto", "json"] as const) {
    for (const [type, handler] of handlersOf(spec, format, options)) {
      // Over HTTP/1.1 too, where trailers exist as well: what connect's own handler answers garbage
      // with is INTERNAL.
      yield [`h1 ${type}`, handler];
      yield [`h2 ${type}`, handler];
    }
  }
}

/** By media type. One without a suffix is that of proto. */
function handlersOf(
  spec: SingleRequestSpec,
  format: "proto" | "json",
  options: RpcOptions,
): (readonly [string, LeanHandler])[] {
  const binary = format === "proto";
  const enveloped = [grpcFraming, grpcWebFraming, grpcWebTextFraming].flatMap((framing) => {
    const handler = createEnvelopedHandler(spec, framing, binary, options);
    const types = binary ? [framing.mediaType] : [];
    return [...types, `${framing.mediaType}+${format}`].map((type) => [type, handler] as const);
  });
  if (spec.kind === "unary")
    return [...enveloped, [`application/${format}`, createUnaryHandler(spec, binary, options)]];
  const stream = createEnvelopedHandler(spec, connectFraming, binary, options);
  return [...enveloped, [`${connectFraming.mediaType}+${format}`, stream]];
}

function leanHandler(endpoint: Endpoint, exchange: Exchange): LeanHandler | undefined {
  const { protocol } = exchange;
  const type = exchange.header("content-type") ?? "";
  const handlers = endpoint.lean();
  return handlers.get(`${protocol} ${type}`) ?? handlers.get(`${protocol} ${usualSpelling(type)}`);
}

/** A media type as it is mostly written: in lower case, and without the only charset of JSON. */
function usualSpelling(type: string): string {
  return type.toLowerCase().replace(/json; ?charset=utf-?8$/, "json");
}
