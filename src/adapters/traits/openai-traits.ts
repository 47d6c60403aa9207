import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { NamedModels, TakesInit, TraitRow, TraitTable } from "./trait-row.ts";

/** "Parameter compatibility" of the guide to each model. */
const LATEST_MODEL = "https://developers.openai.com/api/docs/guides/latest-model";
/** "Not supported". */
const REASONING = "https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning";
const CHAT = "https://platform.openai.com/docs/api-reference/chat/create";
/** Every level of effort, tried with every model of the vendor. */
const EFFORTS = "https://github.com/enricoros/big-AGI/issues/1159";

type Models = NamedModels & Pick<TraitRow, "example">;

const noKnobs: TakesInit = {
  temperature: false,
  topP: false,
  frequencyPenalty: false,
  presencePenalty: false,
  logitBias: false,
  logprobs: false,
  stop: false,
};

/** Models that cannot be kept from thinking. */
function reasoner(
  { example, ...models }: Models,
  efforts: readonly string[],
  takes?: TakesInit,
): TraitRow {
  return {
    models,
    traits: {
      thinking: Thinking.ALWAYS,
      effort: true,
      efforts: [...efforts],
      takes: { ...noKnobs, ...takes },
    },
    sources: [REASONING, EFFORTS],
    asOf: "2026-11",
    example,
  };
}

/** Models that take the knobs of the draw where their effort is `none`. */
function switchable(
  { example, ...models }: Models,
  efforts: readonly string[],
  thinking: Thinking,
): TraitRow {
  return {
    models,
    traits: { thinking, effort: true, efforts: [...efforts], takesThinking: noKnobs },
    sources: [LATEST_MODEL, EFFORTS],
    asOf: "2026-11",
    example,
  };
}

/** Models that do not think and refuse `reasoning_effort`. */
function plain({ example, ...models }: Models, takes: TakesInit): TraitRow {
  return {
    models,
    traits: { thinking: Thinking.NEVER, effort: false, takes },
    sources: [CHAT, EFFORTS],
    asOf: "2026-11",
    example,
  };
}

const gpt = ["gpt"];
const TO_HIGH = ["low", "medium", "high"];
const TO_XHIGH = [...TO_HIGH, "xhigh"];
const NONE_TO_HIGH = ["none", ...TO_HIGH];
const NONE_TO_XHIGH = ["none", ...TO_XHIGH];

/**
 * OpenAI's models. Of GPT-6 no page could be read: its requests are sent as they are. Models of the
 * vendor at other hosts are fitted alike, but for the open ones, which hosts run as they like.
 */
export const openaiTraits: TraitTable = {
  maker: "openai",
  kinds: ["openai", "azure"],
  rows: [
    plain(
      { lines: ["gpt-4o"], tail: /search/, example: "gpt-4o-search-preview" },
      { ...noKnobs, seed: false, parallelToolCalls: false, verbosity: false },
    ),
    plain(
      { lines: ["gpt-4o"], tail: /^2024-05-13/, example: "gpt-4o-2024-05-13" },
      { verbosity: false, jsonSchema: false },
    ),
    plain({ lines: ["gpt-4o", "gpt-audio"], example: "gpt-4o-mini" }, { verbosity: false }),
    plain(
      { lines: gpt, from: 300, below: 400, example: "gpt-3.5-turbo" },
      { verbosity: false, jsonSchema: false },
    ),
    plain(
      { lines: gpt, from: 400, below: 401, tail: /turbo|1106|0125/, example: "gpt-4-turbo" },
      { verbosity: false, jsonSchema: false },
    ),
    plain(
      { lines: gpt, from: 400, below: 401, example: "gpt-4-0613" },
      { verbosity: false, jsonSchema: false, jsonObject: false },
    ),
    plain({ lines: gpt, from: 401, below: 500, example: "gpt-4.1" }, { verbosity: false }),
    reasoner({ lines: ["o"], tail: /deep-research/, example: "o3-deep-research" }, ["medium"], {
      parallelToolCalls: false,
      verbosity: false,
    }),
    reasoner({ lines: ["o", "codex"], example: "o4-mini" }, TO_HIGH, {
      parallelToolCalls: false,
      verbosity: false,
    }),
    reasoner({ lines: ["computer-use"], example: "computer-use-preview" }, ["medium"], {
      verbosity: false,
    }),
    plain(
      { lines: gpt, from: 500, below: 501, tail: /^(?:chat|search)/, example: "gpt-5-chat-latest" },
      { verbosity: false },
    ),
    reasoner(
      { lines: gpt, from: 501, below: 503, tail: /^chat/, example: "gpt-5.2-chat-latest" },
      ["medium"],
      { verbosity: false },
    ),
    // What the later ones take no page says.
    {
      models: { lines: gpt, from: 503, below: 600, tail: /^chat/ },
      traits: {},
      sources: [],
      asOf: "2026-11",
      example: "gpt-5.3-chat-latest",
    },
    reasoner({ lines: gpt, from: 500, below: 501, tail: /^pro/, example: "gpt-5-pro" }, ["high"]),
    reasoner({ lines: gpt, from: 502, below: 506, tail: /^pro/, example: "gpt-5.2-pro" }, [
      "medium",
      "high",
      "xhigh",
    ]),
    reasoner(
      { lines: gpt, from: 501, below: 502, tail: /^codex-max/, example: "gpt-5.1-codex-max" },
      TO_XHIGH,
      { verbosity: false },
    ),
    reasoner(
      { lines: gpt, from: 500, below: 502, tail: /^codex/, example: "gpt-5-codex" },
      TO_HIGH,
      {
        verbosity: false,
      },
    ),
    reasoner(
      { lines: gpt, from: 502, below: 503, tail: /^codex/, example: "gpt-5.2-codex" },
      TO_XHIGH,
    ),
    reasoner(
      { lines: gpt, from: 500, below: 501, tail: /^(?!image)/, example: "gpt-5-mini-2025-08-07" },
      ["minimal", ...TO_HIGH],
    ),
    switchable(
      { lines: gpt, from: 501, below: 502, example: "gpt-5.1" },
      NONE_TO_HIGH,
      Thinking.ON_REQUEST,
    ),
    switchable(
      { lines: gpt, from: 502, below: 505, example: "gpt-5.4-mini" },
      NONE_TO_XHIGH,
      Thinking.ON_REQUEST,
    ),
    switchable(
      { lines: gpt, from: 505, below: 506, example: "gpt-5.5" },
      NONE_TO_XHIGH,
      Thinking.BY_DEFAULT,
    ),
    switchable(
      { lines: gpt, from: 506, below: 600, example: "gpt-5.6-sol" },
      [...NONE_TO_XHIGH, "max"],
      Thinking.BY_DEFAULT,
    ),
    {
      models: { lines: ["gpt-oss"] },
      traits: { thinking: Thinking.ALWAYS, effort: true, efforts: TO_HIGH },
      sources: ["https://github.com/openai/gpt-oss#readme"],
      asOf: "2026-11",
      example: "openai/gpt-oss-120b",
    },
  ],
};
