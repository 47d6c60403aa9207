import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ReconcileUsageRequest } from "../../../gen/parlance/admin/v1/usage_reconciliation_pb.js";
import { readUsageExport } from "../../adapters/catalog/usage-exports.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import {
  type UsageClass,
  usageClasses,
  type VendorAmount,
} from "../../core/ledger/vendor-amount.ts";
import type { SentUsage } from "../../store/ledger/sent-usage.ts";
import type { StoreLink } from "../../store/store.ts";

const dayMs = 86_400_000;
const deadlineMs = 60_000;

/** Compares what a vendor exports with the ledger, by day, model and class of usage. */
export async function reconcileUsage(store: StoreLink, request: ReconcileUsageRequest) {
  const { provider, models } = request;
  const { form, document, columns } = request;
  const reported = readUsageExport(form, document, columns);
  if (reported.length === 0)
    throw new GatewayError(invalidField("document", "has no usage that can be read"));
  const days = reported.map((one) => one.dayMs);
  const fromMs = days.reduce((first, day) => Math.min(first, day));
  const toMs = days.reduce((last, day) => Math.max(last, day)) + dayMs;
  const sent = await store.request("usage.sent", { provider, fromMs, toMs }, deadlineMs);
  // What an export does not speak of at all is not compared: it is no gap.
  const spoken = new Set(reported.map(({ usageClass }) => usageClass));
  const lines = linesOf(reported, sent, { models, spoken });
  const gaps = lines.filter(({ vendor, ledger }) => vendor !== ledger);
  return {
    gaps: gaps.map((line) => ({
      day: timestampFromMs(line.dayMs),
      model: line.model,
      usageClass: line.usageClass,
      vendor: line.vendor,
      ledger: line.ledger,
      difference: line.vendor - line.ledger,
      explanation: explanationOf(line),
    })),
    equalLines: BigInt(lines.length - gaps.length),
    startTime: timestampFromMs(fromMs),
    endTime: timestampFromMs(toMs),
  };
}

/** What both say of a class of usage of a model on a day. */
interface Line {
  readonly dayMs: number;
  readonly model: string;
  readonly usageClass: UsageClass;
  vendor: bigint;
  ledger: bigint;
  sent: SentUsage | undefined;
}

function linesOf(
  reported: readonly VendorAmount[],
  sent: readonly SentUsage[],
  {
    models,
    spoken,
  }: {
    readonly models: Readonly<Record<string, string>>;
    readonly spoken: ReadonlySet<UsageClass>;
  },
): readonly Line[] {
  const lines = new Map<string, Line>();
  const lineOf = (day: number, model: string, usageClass: UsageClass): Line => {
    const key = `${String(day).padStart(16, "0")}\n${model}\n${usageClasses.indexOf(usageClass)}`;
    const found = lines.get(key);
    if (found !== undefined) return found;
    const made = { dayMs: day, model, usageClass, vendor: 0n, ledger: 0n, sent: undefined };
    lines.set(key, made);
    return made;
  };
  for (const { dayMs: day, model, usageClass, amount } of reported)
    lineOf(day, models[model] ?? model, usageClass).vendor += amount;
  for (const usage of sent)
    for (const usageClass of usageClasses) {
      const amount = amountIn(usage, usageClass);
      if (amount === 0n || !spoken.has(usageClass)) continue;
      const line = lineOf(usage.dayMs, usage.model, usageClass);
      line.ledger += amount;
      line.sent = usage;
    }
  return [...lines].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, line]) => line);
}

function amountIn(usage: SentUsage, usageClass: UsageClass): bigint {
  switch (usageClass) {
    case "input":
      return usage.input - usage.cacheRead - usage.cacheWrite;
    case "cache_read":
      return usage.cacheRead;
    case "cache_write":
      return usage.cacheWrite;
    case "output":
      return usage.output;
    case "requests":
      return usage.attempts;
    case "cost":
      return usage.costNanoUsd;
  }
}

function explanationOf({ vendor, ledger, usageClass, sent }: Line): string {
  if (ledger === 0n && sent === undefined)
    return "the vendor alone has it: calls that did not pass this gateway, or another name of the model";
  if (vendor === 0n)
    return "the ledger alone has it: another name of the model, another account, or an export that is not complete";
  const causes: string[] = [];
  const { estimated = 0n, unknown = 0n, unpriced = 0n } = sent ?? {};
  if (estimated > 0n) causes.push(`${estimated} attempts were cut off and are estimated`);
  if (unknown > 0n) causes.push(`the usage of ${unknown} attempts is not known`);
  if (usageClass === "cost" && unpriced > 0n) causes.push(`${unpriced} attempts are unpriced`);
  if (usageClass === "cost") causes.push("prices may differ: see prices, and price the calls anew");
  if (causes.length === 0)
    causes.push(
      vendor > ledger
        ? "calls that did not pass this gateway, or that ended on another day"
        : "calls that ended on another day, or that the vendor did not bill",
    );
  return causes.join("; ");
}
