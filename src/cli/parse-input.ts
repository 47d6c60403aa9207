import { parseArgs } from "node:util";
import { nearestName } from "../core/names/nearest-name.ts";
import type { Command, CommandInput } from "./command.ts";

/** What the arguments of a command mean; both outcomes are normal. */
export type ParsedInput =
  | { readonly ok: true; readonly help: boolean; readonly input: CommandInput }
  | { readonly ok: false; readonly message: string };

/** Parses the arguments after a command's name. `--` ends the options. */
export function parseInput(command: Command, args: readonly string[]): ParsedInput {
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...command.options, help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | true> = {};
  const positionals: string[] = [];
  let help = false;
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (token.name === "help") {
      help = true;
      continue;
    }
    const problem = optionProblem(command, token);
    if (problem !== undefined) return { ok: false, message: problem };
    values[token.name] = token.value ?? true;
  }
  const problem = help ? undefined : countProblem(command, positionals);
  if (problem !== undefined) return { ok: false, message: problem };
  return { ok: true, help, input: { values, positionals } };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function optionProblem(
  { options }: Command,
  { name, rawName, value, inlineValue }: OptionToken,
): string | undefined {
  const row = Object.hasOwn(options, name) ? options[name] : undefined;
  if (row === undefined)
    return `unknown option ${rawName}${suggestion(name, [...Object.keys(options), "help"], "--")}`;
  if (row.type === "boolean") return value === undefined ? undefined : `${rawName} takes no value`;
  const swallowed =
    inlineValue !== true && value !== undefined && value.length > 1 && value.startsWith("-");
  if (value === undefined || swallowed)
    return `${rawName} needs a value: ${rawName}=${row.value ?? "VALUE"}`;
  return undefined;
}

function countProblem(
  { positionals: wanted, optional = 0 }: Command,
  values: readonly string[],
): string | undefined {
  const missing = wanted.slice(values.length, wanted.length - optional);
  if (missing.length > 0)
    return `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing`;
  const extra = values[wanted.length];
  return extra === undefined ? undefined : `unexpected argument ${JSON.stringify(extra)}`;
}

/** `; did you mean X?`, or nothing where no known name is near. */
export function suggestion(name: string, known: readonly string[], prefix: string): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `; did you mean ${prefix}${nearest}?`;
}
