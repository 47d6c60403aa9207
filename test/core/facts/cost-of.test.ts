import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { costOf } from "../../../src/core/facts/cost-of.ts";

type UsageInit = MessageInitShape<typeof UsageSchema>;
type PricesInit = MessageInitShape<typeof PricesSchema>;

/** Dollars for a million tokens, as prices have them. */
const usd = (dollars: number) => BigInt(dollars * 1e9);
const plain = { input: usd(2), output: usd(8) };

const rows: readonly (readonly [string, PricesInit, UsageInit, bigint | undefined])[] = [
  ["input and output", { tokens: plain }, { inputTokens: 1000n, outputTokens: 10n }, 2_080_000n],
  [
    "what is read from a cache and written to it",
    {
      tokens: { ...plain, cacheRead: usd(1), cacheWrite: usd(3), cacheWrite1h: usd(4) },
    },
    {
      inputTokens: 100n,
      cacheReadTokens: 50n,
      cacheWriteTokens: 30n,
      cacheWrite1hTokens: 10n,
    },
    20n * 2000n + 50n * 1000n + 20n * 3000n + 10n * 4000n,
  ],
  [
    "cached input like any other where it has no price",
    { tokens: plain },
    { inputTokens: 100n, cacheReadTokens: 50n },
    200_000n,
  ],
  [
    "sound, pictures and reasoning at their prices",
    {
      tokens: {
        ...plain,
        inputAudio: usd(10),
        inputImage: usd(5),
        outputAudio: usd(20),
        outputReasoning: usd(1),
      },
    },
    {
      inputTokens: 30n,
      inputAudioTokens: 10n,
      inputImageTokens: 10n,
      outputTokens: 30n,
      outputAudioTokens: 10n,
      reasoningTokens: 10n,
    },
    (20n + 100n + 50n + 80n + 200n + 10n) * 1000n,
  ],
  [
    "a long input by its tier, which leaves what it does not name",
    { tokens: plain, tiers: [{ aboveInputTokens: 100, tokens: { input: usd(4) } }] },
    { inputTokens: 101n, outputTokens: 1n },
    101n * 4000n + 8000n,
  ],
  [
    "an input of the length of a tier without it",
    { tokens: plain, tiers: [{ aboveInputTokens: 100, tokens: { input: usd(4) } }] },
    { inputTokens: 100n },
    200_000n,
  ],
  [
    "the request, and searches of the web",
    { tokens: plain, thousandRequests: usd(1), thousandWebSearches: usd(10) },
    { toolUses: { web_search_requests: 2n } },
    1_000_000n + 20_000_000n,
  ],
  [
    "searches without a price",
    { tokens: plain },
    { toolUses: { web_search_requests: 1n } },
    undefined,
  ],
  ["output without a price", { tokens: { input: 1n } }, { outputTokens: 1n }, undefined],
  ["nothing where nothing was taken", { tokens: {} }, {}, 0n],
  ["a half, rounded up", { tokens: { input: 500_000n } }, { inputTokens: 1n }, 1n],
  ["less than a half, rounded down", { tokens: { input: 499_999n } }, { inputTokens: 1n }, 0n],
];

describe("the cost of a call", () => {
  for (const [title, prices, usage, nanoUsd] of rows)
    it(`is that of ${title}`, () =>
      expect(costOf(create(PricesSchema, prices), create(UsageSchema, usage))).toBe(nanoUsd));

  it("is not known without prices", () =>
    expect(costOf(undefined, create(UsageSchema, { inputTokens: 1n }))).toBeUndefined());
});
