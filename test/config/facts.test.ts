import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { describe, expect, it } from "vitest";
import { Modality, ModelFactsSchema } from "../../gen/parlance/model/v1/model_facts_pb.js";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const validator = createValidator();

function load(text: string) {
  return loadConfig({ text, filename: "c.yaml" }, {}, () => "", { validator });
}

function configOf(ofModel: object | undefined, target: object = {}): string {
  const models = [{ name: "m", targets: [{ model: "sim/echo", ...target }], facts: ofModel }];
  return JSON.stringify({ providers: { sim: { kind: "sim" } }, models });
}

function targetOf(ofModel: object | undefined, target: object = {}) {
  const result = load(configOf(ofModel, target));
  if (!result.ok)
    throw new Error(result.violations.map((violation) => printViolation("", violation)).join());
  return result.settings.models.get("m")?.targets[0];
}

describe("facts of the config", () => {
  it("are none where it says none", () => {
    expect(targetOf(undefined)).toEqual({ provider: "sim", model: "echo", weight: 1 });
  });

  it("are read in people's units", () => {
    const facts = {
      ...{ context_window: 8192, max_output_tokens: 1024, tools: true, prefill: false },
      ...{
        input_modalities: ["text", "pdf"],
        knowledge_cutoff: "2025-07",
        deprecation_date: "2028-02-29",
      },
      prices: {
        tokens: { input: "0.075", output: "12", cache_write_1h: "0.000000001" },
        tiers: [{ above_input_tokens: 4096, tokens: { input: "0.15" } }],
        thousand_web_searches: "10",
      },
    };
    expect(targetOf(facts)?.facts).toEqual(
      create(ModelFactsSchema, {
        ...{ contextWindow: 8192, maxOutputTokens: 1024, tools: true, prefill: false },
        inputModalities: [Modality.TEXT, Modality.PDF],
        ...{ knowledgeCutoff: "2025-07", deprecationDate: "2028-02-29" },
        prices: {
          tokens: { input: 75_000_000n, output: 12_000_000_000n, cacheWrite1h: 1n },
          tiers: [{ aboveInputTokens: 4096, tokens: { input: 150_000_000n } }],
          thousandWebSearches: 10_000_000_000n,
        },
        sources: ["config"],
      }),
    );
  });

  it("of a target stand over those of its model, field by field", () => {
    const ofModel = {
      context_window: 8192,
      tools: true,
      prices: { tokens: { input: "1", output: "2" } },
    };
    const target = {
      base_model: "some/base:1",
      facts: { tools: false, prices: { tokens: { input: "3" } } },
    };
    expect(targetOf(ofModel, target)).toMatchObject({
      baseModel: "some/base:1",
      facts: {
        ...{ contextWindow: 8192, tools: false, sources: ["config"] },
        prices: { tokens: { input: 3_000_000_000n, output: 2_000_000_000n } },
      },
    });
  });

  const inDollars =
    "write dollars as a decimal number in quotes, at most 9 digits behind the point";
  const refused: readonly (readonly [
    title: string,
    ofModel: object | undefined,
    target: object,
    expected: string,
  ])[] = [
    [
      "a limit of 0",
      { context_window: 0 },
      {},
      "models[0].facts.context_window: must be greater than or equal to 1",
    ],
    [
      "more output than context",
      { context_window: 10, max_output_tokens: 11 },
      {},
      "models[0].facts.max_output_tokens: is more than the context window of 10 tokens",
    ],
    [
      "a modality that there is not",
      { input_modalities: ["smell"] },
      {},
      "models[0].facts.input_modalities[0]: must be in list",
    ],
    [
      "a price that is no decimal",
      { prices: { tokens: { input: "1,5" } } },
      {},
      `models[0].facts.prices.tokens.input: is not written as it must be (${inDollars}`,
    ],
    [
      "a price finer than a nano-USD",
      undefined,
      { facts: { prices: { thousand_requests: "0.0000000001" } } },
      `models[0].targets[0].facts.prices.thousand_requests: is not written as it must be (${inDollars}`,
    ],
    [
      "a month that there is not",
      { knowledge_cutoff: "2025-13" },
      {},
      "models[0].facts.knowledge_cutoff: is no date of the calendar (write a day such as 2025-07-31 or a month such as 2025-07)",
    ],
    [
      "a day that there is not",
      undefined,
      { facts: { deprecation_date: "2027-02-29" } },
      "models[0].targets[0].facts.deprecation_date: is no date of the calendar",
    ],
    [
      "a date in other words",
      { deprecation_date: "soon" },
      {},
      "models[0].facts.deprecation_date: is not written as it must be (write a day such as 2026-10-31)",
    ],
    [
      "tiers out of order",
      {
        prices: {
          tiers: [
            { above_input_tokens: 9, tokens: { input: "1" } },
            { above_input_tokens: 9, tokens: { input: "2" } },
          ],
        },
      },
      {},
      "models[0].facts.prices.tiers[1].above_input_tokens: is not above that of the tier before, 9",
    ],
    [
      "a tier without prices",
      { prices: { tiers: [{ above_input_tokens: 9 }] } },
      {},
      "models[0].facts.prices.tiers[0].tokens: is missing",
    ],
    [
      "a base model with blanks",
      undefined,
      { base_model: "a b" },
      "models[0].targets[0].base_model: is not written as it must be (write the model's name without white space)",
    ],
    [
      "a fact that there is not",
      { max_tokens: 5 },
      {},
      "models[0].facts.max_tokens: is not a known key",
    ],
  ];
  for (const [title, ofModel, target, expected] of refused) {
    it(`are refused for ${title}`, () => {
      const result = load(configOf(ofModel, target));
      const told = result.ok
        ? []
        : result.violations.map((violation) => printViolation("c.yaml", violation));
      expect(told.join("\n")).toContain(expected);
    });
  }
});
