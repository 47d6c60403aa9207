import type {
  ModelFacts,
  Prices,
  TokenPrices,
} from "../../../gen/parlance/model/v1/model_facts_pb.js";

/**
 * Facts with others over them, field by field: what `over` knows counts, prices kind by kind, tiers
 * all together.
 */
export function mergeFacts(under: ModelFacts, over: ModelFacts): ModelFacts {
  return {
    ...under,
    ...known(over),
    ...(over.inputModalities.length === 0 ? { inputModalities: under.inputModalities } : {}),
    ...(over.outputModalities.length === 0 ? { outputModalities: under.outputModalities } : {}),
    knowledgeCutoff: over.knowledgeCutoff || under.knowledgeCutoff,
    deprecationDate: over.deprecationDate || under.deprecationDate,
    ...definedPrices(mergePrices(under.prices, over.prices)),
    sources: [...new Set([...under.sources, ...over.sources])],
  };
}

function definedPrices(prices: Prices | undefined): { readonly prices?: Prices } {
  return prices === undefined ? {} : { prices };
}

/** Prices with others over them, kind by kind: lengths all together, service by tier. */
export function mergePrices(
  under: Prices | undefined,
  over: Prices | undefined,
): Prices | undefined {
  if (under === undefined || over === undefined) return over ?? under;
  const tokens = mergeTokens(under.tokens, over.tokens);
  return {
    ...under,
    ...known(over),
    ...(tokens === undefined ? {} : { tokens }),
    tiers: over.tiers.length > 0 ? over.tiers : under.tiers,
    serviceTiers: mergeServiceTiers(under.serviceTiers, over.serviceTiers),
    thousandUses: { ...under.thousandUses, ...over.thousandUses },
  };
}

function mergeServiceTiers(
  under: Prices["serviceTiers"],
  over: Prices["serviceTiers"],
): Prices["serviceTiers"] {
  if (under.length === 0 || over.length === 0) return over.length === 0 ? under : over;
  const names = new Set(over.map(({ tier }) => tier));
  return [...under.filter(({ tier }) => !names.has(tier)), ...over];
}

function mergeTokens(
  under: TokenPrices | undefined,
  over: TokenPrices | undefined,
): TokenPrices | undefined {
  if (under === undefined || over === undefined) return over ?? under;
  return { ...under, ...known(over) };
}

function known<T extends object>(message: T): Partial<T> {
  const set: Partial<T> = { ...message };
  for (const key of Object.keys(message)) {
    if (Reflect.get(message, key) === undefined) Reflect.deleteProperty(set, key);
  }
  return set;
}
