import { Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { NamedModels, TraitRow, TraitsInit, TraitTable } from "./trait-row.ts";

const REASONING = "https://docs.mistral.ai/capabilities/reasoning";
const MODELS = "https://docs.mistral.ai/getting-started/models";

function row(
  { example, ...models }: NamedModels & Pick<TraitRow, "example">,
  traits: TraitsInit,
): TraitRow {
  return { models, traits, sources: [REASONING, MODELS], asOf: "2026-11", example };
}

const plain: TraitsInit = { thinking: Thinking.NEVER, effort: false };
const adjustable: TraitsInit = {
  thinking: Thinking.ON_REQUEST,
  effort: true,
  efforts: ["none", "high"],
};

/**
 * Mistral's models. Those of 2025 and before do not think; which model `mistral-medium-latest` is
 * changes, so that nothing is said of it.
 */
export const mistralTraits: TraitTable = {
  maker: "mistral",
  kinds: ["mistral", "codestral"],
  rows: [
    row(
      { lines: ["magistral"], example: "magistral-medium-latest" },
      { thinking: Thinking.ALWAYS, effort: false },
    ),
    row(
      {
        lines: ["mistral-small"],
        tail: /^(?:2603|latest|4)(?:-|$)/,
        example: "mistral-small-2603",
      },
      adjustable,
    ),
    row(
      {
        lines: ["mistral-medium"],
        tail: /^(?:2604|3-5)(?:-|$)/,
        example: "mistral-medium-2604",
      },
      adjustable,
    ),
    row(
      {
        lines: ["mistral-small", "mistral-medium", "mistral-large"],
        tail: /^(?:2[345]\d\d|3(?:-[12])?(?:-|$)|.*-2[345]\d\d$|latest$)/,
        example: "mistral-large-2512",
      },
      plain,
    ),
    row(
      {
        lines: ["codestral", "devstral", "ministral", "pixtral", "voxtral", "mixtral"],
        example: "codestral-latest",
      },
      plain,
    ),
    row(
      {
        lines: ["open-mixtral", "open-mistral", "mistral-tiny", "mistral-nemo", "mistral-saba"],
        example: "open-mistral-nemo",
      },
      plain,
    ),
  ],
};
