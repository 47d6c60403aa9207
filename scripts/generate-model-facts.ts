// Writes gen/facts, what is known of models, a file for each vendor: limits and abilities from
// models.dev, of which scripts/model-facts/models-dev.json is a copy, prices from
// @pydantic/genai-prices where it names the model, else from models.dev.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import {
  Modality,
  type ModelFacts,
  ModelFactsSchema,
  type PricesSchema,
} from "../gen/parlance/model/v1/model_facts_pb.js";
import { parseUsd } from "../src/core/facts/nano-usd.ts";
import { type PricedModel, pricedModels } from "./model-facts/genai-prices.ts";

type Facts = Omit<Partial<ModelFacts>, "$typeName" | "prices">;
type Prices = MessageInitShape<typeof PricesSchema>;
type Texts = Readonly<Record<string, string | undefined>>;

interface Authored {
  readonly reasoning?: boolean;
  readonly tool_call?: boolean;
  readonly structured_output?: boolean;
  readonly knowledge?: string;
  readonly status?: string;
  readonly family?: string;
  readonly limit?: Texts;
  readonly modalities?: { readonly input?: readonly string[]; readonly output?: readonly string[] };
  readonly cost?: Texts & {
    readonly tiers?: readonly (Texts & { readonly tier: { readonly size: string } })[];
  };
}

const folder = "gen/facts";
const modelsDev: {
  readonly source: { readonly commit: string; readonly date: string };
  readonly providers: Readonly<Record<string, Readonly<Record<string, Authored>>>>;
} = JSON.parse(readFileSync("scripts/model-facts/models-dev.json", "utf8"));
const { version } = JSON.parse(
  readFileSync("node_modules/@pydantic/genai-prices/package.json", "utf8"),
);
const sources = [
  `models.dev ${modelsDev.source.date} (${modelsDev.source.commit.slice(0, 7)})`,
  `@pydantic/genai-prices ${version}`,
];

const tokenKinds = [
  ["input", "input"],
  ["output", "output"],
  ["cache_read", "cacheRead"],
  ["cache_write", "cacheWrite"],
  ["input_audio", "inputAudio"],
  ["output_audio", "outputAudio"],
  ["reasoning", "outputReasoning"],
] as const;

function tokenPrices(cost: Texts): Record<string, bigint> {
  const prices: Record<string, bigint> = {};
  for (const [key, kind] of tokenKinds) {
    const nano = parseUsd(cost[key] ?? "");
    if (nano !== undefined) prices[kind] = nano;
  }
  return prices;
}

/**
 * Nothing costs nothing, unless it is said to be free: a price of 0 for all is one that was not
 * told.
 */
function isTold(name: string, prices: Prices): boolean {
  const { input = 0n, output = 0n } = prices.tokens ?? {};
  const counted = prices.thousandRequests ?? prices.thousandWebSearches ?? 0n;
  return input + output + counted > 0n || name.endsWith(":free");
}

function authoredPrices(name: string, { cost }: Authored): Prices | undefined {
  if (cost === undefined) return undefined;
  const tokens = tokenPrices(cost);
  const tiers = (cost.tiers ?? []).map((tier) => ({
    aboveInputTokens: Number(tier.tier.size),
    tokens: tokenPrices(tier),
  }));
  const prices = {
    tokens,
    tiers: tiers.sort((one, other) => one.aboveInputTokens - other.aboveInputTokens),
  };
  return isTold(name, prices) ? prices : undefined;
}

const modalities: Readonly<Record<string, Modality>> = {
  text: Modality.TEXT,
  image: Modality.IMAGE,
  audio: Modality.AUDIO,
  video: Modality.VIDEO,
  pdf: Modality.PDF,
};

function count(text: string | undefined): number | undefined {
  const value = Number(text ?? 0);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** What models.dev calls the output of an embedding model is the length of its vectors. */
function authoredFacts(name: string, model: Authored): Facts {
  const embeds = /embed/i.test(`${name} ${model.family ?? ""}`);
  const list = (words: readonly string[] = []) => words.flatMap((word) => modalities[word] ?? []);
  return defined({
    contextWindow: count(model.limit?.context),
    maxInputTokens: count(model.limit?.input),
    maxOutputTokens: embeds ? undefined : count(model.limit?.output),
    inputModalities: list(model.modalities?.input),
    outputModalities: embeds ? [] : list(model.modalities?.output),
    tools: model.tool_call,
    structuredOutput: model.structured_output,
    reasoning: model.reasoning,
    knowledgeCutoff: model.knowledge,
    deprecated: model.status === "deprecated" ? true : undefined,
  });
}

function defined(record: Readonly<Record<string, unknown>>): Facts {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/**
 * Where the two say different prices for input or output of a model, nobody knows, unless the price
 * is younger than our copy of models.dev. A name with a date behind it is priced as the one
 * without, where models.dev says the same of both.
 */
function priced(
  name: string,
  authored: Prices | undefined,
  models: ReadonlyMap<string, PricedModel>,
): (PricedModel & { readonly disputed?: boolean }) | undefined {
  const own = models.get(name);
  if (own !== undefined) {
    const known = authored === undefined || own.prices === undefined || !isTold(name, own.prices);
    const trusted =
      known || agree(own.prices, authored) || (own.since ?? "") > modelsDev.source.date;
    return trusted ? own : { ...own, prices: undefined, disputed: true };
  }
  const plain = models.get(
    /^(.+)[-@](?:20\d{2}-\d{2}-\d{2}|20\d{6}|default)$/.exec(name)?.[1] ?? "",
  );
  return plain !== undefined && agree(plain.prices, authored) ? plain : undefined;
}

function agree(one: Prices | undefined, other: Prices | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  const same = (kind: "input" | "output") =>
    (one.tokens?.[kind] ?? 0n) === (other.tokens?.[kind] ?? 0n);
  return same("input") && same("output");
}

function line(
  name: string,
  model: Authored | undefined,
  models: ReadonlyMap<string, PricedModel>,
): string {
  const authored = model === undefined ? undefined : authoredPrices(name, model);
  const other = priced(name, authored, models);
  const agreed = other?.disputed === true ? undefined : authored;
  const prices = other?.prices !== undefined && isTold(name, other.prices) ? other.prices : agreed;
  const base = authoredFacts(name, model ?? {});
  const facts = create(ModelFactsSchema, {
    ...base,
    ...defined({ contextWindow: base.contextWindow ?? other?.contextWindow, prices }),
    ...(other?.deprecated === true ? { deprecated: true } : {}),
    ...(prices?.tokens?.cacheRead === undefined ? {} : { promptCaching: true }),
  });
  const from = [...(model === undefined ? [] : [0]), ...(other === undefined ? [] : [1])];
  return `${JSON.stringify(name)}:[${JSON.stringify(from)},${JSON.stringify(toJson(ModelFactsSchema, facts))}]`;
}

const notice = `The facts in this folder are made from
- models.dev, https://github.com/anomalyco/models.dev: MIT License, Copyright (c) 2025 models.dev
- genai-prices, https://github.com/pydantic/genai-prices: MIT License, Copyright (c) Pydantic Services Inc. 2025 to present

${readFileSync("node_modules/@pydantic/genai-prices/LICENSE", "utf8").replace(/^[\s\S]*?(?=Permission is hereby)/, "")}`;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [file, authored] of Object.entries(modelsDev.providers)) {
  const models = pricedModels(file);
  const names = [...new Set([...Object.keys(authored), ...models.keys()])].sort();
  const lines = names.map((name) => line(name, authored[name], models));
  writeFileSync(
    `${folder}/${file}.json`,
    `{"sources":${JSON.stringify(sources)},"models":{\n${lines.join(",\n")}\n}}\n`,
  );
}
writeFileSync(`${folder}/NOTICE`, notice);
