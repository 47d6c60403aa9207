import { toJson } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { GuardOutcome, GuardStage } from "../../../gen/parlance/call/v1/guard_report_pb.js";
import {
  GuardService,
  ListGuardsResponseSchema,
} from "../../../gen/parlance/guard/v1/guard_service_pb.js";
import {
  type Guard,
  type GuardResult,
  GuardResultSchema,
  type GuardVerdict,
} from "../../../gen/parlance/guard/v1/guard_spec_pb.js";
import { durationMs } from "../../core/time/duration-ms.ts";
import { describeFailure, openTransport } from "../chat-client.ts";
import { type CommandInput, textOption } from "../command.ts";
import { configPath, readConfigFile } from "../config-file.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";

/** The exit code where a guard blocks the text. */
const blockedExitCode = 2;

/** `parlance guard ACTION`. */
export async function runGuard(shell: Shell, input: CommandInput): Promise<number> {
  const { positionals, values } = input;
  const [action = "", names = ""] = positionals;
  const fail = (message: string): number => {
    shell.stderr.write(`parlance guard: ${message}\n`);
    return 1;
  };
  if (action !== "check" && action !== "list")
    return fail(`${action} is no action: use check or list`);
  const read = action === "check" ? await readQuestion(shell, input) : undefined;
  if (typeof read === "string") return fail(read);
  // Without a file there is a model at most, and never a guard.
  if (textOption(input, "url") === undefined && configPath(shell, input) === undefined)
    return fail("there is no config file with guards: name one by --config, or a gateway by --url");
  const opened = await openTransport(shell, input);
  if (opened === undefined) return 1;
  const json = values.json === true;
  try {
    const client = createClient(GuardService, opened.transport);
    if (read === undefined) return await list(shell, client, json);
    const guards = names.split(",").map((name) => name.trim());
    const { result } = await client.check({ spec: { guards, texts: [read.text], ...read.stage } });
    if (result === undefined) return fail("the gateway gave no result");
    shell.stdout.write(json ? printJson(toJson(GuardResultSchema, result)) : printResult(result));
    return result.outcome === GuardOutcome.BLOCK ? blockedExitCode : 0;
  } catch (error) {
    return fail(describeFailure(error));
  } finally {
    await opened.close();
  }
}

interface Question {
  readonly text: string;
  readonly stage: { readonly stage?: GuardStage };
}

/** What is to be looked at; a text where that cannot be known, which says why. */
async function readQuestion(shell: Shell, input: CommandInput): Promise<Question | string> {
  const [, name = "", text] = input.positionals;
  const file = textOption(input, "file");
  if (name === "") return "NAME is missing: name a guard of the config";
  if ((text === undefined) === (file === undefined)) return "needs a TEXT or --file, and not both";
  const stage = stageOf(textOption(input, "stage"));
  if (typeof stage === "string") return stage;
  if (text !== undefined) return { stage, text: text === "-" ? await shell.readStdin() : text };
  const read = readConfigFile(file ?? "");
  return read.ok ? { stage, text: read.source.text } : read.message;
}

function stageOf(word: string | undefined): Question["stage"] | string {
  if (word === undefined) return {};
  const names = Object.entries(GuardStage).filter(([name]) => /^[A-Z_]+$/.test(name));
  const known = names.filter(([, value]) => value !== GuardStage.UNSPECIFIED);
  const found = known.find(([name]) => name === word.toUpperCase())?.[1];
  if (typeof found === "number") return { stage: found };
  return `--stage must be one of ${known.map(([name]) => name).join(", ")}`;
}

/** What each guard found and how often, then the text as they leave it. */
function printResult({ outcome, verdicts, texts }: GuardResult): string {
  const table = printTable(
    ["GUARD", "OUTCOME", "FOUND", "PLACES", "TOOK", "VERSION"],
    verdicts.map((verdict) => [
      verdict.name,
      GuardOutcome[verdict.outcome],
      verdict.kinds.join(" "),
      placesOf(verdict),
      verdict.cached ? "cached" : `${Math.round(durationMs(verdict.duration) ?? 0)} ms`,
      verdict.version,
    ]),
  );
  const [text] = texts;
  if (outcome === GuardOutcome.PASS || text === undefined) return table;
  return `${table}\n${text.endsWith("\n") ? text : `${text}\n`}`;
}

const maxPlaces = 8;

/** Such as `5-20, 31-40`, in UTF-16 code units. */
function placesOf({ findings }: GuardVerdict): string {
  const all = findings.flatMap((text) => text.findings);
  const places = all.slice(0, maxPlaces).map(({ start, end }) => `${start}-${end}`);
  const more = all.length > maxPlaces ? [`${all.length - maxPlaces} more`] : [];
  return [...places, ...more].join(", ");
}

async function list(
  shell: Shell,
  client: Client<typeof GuardService>,
  json: boolean,
): Promise<number> {
  const answer = await client.listGuards({});
  shell.stdout.write(
    json ? printJson(toJson(ListGuardsResponseSchema, answer)) : printGuards(answer.guards),
  );
  return 0;
}

function printGuards(guards: readonly Guard[]): string {
  return printTable(
    ["GUARD", "KIND", "STAGES", "ACTION", "DEFAULT", "VERSION"],
    guards.map(({ name, kind, stages, action, default: byDefault, version }) => [
      name,
      kind,
      stages.map((stage) => GuardStage[stage]).join(" "),
      GuardOutcome[action],
      byDefault ? "yes" : "no",
      version,
    ]),
  );
}

function printJson(json: unknown): string {
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
