import { type CacheReport, CacheState } from "../../gen/parlance/call/v1/cache_pb.js";
import { FieldOutcome } from "../../gen/parlance/call/v1/call_report_pb.js";
import {
  GuardOutcome,
  type GuardReport,
  GuardStage,
} from "../../gen/parlance/call/v1/guard_report_pb.js";
import type { ExplainResponse, PlannedTarget } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { printUsd } from "../core/facts/nano-usd.ts";
import { durationMs } from "../core/time/duration-ms.ts";
import { composeChat, describeFailure, openClient } from "./chat-client.ts";
import { type CommandInput, textOption } from "./command.ts";
import { printTable } from "./print-table.ts";
import type { Shell } from "./shell.ts";

const header = ["", "TARGET", "DIALECT", "COST", "SCORE", "WHY", "NOT AS SENT"];

/** `parlance explain MODEL TEXT`. */
export async function runExplain(shell: Shell, input: CommandInput): Promise<number> {
  const [model = "", text = ""] = input.positionals;
  const prompt = text === "-" ? await shell.readStdin() : text;
  const opened = await openClient(shell, input);
  if (opened === undefined) return 1;
  try {
    const chat = composeChat(model, prompt, textOption(input, "system"));
    shell.stdout.write(printPlan(await opened.client.explain({ chat, stream: true })));
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance explain: ${describeFailure(error)}\n`);
    return 1;
  } finally {
    await opened.close();
  }
}

/** The rules that were tried, then the targets that would be, and what else is known of the call. */
function printPlan(plan: ExplainResponse): string {
  const facts = factsOf(plan);
  return [
    ...(plan.rules.length === 0 ? [] : [printRules(plan)]),
    printTargets(plan),
    ...(plan.bounds.length === 0 ? [] : [printBounds(plan)]),
    ...(facts.length === 0 ? [] : [facts.join("")]),
  ].join("\n");
}

function factsOf({ priority, cache, cacheWhy, guards }: ExplainResponse): readonly string[] {
  return [
    ...guards.map((guard) => `Guard: ${guard.name}: ${describeReport(guard)}\n`),
    ...(cache === undefined ? [] : [`Cache: ${stateOf(cache)}: ${cacheWhy}\n`]),
    ...(priority === undefined ? [] : [`Priority in queues: ${priority}\n`]),
  ];
}

function stateOf({ state, age }: CacheReport): string {
  const word = CacheState[state];
  return age === undefined ? word : `${word}, ${Math.round(durationMs(age) / 1000)} s old`;
}

function printRules({ rules }: ExplainResponse): string {
  return printTable(
    ["RULE", "HOLDS", "WHAT IT DOES"],
    rules.map(({ name, holds, note }) => [name, holds ? "yes" : "no", note]),
  );
}

function printBounds({ bounds }: ExplainResponse): string {
  return printTable(
    ["LIMITS AND BUDGETS", "ALLOWS", "USED", "HOLDS", "REMAINS"],
    bounds.map(({ owner, allows, used, holds, remains }) => [owner, allows, used, holds, remains]),
  );
}

/** The targets in the order in which they would be tried; `-` before those that are passed over. */
function printTargets({ targets, excluded }: ExplainResponse): string {
  return printTable(header, [
    ...targets.map((one, at) => [String(at + 1), ...targetCells(one)]),
    ...excluded.map(({ target, why }) => ["-", nameOf(target), "", "", "", why, ""]),
  ]);
}

function targetCells(planned: PlannedTarget): readonly string[] {
  const { target, why, fidelity } = planned;
  const losses = fidelity.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`);
  const dialect = target?.dialect ?? "";
  return [nameOf(target), dialect, costOf(planned), scoreOf(planned), why, losses.join(", ")];
}

/** Dollars; `?` where it costs something that is not known. */
function costOf({ expectedCostNanoUsd, unpriced }: PlannedTarget): string {
  if (unpriced) return "?";
  return expectedCostNanoUsd === undefined ? "" : `$${printUsd(expectedCostNanoUsd)}`;
}

function scoreOf({ score }: PlannedTarget): string {
  return score === undefined ? "" : String(Number(score.toPrecision(4)));
}

function nameOf(target: PlannedTarget["target"]): string {
  return target === undefined ? "" : `${target.provider}/${target.model}`;
}

/** Such as `INPUT MASK (EMAIL)`. */
function describeReport({ stage, outcome, kinds }: GuardReport): string {
  const found = kinds.length === 0 ? "" : ` (${kinds.join(" ")})`;
  return `${GuardStage[stage]} ${GuardOutcome[outcome]}${found}`;
}
