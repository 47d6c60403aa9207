import { servedModel } from "../../../core/target/served-model.ts";
import { type ClaudeTraits, claudeTraits } from "../../traits/claude-traits.ts";
import { traitsOf } from "../../traits/find-traits.ts";
import { parseModelName } from "../../traits/model-name.ts";
import type { MessagesOptions, MessagesQuirks } from "../wire.ts";

/** What a model takes, as its vendor documents it. */
export interface ModelTraits extends ClaudeTraits {
  /**
   * `output_config.format`:
   * https://platform.claude.com/docs/en/build-with-claude/structured-outputs (2026-11).
   */
  readonly structuredOutput: boolean;
  /**
   * An answer that stands last, to be gone on with:
   * https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6#prefill-removal.
   */
  readonly prefill: boolean;
  /** `max_tokens` where the caller says none. */
  readonly defaultMaxTokens: number;
}

const EFFORTS_TO_HIGH: readonly string[] = ["low", "medium", "high"];

/**
 * The traits of the model that a request is for, under the quirks of its vendor. The bound on its
 * answers is `maxOutputTokens`, where that is known, else by its name.
 */
export function modelTraits(
  options: Pick<MessagesOptions, "model" | "baseModel" | "quirks" | "traits" | "maxOutputTokens">,
): ModelTraits {
  const { quirks, maxOutputTokens } = options;
  const model = servedModel(options);
  const { maker, line, number: version } = parseModelName(model);
  const number = maker === "anthropic" ? version : 0;
  const known = traitsOf(options);
  const claude = claudeTraits(model, known);
  const knobs = flag(quirks, "samplingKnobs");
  return {
    ...claude,
    structuredOutput:
      flag(quirks, "structuredOutput") ?? (number >= 405 || (line === "opus" && number >= 401)),
    efforts: effortsUnder(flag(quirks, "effort"), claude.efforts),
    adaptiveThinking: flag(quirks, "adaptiveThinking") ?? claude.adaptiveThinking,
    budgetThinking: flag(quirks, "budgetThinking") ?? claude.budgetThinking,
    samplingKnobs: knobs ?? claude.samplingKnobs,
    midConversationSystem: flag(quirks, "midConversationSystem") ?? claude.midConversationSystem,
    prefill: flag(quirks, "prefill") ?? known?.takes?.prefill !== false,
    defaultMaxTokens: declaredMaxTokens(quirks) ?? maxOutputTokens ?? maxTokensOf(number),
  };
}

/** Whether a name says which of Claude's models is meant; the traits of others are guesses. */
export function isKnownModel(model: string): boolean {
  const { maker, number } = parseModelName(model);
  return maker === "anthropic" && number > 0;
}

function effortsUnder(effort: boolean | undefined, efforts: readonly string[]): readonly string[] {
  if (effort === undefined) return efforts;
  if (!effort) return [];
  return efforts.length > 0 ? efforts : EFFORTS_TO_HIGH;
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

function flag(
  quirks: Readonly<Record<string, unknown>>,
  name: keyof MessagesQuirks,
): boolean | undefined {
  const value: unknown = quirks[name];
  return typeof value === "boolean" ? value : undefined;
}
