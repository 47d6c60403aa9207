import { type LoadOptions, type LoadResult, loadConfig } from "../config/loading/load-config.ts";
import type { Settings } from "../config/settings.ts";
import { printViolation } from "../config/violation.ts";
import type { CommandInput } from "./command.ts";
import { configPath, readConfigFile, readText } from "./config-file.ts";
import type { Shell } from "./shell.ts";

/**
 * The settings of the config that a command is to use; undefined after its problems have been
 * printed.
 */
export function loadForCommand(
  shell: Shell,
  input: CommandInput,
  options: LoadOptions = {},
): Settings | undefined {
  const path = configPath(shell, input);
  const read = path === undefined ? undefined : readConfigFile(path);
  if (read?.ok === false) {
    shell.stderr.write(`${read.message}\n`);
    return undefined;
  }
  const loaded: LoadResult = loadConfig(read?.source, shell.env, readText, options);
  if (loaded.ok) return loaded.settings;
  for (const violation of loaded.violations)
    shell.stderr.write(`${printViolation(path ?? "environment", violation)}\n`);
  return undefined;
}
