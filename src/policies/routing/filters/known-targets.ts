import { Modality, type ModelFacts } from "../../../../gen/parlance/model/v1/model_facts_pb.js";
import { Thinking } from "../../../../gen/parlance/model/v1/model_traits_pb.js";
import type { ConfiguredModel, WeightedTarget } from "../../../config/settings.ts";
import type { Target } from "../../../core/target/target.ts";
import type { Need } from "./call-needs.ts";

/** Finds what is known of the model at a target; undefined: nothing. */
export type FindFacts = (target: Target) => Promise<ModelFacts | undefined>;

/** What is known of a target that calls may ask too much of. */
export interface KnownTarget {
  readonly lacks: ReadonlySet<Need>;
  /** The most tokens of prompt and answer together. Undefined: not known. */
  readonly contextWindow: number | undefined;
  /** The most tokens of a prompt. Undefined: not known. */
  readonly maxInputTokens: number | undefined;
  /** The most tokens of an answer. Undefined: not known. */
  readonly maxOutputTokens: number | undefined;
}

/** What is known of the targets of a model. */
export interface KnownModel {
  readonly targets: ReadonlyMap<Target, KnownTarget>;
  /** What one of them is known to lack. */
  readonly lacks: ReadonlySet<Need>;
  /** The least of their windows. Undefined: none is known. */
  readonly minWindow: number | undefined;
}

/** What is known of the targets of models, looked up when a model is called first. */
export interface KnownTargets {
  /** Resolves when it is known; undefined where it is. */
  load(model: ConfiguredModel): Promise<void> | undefined;
  /** Undefined until it is loaded. */
  of(model: ConfiguredModel): KnownModel | undefined;
}

/** Makes what is known by the facts and the traits of targets. */
export function createKnownTargets(find: FindFacts): KnownTargets {
  const known = new WeakMap<readonly WeightedTarget[], KnownModel>();
  return {
    of: ({ targets }) => known.get(targets),
    load({ targets }) {
      if (known.has(targets)) return undefined;
      return Promise.all(targets.map(async (target) => [target, await find(target)] as const)).then(
        (facts) => void known.set(targets, knownModel(facts)),
      );
    },
  };
}

function knownModel(facts: readonly (readonly [Target, ModelFacts | undefined])[]): KnownModel {
  const targets = new Map(facts.map(([target, known]) => [target, knownTarget(target, known)]));
  const all = [...targets.values()];
  const windows = all
    .flatMap(({ contextWindow, maxInputTokens }) => [contextWindow, maxInputTokens])
    .filter((tokens) => tokens !== undefined);
  return {
    targets,
    lacks: new Set(all.flatMap(({ lacks }) => [...lacks])),
    minWindow: windows.length === 0 ? undefined : windows.reduce((one, two) => Math.min(one, two)),
  };
}

function knownTarget(target: Target, facts: ModelFacts | undefined): KnownTarget {
  return {
    lacks: new Set(needs.filter((need) => isLacking(need, target, facts))),
    contextWindow: facts?.contextWindow,
    maxInputTokens: facts?.maxInputTokens,
    maxOutputTokens: facts?.maxOutputTokens,
  };
}

const needs: readonly Need[] = [
  "tools",
  "image",
  "audio",
  "video",
  "document",
  "json_schema",
  "reasoning",
  "spoken",
  "drawn",
];

/** What is not known is not lacking. */
function isLacking(need: Need, { traits }: Target, facts: ModelFacts | undefined): boolean {
  const reads = facts?.inputModalities ?? [];
  const writes = facts?.outputModalities ?? [];
  const cannot = (known: readonly Modality[], ...any: readonly Modality[]) =>
    known.length > 0 && !any.some((modality) => known.includes(modality));
  switch (need) {
    case "tools":
      return facts?.tools === false || traits?.takes?.tools === false;
    case "image":
      return cannot(reads, Modality.IMAGE) || traits?.takes?.images === false;
    case "audio":
      return cannot(reads, Modality.AUDIO) || traits?.takes?.audio === false;
    case "video":
      return cannot(reads, Modality.VIDEO) || traits?.takes?.video === false;
    // Models that see pictures are shown the pages.
    case "document":
      return cannot(reads, Modality.PDF, Modality.IMAGE) || traits?.takes?.documents === false;
    // What a trait says is made up for: the schema is put into the prompt.
    case "json_schema":
      return facts?.structuredOutput === false && traits?.takes?.jsonSchema !== false;
    // Where it takes an effort by the config, that counts more than what its name says.
    case "reasoning":
      if (traits?.effort === true) return false;
      return facts?.reasoning === false || traits?.thinking === Thinking.NEVER;
    case "spoken":
      return cannot(writes, Modality.AUDIO);
    case "drawn":
      return cannot(writes, Modality.IMAGE);
  }
}
