import { toJson } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { LimitsSchema } from "../../gen/parlance/config/v1/server_pb.js";
import type { Settings } from "../config/settings.ts";
import type { Violation } from "../config/violation.ts";
import { durationMs } from "../core/time/duration-ms.ts";
import { storeIdentity } from "../store/snapshot/store-identity.ts";

/** The settings of the listener that only a start puts in force, as JSON that compares. */
const fixed: Readonly<Record<string, (settings: Settings) => unknown>> = {
  host: ({ config }) => config.server.host,
  port: ({ config }) => config.server.port,
  cors: ({ config }) => config.server.cors?.allowedOrigins ?? [],
  limits: ({ config }) => toJson(LimitsSchema, config.server.limits),
  workers: ({ workers }) => workers,
  heartbeat: ({ config }) => durationMs(config.server.heartbeat),
  tls: ({ tls }) => tls !== undefined,
  "tls.client_ca_file": ({ tls }) => tls?.clientCa !== undefined,
  "tls.client_auth": ({ tls }) => tls?.clientsWithout ?? false,
  trusted_proxies: ({ config }) => config.server.trustedProxies,
  proxy_protocol: ({ config }) => config.server.proxyProtocol,
  max_connection_age: ({ config }) => durationMsOf(config.server.maxConnectionAge),
};

/** Other credentials of the same database are taken without a restart. */
function storeOf({ store }: Settings): unknown {
  if (store === undefined) return undefined;
  const { address } = store;
  const place = address.kind === "postgres" ? storeIdentity(address.url.reveal()) : address;
  return { ...store, address: place };
}

function portOfMetrics({ config }: Settings): unknown {
  return config.observe.metrics.port;
}

function durationMsOf(duration: Duration | undefined): number {
  return duration === undefined ? 0 : durationMs(duration);
}

/**
 * The settings of the listener that a reload cannot put in force: what `wanted` says differently
 * from `running`. The certificate is not among them, unless TLS is switched on or off.
 */
export function restartWarnings(running: Settings, wanted: Settings): readonly Violation[] {
  const settings = Object.entries(fixed).map(([name, read]) => [`server.${name}`, read] as const);
  const others = [["store", storeOf] as const, ["observe.metrics.port", portOfMetrics] as const];
  return [...settings, ...others].flatMap(([path, read]) => {
    if (JSON.stringify(read(running)) === JSON.stringify(read(wanted))) return [];
    const message = "has changed, which takes a restart: the old setting stays in force";
    return [{ path, line: 1, column: 1, message, hint: "", ruleId: "restart_needed" }];
  });
}
