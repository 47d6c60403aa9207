import { createSecretReader } from "../composition/secrets/secret-reader.ts";
import {
  type ConfigSource,
  type LoadOptions,
  type LoadResult,
  loadAtOnce,
} from "../config/loading/load-config.ts";
import type { Settings } from "../config/settings.ts";
import { printViolation } from "../config/violation.ts";
import type { CommandInput } from "./command.ts";
import { configPath, readConfigFile, readText } from "./config-file.ts";
import type { Shell } from "./shell.ts";

/**
 * The settings of the config that a command is to use; undefined after its problems have been
 * printed.
 */
export async function loadForCommand(
  shell: Shell,
  input: CommandInput,
  options: LoadOptions = {},
): Promise<Settings | undefined> {
  const path = configPath(shell, input);
  const read = path === undefined ? undefined : readConfigFile(path);
  if (read?.ok === false) {
    shell.stderr.write(`${read.message}\n`);
    return undefined;
  }
  const loaded = await loadWithSecrets(shell, read?.source, options);
  if (loaded.ok) return loaded.settings;
  for (const violation of loaded.violations)
    shell.stderr.write(`${printViolation(path ?? "environment", violation)}\n`);
  return undefined;
}

/** Loads a config once, with the secrets that it names. */
export async function loadWithSecrets(
  shell: Shell,
  source: ConfigSource | undefined,
  options: LoadOptions = {},
): Promise<LoadResult> {
  const world = { wallMs: shell.clock.nowMs, random: Math.random, readText };
  const secrets = createSecretReader(world);
  try {
    return await loadAtOnce(source, shell.env, readText, { ...options, secrets });
  } finally {
    await secrets.close();
  }
}
