import { create } from "@bufbuild/protobuf";
import type { FactPrices, Facts, FactTokenPrices } from "../../gen/parlance/config/v1/facts_pb.js";
import {
  Modality,
  type ModelFacts,
  ModelFactsSchema,
  type Prices,
  PricesSchema,
  type TokenPrices,
  TokenPricesSchema,
} from "../../gen/parlance/model/v1/model_facts_pb.js";
import { parseUsd } from "../core/facts/nano-usd.ts";
import { elementPath, fieldPath } from "./document/field-path.ts";
import type { Report } from "./finding.ts";

/**
 * The facts that a config says at `path`, in the contract's units; their source is `config`.
 * Undefined where it says none.
 */
export function compileFacts(
  facts: Facts | undefined,
  path: string,
  report: Report,
): ModelFacts | undefined {
  if (facts === undefined) return undefined;
  checkLimits(facts, path, report);
  for (const name of ["knowledge_cutoff", "deprecation_date"] as const)
    checkDate(facts, name, path, report);
  const { $typeName: _, inputModalities, outputModalities, prices, ...rest } = facts;
  return create(ModelFactsSchema, {
    ...rest,
    inputModalities: inputModalities.flatMap((word) => modalities[word] ?? []),
    outputModalities: outputModalities.flatMap((word) => modalities[word] ?? []),
    ...(prices === undefined
      ? {}
      : { prices: compilePrices(prices, fieldPath(path, "prices"), report) }),
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

function checkLimits(facts: Facts, path: string, report: Report): void {
  const { contextWindow } = facts;
  if (contextWindow === undefined) return;
  for (const [name, limit] of [
    ["max_input_tokens", facts.maxInputTokens],
    ["max_output_tokens", facts.maxOutputTokens],
  ] as const) {
    if (limit === undefined || limit <= contextWindow) continue;
    report({
      path: fieldPath(path, name),
      message: `is more than the context window of ${contextWindow} tokens`,
      hint: "the context window holds input and output together",
      ruleId: "facts_over_context",
    });
  }
}

function checkDate(
  facts: Facts,
  name: "knowledge_cutoff" | "deprecation_date",
  path: string,
  report: Report,
): void {
  const text = name === "knowledge_cutoff" ? facts.knowledgeCutoff : facts.deprecationDate;
  if (!/^\d{4}-\d{2}(?:-\d{2})?$/.test(text) || isDate(text)) return;
  const hint = `write a day such as ${name === "knowledge_cutoff" ? "2025-07-31 or a month such as 2025-07" : "2026-10-31"}`;
  report({
    path: fieldPath(path, name),
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

function compilePrices(prices: FactPrices, path: string, report: Report): Prices {
  let before = 0;
  for (const [index, { aboveInputTokens }] of prices.tiers.entries()) {
    if (aboveInputTokens <= before && before > 0) {
      const at = fieldPath(elementPath(fieldPath(path, "tiers"), index), "above_input_tokens");
      const message = `is not above that of the tier before, ${before}`;
      report({
        path: at,
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
  });
}

function compileTokens({ $typeName: _, $unknown: __, ...texts }: FactTokenPrices): TokenPrices {
  const prices = Object.entries(texts).flatMap(([kind, text]) => {
    const nanoUsd = parseUsd(text);
    return nanoUsd === undefined ? [] : [[kind, nanoUsd] as const];
  });
  return create(TokenPricesSchema, Object.fromEntries(prices));
}
