import { servedModel } from "../../../core/target/served-model.ts";
import { type ClaudeTraits, claudeTraits } from "../../traits/claude-traits.ts";
import { traitsOf } from "../../traits/find-traits.ts";
import { parseModelName } from "../../traits/model-name.ts";
import type { ConverseOptions, ConverseQuirks } from "../wire.ts";

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
  /**
   * Messages of role `system` between turns. Models may take them by InvokeModel, not by Converse:
   * https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock-legacy (2026-11).
   */
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

type QuirkRecord = Readonly<Record<string, unknown>>;

/** The traits of a request's model, found by its id, profile id or ARN, under the quirks. */
export function modelTraits(
  options: Pick<ConverseOptions, "model" | "baseModel" | "quirks" | "traits" | "maxOutputTokens">,
): ModelTraits {
  const { quirks } = options;
  const model = servedModel(options);
  const name = model.toLowerCase();
  const family = familyOf(name);
  const claude = family === "claude";
  const number = claude ? parseModelName(model).number : 0;
  const traits = traitsOf(options);
  const liberal = claude || family === "nova" || family === "other";
  return {
    family,
    structuredOutput:
      flag(quirks, "structuredOutput") ?? (number >= 405 || OPEN_STRUCTURED.test(name)),
    cachePoints: flag(quirks, "cachePoints") ?? liberal,
    toolCachePoints: flag(quirks, "cachePoints") ?? (claude || family === "other"),
    hourCachePoints: number >= 405 || family === "other",
    toolResultStatus: liberal,
    anyTool: liberal || family === "mistral" || family === "gpt-oss",
    namedTool: liberal,
    topK: topKOf(family),
    midConversationSystem: flag(quirks, "midConversationSystem") ?? false,
    prefill: flag(quirks, "prefill") ?? (liberal && traits?.takes?.prefill !== false),
    reasoning: reasoningOf(family, name),
    claude: claude ? claudeTraits(model, traits) : claudeTraits("", undefined),
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

function flag(quirks: QuirkRecord, name: keyof ConverseQuirks): boolean | undefined {
  const value = quirks[name];
  return typeof value === "boolean" ? value : undefined;
}
