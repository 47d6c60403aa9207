import { createClient } from "@connectrpc/connect";
import {
  type ArmResult,
  type Difference,
  type Experiment,
  ExperimentState,
} from "../../../gen/parlance/admin/v1/experiment_pb.js";
import { ExperimentService } from "../../../gen/parlance/admin/v1/experiment_service_pb.js";
import { type ShadowResult, ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import { ExperimentUnit } from "../../../gen/parlance/config/v1/experiment_pb.js";
import { printUsd } from "../../core/facts/nano-usd.ts";
import { describeFailure } from "../chat-client.ts";
import type { CommandInput } from "../command.ts";
import { suggestion } from "../parse-input.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import { reachGateway } from "./running-gateway.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** What can be done, and the arguments that each takes. */
const actions = {
  list: [],
  show: ["NAME"],
  promote: ["NAME", "ARM"],
  stop: ["NAME"],
  resume: ["NAME"],
  shadows: [],
} as const satisfies Record<string, readonly string[]>;

type Action = keyof typeof actions;

/** `parlance experiment ACTION [NAME] [ARM]`. */
export async function runExperiment(shell: Shell, input: CommandInput): Promise<number> {
  const [action = "", ...names] = input.positionals;
  const mistake = mistakeIn(action, names);
  if (mistake !== undefined || !isAction(action)) {
    shell.stderr.write(`parlance experiment: ${mistake}\nRun: parlance experiment --help\n`);
    return usageExitCode;
  }
  try {
    shell.stdout.write(await act(await connect(shell, input), action, names));
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance experiment: ${describeFailure(error)}\n`);
    return 1;
  }
}

function isAction(action: string): action is Action {
  return Object.hasOwn(actions, action);
}

function mistakeIn(action: string, names: readonly string[]): string | undefined {
  const known = Object.keys(actions);
  if (!isAction(action))
    return `unknown action ${action}${suggestion(action, known, "")}: use ${known.join(", ")}`;
  const wanted: readonly string[] = actions[action];
  const missing = wanted.slice(names.length);
  if (missing.length > 0) return `${action} needs ${missing.join(" and ")}`;
  return names.length > wanted.length ? `${action} takes no ${names[wanted.length]}` : undefined;
}

async function connect(shell: Shell, input: CommandInput) {
  return createClient(ExperimentService, await reachGateway(shell, input));
}

async function act(
  client: Awaited<ReturnType<typeof connect>>,
  action: Action,
  [name = "", arm = ""]: readonly string[],
): Promise<string> {
  switch (action) {
    case "list":
      return printList(await listAll(client));
    case "show":
      return printOne((await client.getExperiment({ name })).experiment);
    case "promote":
      return printOne((await client.promote({ name, arm })).experiment);
    case "stop":
      return printOne((await client.stop({ name })).experiment);
    case "resume":
      return printOne((await client.resume({ name })).experiment);
    case "shadows":
      return printShadows(await listShadows(client));
  }
}

async function listAll(client: Awaited<ReturnType<typeof connect>>): Promise<Experiment[]> {
  const all: Experiment[] = [];
  let pageToken = "";
  do {
    const page = await client.listExperiments({ pageToken });
    for (const one of page.experiments) all.push(one);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return all;
}

async function listShadows(client: Awaited<ReturnType<typeof connect>>): Promise<ShadowResult[]> {
  const all: ShadowResult[] = [];
  let pageToken = "";
  do {
    const page = await client.listShadowResults({ pageToken });
    for (const one of page.results) all.push(one);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return all;
}

const shadowHeader = [
  "MODEL",
  "SHADOW",
  "COPIES",
  "ERRORS",
  "SAME TEXT",
  "ALIKE",
  "SAME TOOLS",
  "VALID",
  "VALID COPIES",
  "MS",
  "COPIES' MS",
  "USD TODAY",
  "NOT COPIED",
];

function printShadows(results: readonly ShadowResult[]): string {
  const rows = results.map((one) => [
    one.model,
    one.shadow,
    String(one.copies),
    String(one.errors),
    share(one.equalTexts, one.compared),
    one.compared === 0n ? "-" : percent(one.meanSimilarity),
    share(one.equalToolCalls, one.toolPairs),
    share(one.validAnswers, one.schemaPairs),
    share(one.validCopies, one.schemaPairs),
    one.compared === 0n ? "-" : milliseconds(one.meanLatencyMs),
    one.compared === 0n ? "-" : milliseconds(one.meanCopyLatencyMs),
    printUsd(one.spentTodayNanoUsd),
    one.skips.map(({ reason, count }) => `${ShadowSkipReason[reason]} ${count}`).join(", "),
  ]);
  return printTable(shadowHeader, rows);
}

function share(count: bigint, of: bigint): string {
  return of === 0n ? "-" : `${count} of ${of}`;
}

function printList(experiments: readonly Experiment[]): string {
  const rows = experiments.map((one) => {
    const shares = one.arms.map(({ name, percent }) => `${name} ${percent}%`).join(", ");
    const calls = one.arms.reduce((sum, arm) => sum + arm.calls, 0n);
    return [one.name, one.model, ExperimentUnit[one.unit], stateOf(one), shares, String(calls)];
  });
  return printTable(["NAME", "MODEL", "UNIT", "STATE", "ARMS", "CALLS"], rows);
}

const armHeader = [
  "ARM",
  "PERCENT",
  "CALLS",
  "ERRORS",
  "MS P50",
  "MS P95",
  "FIRST TOKEN P50",
  "USD A CALL",
  "UNPRICED",
  "ERRORS, VS FIRST",
  "MS, VS FIRST",
  "USD A CALL, VS FIRST",
];

/** An experiment with a line for each arm; intervals are of 95 percent. */
function printOne(experiment: Experiment | undefined): string {
  if (experiment === undefined) return "";
  const { name, model, unit, allGateways } = experiment;
  const where = allGateways ? ", all gateways" : "";
  const head = `${name}: model ${model}, by ${ExperimentUnit[unit]}, ${stateOf(experiment)}${where}\n`;
  return head + printTable(armHeader, experiment.arms.map(armCells));
}

function stateOf({ state, decidedArm }: Experiment): string {
  const name = ExperimentState[state];
  return decidedArm === "" ? name : `${name} (${decidedArm})`;
}

function armCells(arm: ArmResult): readonly string[] {
  return [
    arm.name,
    String(arm.percent),
    String(arm.calls),
    arm.calls === 0n ? "0" : `${arm.errors} (${percent(Number(arm.errors) / Number(arm.calls))})`,
    milliseconds(arm.latency?.p50Ms),
    milliseconds(arm.latency?.p95Ms),
    milliseconds(arm.firstToken?.p50Ms),
    arm.pricedCalls === 0n ? "-" : printUsd(arm.costNanoUsd / arm.pricedCalls),
    String(arm.unpricedCalls),
    interval(arm.errorRateDifference, percent),
    interval(arm.latencyDifferenceMs, milliseconds),
    interval(arm.costDifferenceNanoUsd, dollars),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return "-";
  return Math.abs(ms) < 10 ? ms.toFixed(1) : ms.toFixed(0);
}

function dollars(nanoUsd: number): string {
  const text = printUsd(BigInt(Math.round(Math.abs(nanoUsd))));
  return nanoUsd < 0 ? `-${text}` : text;
}

/** Such as `1.20% (-0.30% to 2.70%)`; `-` where it is not known. */
function interval(difference: Difference | undefined, print: (value: number) => string): string {
  if (difference === undefined) return "-";
  const { difference: found, lower, upper } = difference;
  return `${print(found)} (${print(lower)} to ${print(upper)})`;
}
