import { create } from "@bufbuild/protobuf";
import {
  type ModelTraits,
  ModelTraitsSchema,
} from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { EncodeOptions } from "../../core/dialect.ts";
import { servedModel } from "../../core/target/served-model.ts";
import { completeTraits, mergeTraits } from "../../core/traits/merge-traits.ts";
import { anthropicTraits } from "./anthropic-traits.ts";
import { googleTraits } from "./google-traits.ts";
import { mediaTables } from "./media-traits.ts";
import { mistralTraits } from "./mistral-traits.ts";
import { type ModelName, parseModelName } from "./model-name.ts";
import {
  cohereTraits,
  deepseekTraits,
  metaTraits,
  moonshotTraits,
  qwenTraits,
  zhipuTraits,
} from "./open-model-traits.ts";
import { openaiTraits } from "./openai-traits.ts";
import { fitsRow, type TraitsInit, type TraitTable } from "./trait-row.ts";
import { xaiTraits } from "./xai-traits.ts";

/** The tables of all makers. */
export const traitTables: readonly TraitTable[] = [
  anthropicTraits,
  cohereTraits,
  deepseekTraits,
  googleTraits,
  metaTraits,
  mistralTraits,
  moonshotTraits,
  openaiTraits,
  qwenTraits,
  xaiTraits,
  zhipuTraits,
];

/**
 * What is known of the requests that a model takes, by its name in any vendor's spelling and the
 * kind of provider that serves it, with `own`, what a config says, over it; the last counts.
 * Undefined: nothing is known.
 */
export function findTraits(
  model: string,
  kind = "",
  own: readonly ModelTraits[] = [],
): ModelTraits | undefined {
  const layers = [...built(model, kind), ...own];
  return layers.length === 0
    ? undefined
    : completeTraits(layers.reduce((under, over) => mergeTraits(under, over)));
}

/**
 * The traits of the model that a request is for: those of the target, or where there is none, as in
 * a codec that is called by itself, those of its name.
 */
export function traitsOf(
  options: Pick<EncodeOptions, "model" | "baseModel" | "traits">,
): ModelTraits | undefined {
  return options.traits ?? findTraits(servedModel(options));
}

function built(model: string, kind: string): readonly ModelTraits[] {
  const name = parseModelName(model);
  const layers = [mediaTables, traitTables].flatMap((tables) => layersOf(tables, name, kind));
  if (layers.length > 0 && kind === READS_DOCUMENTS) layers.push({ takes: { documents: true } });
  return layers.map((init) => create(ModelTraitsSchema, init));
}

/** What the tables of a model's maker say of it. */
function layersOf(tables: readonly TraitTable[], name: ModelName, kind: string): TraitsInit[] {
  const table = tables.find(({ maker }) => maker === name.maker);
  const row = table?.rows.find((each) => fitsRow(each, name));
  if (table === undefined || row === undefined) return [];
  const { traits, atMaker } = row;
  return atMaker !== undefined && table.kinds.includes(kind) ? [traits, atMaker] : [traits];
}

/**
 * The kind of provider that makes words of documents, whichever model is to read them:
 * https://openrouter.ai/docs/features/multimodal/pdfs (2026-11).
 */
const READS_DOCUMENTS = "openrouter";
