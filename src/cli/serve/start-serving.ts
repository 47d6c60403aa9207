import { ConfigError } from "../../composition/config-error.ts";
import {
  createSecretReader,
  type OwnedSecretReader,
} from "../../composition/secrets/secret-reader.ts";
import { warmUp } from "../../composition/warm-up.ts";
import { type ConfigSource, type Loaded, loadAtOnce } from "../../config/loading/load-config.ts";
import type { Settings, StoreSettings } from "../../config/settings.ts";
import { createGatewayLog, type GatewayLog } from "../../logging/gateway-log.ts";
import { type Serving, startGateway } from "../../serve.ts";
import type { StoreAddress } from "../../store/engine/engine.ts";
import { type FileRecorder, recordFiles } from "../../workers/recorded-files.ts";
import { recordSecrets, type SecretRecorder } from "../../workers/recorded-secrets.ts";
import { readText } from "../config-file.ts";
import { notice } from "../notice.ts";
import type { Shell } from "../shell.ts";
import type { ServeSettings } from "./serve-settings.ts";

/**
 * How long after the start to prepare for the first typed call: time for who waits for readiness to
 * see it.
 */
const warmUpMs = 200;

/** What a gateway is started with from the command line. */
export interface ServingOptions {
  readonly shell: Shell;
  readonly settings: ServeSettings;
  readonly config: ConfigSource | undefined;
}

/** A gateway that listens, with its log. */
export interface Started {
  readonly gateway: Serving;
  /** Undefined: none is written. */
  readonly log: GatewayLog | undefined;
}

/**
 * Starts the gateway of a configuration: in this thread, or in as many workers as it says. Rejects
 * with ConfigError where the configuration cannot be used, and with the system's error where the
 * port cannot be had.
 */
export async function startServing(options: ServingOptions): Promise<Started> {
  const { shell, settings, config } = options;
  const { host, port } = settings;
  const files = recordFiles(readText);
  const secrets = recordSecrets(
    createSecretReader({ wallMs: shell.clock.nowMs, random: Math.random, readText }),
  );
  try {
    const loaded = await loadAtOnce(config, shell.env, files.readText, {
      secrets,
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
    });
    if (!loaded.ok) throw new ConfigError(config?.filename ?? "environment", loaded.violations);
    await makeFirstAdminKey(shell, loaded.settings);
    const log = createLog(shell, settings);
    const { workers } = loaded.settings;
    const gateway =
      workers > 1 && (await canShare(shell, workers))
        ? await startWorkers(options, log, { loaded, files, secrets })
        : await startHere(options, log, { loaded, secrets: secrets.reader });
    return { gateway, log };
  } catch (error) {
    await secrets.reader.close();
    throw error;
  }
}

function createLog(shell: Shell, { log: formats }: ServeSettings): GatewayLog | undefined {
  if (formats === undefined) return undefined;
  let level = 0;
  const setting = {
    get: () => level,
    set: (value: number) => {
      level = value;
    },
  };
  return createGatewayLog({ write: (text) => shell.writeLog(text), formats, setting });
}

/** A store without any admin key gets one, which is shown this once. */
async function makeFirstAdminKey(shell: Shell, settings: Settings): Promise<void> {
  if (settings.store === undefined || settings.auth.adminKey !== undefined) return;
  const { firstAdminKey } = await import("../../composition/tenants/first-admin-key.ts");
  try {
    const value = await firstAdminKey(revealed(settings.store.address), Date.now());
    if (value !== undefined) shell.stderr.write(`admin key, shown this once: ${value}\n`);
  } catch (error) {
    // Whoever starts the store says what is wrong with it, or goes on without.
    notice(shell, `no admin key could be made: ${String(error)}`);
  }
}

function revealed(address: StoreSettings["address"]): StoreAddress {
  return address.kind === "postgres" ? { ...address, url: address.url.reveal() } : address;
}

async function canShare(shell: Shell, workers: number): Promise<boolean> {
  const { sharedPortProblem } = await import("../../workers/shared-port.ts");
  const problem = await sharedPortProblem();
  if (problem === undefined) return true;
  const why = `threads cannot share a port on this system (${problem})`;
  notice(shell, `workers: ${why}: one serves instead of ${workers}`);
  return false;
}

/** What workers are started with beside the options. */
interface WorkerInputs {
  readonly loaded: Loaded;
  readonly files: FileRecorder;
  readonly secrets: SecretRecorder;
}

async function startWorkers(
  { shell, settings, config }: ServingOptions,
  log: GatewayLog | undefined,
  { loaded, files, secrets }: WorkerInputs,
): Promise<Serving> {
  const supervisor = await import("../../workers/supervisor.ts");
  return supervisor.startWorkers({
    config,
    loaded,
    files,
    secrets,
    env: shell.env,
    host: settings.host,
    port: settings.port,
    log: settings.log,
    onLines(text) {
      for (const line of text.split("\n")) if (line !== "") log?.line(line);
    },
    onSettings: ({ config: { observe } }) => log?.configure(observe.log),
    onBug: (text) => notice(shell, `bug: ${text}`),
    onNotice: (text) => notice(shell, text),
  });
}

async function startHere(
  { shell, settings, config }: ServingOptions,
  log: GatewayLog | undefined,
  { loaded, secrets }: { readonly loaded: Loaded; readonly secrets: OwnedSecretReader },
): Promise<Serving> {
  const onBug = (error: unknown): void => reportBug(shell, error);
  const gateway = await startGateway({
    config,
    loaded,
    secrets,
    env: shell.env,
    host: settings.host,
    port: settings.port,
    world: {
      onBug,
      process: shell.process,
      ...(log && { record: log.record, notice: log.notice, log }),
    },
  });
  setTimeout(() => warmUp(gateway.engine.check), warmUpMs).unref();
  return gateway;
}

/** Says on standard error what should not have happened. */
export function reportBug(shell: Shell, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  notice(shell, `bug: ${text}`);
}
