import { create } from "@bufbuild/protobuf";
import type {
  FactPrices,
  Facts,
  FactTokenPrices,
} from "../../../gen/parlance/config/v1/facts_pb.js";
import {
  Modality,
  type ModelFacts,
  ModelFactsSchema,
  type Prices,
  PricesSchema,
  type TokenPrices,
  TokenPricesSchema,
} from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { parseUsd } from "../../core/facts/nano-usd.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";

/**
 * The facts that a config says at `path`, in the contract's units; their source is `config`.
 * Undefined where it says none.
 */
export function compileFacts(facts: Facts | undefined, scope: ConfigScope): ModelFacts | undefined {
  if (facts === undefined) return undefined;
  checkLimits(facts, scope);
  for (const name of ["knowledge_cutoff", "deprecation_date"] as const)
    checkDate(facts, name, scope);
  const { $typeName: _, inputModalities, outputModalities, prices, ...rest } = facts;
  return create(ModelFactsSchema, {
    ...rest,
    inputModalities: inputModalities.flatMap((word) => modalities[word] ?? []),
    outputModalities: outputModalities.flatMap((word) => modalities[word] ?? []),
    ...(prices === undefined ? {} : { prices: compilePrices(prices, inField(scope, "prices")) }),
    sources: ["config"],
  });
}

const modalities: Readonly<Record<string, Modality>> = {
  text: Modality.TEXT,
  image: Modality.IMAGE,
  audio: Modality.AUDIO,
  video: Modality.VIDEO,
  pdf: Modality.PDF,
};

function checkLimits(facts: Facts, scope: ConfigScope): void {
  const { contextWindow } = facts;
  if (contextWindow === undefined) return;
  for (const [name, limit] of [
    ["max_input_tokens", facts.maxInputTokens],
    ["max_output_tokens", facts.maxOutputTokens],
  ] as const) {
    if (limit === undefined || limit <= contextWindow) continue;
    problem(inField(scope, name), {
      message: `is more than the context window of ${contextWindow} tokens`,
      hint: "the context window holds input and output together",
      ruleId: "facts_over_context",
    });
  }
}

function checkDate(
  facts: Facts,
  name: "knowledge_cutoff" | "deprecation_date",
  scope: ConfigScope,
): void {
  const text = name === "knowledge_cutoff" ? facts.knowledgeCutoff : facts.deprecationDate;
  if (!/^\d{4}-\d{2}(?:-\d{2})?$/.test(text) || isDate(text)) return;
  const hint = `write a day such as ${name === "knowledge_cutoff" ? "2025-07-31 or a month such as 2025-07" : "2026-10-31"}`;
  problem(inField(scope, name), {
    message: "is no date of the calendar",
    hint,
    ruleId: "facts_date",
  });
}

function isDate(text: string): boolean {
  const day = text.length === 7 ? `${text}-01` : text;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** The prices that a config says at `path`, in nano-USD. */
export function compilePrices(prices: FactPrices, scope: ConfigScope): Prices {
  let before = 0;
  for (const [index, { aboveInputTokens }] of prices.tiers.entries()) {
    if (aboveInputTokens <= before && before > 0) {
      const at = inField(inElement(inField(scope, "tiers"), index), "above_input_tokens");
      const message = `is not above that of the tier before, ${before}`;
      problem(at, {
        message,
        hint: "list the tiers by length, shortest first",
        ruleId: "facts_tier_order",
      });
    }
    before = Math.max(before, aboveInputTokens);
  }
  const requests = parseUsd(prices.thousandRequests);
  const searches = parseUsd(prices.thousandWebSearches);
  return create(PricesSchema, {
    ...(prices.tokens === undefined ? {} : { tokens: compileTokens(prices.tokens) }),
    tiers: prices.tiers.map(({ aboveInputTokens, tokens }) => ({
      aboveInputTokens,
      ...(tokens === undefined ? {} : { tokens: compileTokens(tokens) }),
    })),
    ...(requests === undefined ? {} : { thousandRequests: requests }),
    ...(searches === undefined ? {} : { thousandWebSearches: searches }),
    serviceTiers: prices.serviceTiers.map(({ tier, percent = 0, tokens }) => ({
      tier: tier.toLowerCase(),
      percent,
      ...(tokens === undefined ? {} : { tokens: compileTokens(tokens) }),
    })),
    thousandUses: Object.fromEntries(
      Object.entries(prices.thousandUses).map(([use, text]) => [use, parseUsd(text) ?? 0n]),
    ),
  });
}

function compileTokens({ $typeName: _, $unknown: __, ...texts }: FactTokenPrices): TokenPrices {
  const prices = Object.entries(texts).flatMap(([kind, text]) => {
    const nanoUsd = parseUsd(text);
    return nanoUsd === undefined ? [] : [[kind, nanoUsd] as const];
  });
  return create(TokenPricesSchema, Object.fromEntries(prices));
}
