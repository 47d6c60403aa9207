import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { decodeUsage as decodeAnthropic } from "../../../src/adapters/anthropic-messages/usage.ts";
import { decodeUsage as decodeBedrock } from "../../../src/adapters/bedrock-converse/usage.ts";
import { serviceTiersOf } from "../../../src/adapters/catalog/service-tiers.ts";
import { decodeUsage as decodeCohere } from "../../../src/adapters/cohere/usage.ts";
import { decodeUsage as decodeGemini } from "../../../src/adapters/gemini/usage.ts";
import { usageOf as readOpenai } from "../../../src/adapters/openai-chat/usage.ts";
import { decodeUsage as decodeResponses } from "../../../src/adapters/openai-responses/usage.ts";
import { type Cost, costOfUsage } from "../../../src/core/money/cost.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import { noSource } from "../../../src/json/source-slice.ts";

type PriceInit = MessageInitShape<typeof PricesSchema>;

/** USD for a million tokens, as a price page has it, in nano-USD. */
function usd(dollars: number): bigint {
  return BigInt(Math.round(dollars * 1_000_000_000));
}

function costOf(usage: Usage | undefined, prices: PriceInit, row = ""): Cost {
  if (usage === undefined) throw new Error("there is no usage");
  const serviceTiers = [...serviceTiersOf(row)];
  return costOfUsage(usage, {
    prices: create(PricesSchema, { ...prices, serviceTiers }),
    version: "v",
    source: "test",
  });
}

/** A chat completion's usage, as it stands in the body, and members beside it. */
function openai(usage: JsonObject, beside: JsonObject = {}): Usage | undefined {
  return readOpenai({ ...beside, usage });
}

const haiku35 = {
  tokens: { input: usd(0.8), output: usd(4), cacheRead: usd(0.08), cacheWrite: usd(1) },
};
const sonnet = {
  tokens: {
    input: usd(3),
    output: usd(15),
    cacheRead: usd(0.3),
    cacheWrite: usd(3.75),
    cacheWrite1h: usd(6),
  },
  thousandWebSearches: usd(10),
};
const gpt5mini = { tokens: { input: usd(0.25), output: usd(2), cacheRead: usd(0.025) } };
const geminiPro = {
  tokens: { input: usd(1.25), output: usd(10), cacheRead: usd(0.125) },
  tiers: [
    {
      aboveInputTokens: 200_000,
      tokens: { input: usd(2.5), output: usd(15), cacheRead: usd(0.25) },
    },
  ],
};
const grokCode = { tokens: { input: usd(0.2), output: usd(1.5), cacheRead: usd(0.02) } };

type Row = readonly [
  title: string,
  usage: Usage | undefined,
  prices: PriceInit,
  nanoUsd: bigint,
  reported?: bigint,
];

const ledger: readonly Row[] = [
  [
    "OpenAI, with cached tokens",
    openai({
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 256, audio_tokens: 0 },
    }),
    gpt5mini,
    // 86 x 250 + 1920 x 25 + 300 x 2000
    21_500n + 48_000n + 600_000n,
  ],
  [
    "OpenAI Responses",
    decodeResponses(
      {
        input_tokens: 142,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 33,
        output_tokens_details: { reasoning_tokens: 11 },
        total_tokens: 175,
      },
      "default",
    ),
    gpt5mini,
    142n * 250n + 33n * 2000n,
  ],
  [
    "Azure OpenAI, whose cached tokens are in the prompt",
    openai({
      prompt_tokens: 1200,
      completion_tokens: 10,
      total_tokens: 1210,
      prompt_tokens_details: { cached_tokens: 1024 },
    }),
    gpt5mini,
    176n * 250n + 1024n * 25n + 10n * 2000n,
  ],
  [
    "Anthropic, with cache writes of both lengths and a search",
    decodeAnthropic({
      input_tokens: 151,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 4602,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      output_tokens: 38,
      server_tool_use: { web_search_requests: 1, web_fetch_requests: 2 },
      service_tier: "standard",
    }),
    sonnet,
    151n * 3000n + 4602n * 300n + 200n * 3750n + 100n * 6000n + 38n * 15_000n + 10_000_000n,
  ],
  [
    "Bedrock, which counts cached tokens outside the prompt",
    decodeBedrock(
      {
        inputTokens: 3,
        outputTokens: 401,
        totalTokens: 2193,
        cacheReadInputTokens: 0,
        cacheWriteInputTokens: 1789,
      },
      noSource,
      "",
    ),
    sonnet,
    3n * 3000n + 1789n * 3750n + 401n * 15_000n,
  ],
  [
    "Gemini, whose thoughts are output",
    decodeGemini({
      promptTokenCount: 1000,
      candidatesTokenCount: 50,
      thoughtsTokenCount: 200,
      cachedContentTokenCount: 400,
      totalTokenCount: 1250,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 1000 }],
    }),
    geminiPro,
    600n * 1250n + 400n * 125n + 250n * 10_000n,
  ],
  [
    "xAI, which counts reasoning outside the answer, and says what it cost",
    openai({
      prompt_tokens: 470,
      completion_tokens: 68,
      total_tokens: 723,
      prompt_tokens_details: { text_tokens: 470, cached_tokens: 192 },
      completion_tokens_details: { reasoning_tokens: 185 },
      num_sources_used: 0,
      cost_in_usd_ticks: 4389400,
    }),
    grokCode,
    278n * 200n + 192n * 20n + 253n * 1500n,
    438_940n,
  ],
  [
    "DeepSeek",
    openai({
      prompt_tokens: 416,
      completion_tokens: 48,
      total_tokens: 464,
      prompt_cache_hit_tokens: 256,
      prompt_cache_miss_tokens: 160,
    }),
    { tokens: { input: usd(0.28), output: usd(0.42), cacheRead: usd(0.028) } },
    160n * 280n + 256n * 28n + 48n * 420n,
  ],
  [
    "Cohere, which bills fewer units than its models read",
    decodeCohere({
      billed_units: { input_tokens: 40, output_tokens: 8 },
      tokens: { input_tokens: 1522, output_tokens: 21 },
      cached_tokens: 992,
    }),
    { tokens: { input: usd(2.5), output: usd(10) } },
    40n * 2500n + 8n * 10_000n,
  ],
  [
    "Cohere's searches",
    decodeCohere({ billed_units: { search_units: 3 } }),
    { thousandUses: { search_units: usd(2) } },
    6_000_000n,
  ],
  [
    "OpenRouter, which says what it cost",
    openai({
      prompt_tokens: 2649,
      completion_tokens: 100,
      total_tokens: 2749,
      cost: 0.00256995,
      prompt_tokens_details: { cache_write_tokens: 79, cached_tokens: 2569 },
    }),
    sonnet,
    1n * 3000n + 2569n * 300n + 79n * 3750n + 100n * 15_000n,
    2_569_950n,
  ],
  [
    "Perplexity, which takes a fee for each request",
    openai({
      prompt_tokens: 20,
      completion_tokens: 5,
      total_tokens: 25,
      cost: { input_tokens_cost: 0.00002, request_cost: 0.005, total_cost: 0.00503 },
    }),
    { tokens: { input: usd(1), output: usd(1) }, thousandRequests: usd(5) },
    20_000n + 5_000n + 5_000_000n,
    5_030_000n,
  ],
  [
    "Mistral",
    openai({ prompt_tokens: 13, completion_tokens: 434, total_tokens: 447, num_cached_tokens: 0 }),
    { tokens: { input: usd(0.4), output: usd(2) } },
    13n * 400n + 434n * 2000n,
  ],
  [
    "Groq, whose tier is the usual one",
    openai(
      { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
      { service_tier: "on_demand" },
    ),
    { tokens: { input: usd(0.59), output: usd(0.79) } },
    59_000n + 7_900n,
  ],
];

describe("the usage that vendors report, priced by hand", () => {
  for (const [title, usage, prices, nanoUsd, reported] of ledger)
    it(title, () => {
      const cost = costOf(usage, prices);
      expect(cost).toMatchObject({ kind: "priced", nanoUsd });
      expect(cost.reportedNanoUsd).toBe(reported);
      if (cost.kind !== "priced") throw new Error("unreachable");
      expect(cost.parts.reduce((sum, part) => sum + part.nanoUsd, 0n)).toBe(nanoUsd);
    });
});

describe("cases of LiteLLM's users", () => {
  it("counts cache writes of Anthropic in the prompt, and nulls as none", () => {
    const usage = decodeAnthropic({
      input_tokens: 3,
      cache_creation_input_tokens: 12_304,
      cache_read_input_tokens: null,
      output_tokens: 550,
    });
    expect(usage).toMatchObject({ inputTokens: 12_307n, outputTokens: 550n });
    expect(costOf(usage, sonnet)).toMatchObject({
      nanoUsd: 3n * 3000n + 12_304n * 3750n + 550n * 15_000n,
    });
  });

  it("prices a whole prompt of 220 million tokens above the bound of a tier", () => {
    const usage = create(UsageSchema, { inputTokens: 220_000_000n, outputTokens: 0n });
    expect(costOf(usage, geminiPro)).toMatchObject({ nanoUsd: 220n * usd(2.5) });
  });

  it("prices 28,436 tokens with 2,000 cache writes at 0.023 dollars", () => {
    const usage = create(UsageSchema, {
      inputTokens: 28_436n,
      cacheWriteTokens: 2000n,
      outputTokens: 0n,
    });
    expect(costOf(usage, haiku35)).toMatchObject({ nanoUsd: 26_436n * 800n + 2000n * 1000n });
  });

  it("prices the flex tier at half, by the tier that the answer names", () => {
    const counts = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
    const flex = openai(counts, { service_tier: "flex" });
    const usual = openai(counts, { service_tier: "default" });
    expect(costOf(usual, gpt5mini, "openai")).toMatchObject({ nanoUsd: 450_000n });
    expect(costOf(flex, gpt5mini, "openai")).toMatchObject({ nanoUsd: 225_000n });
  });
});

describe("what has no known price", () => {
  const counts = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
  const cases: readonly (readonly [string, Usage | undefined, PriceInit, string])[] = [
    [
      "a tier of service",
      openai(counts, { service_tier: "priority" }),
      gpt5mini,
      "no prices are known of the service tier priority",
    ],
    ["output", openai(counts), { tokens: { input: usd(1) } }, "no price is known of output tokens"],
    [
      "a search",
      decodeAnthropic({
        input_tokens: 1,
        output_tokens: 1,
        server_tool_use: { web_search_requests: 1 },
      }),
      haiku35,
      "no price is known of web_search_requests",
    ],
    ["tokens that are not counted", openai({}), gpt5mini, "the vendor reports no tokens"],
  ];
  for (const [title, usage, prices, why] of cases)
    it(`is unpriced and never 0: ${title}`, () => {
      expect(costOf(usage, prices)).toMatchObject({ kind: "unpriced", why });
    });

  it("keeps what the vendor says beside it", () => {
    const usage = openai({ ...counts, cost: "3.4e-7" });
    expect(costOfUsage(usage ?? create(UsageSchema), undefined)).toEqual({
      kind: "unpriced",
      why: "no prices are known of the model",
      knownNanoUsd: 0n,
      reportedNanoUsd: 340n,
    });
  });
});
