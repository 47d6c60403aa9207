import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Prices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { AttemptRecord } from "../../core/attempt-record.ts";
import { priceUsage } from "../../core/facts/price-usage.ts";
import type { Target } from "../../core/target/target.ts";

/** Finds the prices of the model at a target; undefined: they are not known. */
export type PricesOf = (target: Target) => Prices | undefined | Promise<Prices | undefined>;

/** The time over which what was spent is counted, in milliseconds. */
const windowMs = 600_000;

/** The models that are counted; their names come from callers. */
const maxModels = 10_000;

/** What the calls of models cost, and how much of it was for tries that lost a race. Of one thread. */
export interface HedgeWaste {
  /** Counts the attempts of a call that is over. */
  note(model: string, attempts: readonly AttemptRecord[], pricesOf: PricesOf): Promise<void>;
  /**
   * Whether what was wasted in the last 10 minutes is at most such a share of all that was spent:
   * of the money, or of the tokens where the price of any is not known.
   */
  allows(model: string, percent: number): boolean;
}

interface Spent {
  nanoUsd: number;
  tokens: number;
  unpriced: number;
}

interface Count {
  fromMs: number;
  readonly all: Spent;
  readonly wasted: Spent;
}

/** Makes a count that goes by a monotonic clock in milliseconds. */
export function createHedgeWaste(nowMs: () => number): HedgeWaste {
  const counts = new Map<string, Count>();
  const countOf = (model: string): Count => {
    const known = counts.get(model);
    if (known !== undefined && nowMs() - known.fromMs < windowMs) return known;
    if (counts.size >= maxModels) counts.clear();
    const made = { fromMs: nowMs(), all: nothing(), wasted: nothing() };
    counts.set(model, made);
    return made;
  };
  return {
    async note(model, attempts, pricesOf) {
      const answered = attempts.find(({ wasted, usage }) => !wasted && usage !== undefined)?.usage;
      for (const { target, wasted, usage } of attempts) {
        // The prompt of a try that was cancelled is billed, though nobody says so.
        const took = usage ?? (wasted ? promptOf(answered) : undefined);
        if (took === undefined) continue;
        const prices = await pricesOf(target);
        const cost = prices === undefined ? undefined : priceUsage(took, prices);
        const { all, wasted: lost } = countOf(model);
        add(all, took, cost);
        if (wasted) add(lost, took, cost);
      }
    },
    allows(model, percent) {
      const { all, wasted } = countOf(model);
      const unit = all.unpriced > 0 ? "tokens" : "nanoUsd";
      return wasted[unit] * 100 <= all[unit] * percent;
    },
  };
}

function nothing(): Spent {
  return { nanoUsd: 0, tokens: 0, unpriced: 0 };
}

function promptOf(usage: Usage | undefined): Usage | undefined {
  if (usage?.inputTokens === undefined) return undefined;
  const { inputTokens } = usage;
  return { ...emptyUsage, inputTokens };
}

const emptyUsage = {
  $typeName: "parlance.chat.v1.Usage",
  toolUses: {},
  serviceTier: "",
  extrasJson: {},
} as const;

function add(spent: Spent, { inputTokens = 0n, outputTokens = 0n }: Usage, cost?: bigint): void {
  spent.tokens += Number(inputTokens + outputTokens);
  if (cost === undefined) spent.unpriced += 1;
  else spent.nanoUsd += Number(cost);
}
