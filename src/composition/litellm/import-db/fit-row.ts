import { printUsd } from "../../../core/facts/nano-usd.ts";
import { roundUsd } from "../../../core/facts/round-usd.ts";
import { budgetSpan, lengthOf } from "../../../edge/rest/litellm/members/litellm-duration.ts";
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
  for (const column of ["max_budget", "soft_budget"]) fitAmount(row, column, note);
  // Without an amount a window bounds nothing.
  if (row.has("max_budget") || row.has("soft_budget")) fitDuration(row, note);
  else row.delete("budget_duration");
}

function fitAmount(row: Map<string, string>, column: string, note: NoteChange): void {
  const text = row.get(column);
  if (text === undefined) return;
  const nanoUsd = text.startsWith("-") ? 0n : roundUsd(text);
  if (nanoUsd !== undefined && nanoUsd <= maxNanoUsd) {
    row.set(column, printUsd(nanoUsd));
    return;
  }
  note(column, "changed", "is above what a budget can be, so that there is none");
  row.delete(column);
}

const dayMs = 86_400_000;
const minuteMs = 60_000;

function fitDuration(row: Map<string, string>, note: NoteChange): void {
  const duration = textOf(row, "budget_duration");
  if (duration === "") {
    row.delete("budget_duration");
    return;
  }
  try {
    budgetSpan("budget_duration", duration);
  } catch {
    const ms = lengthOrEver(duration);
    const days = Math.ceil(ms / dayMs);
    const next = ms < minuteMs ? "1m" : days <= 366 ? `${days}d` : undefined;
    const message = `is the next longer time that budgets have: ${next ?? "for ever"}`;
    note("budget_duration", "changed", message);
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
