import { printUsd } from "../../../core/facts/nano-usd.ts";
import { roundUsd } from "../../../core/facts/round-usd.ts";
import { lengthOf, windowOf } from "../../../edge/rest/litellm/members/litellm-duration.ts";
import { type LitellmRow, textOf } from "./litellm-rows.ts";

/** Takes what was changed of a row so that it can be read. */
export type NoteChange = (member: string, outcome: "lost" | "changed", message: string) => void;

/** What a budget row says in the place of columns that an object has not. */
const budgetColumns = [
  "max_budget",
  "budget_duration",
  "tpm_limit",
  "rpm_limit",
  "max_parallel_requests",
  "model_max_budget",
  "soft_budget",
] as const;

/** The row with what the budget that it names says, where it says nothing itself. */
export function withBudget(row: LitellmRow, budgets: ReadonlyMap<string, LitellmRow>): LitellmRow {
  const budget = budgets.get(textOf(row, "budget_id"));
  if (budget === undefined) return row;
  const said = budgetColumns.flatMap((column) => {
    const text = row.has(column) ? undefined : budget.get(column);
    return text === undefined ? [] : [[column, text] as const];
  });
  return new Map([...row, ...said]);
}

/**
 * The row with bounds that we have: never wider than LiteLLM's. Amounts are rounded to whole
 * nano-USD, and what lasts for a time that budgets have not, for the next longer one.
 */
export function fitted(row: LitellmRow, note: NoteChange): LitellmRow {
  const fit = new Map(row);
  fitBudget(fit, note);
  for (const [column, max] of limits) fitLimit(fit, { column, max }, note);
  return fit;
}

const limits = [
  ["rpm_limit", 1_000_000_000],
  ["tpm_limit", 4_000_000_000],
  ["max_parallel_requests", 1_000_000],
] as const;

const maxNanoUsd = 999_999_999_999_999_999n;

function fitBudget(row: Map<string, string>, note: NoteChange): void {
  const text = row.get("max_budget");
  if (text === undefined) {
    // Without an amount a window bounds nothing.
    row.delete("budget_duration");
    return;
  }
  const nanoUsd = text.startsWith("-") ? 0n : roundUsd(text);
  if (nanoUsd === undefined || nanoUsd > maxNanoUsd) {
    note("max_budget", "changed", "is above what a budget can be, so that there is none");
    row.delete("max_budget");
    row.delete("budget_duration");
    return;
  }
  row.set("max_budget", printUsd(nanoUsd));
  fitDuration(row, note);
}

const hourMs = 3_600_000;
/** The windows of budgets, shortest first. */
const windows = [
  [hourMs, "1h"],
  [24 * hourMs, "1d"],
  [168 * hourMs, "7d"],
  [720 * hourMs, "30d"],
] as const;

function fitDuration(row: Map<string, string>, note: NoteChange): void {
  const duration = textOf(row, "budget_duration");
  if (duration === "") {
    row.delete("budget_duration");
    return;
  }
  try {
    windowOf("budget_duration", duration);
  } catch {
    const ms = lengthOrEver(duration);
    const next = windows.find(([length]) => length >= ms)?.[1];
    note(
      "budget_duration",
      "changed",
      `is the next longer window: ${next ?? "for ever"}, since budgets are for an hour, a day, a week or a month`,
    );
    if (next === undefined) row.delete("budget_duration");
    else row.set("budget_duration", JSON.stringify(next));
  }
}

function lengthOrEver(duration: string): number {
  try {
    return lengthOf("budget_duration", duration);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function fitLimit(
  row: Map<string, string>,
  { column, max }: { readonly column: string; readonly max: number },
  note: NoteChange,
): void {
  const text = row.get(column);
  if (text === undefined) return;
  const value = Number(text);
  if (value >= 1 && value <= max) return;
  if (value > max) {
    note(column, "changed", `is above ${max}, so that there is no bound`);
    row.delete(column);
    return;
  }
  note(column, "changed", "is 1: a bound is at least 1, block the object to refuse all");
  row.set(column, "1");
}
