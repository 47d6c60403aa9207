import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import {
  type NamedModels,
  type TakesInit,
  type TraitRow,
  type TraitsInit,
  type TraitTable,
  textAlone,
} from "./trait-row.ts";

const REASONING = "https://docs.x.ai/docs/guides/reasoning";

const noPenalties: TakesInit = { frequencyPenalty: false, presencePenalty: false, stop: false };

function row(
  { example, ...models }: NamedModels & Pick<TraitRow, "example">,
  traits: TraitsInit,
): TraitRow {
  return { models, traits, sources: [REASONING], asOf: "2026-11", example };
}

/** Thinks as it likes: an effort is refused. */
const unguided: TraitsInit = { thinking: Thinking.ALWAYS, effort: false, takes: noPenalties };
const plain: TraitsInit = { thinking: Thinking.NEVER, effort: false };
const grok = ["grok"];

/** Grok. Of models after 4.5 no page says which levels of effort they take. */
export const xaiTraits: TraitTable = {
  maker: "xai",
  kinds: ["xai"],
  rows: [
    row({ lines: grok, tail: /non-reasoning/, example: "grok-4-1-fast-non-reasoning" }, plain),
    row(
      { lines: grok, from: 300, below: 301, tail: /^mini/, example: "grok-3-mini" },
      {
        thinking: Thinking.ALWAYS,
        effort: true,
        efforts: ["low", "high"],
        takes: noPenalties,
      },
    ),
    row({ lines: grok, from: 200, below: 400, example: "grok-3" }, plain),
    row(
      {
        lines: grok,
        from: 420,
        below: 421,
        tail: /^multi-agent/,
        example: "grok-4.20-multi-agent",
      },
      {
        thinking: Thinking.ALWAYS,
        effort: true,
        efforts: ["low", "medium", "high", "xhigh"],
        takes: noPenalties,
      },
    ),
    row({ lines: grok, from: 420, below: 421, example: "grok-4.20-0309-reasoning" }, unguided),
    row({ lines: grok, from: 400, below: 403, example: "grok-4-0709" }, unguided),
    row(
      { lines: ["grok-code"], example: "grok-code-fast-1" },
      { ...unguided, takes: { ...noPenalties, ...textAlone } },
    ),
    row(
      { lines: grok, from: 403, below: 404, example: "grok-4.3" },
      {
        thinking: Thinking.BY_DEFAULT,
        effort: true,
        efforts: ["none", "low", "medium", "high"],
        takesThinking: noPenalties,
      },
    ),
    row(
      { lines: grok, from: 405, below: 406, example: "grok-4.5" },
      {
        thinking: Thinking.ALWAYS,
        effort: true,
        efforts: ["low", "medium", "high"],
        takes: noPenalties,
      },
    ),
    row({ lines: grok, from: 406, below: 420, example: "grok-4.6" }, { takes: noPenalties }),
  ],
};
