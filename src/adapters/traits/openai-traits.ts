import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { TakesInit, TraitRow, TraitTable } from "./trait-row.ts";

const LATEST_MODEL = "https://developers.openai.com/api/docs/guides/latest-model";
const REASONING = "https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning";
const CHAT = "https://platform.openai.com/docs/api-reference/chat/create";
/** Every level of effort tried with every model of the vendor. */
const EFFORTS = "https://github.com/enricoros/big-AGI/issues/1159";

/** What no model takes while it thinks. */
const whileThinking: TakesInit = {
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
  models: Pick<TraitRow, "lines" | "from" | "below" | "tail">,
  efforts: readonly string[],
  takes?: TakesInit,
): TraitRow {
  return {
    ...models,
    traits: {
      thinking: Thinking.ALWAYS,
      effort: true,
      efforts: [...efforts],
      takes: { ...whileThinking, ...takes },
    },
    sources: [REASONING, EFFORTS],
    asOf: "2026-11",
  };
}

/** Models that think unless the effort is `none`, which is their default where `byDefault` is not. */
function switchable(
  models: Pick<TraitRow, "lines" | "from" | "below" | "tail">,
  efforts: readonly string[],
  thinking: Thinking,
): TraitRow {
  return {
    ...models,
    traits: { thinking, effort: true, efforts: [...efforts], takesThinking: whileThinking },
    sources: [LATEST_MODEL, EFFORTS],
    asOf: "2026-11",
  };
}

/** Models that do not think and refuse `reasoning_effort`. */
function plain(
  models: Pick<TraitRow, "lines" | "from" | "below" | "tail">,
  takes?: TakesInit,
): TraitRow {
  return {
    ...models,
    traits: {
      thinking: Thinking.NEVER,
      effort: false,
      ...(takes === undefined ? {} : { takes }),
    },
    sources: [CHAT],
    asOf: "2026-11",
  };
}

const DATE = "(?:-?(?:latest|preview|\\d{4}|\\d{4}-\\d{2}-\\d{2}))*";
const gpt = ["gpt"];

/**
 * OpenAI's models. What GPT-6 takes is not in any page that could be read: its requests go out as
 * they are.
 */
export const openaiTraits: TraitTable = {
  maker: "openai",
  rows: [
    // The search models draw by rules of their own.
    plain(
      { lines: ["gpt-4o"], tail: /search/ },
      {
        temperature: false,
        topP: false,
        frequencyPenalty: false,
        presencePenalty: false,
        logitBias: false,
        logprobs: false,
        stop: false,
        seed: false,
        parallelToolCalls: false,
      },
    ),
    plain({ lines: ["gpt-4o", "gpt-audio"] }, { verbosity: false }),
    plain({ lines: gpt, from: 300, below: 500 }, { verbosity: false }),
    reasoner({ lines: ["o"], tail: /deep-research/ }, ["medium"], { parallelToolCalls: false }),
    reasoner({ lines: ["o", "codex"] }, ["low", "medium", "high"], {
      parallelToolCalls: false,
      verbosity: false,
    }),
    reasoner({ lines: ["computer-use"] }, ["medium"]),
    // The chat models before 5.1 do not think; later ones decide by themselves.
    plain({ lines: gpt, from: 500, below: 501, tail: /^(?:chat|search)/ }),
    reasoner({ lines: gpt, from: 501, below: 600, tail: /^chat/ }, ["medium"]),
    reasoner({ lines: gpt, from: 500, below: 501, tail: /^pro/ }, ["high"]),
    reasoner({ lines: gpt, from: 502, below: 600, tail: /^pro/ }, ["medium", "high", "xhigh"]),
    reasoner({ lines: gpt, from: 501, below: 502, tail: /^codex-max/ }, [
      "low",
      "medium",
      "high",
      "xhigh",
    ]),
    reasoner({ lines: gpt, from: 500, below: 502, tail: /^codex/ }, ["low", "medium", "high"]),
    reasoner({ lines: gpt, from: 502, below: 503, tail: /^codex/ }, [
      "low",
      "medium",
      "high",
      "xhigh",
    ]),
    reasoner({ lines: gpt, from: 500, below: 501, tail: new RegExp(`^(?:mini|nano)?${DATE}$`) }, [
      "minimal",
      "low",
      "medium",
      "high",
    ]),
    switchable(
      { lines: gpt, from: 501, below: 502 },
      ["none", "low", "medium", "high"],
      Thinking.ON_REQUEST,
    ),
    switchable(
      { lines: gpt, from: 502, below: 505 },
      ["none", "low", "medium", "high", "xhigh"],
      Thinking.ON_REQUEST,
    ),
    switchable(
      { lines: gpt, from: 505, below: 506 },
      ["none", "low", "medium", "high", "xhigh"],
      Thinking.BY_DEFAULT,
    ),
    switchable(
      { lines: gpt, from: 506, below: 600 },
      ["none", "low", "medium", "high", "xhigh", "max"],
      Thinking.BY_DEFAULT,
    ),
    // Hosts of the open models take the knobs of the draw.
    {
      lines: ["gpt-oss"],
      traits: { thinking: Thinking.ALWAYS, effort: true, efforts: ["low", "medium", "high"] },
      sources: ["https://github.com/openai/gpt-oss#readme"],
      asOf: "2026-11",
    },
  ],
};
