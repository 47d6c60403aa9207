import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ConditionalPrice,
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from "@pydantic/genai-prices";
import type {
  PricesSchema,
  TokenPricesSchema,
} from "../../gen/parlance/model/v1/model_facts_pb.js";
import { parseUsd } from "../../src/core/facts/nano-usd.ts";

type TokenPrices = MessageInitShape<typeof TokenPricesSchema>;
type Prices = MessageInitShape<typeof PricesSchema>;

/** What the package says of a model. */
export interface PricedModel {
  /** The day since when its prices are in force, where the package tells one. */
  readonly since: string | undefined;
  readonly contextWindow: number | undefined;
  readonly deprecated: boolean | undefined;
  readonly prices: Prices | undefined;
}

/**
 * Prices with a day on which they begin count from that day on; this is the day that the data are
 * for.
 */
const AS_OF = "2026-11-22";

/** The package's vendors by the names of our files, and which of its names are the vendor's own. */
const vendors: Readonly<Record<string, readonly [id: string, names?: RegExp]>> = {
  openai: ["openai"],
  anthropic: ["anthropic"],
  google: ["google", /^(?:gemini|gemma)/],
  "google-vertex": ["google", /^gemini/],
  mistral: ["mistral"],
  deepseek: ["deepseek"],
  xai: ["x-ai"],
  perplexity: ["perplexity"],
  moonshotai: ["moonshotai"],
  zai: ["zai"],
  minimax: ["minimax"],
  cohere: ["cohere"],
  azure: ["azure"],
  "amazon-bedrock": ["aws", /^(?!regional\.)/],
  "cloudflare-workers-ai": ["cloudflare"],
  groq: ["groq"],
  togetherai: ["together"],
  "fireworks-ai": ["fireworks"],
  openrouter: ["openrouter"],
  cerebras: ["cerebras"],
  "novita-ai": ["novita"],
  baseten: ["baseten"],
  ovhcloud: ["ovhcloud"],
};

/**
 * The models of a file by the names that the package says outright; never by the parts of names
 * that it looks for.
 */
export function pricedModels(file: string): ReadonlyMap<string, PricedModel> {
  const [id, own] = vendors[file] ?? [];
  if (id === undefined) return new Map();
  const provider = findProvider({ providerId: id });
  if (provider === undefined) throw new Error(`@pydantic/genai-prices has no vendor ${id}`);
  const models = provider.models.flatMap((model) =>
    namesOf(model)
      .filter((name) => own === undefined || own.test(name))
      .map((name) => [name, pricedModel(model)] as const),
  );
  // The first that fits counts, as in the package itself.
  return new Map(models.reverse());
}

function namesOf({ id, match }: ModelInfo): readonly string[] {
  const names = equalsOf(match);
  return names.length > 0 ? names : [id];
}

function equalsOf(match: MatchLogic): readonly string[] {
  if ("equals" in match) return [match.equals];
  return "or" in match ? match.or.flatMap(equalsOf) : [];
}

function pricedModel(model: ModelInfo): PricedModel {
  const price = priceInForce(model.prices);
  return {
    since: sinceOf(model.prices),
    contextWindow: model.context_window,
    deprecated: model.deprecated,
    prices: price === undefined ? undefined : readPrices(price, model.context_window),
  };
}

function sinceOf(prices: ConditionalPrice[] | ModelPrice): string | undefined {
  const days = (Array.isArray(prices) ? prices : []).flatMap(({ constraint }) =>
    constraint?.type === "start_date" && constraint.start_date <= AS_OF
      ? [constraint.start_date]
      : [],
  );
  return days.sort().at(-1);
}

/** A price that depends on the hour is unknown: no single number is right. */
function priceInForce(prices: ConditionalPrice[] | ModelPrice): ModelPrice | undefined {
  if (!Array.isArray(prices)) return prices;
  let found: ModelPrice | undefined;
  for (const { constraint, prices: price } of prices) {
    if (constraint?.type === "time_of_date") return undefined;
    if (constraint === undefined || constraint === null || constraint.start_date <= AS_OF)
      found = price;
  }
  return found;
}

const tokenKinds: readonly (readonly [key: string, kind: keyof TokenPrices])[] = [
  ["input_mtok", "input"],
  ["output_mtok", "output"],
  ["cache_read_mtok", "cacheRead"],
  ["cache_write_mtok", "cacheWrite"],
  ["cache_write_1h_mtok", "cacheWrite1h"],
  ["input_audio_mtok", "inputAudio"],
  ["output_audio_mtok", "outputAudio"],
  ["cache_audio_read_mtok", "cacheReadAudio"],
  ["input_image_mtok", "inputImage"],
  ["output_image_mtok", "outputImage"],
  ["output_reasoning_mtok", "outputReasoning"],
];

function readPrices(price: ModelPrice, contextWindow: number | undefined): Prices | undefined {
  const tokens = readKinds(price, (value) => (typeof value === "number" ? value : value.base));
  const counted: Record<string, bigint> = {};
  put(counted, "thousandRequests", plain(price.requests_kcount));
  put(counted, "thousandWebSearches", plain(price.web_searches_kcount));
  if (Object.keys({ ...tokens, ...counted }).length === 0) return undefined;
  const tiers = tierStarts(price, contextWindow).map((start) => ({
    aboveInputTokens: start,
    tokens: readKinds(price, (value) =>
      typeof value === "number"
        ? undefined
        : value.tiers.find((tier) => tier.start === start)?.price,
    ),
  }));
  return { tokens, tiers, ...counted };
}

/** Tiers that begin where the context ends cannot be reached: they tell of earlier days. */
function tierStarts(
  price: ModelPrice,
  contextWindow = Number.POSITIVE_INFINITY,
): readonly number[] {
  const values = tokenKinds.map(([key]) => price[key]);
  const tiers = values.flatMap((value) => (typeof value === "object" ? value.tiers : []));
  const starts = new Set(tiers.map(({ start }) => start).filter((start) => start < contextWindow));
  return [...starts].sort((one, other) => one - other);
}

function readKinds(
  price: ModelPrice,
  dollarsOf: (value: NonNullable<ModelPrice[string]>) => number | undefined,
): Record<string, bigint> {
  const prices: Record<string, bigint> = {};
  for (const [key, kind] of tokenKinds) {
    const value = price[key];
    if (value !== undefined) put(prices, kind, dollarsOf(value));
  }
  return prices;
}

function plain(value: ModelPrice[string]): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/**
 * The package's numbers are decimal texts that JavaScript has read; their shortest print is that
 * text.
 */
function put(into: Record<string, bigint>, kind: string, dollars: number | undefined): void {
  const nano = parseUsd(String(dollars));
  if (nano !== undefined) into[kind] = nano;
}
