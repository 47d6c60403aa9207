import type { ConverseQuirks } from "../wire.ts";

/** Who made a model. `other`: one whose deviations are not known, or an ARN that does not tell. */
export type ModelFamily =
  | "claude"
  | "nova"
  | "gpt-oss"
  | "mistral"
  | "cohere"
  | "llama"
  | "ai21"
  | "other";

/** What a model takes, as its vendor documents it (2026-11). */
export interface ModelTraits {
  readonly family: ModelFamily;
  /**
   * `outputConfig.textFormat` and `toolSpec.strict`:
   * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html.
   */
  readonly structuredOutput: boolean;
  /**
   * Cache points in the system prompt and in messages:
   * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html.
   */
  readonly cachePoints: boolean;
  /** Cache points among the tools. */
  readonly toolCachePoints: boolean;
  /** Cache points that last an hour. */
  readonly hourCachePoints: boolean;
  /** `toolResult.status`. */
  readonly toolResultStatus: boolean;
  /** `toolChoice.any`. */
  readonly anyTool: boolean;
  /** `toolChoice.tool`. */
  readonly namedTool: boolean;
  /** Where `top_k` goes within `additionalModelRequestFields`. */
  readonly topK: "top_k" | "k" | "inferenceConfig" | "none";
  /** Messages of role `system` between turns. */
  readonly midConversationSystem: boolean;
  /**
   * An answer that stands last, to be gone on with: Claude before 4.6 and Nova take one, other
   * models demand that the user's turn is the last.
   */
  readonly prefill: boolean;
  /** How reasoning is requested in `additionalModelRequestFields`. */
  readonly reasoning: "claude" | "nova" | "effort" | "none";
  readonly claude: ClaudeTraits;
}

/** What only Claude models differ in. */
export interface ClaudeTraits {
  /** Levels of `outputConfig.effort`, least first; empty for none. */
  readonly efforts: readonly string[];
  readonly adaptiveThinking: boolean;
  readonly budgetThinking: boolean;
  /** Whether it thinks where nothing is said. */
  readonly thinksByDefault: boolean;
  /** Whether disabled thinking is refused. */
  readonly alwaysThinks: boolean;
  /** temperature, topP and top_k. */
  readonly samplingKnobs: boolean;
  /** Whether temperature and topP are taken in the same request. */
  readonly temperatureWithTopP: boolean;
}

interface Version {
  readonly line: string;
  /** Major times 100 plus minor: 4.5 is 405. 0: unknown. */
  readonly number: number;
}

type QuirkRecord = Readonly<Record<string, unknown>>;

/** The traits of a model by its id, profile id or ARN, under the quirks. */
export function modelTraits(model: string, quirks: QuirkRecord): ModelTraits {
  const name = model.toLowerCase();
  const family = familyOf(name);
  const version = family === "claude" ? parseVersion(name) : { line: "", number: 0 };
  const claude = family === "claude";
  const liberal = claude || family === "nova" || family === "other";
  return {
    family,
    structuredOutput:
      flag(quirks, "structuredOutput") ?? (version.number >= 405 || OPEN_STRUCTURED.test(name)),
    cachePoints: flag(quirks, "cachePoints") ?? liberal,
    toolCachePoints: flag(quirks, "cachePoints") ?? (claude || family === "other"),
    hourCachePoints: version.number >= 405 || family === "other",
    toolResultStatus: liberal,
    anyTool: liberal || family === "mistral" || family === "gpt-oss",
    namedTool: liberal,
    topK: topKOf(family),
    midConversationSystem: flag(quirks, "midConversationSystem") ?? version.number >= 408,
    prefill: flag(quirks, "prefill") ?? (liberal && version.number < 406),
    reasoning: reasoningOf(family, name),
    claude: claudeTraits(version),
  };
}

/** Open-weight models with structured output, by the start of their ids. */
const OPEN_STRUCTURED =
  /(?:^|[./])(?:qwen\.qwen3|openai\.gpt-oss|google\.gemma-3|nvidia\.nemotron|minimax\.|moonshot(?:ai)?\.|deepseek\.v3|mistral\.(?:mistral-large-3|ministral-3|magistral|voxtral))/;

/** The maker of a model by its id in lower case. */
export function familyOf(name: string): ModelFamily {
  if (name.includes("anthropic.") || name.includes("claude")) return "claude";
  if (name.includes("amazon.nova") || name.startsWith("nova")) return "nova";
  if (name.includes("openai.gpt-oss")) return "gpt-oss";
  if (name.includes("mistral.")) return "mistral";
  if (name.includes("cohere.")) return "cohere";
  if (name.includes("meta.llama")) return "llama";
  return name.includes("ai21.") ? "ai21" : "other";
}

function topKOf(family: ModelFamily): ModelTraits["topK"] {
  switch (family) {
    case "claude":
    case "mistral":
      return "top_k";
    case "cohere":
      return "k";
    case "nova":
      return "inferenceConfig";
    case "gpt-oss":
    case "llama":
    case "ai21":
    case "other":
      return "none";
  }
}

function reasoningOf(family: ModelFamily, name: string): ModelTraits["reasoning"] {
  if (family === "claude") return "claude";
  if (family === "nova") return name.includes("nova-2") ? "nova" : "none";
  return family === "gpt-oss" ? "effort" : "none";
}

const NO_EFFORT: readonly string[] = [];
const EFFORTS_TO_HIGH: readonly string[] = ["low", "medium", "high"];
const EFFORTS_TO_MAX: readonly string[] = ["low", "medium", "high", "max"];
const ALL_EFFORTS: readonly string[] = ["low", "medium", "high", "xhigh", "max"];

/** Adaptive thinking came with 4.6, budgets went with 4.7, and sampling knobs went with them. */
function claudeTraits({ line, number }: Version): ClaudeTraits {
  const named = line === "fable" || line === "mythos";
  return {
    efforts: effortsOf(line, number),
    adaptiveThinking: number >= 406,
    budgetThinking: number === 0 || (number >= 307 && number < 407),
    thinksByDefault: number >= 500,
    alwaysThinks: named ? number >= 500 : line === "opus" && number >= 505,
    samplingKnobs: number < 407,
    temperatureWithTopP: number < (line === "opus" ? 401 : 405),
  };
}

function effortsOf(line: string, number: number): readonly string[] {
  if (number >= 407) return ALL_EFFORTS;
  if (number === 406) return EFFORTS_TO_MAX;
  return line === "opus" && number === 405 ? EFFORTS_TO_HIGH : NO_EFFORT;
}

/**
 * Numbers stand behind the line (`claude-sonnet-4-5-20250929-v1:0`) or before it
 * (`claude-3-7-sonnet-...`); a date is no version.
 */
function parseVersion(name: string): Version {
  const words = name.slice(name.indexOf("claude-") + 7).split(/[-.@:_/]/);
  const line = words.find((word) => /^(?:opus|sonnet|haiku|fable|mythos)$/.test(word)) ?? "";
  const at = words.findIndex((word) => /^\d{1,2}$/.test(word));
  if (at === -1) return { line, number: line === "mythos" ? 406 : 0 };
  const minor = words[at + 1] ?? "";
  return { line, number: Number(words[at]) * 100 + (/^\d{1,2}$/.test(minor) ? Number(minor) : 0) };
}

function flag(quirks: QuirkRecord, name: keyof ConverseQuirks): boolean | undefined {
  const value = quirks[name];
  return typeof value === "boolean" ? value : undefined;
}
