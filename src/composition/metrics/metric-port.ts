import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { isLoopback } from "../../config/compile/compile-server.ts";
import type { Metrics } from "../../core/metrics/metrics.ts";
import type { Engine } from "../../edge/gateway-api.ts";
import { createLocalGuard } from "../../edge/local-guard.ts";
import { refuseMetrics, serveMetrics } from "../../edge/metrics.ts";
import { createServer, type Server } from "../../edge/server.ts";
import { watchEventLoop } from "../../observe/metrics/watch-event-loop.ts";

/** What shows the metrics of a gateway that listens. */
export interface MetricPort {
  /** Undefined: they have no port of their own. */
  readonly port: number | undefined;
  close(): Promise<void>;
}

/** What the metrics of a thread are shown with. */
export interface MetricPortOptions {
  /** The address to listen on. */
  readonly host: string;
  /** Whether their port is this thread's. */
  readonly serves: boolean;
  /** What this thread counts. */
  readonly metrics: Metrics;
  /** Closed where the port cannot be had. */
  readonly beside: { close(): Promise<void> };
}

/**
 * Looks at the event loop of this thread, and opens the port of the metrics where the settings have
 * one. Rejects with the system's error where the port cannot be had.
 */
export async function openMetrics(
  engine: Engine,
  { host, serves, metrics, beside }: MetricPortOptions,
): Promise<MetricPort> {
  const port = engine.metrics.serving()?.port;
  const server = serves && port !== undefined ? createMetricServer(engine, host) : undefined;
  const bound = await server?.listen({ host, port: port ?? 0 }).catch(async (error: unknown) => {
    await beside.close();
    throw error;
  });
  const unwatch = watchEventLoop(metrics);
  return {
    port: bound?.port,
    async close() {
      unwatch();
      await server?.close();
    },
  };
}

function createMetricServer(engine: Engine, host: string): Server {
  return createServer({
    handler: createLocalGuard({
      open: () => isLoopback(host),
      isLocal: isLoopback,
      handler(exchange) {
        const path = engine.metrics.serving()?.path;
        if (path === exchange.path) return serveMetrics(exchange, engine);
        return refuseMetrics(exchange, engine, {
          reason: ErrorReason.UNKNOWN_PATH,
          message: `there is nothing at ${exchange.path}: the metrics are at ${path ?? "no path"}`,
        });
      },
      refuse: (exchange, fault) => refuseMetrics(exchange, engine, fault),
    }),
  });
}
