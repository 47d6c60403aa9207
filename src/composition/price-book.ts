import { createHash } from "node:crypto";
import { toJsonString } from "@bufbuild/protobuf";
import { Strategy } from "../../gen/parlance/config/v1/strategy_pb.js";
import { PricesSchema } from "../../gen/parlance/model/v1/model_facts_pb.js";
import type { Settings } from "../config/settings.ts";
import { mergePrices } from "../core/facts/merge-facts.ts";
import { ratioOf, scalePrices } from "../core/money/adjust-prices.ts";
import type { PriceEntry } from "../core/money/price-entry.ts";
import type { PriceRule } from "../core/money/price-rule.ts";
import { capture, isWildcard } from "../core/names/name-pattern.ts";
import type { Target } from "../core/target/target.ts";
import { everyTarget } from "../policies/routing/choice/levels.ts";
import type { PriceList } from "../policies/routing/price-list.ts";
import { type FactBook, factQueryOf, type ListedPrices } from "./fact-book.ts";

/** What a price book is made of. */
export interface PriceBookOptions {
  readonly rules: readonly PriceRule[];
  /** How many of the last of them are of the store; default: none. */
  readonly storedRules?: number | undefined;
  /** Finds the list prices of a target. */
  readonly listed: (target: Target) => ListedPrices | Promise<ListedPrices>;
  /** The time of day in milliseconds since 1970, which decides what rules are in force. */
  readonly wallMs: () => number;
}

/** What is known of a target, until a rule comes into force or ends. */
interface Kept {
  readonly entry: PriceEntry;
  readonly listed: ListedPrices;
  readonly untilMs: number;
}

/** Looks up the prices that calls are sent or reserved by, so that the first call knows them. */
export async function loadPrices(settings: Settings, book: PriceList): Promise<void> {
  for (const model of settings.models.values()) {
    const { strategy, promptCache } = model.settings;
    if (strategy !== Strategy.LOWEST_COST && promptCache === undefined) continue;
    for (const target of everyTarget(model)) await book.entry(target);
  }
}

/**
 * By the names of models with `LOWEST_COST`: their targets, as `provider/model`, whose prices are
 * not known, so that they cannot be compared with the others. A model with one target compares
 * nothing, and of a target with `*` in its name nothing is known before it is called.
 */
export async function unpricedTargets(
  settings: Settings,
  book: PriceList,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const [name, model] of settings.models) {
    const targets = everyTarget(model);
    if (model.settings.strategy !== Strategy.LOWEST_COST || targets.length < 2) continue;
    const unknown: string[] = [];
    for (const target of targets.filter((one) => !isWildcard(one.model)))
      if ((await book.entry(target)).prices === undefined)
        unknown.push(`${target.provider}/${target.model}`);
    if (unknown.length > 0) found.set(name, unknown);
  }
  return found;
}

/** The price book of a configuration by the facts of models, at the time that a clock says. */
export function priceBookOf(
  settings: Settings,
  facts: Pick<FactBook, "prices">,
  wallMs: () => number,
): PriceList {
  return createPriceBook({
    rules: settings.prices,
    storedRules: settings.stored?.prices.size,
    listed: (target) => facts.prices(factQueryOf(settings, target)),
    wallMs,
  });
}

/**
 * Makes the price book of a configuration: the facts of models with its price rules over them.
 * List prices are looked up when they are first wanted.
 */
export function createPriceBook(options: PriceBookOptions): PriceList {
  const { rules, storedRules = 0, listed, wallMs } = options;
  const stored: ReadonlySet<PriceRule> = new Set(rules.slice(rules.length - storedRules));
  const known = new WeakMap<Target, Kept>();
  const keep = (target: Target, found: ListedPrices): PriceEntry => {
    const nowMs = wallMs();
    const fitting = rules.filter((rule) => fits(rule, target));
    const untilMs = fitting
      .flatMap(({ fromMs, untilMs: endMs }) => [fromMs, endMs])
      .reduce((next, ms) => (ms > nowMs ? Math.min(next, ms) : next), Number.POSITIVE_INFINITY);
    const inForce = fitting.filter((rule) => rule.fromMs <= nowMs && nowMs < rule.untilMs);
    const entry = entryOf(found, inForce, stored);
    known.set(target, { entry, listed: found, untilMs });
    return entry;
  };
  const current = (target: Target): PriceEntry | undefined => {
    const kept = known.get(target);
    if (kept === undefined) return undefined;
    // Rules without dates never ask for the time.
    if (kept.untilMs === Number.POSITIVE_INFINITY || wallMs() < kept.untilMs) return kept.entry;
    return keep(target, kept.listed);
  };
  const entry = (target: Target): PriceEntry | Promise<PriceEntry> => {
    const kept = current(target);
    if (kept !== undefined) return kept;
    const found = listed(target);
    return found instanceof Promise
      ? found.then((later) => keep(target, later))
      : keep(target, found);
  };
  return {
    entry,
    of(target) {
      const found = entry(target);
      return found instanceof Promise ? undefined : found.prices;
    },
  };
}

function fits({ target: name, pattern }: PriceRule, { provider, model }: Target): boolean {
  const full = `${provider}/${model}`;
  return pattern === undefined ? name === full : capture(pattern, full) !== undefined;
}

function entryOf(
  { prices: list, sources }: ListedPrices,
  rules: readonly PriceRule[],
  stored: ReadonlySet<PriceRule>,
): PriceEntry {
  let prices = list;
  for (const rule of rules) prices = mergePrices(prices, rule.prices);
  const ratio = ratioOf(rules);
  const scaled = prices === undefined ? undefined : scalePrices(prices, ratio);
  const owners = rules.map((rule) => (stored.has(rule) ? "store" : "config"));
  const source = [...new Set([...sources, ...owners])].join(", ");
  const reported = rules.some((rule) => rule.reported) ? ratio : undefined;
  const text = scaled === undefined ? "" : toJsonString(PricesSchema, scaled);
  const share = reported === undefined ? "" : `${reported.over}/${reported.under}`;
  const decided = [source, text, share].join("\n");
  return {
    prices: scaled,
    version: createHash("sha256").update(decided).digest("hex").slice(0, 16),
    source,
    ...(reported === undefined ? undefined : { reported }),
  };
}
