import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { type CostClass, fromMillionths, pricedItems } from "../facts/price-usage.ts";
import { scaled } from "./adjust-prices.ts";
import type { PriceEntry } from "./price-entry.ts";
import { reportedCost } from "./reported-cost.ts";

/** What a call, or a try of one, cost. Amounts are whole nano-USD. */
export type Cost = PricedCost | UnpricedCost;

/** A cost that is known. */
export interface PricedCost {
  readonly kind: "priced";
  readonly nanoUsd: bigint;
  /** What it is made of; their sum is `nanoUsd`. Empty: nothing was billed, or one sum was. */
  readonly parts: readonly CostPart[];
  /** The version of the prices, a hash of them. "": none were needed. */
  readonly priceVersion: string;
  /** Where the prices come from, such as `models.dev 2026-07-02, config`. */
  readonly source: string;
  /** True: the vendor did not report what was used, which is estimated. */
  readonly estimated?: true;
  /** What the vendor says that it cost. Absent: nothing. */
  readonly reportedNanoUsd?: bigint;
}

/** A cost that is not known, which is never taken for nothing. */
export interface UnpricedCost {
  readonly kind: "unpriced";
  readonly why: string;
  /** What is known of it: other parts of the call. */
  readonly knownNanoUsd: bigint;
  /** What the vendor says that it cost. Absent: nothing. */
  readonly reportedNanoUsd?: bigint;
}

/** What a cost is made of. */
export interface CostPart {
  readonly kind: CostClass;
  /** Tokens, requests or uses. */
  readonly count: bigint;
  readonly nanoUsd: bigint;
}

/** What nothing costs: nothing was sent, or the vendor bills no failures. */
export const nothing: PricedCost = {
  kind: "priced",
  nanoUsd: 0n,
  parts: [],
  priceVersion: "",
  source: "",
};

/** What a cost is that is not known. */
export function unpriced(why: string, reportedNanoUsd?: bigint): UnpricedCost {
  const cost: UnpricedCost = { kind: "unpriced", why, knownNanoUsd: 0n };
  return reportedNanoUsd === undefined ? cost : { ...cost, reportedNanoUsd };
}

/** What a vendor's usage costs at the prices of a target. `entry` undefined: nobody looked them up. */
export function costOfUsage(usage: Usage, entry: PriceEntry | undefined): Cost {
  const reported = reportedCost(usage);
  if (entry?.reported !== undefined && reported !== undefined)
    return {
      ...nothing,
      nanoUsd: scaled(reported, entry.reported),
      priceVersion: entry.version,
      source: `${entry.source === "" ? "" : `${entry.source}, `}vendor`,
      reportedNanoUsd: reported,
    };
  if (entry?.prices === undefined) return unpriced("no prices are known of the model", reported);
  const items = pricedItems(usage, entry.prices);
  if (typeof items === "string") return unpriced(items, reported);
  const parts: CostPart[] = [];
  let sum = 0n;
  let before = 0n;
  for (const { kind, count, price, name } of items) {
    if (count === 0n) continue;
    if (price === undefined)
      return unpriced(`no price is known of ${name ?? words(kind)}`, reported);
    sum += count * price;
    // Rounded as a running sum, so that the parts add up to the whole.
    const rounded = fromMillionths(sum);
    parts.push({ kind, count, nanoUsd: rounded - before });
    before = rounded;
  }
  return {
    kind: "priced",
    nanoUsd: before,
    parts,
    priceVersion: entry.version,
    source: entry.source,
    ...(reported === undefined ? undefined : { reportedNanoUsd: reported }),
  };
}

function words(kind: CostClass): string {
  return `${kind.replaceAll("_", " ")} tokens`;
}

/** The same cost of usage that is estimated. */
export function estimated(cost: Cost): Cost {
  return cost.kind === "priced" ? { ...cost, estimated: true } : cost;
}

/** What several tries cost together. Unpriced where one of them is. Nothing where there are none. */
export function sumCosts(costs: readonly Cost[]): Cost {
  const [first = nothing] = costs;
  if (costs.length < 2) return first;
  const billed = costs.filter((cost) => cost.kind === "unpriced" || cost.nanoUsd > 0n);
  const known = costs.reduce((sum, cost) => sum + knownOf(cost), 0n);
  const reported = sumReported(billed);
  const gap = costs.find((cost) => cost.kind === "unpriced");
  if (gap !== undefined)
    return {
      kind: "unpriced",
      why: gap.why,
      knownNanoUsd: known,
      ...(reported === undefined ? undefined : { reportedNanoUsd: reported }),
    };
  const priced = costs.filter((cost) => cost.kind === "priced");
  return {
    kind: "priced",
    nanoUsd: known,
    parts: sumParts(priced),
    priceVersion: distinct(priced.map(({ priceVersion }) => priceVersion)),
    source: distinct(priced.map(({ source }) => source)),
    ...(priced.some((cost) => cost.estimated) ? { estimated: true } : undefined),
    ...(reported === undefined ? undefined : { reportedNanoUsd: reported }),
  };
}

/** What is known of a cost in nano-USD: all of it, or the parts that have a price. */
export function knownOf(cost: Cost): bigint {
  return cost.kind === "priced" ? cost.nanoUsd : cost.knownNanoUsd;
}

/** Undefined where one vendor does not say: a part of it would be taken for the whole. */
function sumReported(costs: readonly Cost[]): bigint | undefined {
  let sum: bigint | undefined;
  for (const { reportedNanoUsd } of costs) {
    if (reportedNanoUsd === undefined) return undefined;
    sum = (sum ?? 0n) + reportedNanoUsd;
  }
  return sum;
}

function sumParts(costs: readonly PricedCost[]): readonly CostPart[] {
  const sums = new Map<CostClass, CostPart>();
  for (const { parts } of costs)
    for (const part of parts) {
      const known = sums.get(part.kind);
      sums.set(
        part.kind,
        known === undefined
          ? part
          : {
              kind: part.kind,
              count: known.count + part.count,
              nanoUsd: known.nanoUsd + part.nanoUsd,
            },
      );
    }
  return [...sums.values()];
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts.filter((text) => text !== ""))].join(", ");
}
