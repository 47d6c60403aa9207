import type { Maker } from "./model-name.ts";
import {
  type NamedModels,
  type TakesInit,
  type TraitRow,
  type TraitTable,
  textAlone,
} from "./trait-row.ts";

/** Lists what each host's models take; scripts/model-facts has its state of 2026-07. */
const MODELS_DEV = "https://models.dev";

function row(
  { example, ...models }: NamedModels & Pick<TraitRow, "example">,
  takes: TakesInit,
  ...sources: readonly string[]
): TraitRow {
  return { models, traits: { takes }, sources: [...sources, MODELS_DEV], asOf: "2026-11", example };
}

function table(maker: Maker, ...rows: readonly TraitRow[]): TraitTable {
  return { maker, kinds: [], rows };
}

/** Sees pictures, and neither hears nor sees moving ones. */
const still: TakesInit = { audio: false, video: false };
/** Sees, and hears nothing. */
const deaf: TakesInit = { audio: false };

const CLAUDE = "https://platform.claude.com/docs/en/build-with-claude/vision";
const COHERE = "https://docs.cohere.com/docs/command-a-vision";
const DEEPSEEK = "https://api-docs.deepseek.com/quick_start/pricing";
const KIMI = "https://platform.kimi.ai/docs/api/models-overview";
const LLAMA = "https://www.llama.com/docs/model-cards-and-prompt-formats/";
/** "Recommended models with vision capabilities". */
const MISTRAL = "https://docs.mistral.ai/studio-api/conversations/vision";
const OPENAI = "https://developers.openai.com/api/docs/models";
const QWEN = "https://www.alibabacloud.com/help/en/model-studio/vision";
const XAI = "https://docs.x.ai/developers/models";
const ZAI = "https://docs.z.ai/guides/overview/overview";

/** Models of a line that see or hear are named for it. */
const QWEN_TEXT = /^(?!.*(?:^|-)(?:vl|omni|audio|asr|image|livetranslate|ocr|tts)(?:-|$))/;

/**
 * What models see and hear, by maker: it lies under what the other tables say, which are about all
 * else. The maker of Mistral reads documents for all of its models, and OpenRouter for all models
 * (find-traits.ts). Claude's own API has no place for sound, so that nothing is to be looked for.
 */
export const mediaTables: readonly TraitTable[] = [
  {
    ...table(
      "anthropic",
      row({ lines: [""], from: 100, below: 300, example: "claude-2.1" }, textAlone, CLAUDE),
      {
        ...row(
          {
            lines: ["opus", "sonnet", "haiku", "fable", "mythos", ""],
            from: 300,
            example: "anthropic/claude-sonnet-4.5",
          },
          still,
          CLAUDE,
        ),
        atMaker: { takes: { audio: true, video: true } },
      },
    ),
    kinds: ["anthropic", "bedrock", "bedrock_invoke", "vertex_ai"],
  },
  table(
    "cohere",
    row(
      { lines: ["command-a"], tail: /^(?:vision|plus)/, example: "command-a-vision-07-2025" },
      still,
      COHERE,
    ),
    row(
      { lines: ["command-r", "command-a", "command"], example: "command-r-plus-08-2024" },
      textAlone,
      COHERE,
    ),
  ),
  table(
    "deepseek",
    row({ lines: ["chat", "v"], below: 401, example: "deepseek-chat" }, textAlone, DEEPSEEK),
  ),
  table(
    "meta",
    row(
      { lines: ["llama"], from: 302, below: 500, example: "llama-4-maverick-17b-128e-instruct" },
      still,
      LLAMA,
    ),
  ),
  {
    ...table("mistral", ...mistralRows()),
    kinds: ["mistral", "codestral"],
  },
  table(
    "moonshot",
    row({ lines: ["kimi-k"], from: 205, example: "kimi-k2.5" }, deaf, KIMI),
    row(
      { lines: ["moonshot"], tail: /^v1(?!.*vision)/, example: "moonshot-v1-8k" },
      textAlone,
      KIMI,
    ),
  ),
  table(
    "openai",
    row({ lines: ["gpt-audio"], example: "gpt-audio" }, { images: false, video: false }, OPENAI),
    row(
      { lines: ["gpt-4o"], tail: /^(?!.*(?:audio|realtime|transcribe))/, example: "gpt-4o-mini" },
      still,
      OPENAI,
    ),
    row({ lines: ["gpt"], from: 500, below: 600, example: "gpt-5.1" }, still, OPENAI),
  ),
  table(
    "qwen",
    row({ lines: ["qwq"], example: "qwq-plus" }, textAlone, QWEN),
    row({ lines: ["qwen"], tail: /(?:^|-)vl(?:-|$)/, example: "qwen3-vl-plus" }, deaf, QWEN),
    row(
      { lines: ["qwen"], from: 200, below: 305, tail: QWEN_TEXT, example: "qwen3-32b" },
      textAlone,
      QWEN,
    ),
  ),
  table(
    "xai",
    row(
      { lines: ["grok"], from: 200, below: 400, tail: /^(?!.*vision)/, example: "grok-3" },
      textAlone,
      XAI,
    ),
    row({ lines: ["grok"], from: 400, example: "grok-4-0709" }, still, XAI),
  ),
  table(
    "zhipu",
    row({ lines: ["glm"], tail: /^v(?:-|$)/, example: "glm-4.6v" }, deaf, ZAI),
    row({ lines: ["glm"], from: 503, tail: /^flash/, example: "glm-5.3-flash" }, deaf, ZAI),
    row(
      { lines: ["glm"], from: 400, below: 504, tail: /^(?!voice)/, example: "glm-4.6" },
      textAlone,
      ZAI,
    ),
  ),
];

function mistralRows(): readonly TraitRow[] {
  const text = (models: NamedModels & Pick<TraitRow, "example">): TraitRow => ({
    ...row(models, textAlone, MISTRAL),
    atMaker: { takes: { documents: true } },
  });
  return [
    row({ lines: ["voxtral"], example: "voxtral-small-24b-2507" }, { images: false }, MISTRAL),
    text({ lines: ["codestral"], example: "codestral-2508" }),
    text({
      lines: ["devstral"],
      tail: /^(?:medium|small-25(?:05|07))(?:-|$)/,
      example: "devstral-medium-2507",
    }),
    text({ lines: ["ministral"], tail: /2410/, example: "ministral-8b-2410" }),
    text({
      lines: ["mistral-small", "mistral-large"],
      tail: /(?:^|-)(?:24\d\d|2501)(?:-|$)/,
      example: "mistral-large-2411",
    }),
    text({
      lines: [
        "mixtral",
        "open-mixtral",
        "open-mistral",
        "mistral-tiny",
        "mistral-nemo",
        "mistral-saba",
        "mistral-7b",
      ],
      example: "open-mixtral-8x7b",
    }),
    row(
      {
        lines: ["mistral-small", "mistral-medium", "mistral-large", "ministral", "pixtral"],
        example: "mistral-medium-2508",
      },
      still,
      MISTRAL,
    ),
  ];
}
