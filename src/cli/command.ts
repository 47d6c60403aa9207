import type { Shell } from "./shell.ts";

/** An option of a command. */
export interface OptionRow {
  readonly type: "string" | "boolean";
  /** What stands for the value in help; for text options only. */
  readonly value?: string;
  readonly description: string;
}

/** What a command was called with. */
export interface CommandInput {
  /** By option name; only options that were on the command line. */
  readonly values: Readonly<Record<string, string | true>>;
  readonly positionals: readonly string[];
}

/**
 * A command of the command line, as data; its code is loaded when it is run, so that others start
 * faster.
 */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Names of the arguments. */
  readonly positionals: readonly string[];
  /** How many of the last of them may be left out; default: none. */
  readonly optional?: number;
  readonly options: Readonly<Record<string, OptionRow>>;
  /** What a newcomer needs to know beyond the options. */
  readonly details: string;
  /** Runs the command; gives the exit code. */
  run(shell: Shell, input: CommandInput): Promise<number>;
}

/** The text value of an option; undefined where it is absent. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.values[name];
  return value === true ? undefined : value;
}
