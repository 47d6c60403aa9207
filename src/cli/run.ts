import { product } from "../edge/product.ts";
import { commands } from "./commands.ts";
import { printHelp, printOverview } from "./help.ts";
import { parseInput, suggestion } from "./parse-input.ts";
import type { Shell } from "./shell.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** Runs the command line; gives the exit code: 0 well, 1 failed, 2 not understood. */
export async function run(shell: Shell): Promise<number> {
  const [name, ...rest] = shell.args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const output = name === undefined ? shell.stderr : shell.stdout;
    output.write(printOverview());
    return name === undefined ? usageExitCode : 0;
  }
  if (name === "--version" || name === "-v") {
    shell.stdout.write(`${product.name} ${product.version}\n`);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    const known = [...commands.map((candidate) => candidate.name), "--help", "--version"];
    shell.stderr.write(
      `parlance: unknown ${kind} ${name}${suggestion(name, known, "")}\nRun: parlance --help\n`,
    );
    return usageExitCode;
  }
  const parsed = parseInput(command, rest);
  if (!parsed.ok) {
    shell.stderr.write(`parlance ${name}: ${parsed.message}\nRun: parlance ${name} --help\n`);
    return usageExitCode;
  }
  if (parsed.help) {
    shell.stdout.write(printHelp(command));
    return 0;
  }
  return command.run(shell, parsed.input);
}
