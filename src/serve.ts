import { restartWarnings } from "./composition/restart-warnings.ts";
import { isLoopback } from "./config/compile-server.ts";
import type { ConfigSource } from "./config/loading/load-config.ts";
import type { Settings } from "./config/settings.ts";
import type { Violation } from "./config/violation.ts";
import { createConfiguredEngine, type EngineOptions } from "./configured-gateway.ts";
import { draining } from "./core/draining.ts";
import { durationMs } from "./core/duration-ms.ts";
import { createFrontDoor } from "./edge/front-door.ts";
import { createLocalGuard } from "./edge/local-guard.ts";
import { createReadiness } from "./edge/readiness.ts";
import { createServer, type Server } from "./edge/server.ts";
import type { ServerLimits, TlsOptions } from "./edge/server-options.ts";
import type { Gateway } from "./gateway.ts";

/** What a gateway is started with. `config` may be its text alone. */
export interface StartOptions extends Omit<EngineOptions, "config"> {
  readonly config?: ConfigSource | string | undefined;
}

/** What became of a reload. Warnings name what was loaded but takes a restart, among others. */
export type ReloadResult =
  | { readonly ok: true; readonly warnings: readonly Violation[] }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** A gateway that listens. */
export interface RunningGateway {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly port: number;
  readonly engine: Gateway;
  /** Warnings about the configuration it started with. */
  readonly warnings: readonly Violation[];
  /** The configuration in force. */
  settings(): Settings;
  /** Calls whose reply is not complete. */
  active(): number;
  /** Open connections of clients. */
  connections(): number;
  /**
   * Puts another configuration in force, if it can be used; else nothing changes. Running calls
   * keep theirs.
   */
  reload(config: ConfigSource | string | undefined): Promise<ReloadResult>;
  /**
   * Stops in peace: not ready, new calls refused, running calls may finish, and end as DRAINING
   * after the grace period. The port stays open for a while, so that load balancers learn of it.
   * Resolves when all is closed.
   */
  drain(times?: DrainTimes): Promise<void>;
  /** Stops at once. */
  close(): Promise<void>;
}

/**
 * How long a stop in peace may take; what is left out is as configured. Both times run from the
 * start.
 */
export interface DrainTimes {
  /** How long running calls may finish, in milliseconds. */
  readonly graceMs?: number;
  /** How long the port stays open, in milliseconds. */
  readonly delayMs?: number;
}

/**
 * Starts a gateway on the host and port of its configuration (port 0: any free one). Rejects with
 * ConfigError where the configuration cannot be used, and with the system's error where the port
 * cannot be had.
 */
export async function startGateway(options: StartOptions = {}): Promise<RunningGateway> {
  const configured = await createConfiguredEngine({ ...options, config: sourceOf(options.config) });
  const { engine } = configured;
  const settings = () => engine.snapshot().settings;
  const running = settings();
  const { host, port: wantedPort, cors } = running.config.server;
  const limits = serverLimits(running);
  const shutdown = new AbortController();
  let stopping = false;
  const readiness = createReadiness(() => !stopping && settings().providers.size > 0);
  const door = createFrontDoor({
    engine,
    readiness,
    shutdown: shutdown.signal,
    maxBodyBytes: limits.maxBodyBytes,
  });
  const server = createServer({
    handler: createLocalGuard({
      open: () => isLoopback(host) && !settings().auth.required,
      isLocal: isLoopback,
      handler: door.handle,
      refuse: door.refuse,
    }),
    onRefused: (exchange) => door.refuse(exchange, draining),
    onError: door.fail,
    limits,
    cors: { origins: cors?.allowedOrigins ?? [] },
    ...tlsOf(running),
  });
  const { url, port } = await server.listen({ host, port: wantedPort });

  let engineClosed: Promise<void> | undefined;
  const stop = async (stopServer: () => Promise<void>): Promise<void> => {
    stopping = true;
    readiness.changed();
    await stopServer();
    // Once: a gateway that was drained may be closed too.
    engineClosed ??= engine.close();
    await engineClosed;
  };
  return {
    url,
    port,
    engine,
    warnings: configured.warnings,
    settings,
    active: () => server.active,
    connections: () => server.connections,
    async reload(config) {
      const result = await configured.reload(sourceOf(config));
      if (!result.ok) return result;
      reloadTls(server, running, result.settings);
      readiness.changed();
      return {
        ok: true,
        warnings: [...result.warnings, ...restartWarnings(running, result.settings)],
      };
    },
    drain(times = {}) {
      const { drainGrace, drainDelay } = settings().config.server;
      const { graceMs = durationMs(drainGrace), delayMs = durationMs(drainDelay) } = times;
      return stop(() => server.drain(graceMs, { delayMs, onPortClosed: () => shutdown.abort() }));
    },
    close() {
      shutdown.abort();
      return stop(() => server.close());
    },
  };
}

function sourceOf(config: ConfigSource | string | undefined): ConfigSource | undefined {
  return typeof config === "string" ? { text: config, filename: "config" } : config;
}

/** The bounds of the listener. */
function serverLimits({
  config,
}: Settings): Settings["config"]["server"]["limits"] & Partial<ServerLimits> {
  const { limits } = config.server;
  return {
    ...limits,
    headersTimeoutMs: durationMs(limits.headersTimeout),
    requestTimeoutMs: durationMs(limits.requestTimeout),
    idleTimeoutMs: durationMs(limits.idleTimeout),
    sendTimeoutMs: durationMs(limits.sendTimeout),
  };
}

function tlsOf({ tls }: Settings): { readonly tls?: TlsOptions } {
  return tls === undefined ? {} : { tls: { cert: tls.certificate, key: tls.key.reveal() } };
}

function reloadTls(server: Server, running: Settings, wanted: Settings): void {
  const { tls } = tlsOf(wanted);
  if (running.tls !== undefined && tls !== undefined) server.reloadTls(tls);
}
