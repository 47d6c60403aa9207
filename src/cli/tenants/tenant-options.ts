import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Budget,
  type BudgetSchema,
  BudgetWindow,
} from "../../../gen/parlance/config/v1/budget_pb.js";
import type {
  CallLimits,
  CallLimitsSchema,
} from "../../../gen/parlance/config/v1/call_limits_pb.js";
import { type CommandInput, textOption } from "../command.ts";
import { parseTime } from "../running/parse-time.ts";

/** An option whose value makes no sense; the message is for whoever wrote it. */
export class OptionMistake extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OptionMistake";
  }
}

/** Names with commas between; undefined where the option is absent, none where it is "". */
export function namesOption(input: CommandInput, name: string): string[] | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

const windows: Readonly<Record<string, BudgetWindow>> = {
  hour: BudgetWindow.HOUR,
  day: BudgetWindow.DAY,
  week: BudgetWindow.WEEK,
  month: BudgetWindow.MONTH,
  total: BudgetWindow.TOTAL,
};

/**
 * Budgets such as `20/month`, with commas between; one without a stretch of time is for ever.
 * Throws OptionMistake.
 */
export function budgetsOption(
  input: CommandInput,
): MessageInitShape<typeof BudgetSchema>[] | undefined {
  return namesOption(input, "budget")?.map((text) => {
    const [, usd, name = "total"] =
      /^\$?([0-9]{1,9}(?:\.[0-9]{1,9})?)(?:\/([a-z]+))?$/.exec(text) ?? [];
    const window = windows[name];
    if (usd === undefined || window === undefined)
      throw new OptionMistake(
        `--budget ${text} is no budget: write US dollars and a time, such as 20/month or 0.5/hour; ` +
          `times are ${Object.keys(windows).join(", ")}`,
      );
    return { usd, window };
  });
}

/** The options of limits by their fields. */
const limitFields = {
  rpm: "requestsPerMinute",
  rpd: "requestsPerDay",
  tpm: "tokensPerMinute",
  "input-tpm": "inputTokensPerMinute",
  "output-tpm": "outputTokensPerMinute",
  concurrent: "concurrent",
} as const satisfies Record<string, keyof CallLimits>;

/** The options of limits. */
export const limitOptions: readonly string[] = Object.keys(limitFields);

/** The limits that are set; undefined where none is. Throws OptionMistake. */
export function limitsOption(
  input: CommandInput,
): MessageInitShape<typeof CallLimitsSchema> | undefined {
  const set = Object.entries(limitFields).flatMap(([option, field]) => {
    const text = textOption(input, option);
    if (text === undefined) return [];
    if (!/^[1-9][0-9]{0,9}$/.test(text))
      throw new OptionMistake(`--${option} must be a whole number from 1 on`);
    return [[field, Number(text)] as const];
  });
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

/** A time such as `90s`, `30m`, `2h` or `3d`, in milliseconds. Throws OptionMistake. */
export function timeOption(input: CommandInput, name: string): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  const ms = parseTime(text);
  if (ms !== undefined) return ms;
  throw new OptionMistake(`--${name} ${text} is no time: write 90s, 30m, 2h or 3d`);
}

/** Budgets in the words of the options, such as `$20/month`, and those that are pointed to. */
export function printBudgets({
  budgets,
  budgetIds,
}: {
  readonly budgets: readonly Budget[];
  readonly budgetIds: readonly string[];
}): string {
  return [...budgets.map(printBudget), ...budgetIds].join(" ");
}

/** A budget in the words of the option: `$20/month`, `$1/86400s`. */
export function printBudget({ usd, window, rolling }: Budget): string {
  const span = rolling === undefined ? BudgetWindow[window].toLowerCase() : `${rolling.seconds}s`;
  return `$${usd}/${span}`;
}

/** Limits in the words of the options: `60 rpm, 10 concurrent`. */
export function printLimits(limits: CallLimits | undefined): string {
  if (limits === undefined) return "";
  return Object.entries(limitFields)
    .flatMap(([option, field]) =>
      limits[field] === undefined ? [] : [`${limits[field]} ${option}`],
    )
    .join(", ");
}
