import type { Transport } from "@connectrpc/connect";
import { describeFailure } from "../chat-client.ts";
import type { CommandInput } from "../command.ts";
import { suggestion } from "../parse-input.ts";
import { reachGateway } from "../running/running-gateway.ts";
import type { Shell } from "../shell.ts";
import { OptionMistake } from "./tenant-options.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** What an action is done with. */
export interface ActionInput {
  readonly transport: Transport;
  /** The object that is meant; "": none was named. */
  readonly name: string;
  readonly input: CommandInput;
  /** Whether programs read the answer. */
  readonly json: boolean;
}

/** Something that can be done to objects of a kind. */
export interface TenantAction {
  /** Whether an object must be named, may be, or must not. */
  readonly named: "needed" | "optional" | "none";
  /** The options that it takes beside those that every action takes. */
  readonly options: readonly string[];
  /** Gives what is printed; throws OptionMistake, and what the gateway refuses with. */
  readonly run: (action: ActionInput) => Promise<string>;
}

/** The actions of a command, by name. */
export interface TenantCommand {
  readonly name: string;
  /** What stands for an object in the help. */
  readonly placeholder: string;
  readonly actions: Readonly<Record<string, TenantAction>>;
}

const everywhere: ReadonlySet<string> = new Set(["url", "key", "json"]);

/** Runs `parlance <command> ACTION [NAME]`. */
export async function runTenantCommand(
  command: TenantCommand,
  shell: Shell,
  input: CommandInput,
): Promise<number> {
  const [action = "", name = ""] = input.positionals;
  const found = Object.hasOwn(command.actions, action) ? command.actions[action] : undefined;
  const mistake =
    found === undefined ? unknownAction(command, action) : misuse(command, found, input);
  if (found === undefined || mistake !== undefined)
    return misunderstood(shell, command, mistake ?? "");
  try {
    const transport = await reachGateway(shell, input);
    const json = input.values.json === true;
    shell.stdout.write(await found.run({ transport, name, input, json }));
    return 0;
  } catch (error) {
    if (error instanceof OptionMistake) return misunderstood(shell, command, error.message);
    shell.stderr.write(`parlance ${command.name}: ${describeFailure(error)}\n`);
    return 1;
  }
}

function misunderstood(shell: Shell, { name }: TenantCommand, message: string): number {
  shell.stderr.write(`parlance ${name}: ${message}\nRun: parlance ${name} --help\n`);
  return usageExitCode;
}

function unknownAction({ actions }: TenantCommand, action: string): string {
  const names = Object.keys(actions);
  return `unknown action ${action}${suggestion(action, names, "")}: use ${names.join(", ")}`;
}

function misuse(
  { placeholder }: TenantCommand,
  { named, options }: TenantAction,
  { positionals: [action = "", name], values }: CommandInput,
): string | undefined {
  if (named === "needed" && name === undefined) return `${action} needs ${placeholder}`;
  if (named === "none" && name !== undefined) return `${action} takes no ${name}`;
  const unused = Object.keys(values).find((one) => !everywhere.has(one) && !options.includes(one));
  return unused === undefined ? undefined : `${action} takes no --${unused}`;
}

/** The text of what programs read. */
export function printJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A page of a list, with its objects in a field. */
type Page<Field extends string> = { readonly nextPageToken: string } & {
  readonly [name in Field]: readonly unknown[];
};

/**
 * All objects of a list, page by page: those that a page has in `field`, of what `wanted` says
 * beside the page.
 */
export async function readAll<
  Wanted extends object,
  Field extends string,
  Response extends Page<Field>,
>(
  list: (wanted: NoInfer<Wanted> & { pageSize: number; pageToken: string }) => Promise<Response>,
  field: Field,
  wanted: Wanted,
): Promise<readonly Response[Field][number][]> {
  const all: Response[Field][number][] = [];
  let pageToken = "";
  do {
    const page = await list({ ...wanted, pageSize: 1000, pageToken });
    for (const one of page[field]) all.push(one);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return all;
}
