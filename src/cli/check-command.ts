import type { Settings } from "../config/settings.ts";
import { printViolation } from "../config/violation.ts";
import type { CommandInput } from "./command.ts";
import { readConfigFile } from "./config-file.ts";
import { loadWithSecrets } from "./load-for-command.ts";
import { priceWarnings } from "./serve/price-warnings.ts";
import type { Shell } from "./shell.ts";

/** `parlance check FILE`. */
export async function runCheck(shell: Shell, { positionals }: CommandInput): Promise<number> {
  const [path = ""] = positionals;
  const read = readConfigFile(path);
  if (!read.ok) {
    shell.stderr.write(`${read.message}\n`);
    return 1;
  }
  const loaded = await loadWithSecrets(shell, read.source);
  if (!loaded.ok) {
    const count = loaded.violations.length;
    for (const violation of loaded.violations)
      shell.stdout.write(`${printViolation(path, violation)}\n`);
    shell.stderr.write(`${path}: ${count} ${count === 1 ? "mistake" : "mistakes"}\n`);
    return 1;
  }
  const doubtful = await priceWarnings(loaded.settings, (error) =>
    shell.stderr.write(`parlance check: ${error}\n`),
  );
  for (const warning of [...loaded.warnings, ...doubtful]) {
    shell.stdout.write(
      `${printViolation(path, { ...warning, message: `warning: ${warning.message}` })}\n`,
    );
  }
  shell.stdout.write(`${path}: ok: ${summarize(loaded.settings)}\n`);
  return 0;
}

function summarize({ providers, models, keys, config: { server }, auth }: Settings): string {
  const counts = [
    counted(providers.size, "provider", "providers"),
    counted(models.size, "model", "models"),
    counted(keys.length, "key", "keys"),
  ];
  return `${counts.join(", ")}; ${auth.required ? "keyed" : "open"}, on ${server.host}:${server.port}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
