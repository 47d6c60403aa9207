import type { MessagePort } from "node:worker_threads";
import { ConfigError } from "./composition/config-error.ts";
import {
  type ContentRecorder,
  createContentRecorder,
} from "./composition/content/content-recorder.ts";
import {
  createLoading,
  type Loading,
  type LoadingOptions,
} from "./composition/loading/create-loading.ts";
import {
  followStoreUrl,
  linkStore,
  openStoreThread,
  storeGraceMs,
} from "./composition/open-store.ts";
import { reloadRefusals } from "./composition/reload-refusals.ts";
import { followSecrets, type SecretFollowing } from "./composition/secrets/follow-secrets.ts";
import { listenFor } from "./composition/secrets/secret-listener.ts";
import { followConfig, readForStart } from "./composition/stored/follow-config.ts";
import { noStored } from "./composition/stored/stored-state.ts";
import { createSystemWorld } from "./composition/system-world.ts";
import { startSpendReports } from "./composition/usage/spend-report.ts";
import { storingWorld } from "./composition/usage/storing-world.ts";
import type { World } from "./composition/world.ts";
import type { ConfigSource, Loaded, LoadResult } from "./config/loading/load-config.ts";
import type { Settings } from "./config/settings.ts";
import { loadApplied } from "./config/stored/load-with-store.ts";
import type { Violation } from "./config/violation.ts";
import { createMetricBuffer, MetricMemory, viewMetrics } from "./core/metrics/metric-memory.ts";
import { Metrics } from "./core/metrics/metrics.ts";
import type { Notice } from "./core/notice.ts";
import type { StoredConfig } from "./core/stored/config-object.ts";
import { createQueue } from "./core/time/in-turn.ts";
import { type Commit, createEngine, type Gateway } from "./gateway.ts";
import { createCallMetrics } from "./observe/metrics/call-metrics.ts";
import { createSending, type Outputs, type Sending } from "./outputs.ts";
import type { StoreLink } from "./store/store.ts";

/** What an engine is configured from. */
export interface EngineOptions extends LoadingOptions {
  /** When it was loaded first, in milliseconds since 1970; default: now. */
  readonly loadedAtMs?: number | undefined;
  /** Parts of the world to replace: clocks, ids, and where records of calls go. */
  readonly world?: Partial<World> | undefined;
  /** Of a worker: its way to the store of the process. Absent: the engine opens a store itself. */
  readonly storePort?: MessagePort | undefined;
  /** Of a worker: where it and the other threads of the process count. Absent: there are none. */
  readonly metricMemory?: ThreadMetrics | undefined;
  /** Of a worker: what the store adds to the config. Absent: the engine reads and follows it. */
  readonly stored?: StoredConfig | undefined;
}

/** Memory for metrics, made by `createMetricBuffer`. */
export interface ThreadMetrics {
  readonly own: SharedArrayBuffer;
  readonly others: readonly SharedArrayBuffer[];
  /** Whether this thread sends the metrics of all, where they are sent. */
  readonly sends: boolean;
}

/** A configuration that is ready to take effect, or why it may not. */
export type Prepared =
  | (Loaded & { readonly commit: Commit })
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** An engine whose configuration can be replaced. */
export interface ConfiguredEngine {
  readonly engine: Gateway;
  /** Warnings about the configuration it was made with. */
  readonly warnings: readonly Violation[];
  /**
   * Puts another configuration in force if it can be used and takes away no keys, else keeps the
   * one in force and remembers why for ConfigService. Never rejects for what the configuration
   * says. Reloads take effect in the order of their requests.
   */
  reload(config: ConfigSource | undefined): Promise<LoadResult>;
  /**
   * The first half of a reload: it changes nothing until `commit` is called. One at a time.
   * `stored`: what the store adds; default: as until now.
   */
  prepare(config: ConfigSource | undefined, stored?: StoredConfig): Promise<Prepared>;
  /** Has a listener hear of settings that came into force because the store or a secret changed. */
  onFollowed(listener: (settings: Settings) => void): void;
  /** Takes what the process has said in the log itself, for those whom alerts reach. */
  heard(notice: Notice): void;
}

/**
 * Loads a configuration and makes an engine of it. Rejects with ConfigError where it cannot be
 * used.
 */
export async function createConfiguredEngine(options: EngineOptions): Promise<ConfiguredEngine> {
  const loading = createLoading(options);
  try {
    return await createWith(loading, options);
  } catch (error) {
    await loading.close();
    throw error;
  }
}

async function createWith(loading: Loading, options: EngineOptions): Promise<ConfiguredEngine> {
  const { validator, load, loadAll, partsOf, secrets } = loading;
  const read = usable(await loading.first(), options);
  const checks = createQueue();
  const current: Current = { source: options.config, loaded: read, stored: noStored };
  const system = createSystemWorld(
    {
      loadConfig: (text, lookUps) => checks(() => load({ text, filename: "" }, { lookUps })),
      loadStored: (objects) =>
        checks(() => loadAll(current.source, { ...current.stored, objects })),
      loadApplied: (text) =>
        checks(() =>
          loadApplied({ text, filename: "" }, partsOf(current.source, current.stored), load),
        ),
    },
    { metrics: new Metrics(new MetricMemory(options.metricMemory?.own)), ...options.world },
  );
  const sendsMetrics = options.metricMemory?.sends !== false;
  const sending = createSending(system, () => current.loaded.settings, sendsMetrics);
  const { outputs, world: bare } = sending;
  // Before the store, which may have something to say.
  outputs.alerts.configure(read.settings);
  const opened = await openStore(read.settings, bare, options.storePort).catch(async (error) => {
    await outputs.close(0);
    throw error;
  });
  const contents = createContentRecorder(bare, opened.store);
  const world = createRecording(bare, opened, { ...sending, contents }, options);
  secrets?.listen(listenFor(world));
  try {
    current.stored = options.stored ?? (await readAtStart(read.settings, world, options.storePort));
    const { objects, applied } = current.stored;
    if (objects.length > 0 || applied !== undefined)
      current.loaded = usable(await loadAll(current.source, current.stored), options);
    const engine = await createEngine(
      {
        ...current.loaded,
        stored: current.stored,
        file: options.config?.filename ?? "",
        loadedAtMs: options.loadedAtMs,
      },
      world,
      validator,
    );
    sending.readFrom(engine);
    for (const one of [outputs, contents]) one.configure(current.loaded.settings);
    const shared = { engine, current, loading, opened, outputs, contents };
    return configure({ ...shared, follows: options.storePort === undefined });
  } catch (error) {
    await Promise.all([opened.close(), outputs.close(0)]);
    throw error;
  }
}

/** The world with what takes the records of calls: the store, the counters, and the outputs. */
function createRecording(
  bare: World,
  opened: OpenedStore,
  { outputs, nameProvider, settings, contents }: Sending & { readonly contents: ContentRecorder },
  { metricMemory }: EngineOptions,
): World & { readonly store: StoreLink } {
  const calls = createCallMetrics({ ...bare, settings, nameProvider });
  const others = [...(metricMemory?.others ?? []), ...opened.metrics].map(viewMetrics);
  const counting = {
    ...bare,
    vaults: contents,
    underWay: calls.underWay,
    otherMetrics: () => others,
  };
  return storingWorld(counting, opened.store, (record, row, { content, toStore }) => {
    if (!settings().config.observe.metrics.disabled) calls.record(record);
    if (toStore !== undefined && row !== undefined) contents.record(toStore, row);
    outputs.record(record, row, content);
  });
}

/** What is in force. */
interface Current {
  source: ConfigSource | undefined;
  loaded: Loaded;
  stored: StoredConfig;
}

/** The store of an engine, and what closes it. */
interface OpenedStore {
  readonly store: StoreLink;
  /** Where its thread counts, where it has one that nobody else knows of. */
  readonly metrics: readonly SharedArrayBuffer[];
  /** Takes the credentials of settings that are in force. */
  readonly configure: (settings: Settings) => void;
  readonly close: () => Promise<void>;
}

interface ConfigureOptions {
  readonly engine: Gateway;
  readonly current: Current;
  readonly loading: Loading;
  readonly opened: OpenedStore;
  readonly outputs: Outputs;
  readonly contents: ContentRecorder;
  readonly follows: boolean;
}

/** Lets the configuration of an engine be replaced. */
function configure({
  engine,
  current,
  loading,
  opened,
  outputs,
  contents,
  follows,
}: ConfigureOptions): ConfiguredEngine {
  const { world } = engine;
  const listeners: ((settings: Settings) => void)[] = [];
  const prepare = async (
    config: ConfigSource | undefined,
    stored = current.stored,
  ): Promise<Prepared> => {
    const result = await loading.loadAll(config, stored);
    // What was applied was planned: it may take away what a file loses by mistake.
    const isApplied = stored.applied?.number !== current.stored.applied?.number;
    const refusals = result.ok && !isApplied ? reloadRefusals(current.loaded, result) : [];
    const violations = result.ok ? refusals : result.violations;
    if (!result.ok || violations.length > 0) return { ok: false, violations };
    const missing = await engine.missingFor(result.settings);
    if (missing.length > 0) return { ok: false, violations: missing };
    const commit = await engine.prepare({ ...result, stored, file: config?.filename ?? "" });
    return {
      ...result,
      commit(atMs) {
        commit(atMs);
        outputs.configure(result.settings);
        contents.configure(result.settings);
        opened.configure(result.settings);
        if (isApplied) world.log?.setLevel(undefined);
        Object.assign(current, { source: config, loaded: result, stored });
        following.restart();
      },
    };
  };
  const reload = async (config: ConfigSource | undefined): Promise<LoadResult> => {
    const prepared = await prepare(config);
    if (prepared.ok) {
      prepared.commit();
      world.log?.setLevel(undefined);
    } else engine.refuseReload(prepared.violations);
    return prepared;
  };
  const apply = async (stored: StoredConfig): Promise<void> => {
    const prepared = await prepare(current.source, stored);
    if (!prepared.ok) throw new ConfigError(current.source?.filename ?? "", prepared.violations);
    prepared.commit();
    for (const listener of listeners) listener(prepared.settings);
  };
  const reloads = createQueue();
  const follower = {
    opened,
    follows,
    current,
    apply: (stored: StoredConfig) => reloads(() => apply(stored)),
  };
  const following = followAll({ ...follower, world, secrets: loading.secrets !== undefined });
  const endReports = startSpendReports({
    ...{ ...world, store: opened.store, alerts: outputs.alerts },
    settings: () => current.loaded.settings,
  });
  return {
    engine: {
      ...engine,
      async close() {
        endReports();
        following.close();
        await engine.close();
        await contents.close(storeGraceMs);
        await Promise.all([opened.close(), outputs.close(storeGraceMs), loading.close()]);
      },
    },
    warnings: current.loaded.warnings,
    prepare,
    reload: (config) => reloads(() => reload(config)),
    onFollowed: (listener) => void listeners.push(listener),
    heard: outputs.alerts.notice,
  };
}

/** Follows the store and the secrets of a configuration, where the engine is to do so itself. */
function followAll({
  world,
  opened,
  current,
  follows,
  secrets,
  apply,
}: Pick<ConfigureOptions, "current" | "opened" | "follows"> & {
  readonly world: World;
  readonly secrets: boolean;
  readonly apply: (stored: StoredConfig) => Promise<void>;
}): SecretFollowing {
  const ofStore = follows
    ? followConfig({
        ...world,
        store: opened.store,
        first: current.stored,
        shared: current.loaded.settings.store !== undefined,
        apply,
      })
    : undefined;
  const reading = () => (secrets ? current.loaded.secrets : undefined);
  const ofSecrets = followSecrets({ ...world, reading, reload: () => apply(current.stored) });
  return {
    restart: ofSecrets.restart,
    close() {
      ofStore?.close();
      ofSecrets.close();
    },
  };
}

/** Opens the store of an engine: its own, or by the port of its process. */
async function openStore(
  settings: Settings,
  world: World,
  port: MessagePort | undefined,
): Promise<OpenedStore> {
  const opens = port === undefined && world.store === undefined && settings.store !== undefined;
  const metrics = opens ? [createMetricBuffer()] : [];
  const [buffer] = metrics;
  const thread = buffer && (await openStoreThread(settings, world.notice, buffer));
  const store = world.store ?? (await linkStore(port ?? thread?.attach(), world));
  return {
    store,
    metrics,
    configure: (next) => followStoreUrl(thread, next),
    async close() {
      await store.close().catch(world.onBug);
      await thread?.close(storeGraceMs);
    },
  };
}

/** What the store adds to the config of an engine that follows it. */
async function readAtStart(
  { store }: Settings,
  world: World & { readonly store: StoreLink },
  port: MessagePort | undefined,
): Promise<StoredConfig> {
  if (store === undefined || port !== undefined) return noStored;
  return (await readForStart(world)) ?? noStored;
}

function usable(result: LoadResult, { config }: EngineOptions): Loaded {
  if (result.ok) return result;
  throw new ConfigError(config?.filename ?? "environment", result.violations);
}
