import { create } from "@bufbuild/protobuf";
import type { ModelFacts } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import {
  type ModelTraits,
  ModelTraitsSchema,
  Thinking,
} from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { findTraits } from "../../adapters/traits/find-traits.ts";

/** A model at a provider, by the words of its vendor. */
export interface NamedModel {
  readonly model: string;
  /** The kind of the provider; "" where there is none. */
  readonly kind: string;
}

/**
 * The traits of a model by its name, with what the config says over them: that it cannot reason,
 * its traits as a model, and those of its target, the last counting. Undefined: nothing is known.
 */
export function compileTraits(
  { model, kind }: NamedModel,
  facts: ModelFacts | undefined,
  configured: readonly (ModelTraits | undefined)[],
): ModelTraits | undefined {
  const own = configured.filter((traits) => traits !== undefined);
  const said = facts?.reasoning === false ? [unreasoning, ...own] : own;
  return findTraits(model, kind, said);
}

const unreasoning = create(ModelTraitsSchema, { thinking: Thinking.NEVER, effort: false });
