import type { CostClass } from "../../core/facts/price-usage.ts";
import type { LedgerCost } from "../../core/ledger/ledger-row.ts";
import { type Cost, type CostPart, unpriced } from "../../core/money/cost.ts";

/** A cost as the ledger keeps it. */
export function ledgerCost(cost: Cost): LedgerCost {
  const { reportedNanoUsd } = cost;
  const vendor = reportedNanoUsd === undefined ? undefined : { vendorNanoUsd: reportedNanoUsd };
  if (cost.kind === "unpriced") return { kind: "unpriced", why: cost.why, ...vendor };
  const parts: Record<string, bigint> = {};
  for (const { kind, nanoUsd } of cost.parts) parts[kind] = (parts[kind] ?? 0n) + nanoUsd;
  const { nanoUsd, priceVersion, source } = cost;
  return { kind: "priced", nanoUsd, parts, priceVersion, source, ...vendor };
}

/** A cost of the ledger, whose parts do not say how much there was of each. */
export function costOfLedger(cost: LedgerCost, isEstimate: boolean): Cost {
  const { vendorNanoUsd } = cost;
  if (cost.kind === "unpriced") return unpriced(cost.why, vendorNanoUsd);
  const parts = Object.entries(cost.parts).map(
    ([kind, nanoUsd]): CostPart => ({ kind: kind as CostClass, count: 0n, nanoUsd }), // it was one
  );
  const { nanoUsd, priceVersion, source } = cost;
  return {
    ...{ kind: "priced", nanoUsd, parts, priceVersion, source },
    ...(isEstimate ? { estimated: true } : undefined),
    ...(vendorNanoUsd === undefined ? undefined : { reportedNanoUsd: vendorNanoUsd }),
  };
}
