import { printViolation } from "../../config/violation.ts";
import type { Serving } from "../../serve.ts";
import { readConfigFile } from "../config-file.ts";
import { notice, printWarnings } from "../notice.ts";
import type { Shell } from "../shell.ts";
import { priceWarnings } from "./price-warnings.ts";
import { readSettled } from "./settled-file.ts";
import { reportBug } from "./start-serving.ts";

/**
 * Reads the config file again on each SIGHUP, one reading after the other. Signals that come while
 * one is at work are answered by one more reading, which begins after all of them.
 */
export function reloadOnSignal(shell: Shell, gateway: Serving, path: string | undefined): void {
  let running = false;
  let again = false;
  const reloadAll = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await reload(shell, gateway, path).catch((error) => reportBug(shell, error));
    } while (again);
    running = false;
  };
  shell.onSignal("SIGHUP", () => {
    again = true;
    if (!running) void reloadAll();
  });
}

async function reload(shell: Shell, gateway: Serving, path: string | undefined): Promise<void> {
  if (path === undefined) {
    notice(shell, "reload: there is no config file to read again");
    return;
  }
  const file = await readSettled(() => readConfigFile(path), delay);
  if (!file.ok) {
    await gateway.refuseReload([
      { path: "", line: 1, column: 1, message: file.message, hint: "", ruleId: "unreadable" },
    ]);
    notice(shell, `reload: refused, the config in force stays: ${file.message}`);
    return;
  }
  const result = await gateway.reload(file.source);
  if (result.ok) {
    notice(shell, `reload: ${path} is in force, hash ${gateway.settings().hash.slice(0, 12)}`);
    const doubtful = await priceWarnings(gateway.settings(), (error) => reportBug(shell, error));
    printWarnings(shell, path, [...result.warnings, ...doubtful]);
    return;
  }
  notice(shell, "reload: refused, the config in force stays:");
  for (const violation of result.violations)
    shell.stderr.write(`${printViolation(path, violation)}\n`);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
