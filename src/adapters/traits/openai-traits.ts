import { ResponsesUse, Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import {
  type NamedModels,
  type TakesInit,
  type TraitRow,
  type TraitTable,
  textAlone,
} from "./trait-row.ts";

/** "Parameter compatibility" of the guide to each model. */
const LATEST_MODEL = "https://developers.openai.com/api/docs/guides/latest-model";
/** "Not supported". */
const REASONING = "https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning";
const CHAT = "https://platform.openai.com/docs/api-reference/chat/create";
/** The endpoints of each model. */
const MODELS = "https://developers.openai.com/api/docs/models";
const TOOLS = "https://github.com/openai/openai-openapi/issues/541";
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

/** Models that the vendor serves by Responses alone. */
function byResponses(row: TraitRow): TraitRow {
  return {
    ...row,
    atMaker: { responses: ResponsesUse.ALWAYS },
    sources: [...row.sources, MODELS],
  };
}

/**
 * Models that take tools beside thinking by Responses alone: "Function tools with reasoning_effort
 * are not supported for gpt-5.4 in /v1/chat/completions".
 */
function toolsByResponses(row: TraitRow): TraitRow {
  return {
    ...row,
    atMaker: { responses: ResponsesUse.WITH_TOOLS },
    sources: [...row.sources, TOOLS],
  };
}

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

/** Sees pictures, and hears nothing. */
const unheard: TakesInit = { audio: false, video: false };
/** Answers as long as they come. */
const even: TakesInit = { verbosity: false };
/** One call of a tool at a time. */
const oneCall: TakesInit = { ...even, parallelToolCalls: false };

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
  kinds: ["openai", "azure_openai", "azure", "azure_ai"],
  rows: [
    plain(
      { lines: ["gpt-4o"], tail: /search/, example: "gpt-4o-search-preview" },
      { ...noKnobs, seed: false, parallelToolCalls: false, verbosity: false },
    ),
    plain(
      { lines: ["gpt-4o"], tail: /^2024-05-13/, example: "gpt-4o-2024-05-13" },
      { verbosity: false, jsonSchema: false },
    ),
    plain({ lines: ["gpt-4o", "gpt-audio"], example: "gpt-4o-mini" }, even),
    plain(
      { lines: gpt, from: 300, below: 400, example: "gpt-3.5-turbo" },
      { ...textAlone, verbosity: false, jsonSchema: false },
    ),
    plain(
      { lines: gpt, from: 400, below: 401, tail: /turbo|1106|0125/, example: "gpt-4-turbo" },
      { verbosity: false, jsonSchema: false },
    ),
    plain(
      { lines: gpt, from: 400, below: 401, example: "gpt-4-0613" },
      { ...textAlone, verbosity: false, jsonSchema: false, jsonObject: false },
    ),
    plain({ lines: gpt, from: 401, below: 500, example: "gpt-4.1" }, { ...even, ...unheard }),
    byResponses(
      reasoner(
        { lines: ["o"], tail: /deep-research/, example: "o3-deep-research" },
        ["medium"],
        oneCall,
      ),
    ),
    byResponses(reasoner({ lines: ["o"], tail: /^pro/, example: "o3-pro" }, TO_HIGH, oneCall)),
    byResponses(reasoner({ lines: ["codex"], example: "codex-mini-latest" }, TO_HIGH, oneCall)),
    reasoner({ lines: ["o"], from: 100, below: 400, tail: /^mini/, example: "o3-mini" }, TO_HIGH, {
      ...oneCall,
      ...textAlone,
    }),
    reasoner({ lines: ["o"], example: "o4-mini" }, TO_HIGH, { ...oneCall, ...unheard }),
    byResponses(
      reasoner({ lines: ["computer-use"], example: "computer-use-preview" }, ["medium"], even),
    ),
    plain(
      { lines: gpt, from: 500, below: 501, tail: /^(?:chat|search)/, example: "gpt-5-chat-latest" },
      even,
    ),
    reasoner(
      { lines: gpt, from: 501, below: 503, tail: /^chat/, example: "gpt-5.2-chat-latest" },
      ["medium"],
      even,
    ),
    // What the later ones take no page says.
    {
      models: { lines: gpt, from: 503, below: 600, tail: /^chat/ },
      traits: {},
      sources: [],
      asOf: "2026-11",
      example: "gpt-5.3-chat-latest",
    },
    byResponses(
      reasoner({ lines: gpt, from: 500, below: 501, tail: /^pro/, example: "gpt-5-pro" }, ["high"]),
    ),
    byResponses(
      reasoner({ lines: gpt, from: 502, below: 506, tail: /^pro/, example: "gpt-5.2-pro" }, [
        "medium",
        "high",
        "xhigh",
      ]),
    ),
    byResponses(
      reasoner(
        { lines: gpt, from: 501, below: 502, tail: /^codex-max/, example: "gpt-5.1-codex-max" },
        TO_XHIGH,
        even,
      ),
    ),
    byResponses(
      reasoner(
        { lines: gpt, from: 500, below: 502, tail: /^codex/, example: "gpt-5-codex" },
        TO_HIGH,
        even,
      ),
    ),
    byResponses(
      reasoner(
        { lines: gpt, from: 502, below: 503, tail: /^codex/, example: "gpt-5.2-codex" },
        TO_XHIGH,
      ),
    ),
    byResponses(
      switchable(
        { lines: gpt, from: 503, below: 504, tail: /^codex/, example: "gpt-5.3-codex" },
        NONE_TO_XHIGH,
        Thinking.ON_REQUEST,
      ),
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
      { lines: gpt, from: 502, below: 504, example: "gpt-5.2" },
      NONE_TO_XHIGH,
      Thinking.ON_REQUEST,
    ),
    toolsByResponses(
      switchable(
        { lines: gpt, from: 504, below: 505, example: "gpt-5.4-mini" },
        NONE_TO_XHIGH,
        Thinking.ON_REQUEST,
      ),
    ),
    toolsByResponses(
      switchable(
        { lines: gpt, from: 505, below: 506, example: "gpt-5.5" },
        NONE_TO_XHIGH,
        Thinking.BY_DEFAULT,
      ),
    ),
    toolsByResponses(
      switchable(
        { lines: gpt, from: 506, below: 600, example: "gpt-5.6-sol" },
        [...NONE_TO_XHIGH, "max"],
        Thinking.BY_DEFAULT,
      ),
    ),
    {
      models: { lines: ["gpt-oss"] },
      traits: { thinking: Thinking.ALWAYS, effort: true, efforts: TO_HIGH, takes: textAlone },
      sources: ["https://github.com/openai/gpt-oss#readme"],
      asOf: "2026-11",
      example: "openai/gpt-oss-120b",
    },
  ],
};
