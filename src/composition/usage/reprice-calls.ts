import type { Settings } from "../../config/settings.ts";
import { signedUsd } from "../../core/ledger/call-entry.ts";
import type { LedgerAttempt, LedgerCost, LedgerRow } from "../../core/ledger/ledger-row.ts";
import { type Cost, costOfUsage, estimated, knownOf, sumCosts } from "../../core/money/cost.ts";
import type { Target } from "../../core/target/target.ts";
import type { PriceList } from "../../policies/routing/price-list.ts";
import type { CallCursor } from "../../store/ledger/query-calls.ts";
import type { RepricedCall } from "../../store/ledger/reprice-calls.ts";
import type { StoreLink } from "../../store/store.ts";
import { costOfLedger, ledgerCost } from "./ledger-cost.ts";

/** Calls that are priced anew. */
export interface RepriceOptions {
  readonly store: StoreLink;
  readonly settings: Settings;
  /** The prices of targets as they hold at the time that a clock says. */
  readonly pricesAt: (wallMs: () => number) => PriceList;
  readonly nowMs: () => number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** What was done so far. */
export interface RepriceProgress {
  readonly calls: bigint;
  readonly changedCalls: bigint;
  readonly unknownCalls: bigint;
  readonly beforeUsd: string;
  readonly afterUsd: string;
  readonly unpricedBefore: bigint;
  readonly unpricedAfter: bigint;
}

/** Calls of one transaction, and how long the store may take for it. */
const pageRows = 250;
const deadlineMs = 60_000;

/**
 * Prices calls anew, the oldest first, and says after each page how far it is. A call that another
 * one prices meanwhile is left to that one. May be run again at any time: what has its price
 * already is not changed.
 */
export async function* repriceCalls(options: RepriceOptions): AsyncGenerator<RepriceProgress> {
  const { store, fromMs, toMs, dryRun, signal, nowMs } = options;
  const tally = createTally();
  let atMs = fromMs;
  // Calls come in the order of their ends, so that the time of the prices only goes forward.
  const prices = options.pricesAt(() => atMs);
  let after: CallCursor | undefined;
  do {
    const query = { fromMs, toMs, after, oldestFirst: true, limit: pageRows };
    const { calls, next } = await store.request("calls.page", query, deadlineMs);
    const repriced: RepricedCall[] = [];
    for (const row of calls) {
      atMs = row.endedMs;
      const anew = await repricedRow(options.settings, prices, row);
      tally.add(row, anew);
      if (anew.kind === "changed") repriced.push({ before: row, after: anew.row });
    }
    if (!dryRun && repriced.length > 0)
      await store.request("calls.reprice", { calls: repriced, atMs: nowMs() }, deadlineMs);
    yield tally.progress();
    after = next;
  } while (after !== undefined && !signal.aborted);
}

/** A call at other prices. */
type Anew =
  | { readonly kind: "same" }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly row: LedgerRow };

async function repricedRow(settings: Settings, prices: PriceList, row: LedgerRow): Promise<Anew> {
  const costs: Cost[] = [];
  let changes = false;
  for (const attempt of row.attempts) {
    const target = targetOf(settings, row.model, attempt);
    const cost = target === undefined ? keptCost(attempt) : await costAt(prices, target, attempt);
    if (cost === undefined) return { kind: "unknown" };
    changes ||= !isSame(attempt.cost, ledgerCost(cost));
    costs.push(cost);
  }
  if (!changes) return { kind: "same" };
  const attempts = row.attempts.map((attempt, at) => {
    const cost = costs[at];
    return cost === undefined ? attempt : { ...attempt, cost: ledgerCost(cost) };
  });
  const hedgeWasteNanoUsd = costs.reduce(
    (sum, cost, at) => (row.attempts[at]?.wasted === true ? sum + knownOf(cost) : sum),
    0n,
  );
  return {
    kind: "changed",
    row: { ...row, attempts, hedgeWasteNanoUsd, cost: ledgerCost(sumCosts(costs)) },
  };
}

/** What an attempt costs at the present prices of its target. */
async function costAt(
  prices: PriceList,
  target: Target,
  attempt: LedgerAttempt,
): Promise<Cost | undefined> {
  const kept = keptCost(attempt);
  if (kept !== undefined || attempt.usage === undefined) return kept;
  const priced = costOfUsage(attempt.usage, await prices.entry(target));
  return attempt.estimated ? estimated(priced) : priced;
}

/** The cost of an attempt that no price decides on: what nobody counted, or billed. */
function keptCost({ usage, cost, estimated: isEstimate }: LedgerAttempt): Cost | undefined {
  const wasFree = cost.kind === "priced" && cost.priceVersion === "";
  return usage === undefined || wasFree ? costOfLedger(cost, isEstimate) : undefined;
}

/** The target of an attempt: that of its model, which may have prices of its own, or a plain one. */
function targetOf(
  { resolve }: Settings,
  model: string,
  { target: name }: LedgerAttempt,
): Target | undefined {
  for (const found of [resolve(model), resolve(name)])
    for (const target of found?.targets ?? [])
      if (`${target.provider}/${target.model}` === name) return target;
  return undefined;
}

function isSame(before: LedgerCost, after: LedgerCost): boolean {
  if (before.kind === "unpriced" || after.kind === "unpriced")
    return before.kind === after.kind && whyOf(before) === whyOf(after);
  return before.nanoUsd === after.nanoUsd && before.priceVersion === after.priceVersion;
}

function whyOf(cost: LedgerCost): string {
  return cost.kind === "unpriced" ? cost.why : "";
}

function createTally() {
  let [calls, changedCalls, unknownCalls, unpricedBefore, unpricedAfter] = [0n, 0n, 0n, 0n, 0n];
  let [before, after] = [0n, 0n];
  return {
    add(row: LedgerRow, anew: Anew): void {
      calls += 1n;
      if (anew.kind === "unknown") unknownCalls += 1n;
      if (anew.kind !== "changed") return;
      changedCalls += 1n;
      if (row.cost.kind === "priced") before += row.cost.nanoUsd;
      else unpricedBefore += 1n;
      if (anew.row.cost.kind === "priced") after += anew.row.cost.nanoUsd;
      else unpricedAfter += 1n;
    },
    progress: (): RepriceProgress => ({
      ...{ calls, changedCalls, unknownCalls, unpricedBefore, unpricedAfter },
      beforeUsd: signedUsd(before),
      afterUsd: signedUsd(after),
    }),
  };
}
