import { create } from "@bufbuild/protobuf";
import {
  type ModelTraits,
  ModelTraitsSchema,
} from "../../../gen/parlance/model/v1/model_traits_pb.js";
import type { EncodeOptions } from "../../core/dialect.ts";
import { servedModel } from "../../core/served-model.ts";
import { completeTraits, mergeTraits } from "../../core/traits/merge-traits.ts";
import { parseModelName } from "./model-name.ts";
import { openaiTraits } from "./openai-traits.ts";
import { fitsRow, type TraitTable } from "./trait-row.ts";

/** The tables of all makers. */
export const traitTables: readonly TraitTable[] = [openaiTraits];

/**
 * What is known of the requests that a model takes, by its name in any vendor's spelling, with
 * `own`, what a config says, over it; the last counts. Undefined: nothing is known.
 */
export function findTraits(
  model: string,
  own: readonly ModelTraits[] = [],
): ModelTraits | undefined {
  const known = ofName(model);
  const layers = known === undefined ? own : [known, ...own];
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

function ofName(model: string): ModelTraits | undefined {
  const name = parseModelName(model);
  const table = traitTables.find(({ maker }) => maker === name.maker);
  const row = table?.rows.find((each) => fitsRow(each, name));
  return row === undefined ? undefined : create(ModelTraitsSchema, row.traits);
}
