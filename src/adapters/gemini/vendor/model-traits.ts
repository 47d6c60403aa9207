import { Thinking } from "../../../../gen/parlance/model/v1/model_traits_pb.js";
import { servedModel } from "../../../core/target/served-model.ts";
import { parseModelName } from "../../traits/model-name.ts";
import type { GeminiOptions, GeminiQuirks } from "../wire.ts";

/** What a model takes, as its vendor documents it. */
export interface ModelTraits {
  /**
   * `thinkingLevel` or `thinkingBudget`: https://ai.google.dev/gemini-api/docs/thinking (2026-11).
   */
  readonly thinking: "level" | "budget" | "none";
  /** Levels of thinking, least first; empty where there are none. */
  readonly levels: readonly string[];
  /** Least budget that thinks at all, in tokens. */
  readonly minBudget: number;
  /** Whether thinking can be switched off. */
  readonly canStopThinking: boolean;
  /**
   * `responseJsonSchema` and `parametersJsonSchema`:
   * https://ai.google.dev/gemini-api/docs/structured-output (2026-11).
   */
  readonly jsonSchema: boolean;
  /** `id` of function calls and responses. */
  readonly toolCallIds: boolean;
  /** `functionResponse.parts`: https://ai.google.dev/gemini-api/docs/function-calling (2026-11). */
  readonly multimodalToolResults: boolean;
  /**
   * Whether the first function call of a turn must be signed:
   * https://ai.google.dev/gemini-api/docs/thought-signatures (2026-11).
   */
  readonly signedCalls: boolean;
}

/**
 * Major times 100 plus minor of a model of this vendor by its name: 2.5 is 205. 0: another model,
 * or an unknown one.
 */
export function modelNumber(model: string): number {
  return parseVersion(model).number;
}

interface Version {
  /** Major times 100 plus minor: 2.5 is 205. 0: not a Gemini model, or an unknown one. */
  readonly number: number;
  readonly family: "pro" | "flash" | "lite" | "";
}

const ALL_LEVELS: readonly string[] = ["minimal", "low", "medium", "high"];

/** The traits of the model that a request is for, under the quirks of its vendor. */
export function modelTraits(options: GeminiOptions): ModelTraits {
  const { quirks, traits } = options;
  const version = parseVersion(servedModel(options));
  const { number, family } = version;
  const never = traits?.thinking === Thinking.NEVER;
  const thinking = declaredThinking(quirks) ?? (never ? "none" : thinkingOf(number));
  return {
    thinking,
    levels: thinking === "level" ? levelsOf(version, traits?.efforts ?? []) : [],
    minBudget: family === "pro" ? 128 : family === "lite" ? 512 : 1,
    canStopThinking: thinking === "budget" && family !== "pro",
    jsonSchema: flag(quirks, "jsonSchema") ?? (number === 0 || number >= 205),
    toolCallIds: flag(quirks, "toolCallIds") ?? true,
    multimodalToolResults: flag(quirks, "multimodalToolResults") ?? number >= 300,
    signedCalls: flag(quirks, "signedCalls") ?? number >= 300,
  };
}

/** A model that is not known, such as a tuned one, may well take a budget. */
function thinkingOf(number: number): ModelTraits["thinking"] {
  if (number >= 300) return "level";
  return number === 0 || number >= 205 ? "budget" : "none";
}

/**
 * Gemini 3 Pro knows two levels; 3.1 Pro and later know medium as well; only Flash models know
 * minimal.
 */
function levelsOf({ number, family }: Version, efforts: readonly string[]): readonly string[] {
  const known = efforts.filter((effort) => ALL_LEVELS.includes(effort));
  if (known.length > 0) return known;
  if (family !== "pro") return ALL_LEVELS;
  return number > 300 ? ["low", "medium", "high"] : ["low", "high"];
}

/**
 * Names such as `gemini-2.5-flash-lite`, `gemini-3-pro-preview`; `gemini-flash-latest` is one of
 * the newest.
 */
function parseVersion(model: string): Version {
  const { maker, number, tail } = parseModelName(model);
  const family = familyOf(model.toLowerCase());
  if (maker !== "google") return { number: 0, family };
  return { number: LATEST.test(tail) && number === 0 ? 399 : number, family };
}

const LATEST = /^(?:pro|flash|flash-lite)-latest/;

function familyOf(name: string): Version["family"] {
  if (name.includes("lite")) return "lite";
  if (name.includes("flash")) return "flash";
  return /(?:^|-)pro(?:-|$)/.test(name) ? "pro" : "";
}

function declaredThinking(
  quirks: Readonly<Record<string, unknown>>,
): ModelTraits["thinking"] | undefined {
  const value = quirks["thinking" satisfies keyof GeminiQuirks];
  return value === "level" || value === "budget" || value === "none" ? value : undefined;
}

function flag(
  quirks: Readonly<Record<string, unknown>>,
  name: keyof GeminiQuirks,
): boolean | undefined {
  const value: unknown = quirks[name];
  return typeof value === "boolean" ? value : undefined;
}
