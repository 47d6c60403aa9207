import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { NamedModels, TraitRow, TraitTable } from "./trait-row.ts";

const THINKING = "https://ai.google.dev/gemini-api/docs/thinking";
/** `reasoning_effort` in the dialect of OpenAI. */
const COMPATIBLE = "https://ai.google.dev/gemini-api/docs/openai";

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
      { lines: gemini, from: 301, tail: /^pro/, example: "gemini-3.1-pro-preview" },
      Thinking.ALWAYS,
      ["low", "medium", "high"],
    ),
    row(
      { lines: gemini, from: 300, tail: /^flash(?!.*image)/, example: "gemini-3.5-flash" },
      Thinking.ALWAYS,
      ALL_LEVELS,
    ),
  ],
};
