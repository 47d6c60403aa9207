import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import {
  type Budget,
  BudgetOwner,
  BudgetSchema,
  type BudgetState,
  BudgetStateSchema,
} from "../../../gen/parlance/admin/v1/budget_pb.js";
import { BudgetService } from "../../../gen/parlance/admin/v1/budget_service_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { printUsd } from "../../core/facts/nano-usd.ts";
import { type CommandInput, textOption } from "../command.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import {
  type ActionInput,
  printJson,
  readAll,
  runTenantCommand,
  type TenantCommand,
} from "./tenant-command.ts";
import {
  budgetsOption,
  limitOptions,
  limitsOption,
  OptionMistake,
  printBudget,
  printLimits,
} from "./tenant-options.ts";

const settable = [...limitOptions, "budget"];

const command: TenantCommand = {
  name: "budget",
  placeholder: "BUDGET",
  actions: {
    create: { named: "needed", options: [...settable, "organization"], run: create },
    list: { named: "none", options: ["organization"], run: list },
    show: { named: "needed", options: [], run: show },
    spent: { named: "none", options: [], run: spent },
    update: { named: "needed", options: settable, run: update },
    reset: { named: "needed", options: [], run: reset },
    increase: { named: "needed", options: ["usd", "until", "since"], run: increase },
    delete: { named: "needed", options: [], run: remove },
  },
};

/** `parlance budget ACTION [BUDGET]`. */
export function runBudget(shell: Shell, input: CommandInput): Promise<number> {
  return runTenantCommand(command, shell, input);
}

async function create({ transport, name, input, json }: ActionInput): Promise<string> {
  const organization = textOption(input, "organization") ?? "";
  const { budget } = await createClient(BudgetService, transport).createBudget({
    budget: { ...settingsOf(input), name, organization },
  });
  return printOne(budget, json);
}

async function list({ transport, input, json }: ActionInput): Promise<string> {
  const client = createClient(BudgetService, transport);
  const organization = textOption(input, "organization") ?? "";
  const budgets = await readAll(client.listBudgets, "budgets", { organization });
  return json ? printJson(budgets.map((one) => toJson(BudgetSchema, one))) : printAll(budgets);
}

async function show(action: ActionInput): Promise<string> {
  const { transport, name: id, json } = action;
  const { budget } = await createClient(BudgetService, transport).getBudget({ id });
  if (budget === undefined) return "";
  const isOfFile = budget.origin === ObjectOrigin.FILE;
  const states = await readStates(
    action,
    isOfFile ? { owner: BudgetOwner.CONFIG, ownerId: budget.id } : { budget: budget.id },
  );
  if (json)
    return printJson({
      budget: toJson(BudgetSchema, budget),
      states: states.map((state) => toJson(BudgetStateSchema, state)),
    });
  return states.length === 0 ? printAll([budget]) : `${printAll([budget])}\n${printStates(states)}`;
}

async function spent(action: ActionInput): Promise<string> {
  const states = await readStates(action, {});
  if (!action.json) return printStates(states);
  return printJson(states.map((state) => toJson(BudgetStateSchema, state)));
}

function readStates(
  { transport }: ActionInput,
  wanted: MessageInitShape<(typeof BudgetService.method.listBudgetStates)["input"]>,
): Promise<readonly BudgetState[]> {
  const client = createClient(BudgetService, transport);
  return readAll(client.listBudgetStates, "states", wanted);
}

async function update({ transport, name: id, input, json }: ActionInput): Promise<string> {
  const settings = settingsOf(input);
  const paths = Object.keys(settings);
  if (paths.length === 0)
    throw new OptionMistake("update needs what is to change, such as --budget");
  const client = createClient(BudgetService, transport);
  const { budget } = await client.getBudget({ id });
  const updated = await client.updateBudget({
    budget: { ...settings, id: budget?.id ?? id, etag: budget?.etag ?? "" },
    updateMask: { paths },
  });
  return printOne(updated.budget, json);
}

async function reset({ transport, name: id, json }: ActionInput): Promise<string> {
  return printOne((await createClient(BudgetService, transport).resetBudget({ id })).budget, json);
}

async function increase({ transport, name: id, input, json }: ActionInput): Promise<string> {
  const usd = textOption(input, "usd");
  const until = textOption(input, "until");
  if (usd === undefined || until === undefined)
    throw new OptionMistake(
      "increase needs --usd and --until, such as --usd 10 --until 2026-12-31",
    );
  const since = textOption(input, "since") ?? "";
  const { budget } = await createClient(BudgetService, transport).increaseBudget({
    id,
    increase: { usd, until, since },
  });
  return printOne(budget, json);
}

async function remove({ transport, name: id, json }: ActionInput): Promise<string> {
  await createClient(BudgetService, transport).deleteBudget({ id });
  return json ? printJson({}) : `${id} is deleted\n`;
}

/** What options set of a budget; what is absent is left as it is. */
function settingsOf(input: CommandInput): MessageInitShape<typeof BudgetSchema> {
  const amounts = budgetsOption(input);
  if (amounts !== undefined && amounts.length !== 1)
    throw new OptionMistake("--budget is one amount, such as 20/month: make a budget for each");
  const set = { amount: amounts?.[0], limits: limitsOption(input) };
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}

function printOne(budget: Budget | undefined, json: boolean): string {
  if (budget === undefined) return "";
  return json ? printJson(toJson(BudgetSchema, budget)) : printAll([budget]);
}

function printAll(budgets: readonly Budget[]): string {
  return printTable(
    ["ID", "NAME", "ORGANIZATION", "BUDGET", "INCREASES", "LIMITS", "RESET", "STATE"],
    budgets.map((budget) => [
      budget.id,
      budget.name,
      budget.organization,
      budget.amount === undefined ? "-" : printBudget(budget.amount),
      (budget.amount?.increases ?? []).map(({ usd, until }) => `$${usd} until ${until}`).join(", "),
      printLimits(budget.limits),
      budget.resetAt === undefined ? "-" : timestampDate(budget.resetAt).toISOString(),
      budget.origin === ObjectOrigin.FILE ? "in the config file" : "good",
    ]),
  );
}

function printStates(states: readonly BudgetState[]): string {
  return printTable(
    ["OF", "OWNER", "FOR", "BUDGET", "LIMIT", "SPENT", "HELD", "LEFT", "RESETS"],
    states.map((state) => [
      BudgetOwner[state.owner].toLowerCase().replace("_", "-"),
      state.ownerName,
      state.model || state.apart || "all",
      state.budget || (state.amount === undefined ? "-" : printBudget(state.amount)),
      printUsd(state.limitNanoUsd),
      printUsd(state.spentNanoUsd),
      printUsd(state.heldNanoUsd),
      printUsd(state.remainingNanoUsd),
      state.resetsAt === undefined ? "-" : timestampDate(state.resetsAt).toISOString(),
    ]),
  );
}
