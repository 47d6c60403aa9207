import type { Command } from "./command.ts";
import { commands } from "./commands.ts";

/** What `parlance --help` prints. */
export function printOverview(): string {
  const rows = commands.map((command) => `  ${usageOf(command).padEnd(34)}${command.summary}`);
  return `Parlance is an LLM gateway: one typed contract and one OpenAI-compatible REST
surface in front of many model APIs.

Usage: parlance COMMAND [OPTIONS]

${rows.join("\n")}

  parlance COMMAND --help   tells more of a command
  parlance --version        tells the version

First steps, which need no key:
  parlance serve
  parlance chat sim/echo "Hello"
`;
}

/** What `parlance COMMAND --help` prints. */
export function printHelp(command: Command): string {
  const options = [
    ...Object.entries(command.options).map(([name, { value, description }]) => [
      value === undefined ? `--${name}` : `--${name} ${value}`,
      description,
    ]),
    ["--help", "print this"],
  ];
  const width = Math.max(14, ...options.map(([name = ""]) => name.length)) + 2;
  const lines = options.map(([name = "", description]) => `  ${name.padEnd(width)}${description}`);
  return `Usage: parlance ${usageOf(command)} [OPTIONS]

${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.

${lines.join("\n")}

${command.details}
`;
}

function usageOf({ name, positionals, optional = 0 }: Command): string {
  const required = positionals.length - optional;
  const shown = positionals.map((one, at) => (at < required ? one : `[${one}]`));
  return [name, ...shown].join(" ");
}
