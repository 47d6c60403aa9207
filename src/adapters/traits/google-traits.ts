import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { NamedModels, TakesInit, TraitRow, TraitTable } from "./trait-row.ts";

const THINKING = "https://ai.google.dev/gemini-api/docs/thinking";
/** `reasoning_effort` in the dialect of OpenAI. */
const COMPATIBLE = "https://ai.google.dev/gemini-api/docs/openai";
/** "API changes". */
const LATEST = "https://ai.google.dev/gemini-api/docs/generate-content/whats-new-gemini-3.6";

function row(
  { example, ...models }: NamedModels & Pick<TraitRow, "example">,
  thinking: Thinking,
  efforts: readonly string[],
): TraitRow {
  const traits = efforts.length === 0 ? { effort: false } : { effort: true, efforts: [...efforts] };
  return {
    models,
    traits: { thinking, ...traits },
    sources: [THINKING, COMPATIBLE],
    asOf: "2026-11",
    example,
  };
}

const undrawn: TakesInit = { temperature: false, topP: false, topK: false };

/**
 * Models that refuse "requests ending with a model turn", and ignore the knobs of the draw.
 */
function latest({ traits, sources, ...rest }: TraitRow): TraitRow {
  return {
    ...rest,
    traits: { ...traits, takes: { ...undrawn, prefill: false } },
    sources: [...sources, LATEST],
  };
}

const gemini = ["gemini"];
const ALL_LEVELS = ["minimal", "low", "medium", "high"];

/**
 * Gemini. Its own dialect fits budgets and levels by itself; the levels are those of
 * `thinkingLevel` and of `reasoning_effort` in the dialect of OpenAI.
 */
export const googleTraits: TraitTable = {
  maker: "google",
  kinds: ["gemini", "vertex_ai"],
  rows: [
    row({ lines: gemini, from: 100, below: 205, example: "gemini-2.0-flash" }, Thinking.NEVER, []),
    row(
      { lines: gemini, from: 205, below: 206, tail: /^pro/, example: "gemini-2.5-pro" },
      Thinking.ALWAYS,
      ALL_LEVELS,
    ),
    row(
      {
        lines: gemini,
        from: 205,
        below: 206,
        tail: /^flash-lite/,
        example: "gemini-2.5-flash-lite",
      },
      Thinking.ON_REQUEST,
      ["none", ...ALL_LEVELS],
    ),
    row(
      {
        lines: gemini,
        from: 205,
        below: 206,
        tail: /^flash(?!-image)/,
        example: "gemini-2.5-flash",
      },
      Thinking.BY_DEFAULT,
      ["none", ...ALL_LEVELS],
    ),
    row(
      { lines: gemini, from: 300, below: 301, tail: /^pro/, example: "gemini-3-pro-preview" },
      Thinking.ALWAYS,
      ["low", "high"],
    ),
    row(
      { lines: gemini, from: 301, below: 306, tail: /^pro/, example: "gemini-3.1-pro-preview" },
      Thinking.ALWAYS,
      ["low", "medium", "high"],
    ),
    latest(
      row({ lines: gemini, from: 306, tail: /^pro/, example: "gemini-3.6-pro" }, Thinking.ALWAYS, [
        "low",
        "medium",
        "high",
      ]),
    ),
    latest(
      row(
        {
          lines: gemini,
          from: 305,
          below: 306,
          tail: /^flash-lite/,
          example: "gemini-3.5-flash-lite",
        },
        Thinking.ALWAYS,
        ALL_LEVELS,
      ),
    ),
    latest(
      row(
        { lines: gemini, from: 306, tail: /^flash(?!.*image)/, example: "gemini-3.6-flash" },
        Thinking.ALWAYS,
        ALL_LEVELS,
      ),
    ),
    row(
      { lines: gemini, from: 300, tail: /^flash(?!.*image)/, example: "gemini-3.5-flash" },
      Thinking.ALWAYS,
      ALL_LEVELS,
    ),
  ],
};
