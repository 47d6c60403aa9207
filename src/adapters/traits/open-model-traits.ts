import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import {
  type NamedModels,
  type TakesInit,
  type TraitRow,
  type TraitsInit,
  type TraitTable,
  textAlone,
} from "./trait-row.ts";

/**
 * What is refused at the maker's own API holds there alone: hosts run open models with servers of
 * their own.
 */
function row(
  { example, ...models }: NamedModels & Pick<TraitRow, "example">,
  said: Pick<TraitRow, "traits" | "atMaker">,
  ...sources: readonly string[]
): TraitRow {
  return { models, ...said, sources, asOf: "2026-11", example };
}

const plain: TraitsInit = { thinking: Thinking.NEVER, effort: false };
const free: TakesInit = { requiredTool: false, namedTool: false };

/**
 * Models that nobody has taught to converse: servers that follow their files have no chats of them.
 */
function base(lines: readonly string[], example: string): TraitRow {
  return row(
    { lines, tail: /(?:^|-)base(?:-|$)/, example },
    { traits: { ...plain, completionsOnly: true } },
    "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#chat-template",
    "https://qwen.readthedocs.io/en/latest/getting_started/concepts.html",
  );
}

const DEEPSEEK = "https://api-docs.deepseek.com/guides/thinking_mode";

/** DeepSeek. `deepseek-chat` thinks or not as its other parameters say. */
export const deepseekTraits: TraitTable = {
  maker: "deepseek",
  kinds: ["deepseek"],
  rows: [
    base(["v"], "deepseek-ai/DeepSeek-V3-Base"),
    row(
      { lines: ["reasoner"], example: "deepseek-reasoner" },
      {
        traits: { thinking: Thinking.ALWAYS, takes: textAlone },
        atMaker: {
          takes: {
            temperature: false,
            topP: false,
            frequencyPenalty: false,
            presencePenalty: false,
            logprobs: false,
            ...free,
          },
        },
      },
      DEEPSEEK,
      "https://api-docs.deepseek.com/guides/reasoning_model",
    ),
    row(
      { lines: ["v"], from: 400, example: "deepseek-v4-pro" },
      {
        traits: { thinking: Thinking.BY_DEFAULT, effort: true },
        atMaker: {
          takesThinking: {
            temperature: false,
            frequencyPenalty: false,
            presencePenalty: false,
            ...free,
          },
        },
      },
      DEEPSEEK,
    ),
    row(
      { lines: ["v"], from: 300, below: 301, example: "deepseek-ai/DeepSeek-V3-0324" },
      { traits: { ...plain, takes: textAlone } },
      "https://huggingface.co/deepseek-ai/DeepSeek-V3-0324",
    ),
    row(
      { lines: ["r"], example: "deepseek-r1" },
      { traits: { thinking: Thinking.ALWAYS, takes: textAlone } },
      "https://huggingface.co/deepseek-ai/DeepSeek-R1",
    ),
  ],
};

const QWEN_TOOLS = "https://www.alibabacloud.com/help/en/model-studio/qwen-function-calling";

/** Qwen. */
export const qwenTraits: TraitTable = {
  maker: "qwen",
  kinds: ["dashscope", "qwencloud", "qwen_ai_platform"],
  rows: [
    base(["qwen"], "Qwen/Qwen3-8B-Base"),
    row(
      { lines: ["qwen"], tail: /instruct|coder/, example: "qwen3-coder-plus" },
      { traits: plain },
      "https://www.alibabacloud.com/help/en/model-studio/deep-thinking",
    ),
    row(
      { lines: ["qwen"], from: 200, below: 300, example: "qwen2.5-72b" },
      { traits: plain },
      "https://www.alibabacloud.com/help/en/model-studio/deep-thinking",
    ),
    row(
      { lines: ["qwq", "qvq"], example: "qwq-plus" },
      { traits: { thinking: Thinking.ALWAYS }, atMaker: { takes: free } },
      QWEN_TOOLS,
    ),
    row(
      { lines: ["qwen"], tail: /thinking/, example: "Qwen/Qwen3-235B-A22B-Thinking-2507" },
      { traits: { thinking: Thinking.ALWAYS }, atMaker: { takes: free } },
      QWEN_TOOLS,
    ),
    row(
      { lines: ["qwen"], from: 305, example: "qwen3.5-plus" },
      { traits: { thinking: Thinking.BY_DEFAULT }, atMaker: { takesThinking: free } },
      QWEN_TOOLS,
    ),
    row(
      { lines: ["qwen"], from: 300, below: 305, example: "qwen3-32b" },
      { traits: {}, atMaker: { takesThinking: free } },
      QWEN_TOOLS,
    ),
  ],
};

const ZAI = "https://docs.z.ai/api-reference/llm/chat-completion";

/** GLM. */
export const zhipuTraits: TraitTable = {
  maker: "zhipu",
  kinds: ["zai"],
  rows: [
    base(["glm"], "zai-org/GLM-4.5-Base"),
    row(
      { lines: ["glm"], from: 503, example: "glm-5.3" },
      {
        traits: { thinking: Thinking.ALWAYS, effort: true, efforts: ["low", "high", "max"] },
        atMaker: { takes: free },
      },
      ZAI,
    ),
    row(
      { lines: ["glm"], from: 502, below: 503, example: "glm-5.2" },
      {
        traits: { thinking: Thinking.BY_DEFAULT, effort: true },
        atMaker: { takes: free },
      },
      ZAI,
    ),
    row(
      { lines: ["glm"], from: 405, below: 502, example: "glm-4.6" },
      { traits: { thinking: Thinking.BY_DEFAULT }, atMaker: { takes: free } },
      ZAI,
    ),
    row({ lines: ["glm"], below: 405, example: "glm-4-plus" }, { traits: plain }, ZAI),
  ],
};

const KIMI = "https://platform.kimi.ai/docs/api/models-overview";

/** The maker fixes the knobs of the draw. */
const fixedDraw: TakesInit = {
  temperature: false,
  topP: false,
  frequencyPenalty: false,
  presencePenalty: false,
};

/** Kimi. The maker ignores levels of effort that a model does not have. */
export const moonshotTraits: TraitTable = {
  maker: "moonshot",
  kinds: ["moonshot"],
  rows: [
    base(["kimi-k"], "moonshotai/Kimi-K2-Base"),
    row(
      { lines: ["kimi-k"], from: 300, example: "kimi-k3" },
      {
        traits: { thinking: Thinking.ALWAYS, effort: true, efforts: ["low", "high", "max"] },
        atMaker: { takes: fixedDraw },
      },
      KIMI,
      "https://platform.kimi.ai/docs/guide/use-thinking-effort",
    ),
    row(
      { lines: ["kimi-k"], from: 207, below: 300, example: "kimi-k2.7-code" },
      {
        traits: { thinking: Thinking.ALWAYS, effort: false },
        atMaker: { takes: { ...fixedDraw, ...free } },
      },
      KIMI,
    ),
    row(
      { lines: ["kimi-k"], from: 205, below: 207, example: "kimi-k2.5" },
      {
        traits: { thinking: Thinking.BY_DEFAULT },
        atMaker: { takes: fixedDraw, takesThinking: free },
      },
      KIMI,
    ),
    row(
      { lines: ["kimi-k"], from: 200, below: 205, tail: /thinking/, example: "kimi-k2-thinking" },
      {
        traits: { thinking: Thinking.ALWAYS, effort: false, takes: textAlone },
        atMaker: { takes: free },
      },
      KIMI,
    ),
    row(
      { lines: ["kimi-k"], from: 200, below: 205, example: "kimi-k2-0905-preview" },
      { traits: { ...plain, takes: textAlone } },
      KIMI,
    ),
  ],
};

/** Others have trained these models on to think. */
const NO_VARIANT = /^(?!.*(?:nemotron|reason|think|hermes|deepcogito))/;

/** Llama. */
export const metaTraits: TraitTable = {
  maker: "meta",
  kinds: ["meta_llama"],
  rows: [
    row(
      {
        lines: ["llama"],
        from: 200,
        below: 400,
        tail: /^(?!.*(?:nemotron|reason|think|hermes|deepcogito|vision))/,
        example: "llama-3.1-8b-instruct",
      },
      { traits: { ...plain, takes: textAlone } },
      "https://www.llama.com/docs/model-cards-and-prompt-formats/",
    ),
    row(
      {
        lines: ["llama"],
        from: 200,
        below: 500,
        tail: NO_VARIANT,
        example: "llama-4-scout-17b-16e-instruct",
      },
      { traits: plain },
      "https://www.llama.com/docs/model-cards-and-prompt-formats/",
    ),
  ],
};

/** Command. */
export const cohereTraits: TraitTable = {
  maker: "cohere",
  kinds: ["cohere", "cohere_chat"],
  rows: [
    row(
      { lines: ["command-a"], tail: /^(?:reasoning|plus)/, example: "command-a-reasoning-08-2025" },
      { traits: { thinking: Thinking.BY_DEFAULT, thinkingBudget: true } },
      "https://docs.cohere.com/docs/reasoning",
    ),
    row(
      { lines: ["command-r", "command-a", "command"], example: "command-a-03-2025" },
      { traits: plain },
      "https://docs.cohere.com/docs/models",
    ),
  ],
};
