import { randomUUID } from "node:crypto";
import { AlertEvent, SpendPeriod } from "../../../gen/parlance/config/v1/alert_pb.js";
import { BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { Happening } from "../../alerts/alert.ts";
import type { Alerts } from "../../alerts/alerts.ts";
import type { Settings } from "../../config/settings.ts";
import { printUsd } from "../../core/facts/nano-usd.ts";
import { periodOf } from "../../policies/budgets/budget-span.ts";
import type { UsageSums } from "../../store/ledger/usage-query.ts";
import type { StoreLink } from "../../store/store.ts";
import type { World } from "../world.ts";

/** What reports of spending are made with. */
export interface SpendReportOptions extends Pick<World, "wallMs" | "schedule"> {
  readonly store: Pick<StoreLink, "request">;
  readonly settings: () => Settings;
  readonly alerts: Pick<Alerts, "has" | "tell">;
}

/** How often it is looked whether a period is over, in milliseconds. */
const lookMs = 60_000;
/** How long after its end: the records of its last calls are written by then. */
const delayMs = 300_000;
/** How long a gateway may take. */
const lockMs = 120_000;
/** Teams, keys and models that a report names, those with the highest cost. */
const named = 5;
const job = "spend_report";

/**
 * Has people told what a period cost, once by all gateways that share a database. A period that
 * ended while none ran is told by the first that does. Gives what ends it.
 */
export function startSpendReports(options: SpendReportOptions): () => void {
  const { wallMs, schedule } = options;
  // Another database needs another start.
  if (options.settings().store === undefined) return () => undefined;
  const holder = randomUUID();
  let doneMs = 0;
  let looking = false;
  let callOff = (): void => undefined;
  const look = (): void => {
    callOff = schedule(look, lookMs);
    const period = duePeriod(options.settings(), wallMs());
    const isWanted = options.alerts.has(AlertEvent.SPEND_REPORT);
    if (!isWanted || looking || period.endMs <= doneMs) return;
    looking = true;
    void report(options, holder, period)
      // The store says what is wrong with it; it is looked again.
      .then(
        (isDone) => (isDone ? period.endMs : doneMs),
        () => doneMs,
      )
      .then((ms) => {
        doneMs = ms;
        looking = false;
      });
  };
  callOff = schedule(look, lookMs);
  return () => callOff();
}

interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

const windows: Readonly<Record<SpendPeriod, BudgetWindow>> = {
  [SpendPeriod.UNSPECIFIED]: BudgetWindow.DAY,
  [SpendPeriod.DAY]: BudgetWindow.DAY,
  [SpendPeriod.WEEK]: BudgetWindow.WEEK,
  [SpendPeriod.MONTH]: BudgetWindow.MONTH,
};

/** The last period that is over. */
function duePeriod({ alerts }: Settings, nowMs: number): Period {
  const { every, timeZone } = alerts.spendReport;
  const [endMs] = periodOf(windows[every], nowMs - delayMs, timeZone);
  const [startMs] = periodOf(windows[every], endMs - 1, timeZone);
  return { startMs, endMs };
}

async function report(
  options: SpendReportOptions,
  holder: string,
  period: Period,
): Promise<boolean> {
  const { store, wallMs, alerts } = options;
  const nowMs = Math.round(wallMs());
  const claim = { name: job, holder, nowMs, expiresMs: nowMs + lockMs, dueMs: period.endMs };
  const taken = await store.request("job.take", claim);
  if (taken !== "taken") return taken === "done";
  const happening = await readReport(options, period);
  if (happening !== undefined) alerts.tell(happening, new Date(period.startMs).toISOString());
  // Not now: the next period may be over too.
  await store.request("job.finish", { name: job, holder, nowMs: period.endMs });
  return true;
}

/** Undefined: there was no call. */
async function readReport(
  { store, settings }: SpendReportOptions,
  { startMs, endMs }: Period,
): Promise<Happening | undefined> {
  const sum = (dimension: "total" | "team" | "key" | "model", top: number) =>
    store.request("usage.aggregate", {
      ...{ dimension, top, bucket: "all", fromMs: startMs, toMs: endMs },
    });
  const [total] = await sum("total", 1);
  if (total === undefined || total.sums.calls === 0n) return undefined;
  const { every } = settings().alerts.spendReport;
  const name = SpendPeriod[every].toLowerCase();
  const day = dayOf(startMs, settings().alerts.spendReport.timeZone);
  const lines = await Promise.all(
    (["team", "key", "model"] as const).map(async (dimension) => {
      const rows = (await sum(dimension, named)).filter(({ value }) => value !== "");
      return rows.length === 0 ? [] : [`${dimension}s: ${rows.map(words).join(", ")}`];
    }),
  );
  const { calls, failed_calls: failed, unpriced_calls: unpriced, cost_nano_usd: cost } = total.sums;
  const more = [`${failed} failed`, ...(unpriced > 0n ? [`${unpriced} without a price`] : [])];
  return {
    event: AlertEvent.SPEND_REPORT,
    about: "",
    title: `the ${name} from ${day} on cost ${printUsd(cost)} USD`,
    text: [`${calls} calls, of which ${more.join(" and ")}`, ...lines.flat()].join("\n"),
    details: {
      since: new Date(startMs).toISOString(),
      until: new Date(endMs).toISOString(),
      calls: Number(calls),
      failed_calls: Number(failed),
      cost_usd: printUsd(cost),
    },
  };
}

function words({ value, sums }: UsageSums): string {
  return `${value} ${printUsd(sums.cost_nano_usd)} USD`;
}

/** Such as `2026-11-30`. */
function dayOf(ms: number, timeZone: string): string {
  return new Date(ms).toLocaleDateString("sv-SE", { timeZone: timeZone || "UTC" });
}
