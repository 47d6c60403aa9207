import type { CommandInput } from "./command.ts";
import { loadForCommand } from "./load-for-command.ts";
import { modelRows } from "./model-rows.ts";
import { printTable } from "./print-table.ts";
import type { Shell } from "./shell.ts";

/** `parlance models`. */
export async function runModels(shell: Shell, input: CommandInput): Promise<number> {
  const plan = loadForCommand(shell, input);
  if (plan === undefined) return 1;
  const rows = modelRows(plan).map(({ name, targets, fallbacks }) => [name, targets.join(", "), fallbacks.join(", ")]);
  shell.stdout.write(printTable(["MODEL", "SERVED BY", "FALLBACKS"], rows));
  return 0;
}
