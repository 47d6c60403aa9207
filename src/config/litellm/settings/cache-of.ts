import { firstOf } from "../deployments/deployment.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Fields, mapping, scalar } from "../tree/draft.ts";
import { itemsOf, membersOf } from "../tree/tree.ts";
import { flagOf, numberOf, seconds, textOf } from "../tree/values.ts";
import type { Sections } from "./sections.ts";

/** How answers of models are stored. */
export interface CacheSettings {
  /** The fields `cache` and `semantic_cache` of a model. */
  readonly fields: Fields;
  /** Modes whose models have one; undefined: all. */
  readonly modes: ReadonlySet<string> | undefined;
}

/** How long LiteLLM keeps answers in memory where nobody says it, in seconds. */
const inMemory = 600;

const modesByType: Readonly<Record<string, string>> = {
  completion: "chat",
  acompletion: "chat",
  text_completion: "completion",
  atext_completion: "completion",
  embedding: "embedding",
  aembedding: "embedding",
  rerank: "rerank",
  arerank: "rerank",
};

/** Reads `cache` and `cache_params`; undefined: nothing is stored. */
export function cacheOf(
  { litellm, router }: Sections,
  isModel: (name: string) => boolean,
  surroundings: Surroundings,
): CacheSettings | undefined {
  const enabled = litellm.get("cache") ?? router.get("cache_responses");
  if (enabled === undefined || flagOf(enabled.value, surroundings)?.value !== true)
    return undefined;
  const { at } = enabled;
  const params = membersOf(litellm.get("cache_params")?.value);
  const type = textOf(params.get("type")?.value, surroundings);
  if (/^(s3|gcs|azure-blob|disk)$/.test(type?.value ?? "")) {
    const message = "answers are kept in memory: they are worth little beyond their `ttl`";
    surroundings.note({ kind: "changed", at: type?.at ?? at, message });
  }
  const ttl = numberOf(
    firstOf(params, "ttl", "default_in_redis_ttl", "default_in_memory_ttl"),
    surroundings,
  );
  const mode = textOf(params.get("mode")?.value, surroundings);
  const cache = mapping(
    {
      ttl: scalar(seconds(ttl?.value ?? inMemory), ttl?.at ?? at),
      opt_in: mode?.value === "default_off" ? scalar(true, mode.at) : undefined,
    },
    at,
  );
  const types = itemsOf(params.get("supported_call_types")?.value).flatMap((tree) => {
    const name = textOf(tree, surroundings)?.value ?? "";
    return Object.hasOwn(modesByType, name) ? [modesByType[name] ?? ""] : [];
  });
  const limited = params.has("supported_call_types");
  return {
    fields: { cache, semantic_cache: semanticOf(type?.value ?? "", params, isModel, surroundings) },
    modes: limited && types.length > 0 ? new Set(types) : undefined,
  };
}

function semanticOf(
  type: string,
  params: Parameters<typeof firstOf>[0],
  isModel: (name: string) => boolean,
  surroundings: Surroundings,
) {
  if (!type.endsWith("-semantic")) return undefined;
  const model = textOf(firstOf(params, ...semanticModels), surroundings);
  const threshold = numberOf(params.get("similarity_threshold")?.value, surroundings);
  const at = params.get("type")?.at;
  if (at === undefined) return undefined;
  if (model === undefined || threshold === undefined || !isModel(model.value)) {
    const message =
      "answers are taken for calls that are the same: similar ones need a similarity_threshold and an embedding model of model_list";
    surroundings.note({ kind: "changed", at: model?.at ?? at, message });
    return undefined;
  }
  return mapping(
    {
      threshold: scalar(threshold.value, threshold.at),
      embed_model: scalar(model.value, model.at),
    },
    at,
  );
}

const semanticModels = [
  "redis_semantic_cache_embedding_model",
  "qdrant_semantic_cache_embedding_model",
  "valkey_semantic_cache_embedding_model",
] as const;
