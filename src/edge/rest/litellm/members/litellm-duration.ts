import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Budget, BudgetWindow } from "../../../../../gen/parlance/config/v1/budget_pb.js";
import { wrong } from "./management-members.ts";

const secondMs = 1_000;
const unitMs: Readonly<Record<string, number>> = {
  s: secondMs,
  m: 60 * secondMs,
  h: 3_600 * secondMs,
  d: 86_400 * secondMs,
  w: 604_800 * secondMs,
};

/** Words that LiteLLM takes in the place of a length. */
const words: Readonly<Record<string, string>> = {
  hourly: "1h",
  daily: "1d",
  weekly: "7d",
  monthly: "1mo",
};

const rule = "must be a length of time such as 30s, 15m, 12h, 30d, 2w or 1mo";
/** A thousand years: beyond it dates have no room. */
const maxMs = 1_000 * 366 * 86_400 * secondMs;

/** When a length of time from `nowMs` on is over, in milliseconds since 1970. */
export function endOf(member: string, duration: string, nowMs: number): number {
  const { count, unit } = partsOf(member, duration);
  if (unit !== "mo") {
    const ms = count * (unitMs[unit] ?? 0);
    if (ms > maxMs) throw wrong(member, "is too long");
    return nowMs + ms;
  }
  if (count > 12_000) throw wrong(member, "is too long");
  const end = new Date(nowMs);
  const day = end.getUTCDate();
  end.setUTCDate(1);
  end.setUTCMonth(end.getUTCMonth() + count);
  const lastDay = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
  end.setUTCDate(Math.min(day, lastDay));
  return end.getTime();
}

/** A length of time that is no matter of the calendar, in milliseconds. */
export function lengthOf(member: string, duration: string): number {
  return endOf(member, duration, 0);
}

function partsOf(member: string, duration: string): { count: number; unit: string } {
  const text = words[duration.trim().toLowerCase()] ?? duration.trim();
  const [, digits = "", unit = ""] = /^(\d{1,9})(mo|[smhdw])$/.exec(text) ?? [];
  const count = Number(digits);
  if (digits === "" || count === 0) throw wrong(member, rule);
  return { count, unit };
}

/** The windows of budgets by LiteLLM's lengths, which end with the hour, day, week and month. */
const windows: ReadonlyMap<number, BudgetWindow> = new Map([
  [unitMs.h ?? 0, BudgetWindow.HOUR],
  [unitMs.d ?? 0, BudgetWindow.DAY],
  [unitMs.w ?? 0, BudgetWindow.WEEK],
  [30 * (unitMs.d ?? 0), BudgetWindow.MONTH],
]);

/** What a budget counts: a window of the calendar, or the last so many hours or days. */
export type BudgetSpan = Pick<Budget, "window" | "rolling">;

/** The shortest and the longest time that a budget may look back, in milliseconds. */
const minRollingMs = 60_000;
const maxRollingMs = 366 * 86_400_000;

/** What a budget counts by LiteLLM's length; undefined: all, for ever. */
export function budgetSpan(member: string, duration: string | undefined): BudgetSpan {
  if (duration === undefined || duration === "") return { window: BudgetWindow.TOTAL };
  const { count, unit } = partsOf(member, duration);
  if (unit === "mo" && count === 1) return { window: BudgetWindow.MONTH };
  if (unit === "mo") throw wrong(member, "of months there is one: 1mo; say days for longer ones");
  const ms = count * (unitMs[unit] ?? 0);
  const window = windows.get(ms);
  if (window !== undefined) return { window };
  if (ms < minRollingMs || ms > maxRollingMs)
    throw wrong(member, "must be from a minute to 366 days, or absent: for ever");
  return { window: BudgetWindow.UNSPECIFIED, rolling: durationFromMs(ms) };
}

/** How LiteLLM writes what a budget counts; null: all, for ever. */
export function durationText({ window, rolling }: BudgetSpan): string | null {
  if (rolling !== undefined) return lengthText(Number(rolling.seconds));
  switch (window) {
    case BudgetWindow.HOUR:
      return "1h";
    case BudgetWindow.DAY:
      return "1d";
    case BudgetWindow.WEEK:
      return "7d";
    case BudgetWindow.MONTH:
      return "30d";
    case BudgetWindow.TOTAL:
    case BudgetWindow.UNSPECIFIED:
      return null;
  }
}

function lengthText(seconds: number): string {
  for (const [unit, length] of [
    ["d", 86_400],
    ["h", 3_600],
    ["m", 60],
  ] as const)
    if (seconds % length === 0) return `${seconds / length}${unit}`;
  return `${seconds}s`;
}
