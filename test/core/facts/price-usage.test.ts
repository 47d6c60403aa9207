import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { priceUsage, promptCacheSaving } from "../../../src/core/facts/price-usage.ts";

const dollar = 1_000_000_000n;

/** 3 dollars a million of input, 15 of output, as Claude Sonnet costs. */
const prices = {
  tokens: {
    input: 3n * dollar,
    output: 15n * dollar,
    cacheRead: (3n * dollar) / 10n,
    cacheWrite: (375n * dollar) / 100n,
    cacheWrite1h: 6n * dollar,
  },
  tiers: [{ aboveInputTokens: 200_000, tokens: { input: 6n * dollar } }],
} satisfies MessageInitShape<typeof PricesSchema>;

type Row = readonly [
  title: string,
  usage: MessageInitShape<typeof UsageSchema>,
  prices: MessageInitShape<typeof PricesSchema>,
  cost: bigint | undefined,
];

const rows: readonly Row[] = [
  ["tokens", { inputTokens: 1000n, outputTokens: 100n }, prices, 3_000_000n + 1_500_000n],
  [
    "tokens from the cache, and written to it",
    { inputTokens: 1000n, cacheReadTokens: 500n, cacheWriteTokens: 400n, cacheWrite1hTokens: 100n },
    prices,
    300_000n + 150_000n + 1_125_000n + 600_000n,
  ],
  ["a long input by its tier", { inputTokens: 300_000n }, prices, 1_800_000_000n],
  ["an input at the bound of a tier without it", { inputTokens: 200_000n }, prices, 600_000_000n],
  [
    "a tier's output at the price without it",
    { inputTokens: 300_000n, outputTokens: 1n },
    prices,
    1_800_015_000n,
  ],
  [
    "cached tokens that have no price as others",
    { inputTokens: 10n, cacheReadTokens: 10n },
    { tokens: { input: dollar } },
    10_000n,
  ],
  [
    "sound and pictures at their own prices",
    {
      inputTokens: 100n,
      inputAudioTokens: 10n,
      inputImageTokens: 5n,
      outputTokens: 10n,
      outputAudioTokens: 4n,
      reasoningTokens: 2n,
    },
    {
      tokens: {
        input: dollar,
        inputAudio: 10n * dollar,
        output: 2n * dollar,
        outputAudio: 20n * dollar,
        outputReasoning: 3n * dollar,
      },
    },
    85_000n + 100_000n + 5_000n + 8_000n + 80_000n + 6_000n,
  ],
  [
    "requests and searches",
    { inputTokens: 0n, toolUses: { web_search_requests: 2n } },
    { thousandRequests: dollar, thousandWebSearches: 10n * dollar },
    1_000_000n + 20_000_000n,
  ],
  ["half a nano-dollar upwards", { inputTokens: 1n }, { tokens: { input: 500_000n } }, 1n],
  ["less than that as nothing", { inputTokens: 1n }, { tokens: { input: 499_999n } }, 0n],
  [
    "output without a price",
    { inputTokens: 1n, outputTokens: 1n },
    { tokens: { input: 1n } },
    undefined,
  ],
  [
    "searches without a price",
    { inputTokens: 0n, toolUses: { web_search_requests: 1n } },
    {},
    undefined,
  ],
  ["tokens that were not counted", { outputTokens: 5n }, prices, undefined],
];

describe("the price of usage", () => {
  for (const [title, usage, list, cost] of rows)
    it(`counts ${title}`, () =>
      expect(priceUsage(create(UsageSchema, usage), create(PricesSchema, list))).toBe(cost));

  it("of parts differs from that of the whole by their rounding alone", () => {
    const tokens = fc.bigInt({ min: 0n, max: 1_000_000n });
    const list = create(PricesSchema, { tokens: prices.tokens });
    const cost = (inputTokens: bigint, outputTokens: bigint) =>
      priceUsage(create(UsageSchema, { inputTokens, outputTokens }), list) ?? -1n;
    fc.assert(
      fc.property(tokens, tokens, tokens, tokens, (in1, out1, in2, out2) => {
        const difference = cost(in1, out1) + cost(in2, out2) - cost(in1 + in2, out1 + out2);
        return difference >= -1n && difference <= 1n;
      }),
    );
  });
});

describe("what the prompt cache saves", () => {
  const saving = (usage: MessageInitShape<typeof UsageSchema>) =>
    promptCacheSaving(create(UsageSchema, usage), create(PricesSchema, prices));

  it("is the discount of what was read", () =>
    expect(saving({ inputTokens: 1000n, cacheReadTokens: 1000n })).toBe(2_700_000n));

  it("is less than nothing where a prompt was only written", () =>
    expect(saving({ inputTokens: 1000n, cacheWriteTokens: 1000n })).toBe(-750_000n));

  it("is nothing where nothing was cached", () => expect(saving({ inputTokens: 5n })).toBe(0n));
});
