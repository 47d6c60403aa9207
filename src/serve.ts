import { openMetrics } from "./composition/metrics/metric-port.ts";
import { restartWarnings } from "./composition/restart-warnings.ts";
import { isLoopback } from "./config/compile/compile-server.ts";
import type { ConfigSource } from "./config/loading/load-config.ts";
import type { Settings } from "./config/settings.ts";
import type { Violation } from "./config/violation.ts";
import {
  type ConfiguredEngine,
  createConfiguredEngine,
  type EngineOptions,
  type Prepared,
} from "./configured-gateway.ts";
import { draining } from "./core/faults/draining.ts";
import type { Notice } from "./core/notice.ts";
import type { StoredConfig } from "./core/stored/config-object.ts";
import { durationMs } from "./core/time/duration-ms.ts";
import { createFrontDoor, type FrontDoor } from "./edge/front-door.ts";
import { createLocalGuard } from "./edge/local-guard.ts";
import { createReadiness } from "./edge/readiness.ts";
import { createServer, type Server } from "./edge/server.ts";
import type { ServerLimits, TlsOptions } from "./edge/server-options.ts";
import type { Gateway } from "./gateway.ts";

/** What a gateway is started with. `config` may be its text alone. */
export interface StartOptions extends Omit<EngineOptions, "config"> {
  readonly config?: ConfigSource | string | undefined;
  /** Of a worker: what it needs of the gateway that it is a part of. */
  readonly whole?: Whole | undefined;
}

/** The gateway that a worker is a part of. */
export interface Whole {
  /** Whether it has the port of the metrics, where they have one of their own. */
  readonly servesMetrics: boolean;
  /** Whether all workers are ready. */
  readonly isReady: () => boolean;
  /** Resolves with the port to listen on, once the worker may; 0: any free one. */
  readonly listenAt: () => Promise<number>;
}

/** What became of a reload. Warnings name what was loaded but takes a restart, among others. */
export type ReloadResult =
  | { readonly ok: true; readonly warnings: readonly Violation[] }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** A gateway that listens, in one thread or in several. */
export interface Serving {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly port: number;
  /** Warnings about the configuration it started with. */
  readonly warnings: readonly Violation[];
  /** The configuration in force. */
  settings(): Settings;
  /** Calls whose reply is not complete. */
  active(): number | Promise<number>;
  /**
   * Remembers why a configuration was refused, for ConfigService; the one in force stays. `atMs` is
   * milliseconds since 1970; default: now.
   */
  refuseReload(violations: readonly Violation[], atMs?: number): void | Promise<void>;
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

/** A gateway that listens in this thread. */
export interface RunningGateway extends Serving {
  readonly engine: Gateway;
  /** The port of the metrics; undefined: they have none of their own, or another thread has it. */
  readonly metricsPort: number | undefined;
  active(): number;
  refuseReload(violations: readonly Violation[], atMs?: number): void;
  /** Open connections of clients. */
  connections(): number;
  /** The first half of a reload: it changes nothing until `commit` is called. One at a time. */
  prepare(config: ConfigSource | string | undefined, stored?: StoredConfig): Promise<Prepared>;
  /** Says that `whole.isReady` may answer differently from now on. */
  readyChanged(): void;
  /** Takes what the process has said in the log itself, for those whom alerts reach. */
  heard(notice: Notice): void;
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
  const { host, port: wantedPort, limits } = running.config.server;
  const shutdown = new AbortController();
  let stopping = false;
  const { whole } = options;
  const readiness = createReadiness(
    () => !stopping && settings().providers.size > 0 && whole?.isReady() !== false,
  );
  const door = createFrontDoor({
    engine,
    readiness,
    shutdown: shutdown.signal,
    maxBodyBytes: limits.maxBodyBytes,
    heartbeatMs: durationMs(running.config.server.heartbeat),
  });
  const server = createDoorServer(engine, door, whole !== undefined);
  const { url, port } = await server.listen(
    whole === undefined
      ? { host, port: wantedPort }
      : { host, port: await whole.listenAt(), reusePort: true },
  );

  const serves = whole?.servesMetrics !== false;
  const { metrics: counted } = engine.world;
  const metrics = await openMetrics(engine, { host, serves, metrics: counted, beside: server });
  const changed = (next: Settings): void => {
    reloadTls(server, running, next);
    readiness.changed();
  };
  configured.onFollowed(changed);
  let engineClosed: Promise<void> | undefined;
  const stop = async (stopServer: () => Promise<void>): Promise<void> => {
    stopping = true;
    readiness.changed();
    await stopServer();
    await metrics.close();
    // Once: a gateway that was drained may be closed too.
    engineClosed ??= engine.close();
    await engineClosed;
  };
  return {
    url,
    port,
    metricsPort: metrics.port,
    engine,
    warnings: configured.warnings,
    settings,
    active: () => server.active,
    connections: () => server.connections,
    ...reloadsOf(configured, running, changed),
    refuseReload: engine.refuseReload,
    readyChanged: readiness.changed,
    heard: configured.heard,
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

/** Reloads in one step and in two; `changed` takes settings that are in force. */
function reloadsOf(
  configured: ConfiguredEngine,
  running: Settings,
  changed: (next: Settings) => void,
): Pick<RunningGateway, "reload" | "prepare"> {
  return {
    async reload(config) {
      const result = await configured.reload(sourceOf(config));
      if (!result.ok) return result;
      changed(result.settings);
      const { warnings } = result;
      return { ok: true, warnings: [...warnings, ...restartWarnings(running, result.settings)] };
    },
    async prepare(config, stored) {
      const result = await configured.prepare(sourceOf(config), stored);
      if (!result.ok) return result;
      return {
        ...result,
        commit(atMs) {
          result.commit(atMs);
          changed(result.settings);
        },
      };
    },
  };
}

/** The server of a gateway, which opens no port yet. Workers share the memory of bodies. */
function createDoorServer(engine: Gateway, door: FrontDoor, isWorker: boolean): Server {
  const settings = () => engine.snapshot().settings;
  const running = settings();
  const { host, cors, trustedProxies, proxyProtocol } = running.config.server;
  const local = isLoopback(host);
  return createServer({
    handler: createLocalGuard({
      open: () => local && !settings().auth.required,
      isLocal: isLoopback,
      handler: door.handle,
      refuse: door.refuse,
    }),
    onRefused: (exchange) => door.refuse(exchange, draining),
    onError: door.fail,
    refusalId: door.refusalId,
    limits: serverLimits(running),
    bodies: isWorker ? engine.world.state.slots("body_memory") : undefined,
    cors: { origins: cors?.allowedOrigins ?? [] },
    trustedProxies,
    proxyProtocol,
    ...tlsOf(running),
  });
}

function sourceOf(config: ConfigSource | string | undefined): ConfigSource | undefined {
  return typeof config === "string" ? { text: config, filename: "config" } : config;
}

/** The bounds of the listener. */
function serverLimits({
  config,
}: Settings): Settings["config"]["server"]["limits"] & Partial<ServerLimits> {
  const { limits, heartbeat, maxConnectionAge } = config.server;
  return {
    ...limits,
    heartbeatMs: durationMs(heartbeat),
    headersTimeoutMs: durationMs(limits.headersTimeout),
    requestTimeoutMs: durationMs(limits.requestTimeout),
    idleTimeoutMs: durationMs(limits.idleTimeout),
    sendTimeoutMs: durationMs(limits.sendTimeout),
    maxConnectionAgeMs: maxConnectionAge === undefined ? 0 : durationMs(maxConnectionAge),
  };
}

function tlsOf({ tls }: Settings): { readonly tls?: TlsOptions } {
  if (tls === undefined) return {};
  const { certificate: cert, key, clientCa, clientsWithout, minVersion } = tls;
  const own = { cert, key: key.reveal(), clientsWithout, minVersion };
  return { tls: clientCa === undefined ? own : { ...own, clientCa } };
}

function reloadTls(server: Server, running: Settings, wanted: Settings): void {
  const { tls } = tlsOf(wanted);
  if (running.tls !== undefined && tls !== undefined) server.reloadTls(tls);
}
