import { readFileSync } from "node:fs";
import type { ReadText } from "../../config/config-scope.ts";
import {
  type ConfigSource,
  type Loaded,
  type LoadOptions,
  type LoadResult,
  loadAtOnce,
} from "../../config/loading/load-config.ts";
import { loadInSlices } from "../../config/loading/load-in-slices.ts";
import type { SecretReader } from "../../config/references/secret-reader.ts";
import { type ConfigParts, loadWithStore } from "../../config/stored/load-with-store.ts";
import type { StoredConfig } from "../../core/stored/config-object.ts";
import { createLazyValidator, type LazyValidator } from "../../validation/validator.ts";
import { createSecretReader, type OwnedSecretReader } from "../secrets/secret-reader.ts";
import type { World } from "../world.ts";

/** What the configurations of an engine are loaded from. */
export interface LoadingOptions {
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
  /**
   * Reads secrets of secret managers, and has read those of `loaded`; the engine closes it. Absent:
   * the engine makes one.
   */
  readonly secrets?: OwnedSecretReader | undefined;
  /** Of a worker: what was read of them for it. Absent: the engine reads and follows them. */
  readonly secretsRead?: SecretReader | undefined;
  /** Clocks and randomness. */
  readonly world?: Pick<Partial<World>, "wallMs" | "random"> | undefined;
}

/** Loads configurations as the options of an engine say. */
export interface Loading {
  readonly validator: LazyValidator;
  readonly secrets: OwnedSecretReader | undefined;
  /** The configuration of the start. Nobody is served yet, so that it is not loaded in slices. */
  readonly first: () => Promise<LoadResult>;
  readonly load: Load;
  readonly partsOf: (source: ConfigSource | undefined, stored: StoredConfig) => ConfigParts;
  /** With what the store adds. */
  readonly loadAll: (source: ConfigSource | undefined, stored: StoredConfig) => Promise<LoadResult>;
  readonly close: () => Promise<void>;
}

type Load = (
  config: ConfigSource | undefined,
  more?: Pick<LoadOptions, "lookUps" | "stored" | "bootstrap">,
) => Promise<LoadResult>;

/** Makes what loads the configurations of an engine. Nothing is loaded yet. */
export function createLoading(options: LoadingOptions): Loading {
  const { env = {}, readText = (path) => readFileSync(path, "utf8"), host, port } = options;
  const validator = createLazyValidator();
  const { wallMs = Date.now, random = Math.random } = options.world ?? {};
  const { secretsRead } = options;
  const secrets =
    secretsRead === undefined
      ? (options.secrets ?? createSecretReader({ wallMs, random, readText }))
      : undefined;
  const reader = secretsRead ?? secrets;
  const overrides = {
    validator,
    ...(reader === undefined ? {} : { secrets: reader }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
  };
  const load: Load = (config, more = {}) =>
    loadInSlices(config, env, readText, { ...overrides, ...more });
  const partsOf: Loading["partsOf"] = (source, stored) => ({ source, stored, overrides });
  return {
    validator,
    secrets,
    first: async () => options.loaded ?? loadAtOnce(options.config, env, readText, overrides),
    load,
    partsOf,
    loadAll: (source, stored) => loadWithStore(partsOf(source, stored), load),
    close: async () => secrets?.close(),
  };
}
