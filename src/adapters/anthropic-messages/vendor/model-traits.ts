import type { MessagesQuirks } from "../wire.ts";

/** What a model takes, as its vendor documents it. */
export interface ModelTraits {
  /**
   * `output_config.format`:
   * https://platform.claude.com/docs/en/build-with-claude/structured-outputs (2026-11).
   */
  readonly structuredOutput: boolean;
  /**
   * Levels of `output_config.effort`, least first:
   * https://platform.claude.com/docs/en/build-with-claude/effort (2026-11).
   */
  readonly efforts: readonly string[];
  /** `thinking: {type: "adaptive"}`. */
  readonly adaptiveThinking: boolean;
  /** `thinking: {type: "enabled", budget_tokens}`. */
  readonly budgetThinking: boolean;
  /** Whether it thinks where nothing is said. */
  readonly thinksByDefault: boolean;
  /** Whether `thinking: {type: "disabled"}` is refused. */
  readonly alwaysThinks: boolean;
  /** temperature, top_p and top_k. */
  readonly samplingKnobs: boolean;
  /** Whether temperature and top_p are taken in the same request. */
  readonly temperatureWithTopP: boolean;
  /**
   * Messages of role `system` between turns:
   * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages.
   */
  readonly midConversationSystem: boolean;
  /** `max_tokens` where the caller says none. */
  readonly defaultMaxTokens: number;
}

interface Version {
  readonly family: string;
  /** Major times 100 plus minor: 4.5 is 405. 0: not a Claude model, or an unknown one. */
  readonly number: number;
}

const NO_EFFORT: readonly string[] = [];
const EFFORTS_TO_HIGH: readonly string[] = ["low", "medium", "high"];
const EFFORTS_TO_MAX: readonly string[] = ["low", "medium", "high", "max"];
const ALL_EFFORTS: readonly string[] = ["low", "medium", "high", "xhigh", "max"];

/**
 * The traits of a model by its name, in any vendor's spelling of it
 * (`anthropic.claude-opus-4-6-v1`), under the quirks. `maxOutputTokens`: the most that it writes,
 * where that is known better than by its name.
 */
export function modelTraits(
  model: string,
  quirks: Readonly<Record<string, unknown>>,
  maxOutputTokens?: number,
): ModelTraits {
  const version = parseVersion(model);
  const { family, number } = version;
  const opus = family === "opus";
  return {
    structuredOutput:
      flag(quirks, "structuredOutput") ?? (number >= 405 || (opus && number >= 401)),
    efforts: effortsUnder(flag(quirks, "effort"), effortsOf(version)),
    ...thinkingTraits(version, quirks),
    samplingKnobs: flag(quirks, "samplingKnobs") ?? number < 407,
    temperatureWithTopP: number < (opus ? 401 : 405),
    midConversationSystem: flag(quirks, "midConversationSystem") ?? number >= 408,
    defaultMaxTokens: declaredMaxTokens(quirks) ?? maxOutputTokens ?? maxTokensOf(number),
  };
}

/** Whether a name says which of Claude's models is meant; the traits of others are guesses. */
export function isKnownModel(model: string): boolean {
  return parseVersion(model).number > 0;
}

type ThinkingTrait = "adaptiveThinking" | "budgetThinking" | "thinksByDefault" | "alwaysThinks";

/**
 * Adaptive thinking came with 4.6, budgets went with 4.7. A model that is not known may well take a
 * budget.
 */
function thinkingTraits(
  { family, number }: Version,
  quirks: Readonly<Record<string, unknown>>,
): Pick<ModelTraits, ThinkingTrait> {
  const always =
    family === "fable" || family === "mythos" ? number >= 500 : family === "opus" && number >= 505;
  return {
    adaptiveThinking: flag(quirks, "adaptiveThinking") ?? number >= 406,
    budgetThinking:
      flag(quirks, "budgetThinking") ?? (number === 0 || (number >= 307 && number < 407)),
    thinksByDefault: number >= 500,
    alwaysThinks: always,
  };
}

function effortsUnder(effort: boolean | undefined, efforts: readonly string[]): readonly string[] {
  if (effort === undefined) return efforts;
  if (!effort) return NO_EFFORT;
  return efforts.length > 0 ? efforts : EFFORTS_TO_HIGH;
}

function effortsOf({ family, number }: Version): readonly string[] {
  if (number >= 407) return ALL_EFFORTS;
  if (number === 406) return EFFORTS_TO_MAX;
  return family === "opus" && number === 405 ? EFFORTS_TO_HIGH : NO_EFFORT;
}

/**
 * Claude 3 writes at most 4,096 tokens and Claude 3.5 8,192; every later model writes 32,000 or
 * more. An unknown model of another vendor gets 8,192.
 */
function maxTokensOf(number: number): number {
  if (number >= 307) return 32_000;
  return number === 0 || number >= 305 ? 8192 : 4096;
}

function declaredMaxTokens(quirks: Readonly<Record<string, unknown>>): number | undefined {
  const declared = quirks.defaultMaxTokens;
  return typeof declared === "number" && Number.isSafeInteger(declared) && declared > 0
    ? declared
    : undefined;
}

/**
 * Numbers stand behind the family (`claude-sonnet-4-5-20250929`) or before it
 * (`claude-3-7-sonnet-20250219`). A date is not a version. The preview that has no number came
 * between 4.6 and 4.7 and takes what 4.6 takes.
 */
function parseVersion(model: string): Version {
  const name = model.toLowerCase();
  const start = name.indexOf("claude-");
  if (start === -1) return { family: "", number: 0 };
  const words = name.slice(start + 7).split(/[-.@:_/]/);
  const family = words.find((word) => /^(?:opus|sonnet|haiku|fable|mythos)$/.test(word)) ?? "";
  const at = words.findIndex((word) => /^\d{1,2}$/.test(word));
  if (at === -1) return { family, number: family === "mythos" ? 406 : 0 };
  const minor = words[at + 1] ?? "";
  return {
    family,
    number: Number(words[at]) * 100 + (/^\d{1,2}$/.test(minor) ? Number(minor) : 0),
  };
}

function flag(
  quirks: Readonly<Record<string, unknown>>,
  name: keyof MessagesQuirks,
): boolean | undefined {
  const value: unknown = quirks[name];
  return typeof value === "boolean" ? value : undefined;
}
