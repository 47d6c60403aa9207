import { create, equals, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Modality,
  type ModelFacts,
  ModelFactsSchema,
  type Prices,
  PricesSchema,
} from "../../../gen/parlance/model/v1/model_facts_pb.js";

/**
 * What holds wherever a model is served: the least of the limits, the abilities that all have, the
 * modalities that all take; prices and dates only where they are the same. What is unknown of one
 * is unknown of the whole, but an ability that one is known to lack is lacking. Undefined where
 * nothing is left.
 */
export function intersectFacts(
  deployments: readonly (ModelFacts | undefined)[],
): ModelFacts | undefined {
  const facts = deployments.filter((each) => each !== undefined);
  if (facts.length === 0) return undefined;
  const all = facts.length === deployments.length;
  const held = all ? whatAllKnow(facts) : {};
  const lacking = all ? {} : whatOneLacks(facts);
  const sources = [...new Set(facts.flatMap((each) => each.sources))];
  const common = create(ModelFactsSchema, { ...held, ...lacking });
  if (equals(ModelFactsSchema, common, create(ModelFactsSchema))) return undefined;
  return { ...common, sources };
}

type Known = Omit<MessageInitShape<typeof ModelFactsSchema>, "$typeName" | "$unknown">;
type Flag =
  | "tools"
  | "parallelTools"
  | "structuredOutput"
  | "reasoning"
  | "prefill"
  | "promptCaching";
const flags: readonly Flag[] = [
  "tools",
  "parallelTools",
  "structuredOutput",
  "reasoning",
  "prefill",
  "promptCaching",
];
type Limit = "contextWindow" | "maxInputTokens" | "maxOutputTokens";
const limits: readonly Limit[] = ["contextWindow", "maxInputTokens", "maxOutputTokens"];

function whatAllKnow(facts: readonly ModelFacts[]): Known {
  const min: Partial<Record<Limit, number>> = {};
  for (const limit of limits) {
    const values = facts.map((each) => each[limit]).filter((value) => value !== undefined);
    if (values.length === facts.length)
      min[limit] = values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  }
  const able: Partial<Record<Flag, boolean>> = {};
  for (const flag of flags) if (facts.every((each) => each[flag] === true)) able[flag] = true;
  const deprecated = same(facts.map((each) => each.deprecated));
  const prices = samePrices(facts.map((each) => each.prices));
  return {
    ...min,
    ...able,
    ...whatOneLacks(facts),
    inputModalities: shared(facts.map((each) => each.inputModalities)),
    outputModalities: shared(facts.map((each) => each.outputModalities)),
    knowledgeCutoff: same(facts.map((each) => each.knowledgeCutoff)) ?? "",
    deprecationDate: same(facts.map((each) => each.deprecationDate)) ?? "",
    ...(deprecated === undefined ? {} : { deprecated }),
    ...(prices === undefined ? {} : { prices }),
  };
}

function whatOneLacks(facts: readonly ModelFacts[]): Partial<Record<Flag, boolean>> {
  const lacking: Partial<Record<Flag, boolean>> = {};
  for (const flag of flags) if (facts.some((each) => each[flag] === false)) lacking[flag] = false;
  return lacking;
}

function shared([first = [], ...others]: readonly (readonly Modality[])[]): Modality[] {
  return first.filter((modality) => others.every((other) => other.includes(modality)));
}

function same<T>([first, ...others]: readonly T[]): T | undefined {
  return others.every((other) => other === first) ? first : undefined;
}

function samePrices([first, ...others]: readonly (Prices | undefined)[]): Prices | undefined {
  if (first === undefined) return undefined;
  return others.every((other) => other !== undefined && equals(PricesSchema, first, other))
    ? first
    : undefined;
}
