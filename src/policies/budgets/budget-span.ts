import { BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { CountedBudget } from "../../core/caller/tenant.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { zoneOf } from "../../core/time/time-zone.ts";
import type { Span } from "../../state/reserve/reservations.ts";

/** When what a budget counts begins and ends. */
export type Window = Pick<CountedBudget, "window" | "timeZone" | "rolling" | "freshMs">;

/**
 * What a budget counts at a time: its present window, where its time zone is, or the last so many
 * hours or days.
 */
export function spanOf({ window, timeZone, rolling }: Window, nowMs: number): Span {
  const ms = durationMs(rolling);
  if (ms !== undefined) return { kind: "sliding", ms };
  const [startMs, endMs] = periodOf(window, nowMs, timeZone);
  return { kind: "period", startMs, endMs };
}

/**
 * The name of a kind of window, the same for all budgets that count alike: one that was reset
 * counts anew.
 */
export function nameOfWindow({ window, timeZone, rolling, freshMs }: Window): string {
  const since = freshMs === undefined ? "" : ` since ${freshMs}`;
  const ms = durationMs(rolling);
  if (ms !== undefined) return `rolling ${ms}${since}`;
  const zone = timeZone === "" || timeZone === "UTC" ? "" : ` ${timeZone}`;
  const name = window === BudgetWindow.TOTAL ? "TOTAL" : `${BudgetWindow[window]}${zone}`;
  return `${name}${since}`;
}

const hourMs = 3_600_000;

/**
 * The start and the end of a window, in milliseconds since 1970. Days begin at midnight in the time
 * zone (""; UTC), or at the first moment of a day that has no midnight; weeks on Mondays. Hours are
 * those of UTC.
 */
export function periodOf(
  window: BudgetWindow,
  nowMs: number,
  timeZone = "",
): readonly [number, number] {
  if (window === BudgetWindow.HOUR) {
    const startMs = Math.floor(nowMs / hourMs) * hourMs;
    return [startMs, startMs + hourMs];
  }
  const zone = zoneOf(timeZone);
  const [year, month, day, weekday] = zone.dayOf(nowMs);
  const at = (months: number, days: number) => zone.startOf(year, month + months, days);
  switch (window) {
    case BudgetWindow.DAY:
      return [at(0, day), at(0, day + 1)];
    case BudgetWindow.WEEK:
      return [at(0, day - weekday), at(0, day - weekday + 7)];
    case BudgetWindow.MONTH:
      return [at(0, 1), at(1, 1)];
    case BudgetWindow.TOTAL:
    case BudgetWindow.UNSPECIFIED:
      return [0, Number.POSITIVE_INFINITY];
  }
}
