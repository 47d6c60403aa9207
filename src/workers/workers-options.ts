import type { ConfigSource, Loaded } from "../config/loading/load-config.ts";
import type { Settings } from "../config/settings.ts";
import type { LogFormats } from "../logging/gateway-log.ts";
import type { FileRecorder } from "./recorded-files.ts";
import type { SecretRecorder } from "./recorded-secrets.ts";

/** What workers are started with, and who hears of them. */
export interface WorkersOptions {
  /** The configuration, and what it was found to say with the files of `files`. */
  readonly config: ConfigSource | undefined;
  readonly loaded: Loaded;
  readonly files: FileRecorder;
  readonly secrets: SecretRecorder;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Undefined: no log is written. */
  readonly log: LogFormats | undefined;
  /** Takes whole lines of the log, each with its end. */
  readonly onLines: (text: string) => void;
  /** Takes the settings in force, at the start and after each reload. */
  readonly onSettings: (settings: Settings) => void;
  /** Takes what should not happen in a worker, as text. */
  readonly onBug: (text: string) => void;
  /** Takes a line for who runs the gateway: a worker that has ended. */
  readonly onNotice: (text: string) => void;
}
