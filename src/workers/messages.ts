import type { MessagePort } from "node:worker_threads";
import type { ConfigSource } from "../config/loading/load-config.ts";
import type { FoundSecret } from "../config/references/found-secret.ts";
import type { Violation } from "../config/violation.ts";
import type { Notice } from "../core/notice.ts";
import type { StoredConfig } from "../core/stored/config-object.ts";
import type { LogFormats } from "../logging/gateway-log.ts";
import type { StateMemory } from "../state/shared-state.ts";

/** What a file held when the configuration was loaded, or the code of the error. */
export type FileText = { readonly text: string } | { readonly code: string };

/**
 * A configuration and all that it was made of. The files are read once, so that every worker makes
 * the same of it, also one that is started later.
 */
export interface ConfigInput {
  /** Undefined: the environment alone decides. */
  readonly source: ConfigSource | undefined;
  readonly files: ReadonlyMap<string, FileText>;
  /** What secret managers have, by the keys of references; read once, too. */
  readonly secrets: ReadonlyMap<string, FoundSecret>;
  /** What the store adds. */
  readonly stored: StoredConfig;
}

/** A reload that was refused; `atMs` is milliseconds since 1970. */
export interface RefusedReload {
  readonly atMs: number;
  readonly violations: readonly Violation[];
}

/** What a worker is started with. */
export interface WorkerStart {
  /** Which of the workers it is, from 0. */
  readonly index: number;
  /** Names the process among all that run. */
  readonly instanceId: string;
  readonly state: StateMemory;
  readonly config: ConfigInput;
  /** When the configuration was loaded first, in milliseconds since 1970. */
  readonly loadedAtMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Undefined: no log is written. */
  readonly log: LogFormats | undefined;
  /** Where each worker counts, by its index, and after them other threads. */
  readonly metrics: readonly SharedArrayBuffer[];
  /** Its way to the store of the process. Undefined: nothing is lasting. */
  readonly storePort: MessagePort | undefined;
}

/** What the supervisor says to a worker. */
export type ToWorker =
  | { readonly kind: "listen"; readonly port: number }
  | { readonly kind: "prepare"; readonly config: ConfigInput }
  /** `read`: the config file was read again; else the store has changed. */
  | { readonly kind: "commit"; readonly atMs: number; readonly read: boolean }
  | { readonly kind: "discard" }
  | { readonly kind: "refuse"; readonly refused: RefusedReload }
  | { readonly kind: "ready"; readonly ready: boolean }
  | { readonly kind: "count" }
  | { readonly kind: "ping" }
  /** The process has said it in the log already. */
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "drain"; readonly graceMs: number; readonly delayMs: number };

/** What a worker says. All but `lines` and `bug` are answers. */
export type FromWorker =
  /** The configuration is loaded; it waits for `listen`. */
  | { readonly kind: "loaded" }
  | { readonly kind: "listening"; readonly url: string; readonly port: number }
  /** It cannot start, and is to be ended. */
  | { readonly kind: "failed"; readonly error: PlainError }
  /** No violations: it waits for `commit` or `discard`. */
  | { readonly kind: "prepared"; readonly hash: string; readonly violations: readonly Violation[] }
  | { readonly kind: "committed" }
  | { readonly kind: "refused" }
  | { readonly kind: "counted"; readonly active: number }
  /** Its event loop turns. */
  | { readonly kind: "pong" }
  | { readonly kind: "drained" }
  /** Whole lines of the log, each with its end. */
  | { readonly kind: "lines"; readonly text: string }
  | { readonly kind: "bug"; readonly text: string };

/** An error of the system as threads can exchange it. */
export interface PlainError {
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
}
