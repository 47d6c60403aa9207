import { readFileSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import { ConfigError } from "./composition/config-error.ts";
import { ledgerRowOf } from "./composition/ledger-row-of.ts";
import { linkStore, openStoreThread, storeGraceMs } from "./composition/open-store.ts";
import { reloadRefusals } from "./composition/reload-refusals.ts";
import { createSystemWorld } from "./composition/system-world.ts";
import type { World } from "./composition/world.ts";
import type { ReadText } from "./config/config-scope.ts";
import {
  type ConfigSource,
  type Loaded,
  type LoadResult,
  loadConfig,
} from "./config/loading/load-config.ts";
import { loadInSlices } from "./config/loading/load-in-slices.ts";
import type { Violation } from "./config/violation.ts";
import { type Commit, createEngine, type Gateway, type LoadedConfig } from "./gateway.ts";
import type { StoreLink } from "./store/store.ts";
import { createLazyValidator } from "./validation/validator.ts";

/** What an engine is configured from. */
export interface EngineOptions {
  /** The configuration in YAML or JSON. Without one the environment alone decides. */
  readonly config?: ConfigSource | undefined;
  /** Where credentials are looked up; default: an empty environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Listen here, whatever the configuration says. */
  readonly host?: string | undefined;
  /** Listen on this port, whatever the configuration says. */
  readonly port?: number | undefined;
  /**
   * Reads the files that secrets and certificates are in; default: the file system. Throws when it
   * cannot.
   */
  readonly readText?: ReadText | undefined;
  /** What `config` was found to say, where it has been loaded already. */
  readonly loaded?: Loaded | undefined;
  /** When it was loaded first, in milliseconds since 1970; default: now. */
  readonly loadedAtMs?: number | undefined;
  /** Parts of the world to replace: clocks, ids, and where records of calls go. */
  readonly world?: Partial<World> | undefined;
  /** Of a worker: its way to the store of the process. Absent: the engine opens a store itself. */
  readonly storePort?: MessagePort | undefined;
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
  /** The first half of a reload: it changes nothing until `commit` is called. One at a time. */
  prepare(config: ConfigSource | undefined): Promise<Prepared>;
}

/**
 * Loads a configuration and makes an engine of it. Rejects with ConfigError where it cannot be
 * used.
 */
export async function createConfiguredEngine(options: EngineOptions): Promise<ConfiguredEngine> {
  const { env = {}, readText = (path) => readFileSync(path, "utf8"), host, port } = options;
  const validator = createLazyValidator();
  const overrides = {
    validator,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
  };
  const load = (config: ConfigSource | undefined, lookUps = true): Promise<LoadResult> =>
    loadInSlices(config, env, readText, { ...overrides, lookUps });

  // Nobody is served yet, so that nothing is gained by slices, and a thread would cost more.
  const loaded = options.loaded ?? loadConfig(options.config, env, readText, overrides);
  if (!loaded.ok)
    throw new ConfigError(options.config?.filename ?? "environment", loaded.violations);
  const checks = createQueue();
  const bare = createSystemWorld(
    (text, lookUps) => checks(() => load({ text, filename: "" }, lookUps)),
    options.world,
  );
  const engine = await createStoringEngine(
    { ...loaded, file: options.config?.filename ?? "", loadedAtMs: options.loadedAtMs },
    { world: bare, validator, port: options.storePort },
  );
  let inForce: Loaded = loaded;
  const prepare = async (config: ConfigSource | undefined): Promise<Prepared> => {
    const result = await load(config);
    const violations = result.ok ? reloadRefusals(inForce, result) : result.violations;
    if (!result.ok || violations.length > 0) return { ok: false, violations };
    const missing = await engine.missingFor(result.settings);
    if (missing.length > 0) return { ok: false, violations: missing };
    const commit = await engine.prepare({ ...result, file: config?.filename ?? "" });
    return {
      ...result,
      commit(atMs) {
        commit(atMs);
        inForce = result;
      },
    };
  };
  const reload = async (config: ConfigSource | undefined): Promise<LoadResult> => {
    const prepared = await prepare(config);
    if (prepared.ok) prepared.commit();
    else engine.refuseReload(prepared.violations);
    return prepared;
  };
  const reloads = createQueue();
  return {
    engine,
    warnings: loaded.warnings,
    prepare,
    reload: (config) => reloads(() => reload(config)),
  };
}

/** Makes an engine whose calls are recorded, and which closes what it has opened for that. */
async function createStoringEngine(
  loaded: LoadedConfig,
  options: {
    readonly world: World;
    readonly validator: ReturnType<typeof createLazyValidator>;
    readonly port: MessagePort | undefined;
  },
): Promise<Gateway> {
  const { world, validator, port } = options;
  const thread =
    port === undefined && world.store === undefined
      ? await openStoreThread(loaded.settings, world.notice)
      : undefined;
  const store = world.store ?? (await linkStore(port ?? thread?.attach(), world));
  const closeStore = async (): Promise<void> => {
    await store.close().catch(world.onBug);
    await thread?.close(storeGraceMs);
  };
  try {
    const engine = await createEngine(loaded, storingWorld(world, store), validator);
    return {
      ...engine,
      async close() {
        await engine.close();
        await closeStore();
      },
    };
  } catch (error) {
    await closeStore();
    throw error;
  }
}

/**
 * The record of each call goes to the store too, but not those of whom nobody knows: strangers
 * could fill the disk.
 *
 */
function storingWorld(world: World, store: StoreLink): World {
  return {
    ...world,
    store,
    record(record) {
      world.record(record);
      if (record.principal === undefined) return;
      const endedMs = world.wallMs();
      store.record(() => ledgerRowOf(record, endedMs));
    },
  };
}

/**
 * Runs tasks one after the other, in the order of the calls: each may take the memory of a large
 * config.
 */
function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task);
    last = next.catch(() => undefined);
    return next;
  };
}
