import { existsSync, readFileSync } from "node:fs";
import type { ConfigSource } from "../config/loading/load-config.ts";
import { readOrReason } from "../config/resolve-secret.ts";
import { type CommandInput, textOption } from "./command.ts";
import type { Shell } from "./shell.ts";

/** The file that is read when nothing else is named. */
const usualName = "parlance.yaml";

/**
 * The config file that a command is to use: the option, else the environment, else ./parlance.yaml.
 * Undefined: there is none.
 */
export function configPath(shell: Shell, input: CommandInput): string | undefined {
  const named = textOption(input, "config") ?? nonEmpty(shell.env.PARLANCE_CONFIG);
  return named ?? (existsSync(usualName) ? usualName : undefined);
}

/** Reads a text file; throws an error whose code says why it cannot. */
export function readText(path: string): string {
  return readFileSync(path, "utf8");
}

/** A config file that was read, or in one line why it could not be. */
export type ConfigFile =
  | { readonly ok: true; readonly source: ConfigSource }
  | { readonly ok: false; readonly message: string };

/** Reads a config file, or tells in one line why it cannot. */
export function readConfigFile(path: string): ConfigFile {
  const read = readOrReason(path, readText);
  if (read.ok) return { ok: true, source: { text: read.text, filename: path } };
  return { ok: false, message: `${path}: the file cannot be read: ${read.reason}` };
}

/** The text, unless it is empty or there is none. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
