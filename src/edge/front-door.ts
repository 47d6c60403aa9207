import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import type { Principal } from "../core/call.ts";
import { type Fault, gatewayFailed } from "../core/faults/fault.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { callIdHeader } from "./call-id.ts";
import { createRpcHandler } from "./connect/node-adapter.ts";
import { refuseRpc } from "./connect/rpc-refusal.ts";
import { toCallError } from "./connect/services/call-abort.ts";
import { createHealth, type Readiness } from "./connect/services/health.ts";
import { keylessOptions } from "./connect/services/keyless-options.ts";
import { registerReflection } from "./connect/services/reflection/reflection.ts";
import { contractFiles, registerServices } from "./connect/services/services.ts";
import { faultOf } from "./fault-of.ts";
import type { Engine } from "./gateway-api.ts";
import type { Exchange, ExchangeHandler } from "./http/exchange.ts";
import { printHttpError, type RefusalId } from "./http/http-error.ts";
import { asksMetrics, serveMetrics } from "./metrics.ts";
import { product } from "./product.ts";
import { createRestEdge } from "./rest/rest-edge.ts";
import { servedPaths } from "./rest/served-paths.ts";

/** What every protocol is mounted on. */
export interface FrontDoorOptions {
  readonly engine: Engine;
  readonly readiness: Readiness;
  /** Aborted when the port closes: running health watches end. */
  readonly shutdown: AbortSignal;
  /** The largest request message. */
  readonly maxBodyBytes: number;
  /** How long a stream may be silent, in milliseconds; 0: for ever. */
  readonly heartbeatMs: number;
}

/** Answers every exchange, whatever its protocol. */
export interface FrontDoor {
  readonly handle: ExchangeHandler;
  /**
   * Refuses an exchange in the caller's protocol and dialect. Probes are answered while the gateway
   * shuts down.
   */
  readonly refuse: (exchange: Exchange, fault: Fault) => void | Promise<void>;
  /** Records a request that never came to the door; gives the id that its reply carries. */
  readonly refusalId: RefusalId;
  /** Answers for a handler that failed, which is a bug. */
  readonly fail: (exchange: Exchange, error: unknown) => void;
}

/** Puts RPC (Connect, gRPC, gRPC-Web), health, reflection, REST and the index on one handler. */
export function createFrontDoor({
  engine,
  readiness,
  shutdown,
  maxBodyBytes,
  heartbeatMs,
}: FrontDoorOptions): FrontDoor {
  // Health and reflection are for everybody: probes and tools have no key.
  const keyed = new Set(services);
  const identify = (exchange: Exchange) => identifyOnce(exchange, engine);
  const rpc = createRpcHandler({
    readMaxBytes: maxBodyBytes,
    // Nobody looks at them, and each costs as much as a small message.
    binaryOptions: { readUnknownFields: false },
    unknownFields: (model) => engine.models.unknownFields(model),
    admit: (service) => (keyed.has(service.typeName) ? identify : undefined),
    toStatus(error, exchange) {
      // Who has left is refused nothing, as over REST.
      if (exchange.closed) return toCallError(error);
      return refuseRpc(engine, error, {
        operation: methodOf(exchange),
        principal: exchange.principal?.name,
        clientAddress: exchange.clientAddress,
      });
    },
    mapError(error) {
      if (!(error instanceof ConnectError)) engine.onBug(error);
      return error;
    },
    routes(router) {
      registerServices(
        engine,
        heartbeatMs,
        shutdown,
      )(router).service(Health, createHealth({ readiness, services, shutdown }), keylessOptions);
      registerReflection(router, [...contractFiles, Health.file, ...detailFiles]);
    },
  });
  /** Paths are the caller's own; only those of methods are worth a record. */
  const methodOf = ({ path }: Exchange): string =>
    methods.has(path.slice(1)) ? path.slice(1) : "unknown";
  const rest = createRestEdge(engine, {
    ready: () => readiness.ready(),
    refuseElsewhere: rpc.tryRefuse,
    heartbeatMs,
  });
  const index = printIndex(services);
  const healthPath = `/${Health.typeName}/`;
  return {
    handle(exchange) {
      if (asksMetrics(engine, exchange)) return serveMetrics(exchange, engine);
      if (rpc.tryHandle(exchange)) return undefined;
      if (exchange.path !== "/" || (exchange.method !== "GET" && exchange.method !== "HEAD")) {
        return rest.handle(exchange);
      }
      return exchange.respond(200, ["content-type", "application/json"], index);
    },
    refuse(exchange, fault) {
      // Health checks are always answered, as at /readyz.
      if (exchange.path.startsWith(healthPath) && rpc.tryHandle(exchange)) return undefined;
      return rpc.tryRefuse(exchange, new GatewayError(fault))
        ? undefined
        : rest.refuse(exchange, fault);
    },
    refusalId: (error) =>
      engine.refuse({ operation: "unknown", fault: faultOf(error, engine.onBug) }),
    fail(exchange, error) {
      engine.onBug(error);
      if (exchange.headSent || exchange.closed) return;
      const { clientAddress } = exchange;
      const operation = methodOf(exchange);
      const id = engine.refuse({ operation, clientAddress, fault: gatewayFailed });
      const body = printHttpError(500, "internal_error", gatewayFailed.message);
      exchange.respond(500, ["content-type", "application/json", callIdHeader, id], body);
    },
  };
}

/** The types of error details: no method names them, and tools ask server reflection for them. */
const detailFiles = [FaultSchema.file, ErrorInfoSchema.file];

const contractServices = contractFiles.flatMap((file) => file.services);
const services = contractServices.map((service) => service.typeName);
const methods = new Set(
  contractServices.flatMap((service) =>
    service.methods.map((method) => `${service.typeName}/${method.name}`),
  ),
);

/** The page at `/` for a browser or curl: what this is and where to go from here. */
function printIndex(services: readonly string[]): string {
  const { name, version, description } = product;
  const endpoints = {
    rest: servedPaths(),
    rpc: services.map((service) => `/${service}/`),
    health: ["GET /healthz", "GET /readyz", "grpc.health.v1.Health"],
    reflection: ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"],
  };
  return `${JSON.stringify({ name, version, description, docs: "README.md", endpoints }, null, 2)}\n`;
}

/** Finds out who calls by the head of the request, and notes it. */
function identifyOnce(exchange: Exchange, engine: Engine): void | Promise<void> {
  const keep = (principal: Principal): void => {
    exchange.principal = principal;
  };
  const found = engine.identify((name) => exchange.header(name), exchange.clientNames, exchange);
  return found instanceof Promise ? found.then(keep) : keep(found);
}
