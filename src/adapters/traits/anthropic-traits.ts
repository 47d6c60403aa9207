import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { NamedModels, TakesInit, TraitRow, TraitsInit, TraitTable } from "./trait-row.ts";

const THINKING = "https://platform.claude.com/docs/en/build-with-claude/thinking";
const EFFORT = "https://platform.claude.com/docs/en/build-with-claude/effort";
const TOOL_CHOICE = "https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools";
const OPUS_5_5 = "https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5";
const SONNET_5_5 = "https://platform.claude.com/docs/en/models/sonnet-5-5/migration-guide";

const all = ["opus", "sonnet", "haiku", "fable", "mythos", ""];

const free: TakesInit = { requiredTool: false, namedTool: false };
const noKnobs: TakesInit = { temperature: false, topP: false, topK: false };
const oneKnob: TakesInit = { temperatureWithTopP: false };
const unmixed: TakesInit = { midConversationSystem: false };
const latest: TakesInit = { ...noKnobs, prefill: false, midConversationSystem: true };

const TO_HIGH = ["low", "medium", "high"];
const TO_MAX = [...TO_HIGH, "xhigh", "max"];

/** Thinks within a budget of tokens, where that is requested. */
const budgeted: TraitsInit = {
  thinking: Thinking.ON_REQUEST,
  effort: false,
  thinkingBudget: true,
  adaptiveThinking: false,
  takesThinking: free,
};

/** Decides by itself how much it thinks, as an effort says. */
const adaptive: TraitsInit = {
  effort: true,
  efforts: TO_MAX,
  thinkingBudget: false,
  adaptiveThinking: true,
};

function row(
  { example, ...models }: NamedModels & Pick<TraitRow, "example">,
  traits: TraitsInit,
  ...sources: readonly string[]
): TraitRow {
  return { models, traits, sources: [THINKING, ...sources], asOf: "2026-11", example };
}

/**
 * Claude. Its own dialects fit thinking, and what depends on it, by themselves; hosts of other
 * dialects go by this table alone. A model without a version is not known.
 */
export const anthropicTraits: TraitTable = {
  maker: "anthropic",
  kinds: ["anthropic", "bedrock", "bedrock_invoke"],
  rows: [
    row(
      { lines: all, from: 1, below: 307, example: "claude-3-5-sonnet-20241022" },
      {
        thinking: Thinking.NEVER,
        effort: false,
        thinkingBudget: false,
        adaptiveThinking: false,
        takes: unmixed,
      },
    ),
    row(
      { lines: ["opus"], from: 401, below: 405, example: "claude-opus-4-1-20250805" },
      { ...budgeted, takes: { ...unmixed, ...oneKnob } },
    ),
    row(
      { lines: all, from: 307, below: 405, example: "claude-3-7-sonnet-20250219" },
      { ...budgeted, takes: unmixed },
    ),
    row(
      { lines: ["opus"], from: 405, below: 406, example: "claude-opus-4-5" },
      { ...budgeted, effort: true, efforts: TO_HIGH, takes: { ...unmixed, ...oneKnob } },
      EFFORT,
    ),
    row(
      { lines: all, from: 405, below: 406, example: "claude-sonnet-4-5" },
      { ...budgeted, takes: { ...unmixed, ...oneKnob } },
    ),
    row(
      { lines: all, from: 406, below: 407, example: "claude-sonnet-4-6" },
      {
        ...budgeted,
        effort: true,
        efforts: [...TO_HIGH, "max"],
        adaptiveThinking: true,
        takes: { ...unmixed, ...oneKnob, prefill: false },
      },
      EFFORT,
    ),
    row(
      { lines: all, from: 407, below: 408, example: "claude-opus-4-7" },
      {
        ...adaptive,
        thinking: Thinking.ON_REQUEST,
        takes: { ...latest, ...unmixed },
        takesThinking: free,
      },
      EFFORT,
    ),
    row(
      { lines: all, from: 408, below: 500, example: "claude-opus-4-8" },
      { ...adaptive, thinking: Thinking.ON_REQUEST, takes: latest },
      EFFORT,
      TOOL_CHOICE,
    ),
    row(
      { lines: ["fable", "mythos"], from: 501, example: "claude-fable-5-1" },
      { ...adaptive, thinking: Thinking.ALWAYS, takes: { ...latest, ...free } },
      OPUS_5_5,
    ),
    row(
      { lines: ["opus"], from: 505, example: "claude-opus-5-5" },
      { ...adaptive, thinking: Thinking.ALWAYS, takes: { ...latest, ...free } },
      OPUS_5_5,
    ),
    row(
      { lines: ["fable", "mythos"], from: 500, below: 501, example: "claude-fable-5" },
      { ...adaptive, thinking: Thinking.ALWAYS, takes: latest },
      EFFORT,
      TOOL_CHOICE,
    ),
    row(
      { lines: ["sonnet"], from: 505, example: "claude-sonnet-5-5" },
      { ...adaptive, thinking: Thinking.BY_DEFAULT, takes: { ...latest, ...free } },
      SONNET_5_5,
    ),
    row(
      { lines: all, from: 500, example: "claude-sonnet-5" },
      { ...adaptive, thinking: Thinking.BY_DEFAULT, takes: latest },
      EFFORT,
      TOOL_CHOICE,
    ),
  ],
};
