import { type CacheHint, CacheTtl } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { clamped, dropped, type EncodeReport } from "../../../core/fidelity/encode-report.ts";
import type { Writable } from "../../../json/write.ts";
import type { ModelTraits } from "./model-traits.ts";

/**
 * The block that marks all before it as worth caching; undefined, and reported, where the model
 * takes none. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CachePointBlock.html.
 */
export function encodeCachePoint(
  cache: CacheHint,
  path: string,
  traits: ModelTraits,
  report: EncodeReport,
): Writable | undefined {
  if (!traits.cachePoints) {
    dropped(report, path);
    return undefined;
  }
  return { cachePoint: { type: "default", ...ttlOf(cache, path, traits, report) } };
}

function ttlOf(
  cache: CacheHint,
  path: string,
  traits: ModelTraits,
  report: EncodeReport,
): Writable & object {
  switch (cache.ttl) {
    case CacheTtl.CACHE_TTL_UNSPECIFIED:
      return {};
    case CacheTtl.CACHE_TTL_5M:
      return { ttl: "5m" };
    case CacheTtl.CACHE_TTL_1H:
      if (traits.hourCachePoints) return { ttl: "1h" };
      clamped(report, `${path}.ttl`);
      return {};
  }
}
