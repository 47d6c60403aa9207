import { printViolation, type Violation } from "../config/violation.ts";
import type { Shell } from "./shell.ts";

/** Writes a line with the time to standard error. */
export function notice(shell: Shell, text: string): void {
  shell.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

/**
 * Writes what is doubtful about the configuration at `path`; undefined: that of the environment.
 */
export function printWarnings(
  shell: Shell,
  path: string | undefined,
  warnings: readonly Violation[],
): void {
  for (const warning of warnings) {
    const marked = { ...warning, message: `warning: ${warning.message}` };
    shell.stderr.write(`${printViolation(path ?? "environment", marked)}\n`);
  }
}
