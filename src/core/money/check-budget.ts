import { type Budget, BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import { parseUsd } from "../facts/nano-usd.ts";
import type { FieldFault } from "../faults/fault.ts";
import { readTime } from "../time/read-time.ts";
import { isTimeZone } from "../time/time-zone.ts";

const asTime = "write a day such as 2026-12-31 or a time such as 2026-12-31T08:00:00Z";

/** What is wrong with a budget that the rules of the contract cannot say, by its fields. */
export function faultsOfBudget(budget: Budget): readonly FieldFault[] {
  return [
    ...faultsOfWindow(budget),
    ...faultsOfZone(budget),
    ...faultsOfSoft(budget),
    ...faultsOfIncreases(budget),
  ];
}

function faultsOfWindow({ window, rolling }: Budget): readonly FieldFault[] {
  const field = "window";
  if (window === BudgetWindow.UNSPECIFIED && rolling === undefined)
    return [
      { field, message: "window is required: write HOUR, DAY, WEEK, MONTH or TOTAL, or rolling" },
    ];
  if (window === BudgetWindow.UNSPECIFIED || rolling === undefined) return [];
  return [{ field, message: "stands beside rolling: leave one of them out" }];
}

function faultsOfZone({ timeZone, window, rolling }: Budget): readonly FieldFault[] {
  const field = "time_zone";
  if (!isTimeZone(timeZone))
    return [{ field, message: "is no time zone: write its IANA name, such as Europe/Berlin" }];
  const hasDays = window !== BudgetWindow.HOUR && window !== BudgetWindow.TOTAL;
  if (timeZone === "" || (hasDays && rolling === undefined)) return [];
  return [{ field, message: "only windows of days have a time zone: leave it out" }];
}

function faultsOfSoft({ soft, softUsd, usd, fallback }: Budget): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  if (soft && fallback !== "")
    faults.push({ field: "fallback", message: "a soft budget refuses nothing: leave it out" });
  if (!soft && (parseUsd(softUsd) ?? 0n) > (parseUsd(usd) ?? 0n))
    faults.push({ field: "soft_usd", message: "is more than usd, so that it never warns" });
  return faults;
}

function faultsOfIncreases({ increases }: Budget): readonly FieldFault[] {
  return increases.flatMap(({ since, until }, at) => {
    const field = (name: string) => `increases[${at}].${name}`;
    const [sinceMs, untilMs] = [readTime(since), readTime(until)];
    if (since !== "" && sinceMs === undefined)
      return [{ field: field("since"), message: `is no day or time: ${asTime}` }];
    if (untilMs === undefined)
      return [{ field: field("until"), message: `is no day or time: ${asTime}` }];
    if (sinceMs === undefined || sinceMs < untilMs) return [];
    return [{ field: field("until"), message: "is not after since" }];
  });
}
