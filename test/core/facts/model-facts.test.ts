import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  Modality,
  type ModelFacts,
  ModelFactsSchema,
} from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { intersectFacts } from "../../../src/core/facts/intersect-facts.ts";
import { mergeFacts } from "../../../src/core/facts/merge-facts.ts";

type Init = MessageInitShape<typeof ModelFactsSchema>;
const factsOf = (init: Init): ModelFacts => create(ModelFactsSchema, init);
const { TEXT, IMAGE, AUDIO } = Modality;

describe("facts over others", () => {
  const cases: readonly (readonly [title: string, under: Init, over: Init, merged: Init])[] = [
    [
      "count field by field",
      {
        contextWindow: 10,
        maxOutputTokens: 5,
        tools: true,
        knowledgeCutoff: "2025-01",
        sources: ["data"],
      },
      { maxOutputTokens: 4, reasoning: false, sources: ["config"] },
      {
        ...{
          contextWindow: 10,
          maxOutputTokens: 4,
          tools: true,
          reasoning: false,
          knowledgeCutoff: "2025-01",
        },
        sources: ["data", "config"],
      },
    ],
    ["can say no", { tools: true }, { tools: false }, { tools: false }],
    [
      "replace modalities only where they name some",
      { inputModalities: [TEXT, IMAGE], outputModalities: [TEXT] },
      { inputModalities: [TEXT] },
      { inputModalities: [TEXT], outputModalities: [TEXT] },
    ],
    [
      "price kind by kind, and tiers all together",
      {
        prices: {
          tokens: { input: 3n, output: 15n },
          tiers: [{ aboveInputTokens: 9, tokens: { input: 6n } }],
          thousandWebSearches: 10n,
        },
      },
      { prices: { tokens: { input: 2n, cacheRead: 1n } } },
      {
        prices: {
          tokens: { input: 2n, output: 15n, cacheRead: 1n },
          tiers: [{ aboveInputTokens: 9, tokens: { input: 6n } }],
          thousandWebSearches: 10n,
        },
      },
    ],
    [
      "replace the tiers that are known with their own",
      { prices: { tiers: [{ aboveInputTokens: 9, tokens: { input: 6n } }] } },
      { prices: { tiers: [{ aboveInputTokens: 7, tokens: { output: 8n } }] } },
      { prices: { tiers: [{ aboveInputTokens: 7, tokens: { output: 8n } }] } },
    ],
    [
      "bring prices where none are known",
      {},
      { prices: { thousandRequests: 5n } },
      { prices: { thousandRequests: 5n } },
    ],
  ];
  for (const [title, under, over, merged] of cases) {
    it(title, () => expect(mergeFacts(factsOf(under), factsOf(over))).toEqual(factsOf(merged)));
  }
});

describe("the facts of a whole model", () => {
  const cases: readonly (readonly [
    title: string,
    deployments: readonly (Init | undefined)[],
    whole: Init | undefined,
  ])[] = [
    ["are unknown where nothing is known", [undefined, undefined], undefined],
    [
      "are those of its only deployment",
      [{ contextWindow: 8, tools: true, sources: ["a"] }],
      { contextWindow: 8, tools: true, sources: ["a"] },
    ],
    [
      "are the least of the limits, from all sources",
      [
        { contextWindow: 8, maxOutputTokens: 4, sources: ["a"] },
        { contextWindow: 9, maxOutputTokens: 3, sources: ["b", "a"] },
      ],
      { contextWindow: 8, maxOutputTokens: 3, sources: ["a", "b"] },
    ],
    [
      "leave out a limit that one does not tell",
      [{ contextWindow: 8, maxOutputTokens: 4 }, { maxOutputTokens: 9 }],
      { maxOutputTokens: 4 },
    ],
    ["say yes where all do", [{ tools: true }, { tools: true }], { tools: true }],
    [
      "say no where one does",
      [{ tools: true, prefill: false }, { tools: false }],
      { tools: false, prefill: false },
    ],
    [
      "do not know an ability that one does not tell",
      [{ tools: true }, { contextWindow: 3 }],
      undefined,
    ],
    [
      "are nothing but what is lacking beside a deployment that nothing is known of",
      [{ contextWindow: 8, tools: true, reasoning: false }, undefined],
      { reasoning: false },
    ],
    [
      "share modalities",
      [{ inputModalities: [TEXT, IMAGE] }, { inputModalities: [AUDIO, TEXT] }],
      { inputModalities: [TEXT] },
    ],
    [
      "tell prices that are the same",
      [{ prices: { tokens: { input: 3n } } }, { prices: { tokens: { input: 3n } } }],
      { prices: { tokens: { input: 3n } } },
    ],
    [
      "tell no prices that differ",
      [{ prices: { tokens: { input: 3n } } }, { prices: { tokens: { input: 4n } } }],
      undefined,
    ],
    [
      "tell no prices where one has none",
      [{ prices: { tokens: { input: 3n } } }, { contextWindow: 1 }],
      undefined,
    ],
    [
      "tell dates that are the same",
      [
        { knowledgeCutoff: "2025-01", deprecationDate: "2026-01-01" },
        { knowledgeCutoff: "2025-01", deprecationDate: "2027-01-01" },
      ],
      { knowledgeCutoff: "2025-01" },
    ],
  ];
  for (const [title, deployments, whole] of cases) {
    it(title, () => {
      const facts = intersectFacts(
        deployments.map((init) => (init === undefined ? undefined : factsOf(init))),
      );
      expect(facts).toEqual(whole === undefined ? undefined : factsOf(whole));
    });
  }
});
