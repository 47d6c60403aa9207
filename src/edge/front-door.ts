import { ConnectError } from "@connectrpc/connect";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { createHealth, type Readiness } from "./connect/health.ts";
import { createRpcHandler } from "./connect/node-adapter.ts";
import { registerReflection } from "./connect/reflection.ts";
import { contractFiles, registerServices } from "./connect/services.ts";
import type { Engine } from "./engine.ts";
import type { ExchangeHandler } from "./http/exchange.ts";
import { product } from "./product.ts";
import { createRestEdge } from "./rest/rest-edge.ts";
import { servedPaths } from "./rest/served-paths.ts";

/** What every protocol is mounted on. */
export interface FrontDoorOptions {
  readonly engine: Engine;
  readonly readiness: Readiness;
  /** Aborted when the process shuts down: running health watches end. */
  readonly shutdown: AbortSignal;
  /** The largest request message. */
  readonly maxBodyBytes: number;
}

/** Answers every exchange, whatever its protocol. */
export interface FrontDoor {
  readonly handle: ExchangeHandler;
  /** Answers an exchange that arrives while the gateway shuts down, in the caller's own words. */
  readonly refuse: ExchangeHandler;
}

/** Puts RPC (Connect, gRPC, gRPC-Web), health, reflection, REST and the index on one handler. */
export function createFrontDoor({ engine, readiness, shutdown, maxBodyBytes }: FrontDoorOptions): FrontDoor {
  const services = contractFiles.flatMap((file) => file.services.map((service) => service.typeName));
  const rpc = createRpcHandler({
    readMaxBytes: maxBodyBytes,
    // Nobody looks at them, and each costs as much as a small message.
    binaryOptions: { readUnknownFields: false },
    mapError(error) {
      if (!(error instanceof ConnectError)) engine.onBug(error);
      return error;
    },
    routes(router) {
      registerServices(engine)(router).service(Health, createHealth({ readiness, services, shutdown }));
      registerReflection(router, [...contractFiles, Health.file]);
    },
  });
  const rest = createRestEdge(engine, () => readiness.ready());
  const index = printIndex(services);
  return {
    handle(exchange) {
      if (rpc.tryHandle(exchange)) return undefined;
      if (exchange.path !== "/" || (exchange.method !== "GET" && exchange.method !== "HEAD")) {
        return rest.handle(exchange);
      }
      return exchange.respond(200, ["content-type", "application/json"], index);
    },
    refuse: (exchange) => (rpc.tryRefuse(exchange) ? undefined : rest.refuse(exchange)),
  };
}

/** What a browser or curl is told at `/`: what this is and where to go from here. */
function printIndex(services: readonly string[]): string {
  const { name, version, description } = product;
  const endpoints = {
    rest: servedPaths,
    rpc: services.map((service) => `/${service}/`),
    health: ["GET /healthz", "GET /readyz", "grpc.health.v1.Health"],
    reflection: ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"],
  };
  return `${JSON.stringify({ name, version, description, docs: "README.md", endpoints }, null, 2)}\n`;
}
