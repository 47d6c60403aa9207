import { countsByClass } from "../../core/facts/price-usage.ts";
import { signedUsd } from "../../core/ledger/call-entry.ts";
import type { LedgerAttempt, LedgerRow } from "../../core/ledger/ledger-row.ts";
import { type CsvCell, csvLine } from "./csv-line.ts";

/**
 * The columns of the FinOps Open Cost and Usage Specification that are known of calls, and some of
 * our own, which begin with `x_`: https://focus.finops.org/focus-specification/v1-2/ (2026-11).
 */
const columns = [
  "BilledCost",
  "BillingAccountId",
  "BillingAccountName",
  "BillingAccountType",
  "BillingCurrency",
  "BillingPeriodEnd",
  "BillingPeriodStart",
  "ChargeCategory",
  "ChargeClass",
  "ChargeDescription",
  "ChargeFrequency",
  "ChargePeriodEnd",
  "ChargePeriodStart",
  "ConsumedQuantity",
  "ConsumedUnit",
  "ContractedCost",
  "EffectiveCost",
  "InvoiceIssuerName",
  "ListCost",
  "PricingCategory",
  "PricingQuantity",
  "PricingUnit",
  "ProviderName",
  "PublisherName",
  "ResourceId",
  "ResourceName",
  "ResourceType",
  "ServiceCategory",
  "ServiceName",
  "ServiceSubcategory",
  "SkuId",
  "SkuMeter",
  "SkuPriceId",
  "SubAccountId",
  "SubAccountName",
  "SubAccountType",
  "Tags",
  "x_CallId",
  "x_Attempt",
  "x_Estimated",
  "x_Unpriced",
  "x_PriceSource",
  "x_VendorCost",
] as const;

type Column = (typeof columns)[number];

/** The line of names. */
export function focusHead(): string {
  return csvLine(columns);
}

/**
 * The lines of a call: one for each part of the cost of each attempt, one for an attempt that cost
 * something without parts or whose cost is not known, and none for what cost nothing.
 */
export function focusOf(row: LedgerRow): string {
  return row.attempts.flatMap((attempt, at) => chargesOf(row, attempt, at)).join("");
}

function chargesOf(row: LedgerRow, attempt: LedgerAttempt, at: number): readonly string[] {
  const { cost } = attempt;
  const shared = sharedCells(row, attempt, at);
  const line = (cells: Partial<Record<Column, CsvCell>>) => {
    const all = { ...shared, ...cells };
    return csvLine(columns.map((column) => all[column]));
  };
  if (cost.kind === "unpriced")
    return [
      line({
        ...quantityCells("request", 1n),
        ChargeDescription: `unpriced: ${cost.why}`,
        x_Unpriced: cost.why,
      }),
    ];
  const counts = attempt.usage === undefined ? undefined : countsByClass(attempt.usage);
  const parts = Object.entries(cost.parts);
  if (parts.length === 0 && cost.nanoUsd === 0n) return [];
  if (parts.length === 0)
    return [
      line({
        ...costCells(cost.nanoUsd),
        ...quantityCells("request", 1n),
        SkuMeter: "reported",
      }),
    ];
  return parts.map(([kind, nanoUsd]) =>
    line({
      ...costCells(nanoUsd),
      ...quantityCells(kind, counts?.get(kind) ?? 1n),
      ChargeDescription: `${kind.replaceAll("_", " ")} of ${attempt.target}`,
      SkuMeter: kind,
    }),
  );
}

function costCells(nanoUsd: bigint): Partial<Record<Column, CsvCell>> {
  const usd = signedUsd(nanoUsd);
  return { BilledCost: usd, ContractedCost: usd, EffectiveCost: usd, ListCost: usd };
}

function quantityCells(kind: string, count: bigint): Partial<Record<Column, CsvCell>> {
  const unit = kind === "request" || kind === "uses" ? "Requests" : "Tokens";
  return {
    ConsumedQuantity: count,
    ConsumedUnit: unit,
    PricingQuantity: count,
    PricingUnit: unit,
  };
}

function sharedCells(
  row: LedgerRow,
  attempt: LedgerAttempt,
  at: number,
): Partial<Record<Column, CsvCell>> {
  const { cost, provider, target } = attempt;
  const end = new Date(row.endedMs);
  const [year, month] = [end.getUTCFullYear(), end.getUTCMonth()];
  const account = row.organization === "" ? "default" : row.organization;
  const model = target.slice(provider.length + 1);
  return {
    BillingAccountId: account,
    BillingAccountName: account,
    BillingAccountType: "Organization",
    BillingCurrency: "USD",
    BillingPeriodStart: timeOf(Date.UTC(year, month)),
    BillingPeriodEnd: timeOf(Date.UTC(year, month + 1)),
    ChargeCategory: "Usage",
    ChargeDescription: `${row.operation} of ${target}`,
    ChargeFrequency: "Usage-Based",
    ChargePeriodStart: timeOf(row.endedMs - Math.ceil(row.durationUs / 1000)),
    // The first second that is not of it any more.
    ChargePeriodEnd: timeOf(row.endedMs + secondMs),
    InvoiceIssuerName: provider,
    PricingCategory: "Standard",
    ProviderName: provider,
    PublisherName: provider,
    ResourceId: target,
    ResourceName: attempt.answeredModel === "" ? model : attempt.answeredModel,
    ResourceType: "Model",
    ServiceCategory: "AI and Machine Learning",
    ServiceName: `${provider} ${row.operation}`,
    ServiceSubcategory: "Generative AI",
    SkuId: target,
    SkuPriceId: cost.kind === "priced" ? cost.priceVersion : undefined,
    SubAccountId: row.team,
    SubAccountName: row.team,
    SubAccountType: row.team === "" ? undefined : "Team",
    Tags: JSON.stringify(tagsOf(row)),
    x_CallId: row.callId,
    x_Attempt: at,
    x_Estimated: String(attempt.estimated),
    x_PriceSource: cost.kind === "priced" ? cost.source : undefined,
    x_VendorCost: cost.vendorNanoUsd === undefined ? undefined : signedUsd(cost.vendorNanoUsd),
  };
}

/** Tags of the call, which have no values, and whom it is charged to, with a prefix of ours. */
function tagsOf({ tags, key, user, endUser, session, model, arm }: LedgerRow) {
  const own = Object.fromEntries(tags.map((tag) => [tag, true]));
  const named = { key, user, end_user: endUser, session, model, arm };
  const known = Object.entries(named).filter(([, value]) => value !== "");
  return {
    ...own,
    ...Object.fromEntries(known.map(([name, value]) => [`parlance:${name}`, value])),
  };
}

const secondMs = 1_000;

/** In whole seconds, as the specification writes times. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}
