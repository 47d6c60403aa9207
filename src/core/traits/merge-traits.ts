import { create } from "@bufbuild/protobuf";
import {
  type ModelTraits,
  ModelTraitsSchema,
  ResponsesUse,
  type Takes,
  TakesSchema,
  Thinking,
} from "../../../gen/parlance/model/v1/model_traits_pb.js";

/**
 * Traits with others over them, field by field: what `over` says counts. What it takes it takes
 * while it thinks as well, unless `over` says otherwise of that.
 */
export function mergeTraits(under: ModelTraits, over: ModelTraits): ModelTraits {
  const takes = mergeTakes(under.takes, over.takes);
  const takesThinking = mergeTakes(
    under.takesThinking === undefined ? undefined : mergeTakes(under.takesThinking, over.takes),
    over.takesThinking,
  );
  const effort = over.effort ?? under.effort;
  const thinkingBudget = over.thinkingBudget ?? under.thinkingBudget;
  const completionsOnly = over.completionsOnly ?? under.completionsOnly;
  const adaptiveThinking = over.adaptiveThinking ?? under.adaptiveThinking;
  return create(ModelTraitsSchema, {
    ...(takes === undefined ? {} : { takes }),
    ...(takesThinking === undefined ? {} : { takesThinking }),
    thinking: over.thinking === Thinking.UNSPECIFIED ? under.thinking : over.thinking,
    ...(effort === undefined ? {} : { effort }),
    efforts: over.efforts.length === 0 ? under.efforts : over.efforts,
    ...(thinkingBudget === undefined ? {} : { thinkingBudget }),
    ...(adaptiveThinking === undefined ? {} : { adaptiveThinking }),
    ...(completionsOnly === undefined ? {} : { completionsOnly }),
    responses: over.responses === ResponsesUse.UNSPECIFIED ? under.responses : over.responses,
  });
}

/**
 * Traits whose `takes_thinking` says all that holds while the model thinks, so that nothing is
 * merged during a call.
 */
export function completeTraits(traits: ModelTraits): ModelTraits {
  const takesThinking = mergeTakes(traits.takes, traits.takesThinking);
  return takesThinking === undefined ? traits : { ...traits, takesThinking };
}

/** What a model takes, with what `over` says of it over that. Undefined: nothing is said. */
function mergeTakes(under: Takes | undefined, over: Takes | undefined): Takes | undefined {
  if (under === undefined || over === undefined) return over ?? under;
  const merged = create(TakesSchema);
  for (const { localName } of TakesSchema.fields) {
    const value: unknown = Reflect.get(over, localName) ?? Reflect.get(under, localName);
    if (value !== undefined) Reflect.set(merged, localName, value);
  }
  return merged;
}
